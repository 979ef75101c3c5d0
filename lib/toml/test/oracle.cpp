/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * toml++ as a second opinion: over the conformance vectors and mutations of them, both
 * parsers accept or both refuse, and what they accept has the same values.
 *
 * toml++ is not always right.  Each kind of difference that is allowed stands in the
 * table `known` with its reason; the test fails on any other, and says how often each
 * came up.  Mutations are made from a fixed seed.
 */
#define TOML_ENABLE_UNRELEASED_FEATURES 0 /* TOML 1.0 */
#include <toml++/toml.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
#include "corpus.h"
#include "toml/toml.h"
}

namespace
{

/* Little of what is made from an invalid text is valid. */
constexpr int mutations_of_valid = 300, mutations_of_invalid = 30;

struct difference {
	bool we_accept;
	const char *message; /* part of what the one that refuses says */
	const char *reason;
	unsigned count;
};

difference known[] = {
	{ true, "Error while parsing floating-point", "a float beyond the range of a double is infinity (IEEE 754)",
		0 },
	{ true, "expected second between 0 and 59", "a leap second has the number 60 (RFC 3339)", 0 },
};

/* What the vectors and their mutations hardly ever reach. */
const char *const corners[] = {
	"a = 2016-12-31T23:59:60Z",
	"a = 0000-01-01",
	"a = 00:00:00.1234567891",
	"a = 1979-05-27T00:00:00-00:00",
	"[a.b.c]\n[a]\nb.d = 1",
	"[a.b.c]\n[a]\nb.d = 1\n[a.b]",
	"[a]\nb.c = 1\n[a.b.d]",
	"[a]\nb.c = 1\n[a.b]",
	"[[a]]\n[a.b]\n[[a]]\n[a.b]",
	"[[a.b]]\n[a]\nc = 1",
	"a = '''\r\nx\r\ny'''",
	"a = \"\"\"x\\\r\n  y\\  \n z\"\"\"",
	"a = \"\"\"\"\"x\"\"\"\"\"",
	"a = \"\"\"\"\"\"\"\"\"",
	"''.\"\" = 1",
	"a = 0.1e-400",
	"a = 9007199254740993.00000000000000000000001",
	"a = 4.9406564584124654e-324",
	"a = -9223372036854775808",
	"a = 0x8000000000000000",
	"a = \"\\uFFFF\\U0010FFFF\"",
	"a = \"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"",
	"a = \"\xc2\x80\xc2\x85\xe2\x80\xa8\"",
	"\xef\xbb\xbf\xef\xbb\xbfk = 1",
	"a = [{}, [], {b.c = 1, b.d = [{}]}]",
	"a = 1 \xc2\xa0",
	"a = {b = [\n1\n]}",
	"\r\na = 1\r",
};

unsigned compared, accepted, unknown_differences;

struct document {
	dsync_toml *doc;
	dsync_error err;

	explicit document(std::string_view text) : err{}
	{
		doc = dsync_toml_parse(text.data(), text.size(), &err);
	}
	document(const document &) = delete;
	document &operator=(const document &) = delete;
	~document()
	{
		dsync_toml_free(doc);
	}
};

std::string_view
view_text(dsync_view view)
{
	return { reinterpret_cast<const char *>(view.data), view.size };
}

/* Times by their numbers; we keep the text, toml++ nanoseconds. */
int
digits(std::string_view text, size_t at, size_t count)
{
	return std::atoi(std::string(text.substr(at, count)).c_str());
}

bool
equal_date(std::string_view raw, const toml::date &date)
{
	return digits(raw, 0, 4) == date.year && digits(raw, 5, 2) == date.month && digits(raw, 8, 2) == date.day;
}

bool
equal_time(std::string_view raw, const toml::time &time)
{
	uint32_t nanoseconds = 0;
	size_t at = 9;

	for (uint32_t unit = 100000000; unit > 0 && raw.size() > 8 && raw[8] == '.'; unit /= 10, at++)
		nanoseconds += at < raw.size() && raw[at] >= '0' && raw[at] <= '9' ? uint32_t(raw[at] - '0') * unit
										   : (unit = 1, 0);
	return digits(raw, 0, 2) == time.hour && digits(raw, 3, 2) == time.minute && digits(raw, 6, 2) == time.second &&
		nanoseconds == time.nanosecond;
}

bool
equal_offset(std::string_view raw, const std::optional<toml::time_offset> &offset)
{
	size_t at = raw.find_first_of("+-", 11);

	if (!offset)
		return at == raw.npos && raw.find_first_of("zZ") == raw.npos;
	if (at == raw.npos)
		return offset->minutes == 0;
	int minutes = digits(raw, at + 1, 2) * 60 + digits(raw, at + 4, 2);
	return offset->minutes == (raw[at] == '-' ? -minutes : minutes);
}

bool equal(const dsync_toml *doc, uint32_t node, const toml::node &other);

bool
equal_table(const dsync_toml *doc, uint32_t node, const toml::table &other)
{
	if (dsync_toml_count(doc, node) != other.size())
		return false;
	for (uint32_t n = dsync_toml_first(doc, node); n != DSYNC_TOML_NONE; n = dsync_toml_next(doc, n)) {
		const toml::node *found = other.get(view_text(dsync_toml_key(doc, n)));

		if (found == nullptr || !equal(doc, n, *found))
			return false;
	}
	return true;
}

bool
equal_array(const dsync_toml *doc, uint32_t node, const toml::array &other)
{
	uint32_t n = dsync_toml_first(doc, node);

	for (const toml::node &element : other) {
		if (n == DSYNC_TOML_NONE || !equal(doc, n, element))
			return false;
		n = dsync_toml_next(doc, n);
	}
	return n == DSYNC_TOML_NONE;
}

bool
equal_float(const dsync_toml *doc, uint32_t node, double other)
{
	double value;

	return dsync_toml_float(doc, node, &value) == 0 && (value == other || (std::isnan(value) && std::isnan(other)));
}

bool
equal(const dsync_toml *doc, uint32_t node, const toml::node &other)
{
	std::string_view raw = view_text(dsync_toml_raw(doc, node));
	dsync_view text;
	int64_t integer;
	bool truth;

	switch (dsync_toml_type(doc, node)) {
	case DSYNC_TOML_TABLE:
		return other.is_table() && equal_table(doc, node, *other.as_table());
	case DSYNC_TOML_ARRAY:
		return other.is_array() && equal_array(doc, node, *other.as_array());
	case DSYNC_TOML_STRING:
		return dsync_toml_string(doc, node, &text) == 0 && other.is_string() &&
			**other.as_string() == view_text(text);
	case DSYNC_TOML_INTEGER:
		return dsync_toml_integer(doc, node, &integer) == 0 && other.is_integer() &&
			**other.as_integer() == integer;
	case DSYNC_TOML_FLOAT:
		return other.is_floating_point() && equal_float(doc, node, **other.as_floating_point());
	case DSYNC_TOML_BOOLEAN:
		return dsync_toml_boolean(doc, node, &truth) == 0 && other.is_boolean() &&
			**other.as_boolean() == truth;
	case DSYNC_TOML_DATE_LOCAL:
		return other.is_date() && equal_date(raw, **other.as_date());
	case DSYNC_TOML_TIME_LOCAL:
		return other.is_time() && equal_time(raw, **other.as_time());
	case DSYNC_TOML_DATETIME:
	case DSYNC_TOML_DATETIME_LOCAL:
		return other.is_date_time() && equal_date(raw, (**other.as_date_time()).date) &&
			equal_time(raw.substr(11), (**other.as_date_time()).time) &&
			equal_offset(raw, (**other.as_date_time()).offset);
	case DSYNC_TOML_ABSENT:
		break;
	}
	return false;
}

void
report(const char *what, std::string_view text, std::string_view message)
{
	if (unknown_differences++ < 20)
		std::fprintf(stderr, "%s: %.*s\n--- %.*s\n---\n", what, int(message.size()), message.data(),
			int(text.size() < 600 ? text.size() : 600), text.data());
}

void
judge(std::string_view text, bool we_accept, std::string_view message)
{
	for (difference &d : known) {
		if (d.we_accept == we_accept && message.find(d.message) != message.npos) {
			d.count++;
			return;
		}
	}
	report(we_accept ? "only toml++ refuses" : "only toml++ accepts", text, message);
}

void
compare(std::string_view text)
{
	document ours(text);

	compared++;
	try {
		toml::table theirs = toml::parse(text);

		if (ours.doc == nullptr)
			judge(text, false, std::string(ours.err.message) + ": expected " + ours.err.expected);
		else if (!equal(ours.doc, DSYNC_TOML_ROOT, theirs))
			report("different values", text, "");
		else
			accepted++;
	} catch (const toml::parse_error &error) {
		if (ours.doc != nullptr)
			judge(text, true, error.description());
	}
}

uint32_t
below(uint32_t limit)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return uint32_t(state >> 33) % limit;
}

void
mutate(std::string &text, const std::string &other)
{
	static const char bytes[] = "\"'[]{}=.,#\n\r\t \\_-+:0123456789aeftTZxobuUin\x01\x7f\xc3\xa9";
	size_t at = below(uint32_t(text.size()) + 1), size = below(8) + 1;

	switch (below(5)) {
	case 0:
		text.erase(at, size);
		break;
	case 1:
		text.insert(at, 1, bytes[below(sizeof(bytes) - 1)]);
		break;
	case 2:
		if (at < text.size())
			text[at] = bytes[below(sizeof(bytes) - 1)];
		break;
	case 3:
		text.insert(at, text.substr(below(uint32_t(text.size()) + 1), size * 3));
		break;
	default:
		text.insert(at, other.substr(below(uint32_t(other.size()) + 1), size * 3));
	}
}

std::vector<std::string>
read_corpus(const char *folder)
{
	std::vector<std::string> texts;
	corpus files;

	if (corpus_find(&files, folder) == 0)
		std::exit(CORPUS_SKIPPED);
	for (size_t i = 0; i < files.count; i++) {
		size_t size;
		char *text = corpus_read(files.paths[i], &size);

		if (text == nullptr)
			std::exit(1);
		texts.emplace_back(text, size);
		std::free(text);
	}
	corpus_free(&files);
	return texts;
}

} // namespace

int
main()
{
	std::vector<std::string> texts = read_corpus("valid"), invalid = read_corpus("invalid");
	size_t valid = texts.size();

	texts.insert(texts.end(), invalid.begin(), invalid.end());
	for (const char *text : corners)
		compare(text);
	for (size_t n = 0; n < texts.size(); n++) {
		int mutations = n < valid ? mutations_of_valid : mutations_of_invalid;

		compare(texts[n]);
		for (int i = 0; i < mutations; i++) {
			std::string changed = texts[n];

			for (uint32_t times = below(3) + 1; times > 0; times--)
				mutate(changed, texts[below(uint32_t(texts.size()))]);
			compare(changed);
		}
	}
	std::printf("%u texts, %u accepted by both with the same values\n", compared, accepted);
	for (const difference &d : known)
		std::printf("%6u %s: %s\n", d.count, d.we_accept ? "only we accept" : "only toml++ accepts", d.reason);
	std::printf("%6u other differences\n", unknown_differences);
	return unknown_differences > 0 || accepted < compared / 10;
}
