/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sums.h"

#include "text.h"

#define DIGITS (2 * SUM_SIZE)

/* How well a line's name fits. */
enum { OTHER = 0, ENDS_IN = 1, SAME = 2 };

struct search {
	const char *name;
	int32_t fit; /* of the best line so far */
	int32_t differ;
	unsigned char *sum;
};

int32_t
sums_parse(const char *text, int32_t size, unsigned char sum[SUM_SIZE])
{
	int32_t i, high, low;

	if (size != DIGITS)
		return -1;
	for (i = 0; i < SUM_SIZE; i++) {
		high = json_hex_digit(text[2 * i]);
		low = json_hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return -1;
		sum[i] = (unsigned char)(high * 16 + low);
	}
	return 0;
}

void
sums_format(const unsigned char sum[SUM_SIZE], char out[SUM_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	int32_t i;

	for (i = 0; i < SUM_SIZE; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[DIGITS] = '\0';
}

int32_t
sums_are_equal(const unsigned char *a, const unsigned char *b)
{
	int32_t i;

	for (i = 0; i < SUM_SIZE; i++) {
		if (a[i] != b[i])
			return 0;
	}
	return 1;
}

static int32_t
fit_of(const char *name, int32_t size, const char *wanted)
{
	int32_t wanted_size = text_size(wanted);

	if (text_is(name, size, wanted))
		return SAME;
	if (wanted_size > 0 && size > wanted_size && name[size - wanted_size - 1] == '/' &&
		text_is(name + size - wanted_size, wanted_size, wanted))
		return ENDS_IN;
	return OTHER;
}

static void
offer(struct search *s, const char *name, int32_t size, const unsigned char sum[SUM_SIZE])
{
	int32_t fit = fit_of(name, size, s->name), i;

	if (fit == OTHER || fit < s->fit)
		return;
	s->differ = fit == s->fit && (s->differ || !sums_are_equal(s->sum, sum));
	s->fit = fit;
	for (i = 0; i < SUM_SIZE; i++)
		s->sum[i] = sum[i];
}

/* "HEX  NAME" */
static int32_t
take_plain(struct search *s, const char *line, int32_t size)
{
	unsigned char sum[SUM_SIZE];
	int32_t at = DIGITS;

	if (size <= DIGITS || sums_parse(line, DIGITS, sum) < 0 || (line[at] != ' ' && line[at] != '\t'))
		return 0;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	at += at < size && line[at] == '*';
	offer(s, line + at, size - at, sum);
	return 1;
}

/* "SHA256 (NAME) = HEX" and "SHA2-256(NAME)= HEX" */
static void
take_tagged(struct search *s, const char *line, int32_t size)
{
	int32_t start = 0, end = size - DIGITS;
	unsigned char sum[SUM_SIZE];

	if (end < 0 || sums_parse(line + end, DIGITS, sum) < 0)
		return;
	while (start < end && line[start] != '(')
		start++;
	while (end > start && (line[end - 1] == ' ' || line[end - 1] == '='))
		end--;
	if (end - 1 <= start || line[end - 1] != ')')
		return;
	if (text_is(line, start, "SHA256 ") || text_is(line, start, "SHA256") || text_is(line, start, "SHA2-256"))
		offer(s, line + start + 1, end - start - 2, sum);
}

static void
take_line(struct search *s, const char *line, int32_t size)
{
	while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	if (!take_plain(s, line, size))
		take_tagged(s, line, size);
}

/* The whole text, without space around it, is one sum. */
static int32_t
take_alone(struct json_span text, unsigned char sum[SUM_SIZE])
{
	int32_t start = 0, end = text.size;

	while (end > 0 && (text.data[end - 1] == '\n' || text.data[end - 1] == '\r' || text.data[end - 1] == ' '))
		end--;
	while (start < end && text.data[start] == ' ')
		start++;
	return sums_parse(text.data + start, end - start, sum);
}

int32_t
sums_find(struct json_span text, const char *name, unsigned char sum[SUM_SIZE])
{
	struct search s = { name, OTHER, 0, sum };
	int32_t at = 0, end;

	if (take_alone(text, sum) == 0)
		return 0;
	while (at < text.size) {
		end = at;
		while (end < text.size && text.data[end] != '\n')
			end++;
		take_line(&s, text.data + at, end - at);
		at = end + 1;
	}
	if (s.differ)
		return -2;
	return s.fit != OTHER ? 0 : -1;
}
