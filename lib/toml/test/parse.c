/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a parsed document answers: values, places, types.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "toml/toml.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct dsync_toml *
parse(const char *text)
{
	struct dsync_error err = { .code = 0 };
	struct dsync_toml *doc = dsync_toml_parse(text, strlen(text), &err);

	if (doc == NULL)
		fail_msg("%s: %s, found %s", text, err.message, err.found);
	return doc;
}

static void
integers_and_floats(void **state)
{
	static const struct {
		const char *text;
		double value;
	} floats[] = {
		{ "a = 0.1", 0.1 },
		{ "a = -1_0.5e-1_0", -10.5e-10 },
		{ "a = 1e22", 1e22 },
		{ "a = 1E+23", 1e23 },
		{ "a = 9007199254740993.0", 9007199254740992.0 },
		{ "a = 9007199254740993.00000000000000000000001", 9007199254740994.0 },
		{ "a = 4.9406564584124654e-324", 4.9406564584124654e-324 },
		{ "a = 1.7976931348623157e308", 1.7976931348623157e308 },
		{ "a = 2.4e-324", 0.0 },
		{ "a = 1e400", HUGE_VAL },
		{ "a = 1e-400", 0.0 },
		{ "a = 0e99999999999999999999", 0.0 },
		{ "a = 0.000001e6", 1.0 },
		{ "a = -inf", -HUGE_VAL },
	};
	static const struct {
		const char *text;
		int64_t value;
	} integers[] = {
		{ "a = 9223372036854775807", INT64_MAX },
		{ "a = -9223372036854775808", INT64_MIN },
		{ "a = 0x7FFFFFFFFFFFFFFF", INT64_MAX },
		{ "a = -0", 0 },
		{ "a = +1_000", 1000 },
		{ "a = 0b0_11", 3 },
		{ "a = 0o00017", 15 },
		{ "a = 0xdead_BEEF", 0xdeadbeef },
	};
	struct dsync_toml *doc;
	int64_t integer;
	double value;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(floats); i++) {
		doc = parse(floats[i].text);
		assert_int_equal(dsync_toml_float(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "a"), &value), 0);
		if (value != floats[i].value)
			fail_msg("%s is %.17g", floats[i].text, value);
		dsync_toml_free(doc);
	}
	for (i = 0; i < COUNT(integers); i++) {
		doc = parse(integers[i].text);
		assert_int_equal(dsync_toml_integer(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "a"), &integer), 0);
		assert_true(integer == integers[i].value);
		dsync_toml_free(doc);
	}
}

/* More digits than are kept: the last one still decides a tie. */
static void
long_floats(void **state)
{
	static char text[4096];
	struct dsync_toml *doc;
	double value;
	int last;

	(void)state;
	for (last = 0; last < 2; last++) {
		memset(text, '0', sizeof(text) - 1);
		memcpy(text, "a = 9007199254740993.", 21);
		text[sizeof(text) - 2] = (char)('0' + last);
		doc = parse(text);
		assert_int_equal(dsync_toml_float(doc, 1, &value), 0);
		assert_true(value == (last ? 9007199254740994.0 : 9007199254740992.0));
		dsync_toml_free(doc);
	}
	memset(text, '9', sizeof(text) - 1);
	memcpy(text, "a = 1.", 6);
	memcpy(text + sizeof(text) - 7, "e-4000", 6);
	doc = parse(text);
	assert_int_equal(dsync_toml_float(doc, 1, &value), 0);
	assert_true(value == 0);
	dsync_toml_free(doc);
}

static void
assert_view(struct dsync_view view, const char *text, size_t size)
{
	assert_int_equal(view.size, size);
	assert_memory_equal(view.data, text, size);
}

static void
strings(void **state)
{
	static const struct {
		const char *text, *value;
		size_t size;
	} cases[] = {
		{ "a = \"\"", "", 0 },
		{ "a = \"x\"", "x", 1 },
		{ "a = 'C:\\n'", "C:\\n", 4 },
		{ "a = \"\\b\\t\\n\\f\\r\\\"\\\\\"", "\b\t\n\f\r\"\\", 7 },
		{ "a = \"x\\u0000y\"", "x\0y", 3 },
		{ "a = \"\\u00e9\\u20AC\\U0001F600\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
		{ "a = \"\"\"\nx\n\"\"\"", "x\n", 2 },
		{ "a = \"\"\"\r\nx\r\ny\"\"\"", "x\ny", 3 },
		{ "a = '''\r\nx\r\n\r\ny'''", "x\n\ny", 4 },
		{ "a = \"\"\"x\\\n \t\n  y\\  \r\n z\"\"\"", "xyz", 3 },
		{ "a = \"\"\"\"\"x\"\"\"\"\"", "\"\"x\"\"", 5 },
		{ "a = '''''x'''''", "''x''", 5 },
		{ "a = \"\"\"\\\"\"\"\\\"\"\"\"", "\"\"\"\"", 4 },
	};
	struct dsync_toml *doc;
	struct dsync_view value;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		doc = parse(cases[i].text);
		assert_int_equal(dsync_toml_string(doc, 1, &value), 0);
		assert_view(value, cases[i].value, cases[i].size);
		dsync_toml_free(doc);
	}
}

static void
assert_range(const char *text, struct dsync_toml_range range, const char *piece)
{
	assert_int_equal(range.end - range.start, strlen(piece));
	assert_memory_equal(text + range.start, piece, strlen(piece));
}

static void
places(void **state)
{
	static const char text[] =
		"\xef\xbb\xbfr = 1\n# c\n[a.b] # h\n  \"k\\u0031\" = \"\"\"\n\"\"\"\nx.y = {z = [1,\n 2]} # t\n\n[[a.l]]\n";
	struct dsync_toml *doc = parse(text);
	uint32_t a = dsync_toml_child(doc, DSYNC_TOML_ROOT, "a");
	uint32_t b = dsync_toml_child(doc, a, "b");
	uint32_t k = dsync_toml_child(doc, b, "k1");
	uint32_t x = dsync_toml_child(doc, b, "x");
	uint32_t y = dsync_toml_child(doc, x, "y");
	uint32_t z = dsync_toml_child(doc, y, "z");
	uint32_t two = dsync_toml_next(doc, dsync_toml_first(doc, z));
	uint32_t l = dsync_toml_child(doc, a, "l");

	(void)state;
	assert_range(text, dsync_toml_body_range(doc, DSYNC_TOML_ROOT), "r = 1\n");
	assert_range(text, dsync_toml_value_range(doc, b), "[a.b]");
	assert_range(text, dsync_toml_body_range(doc, b),
		"[a.b] # h\n  \"k\\u0031\" = \"\"\"\n\"\"\"\nx.y = {z = [1,\n 2]} # t\n");
	assert_range(text, dsync_toml_body_range(doc, a), "");
	assert_range(text, dsync_toml_body_range(doc, x), "");
	assert_range(text, dsync_toml_value_range(doc, a), "");
	assert_range(text, dsync_toml_key_range(doc, k), "\"k\\u0031\"");
	assert_range(text, dsync_toml_key_range(doc, y), "y");
	assert_range(text, dsync_toml_value_range(doc, y), "{z = [1,\n 2]}");
	assert_view(dsync_toml_raw(doc, z), "[1,\n 2]", 7);
	assert_view(dsync_toml_key(doc, k), "k1", 2);
	assert_view(dsync_toml_key(doc, two), "", 0);
	assert_view(dsync_toml_key(doc, DSYNC_TOML_ROOT), "", 0);
	assert_range(text, dsync_toml_value_range(doc, dsync_toml_first(doc, l)), "[[a.l]]");
	assert_int_equal(dsync_toml_line(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "r")), 1);
	assert_int_equal(dsync_toml_column(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "r")), 1);
	assert_int_equal(dsync_toml_line(doc, k), 4);
	assert_int_equal(dsync_toml_column(doc, k), 3);
	assert_int_equal(dsync_toml_line(doc, y), 6);
	assert_int_equal(dsync_toml_column(doc, y), 3);
	assert_int_equal(dsync_toml_line(doc, two), 7);
	assert_int_equal(dsync_toml_column(doc, two), 2);
	assert_int_equal(dsync_toml_count(doc, b), 2);
	assert_int_equal(dsync_toml_count(doc, z), 2);
	dsync_toml_free(doc);
}

static void
absent_and_wrong_types(void **state)
{
	struct dsync_toml *doc = parse("a = 1\nb = \"x\"\n");
	uint32_t a = dsync_toml_child(doc, DSYNC_TOML_ROOT, "a"), b = dsync_toml_child(doc, DSYNC_TOML_ROOT, "b");
	struct dsync_view view;
	int64_t integer;
	double number;
	bool truth;

	(void)state;
	assert_int_equal(dsync_toml_child(doc, DSYNC_TOML_ROOT, "c"), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_child(doc, a, "c"), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_child(doc, DSYNC_TOML_NONE, "c"), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_type(doc, DSYNC_TOML_NONE), DSYNC_TOML_ABSENT);
	assert_int_equal(dsync_toml_first(doc, a), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_next(doc, DSYNC_TOML_NONE), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_next(doc, b), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_count(doc, a), 0);
	assert_int_equal(dsync_toml_line(doc, DSYNC_TOML_NONE), 0);
	assert_int_equal(dsync_toml_key(doc, DSYNC_TOML_NONE).size, 0);
	assert_int_equal(dsync_toml_raw(doc, DSYNC_TOML_NONE).size, 0);
	assert_int_equal(dsync_toml_string(doc, a, &view), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_toml_integer(doc, b, &integer), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_toml_float(doc, a, &number), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_toml_boolean(doc, DSYNC_TOML_NONE, &truth), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_toml_column(doc, DSYNC_TOML_NONE), 0);
	assert_string_equal(dsync_toml_type_name(dsync_toml_type(doc, a)), "an integer");
	assert_string_equal(dsync_toml_type_name(DSYNC_TOML_ABSENT), "nothing");
	assert_string_equal(dsync_toml_type_name((enum dsync_toml_type)99), "something unknown");
	dsync_toml_free(doc);
	dsync_toml_free(NULL);
}

/* Each way of going deeper has the same limit; an element of an array is a level of its own. */
static void
depth_of_headers(void **state)
{
	static const struct {
		const char *open, *close;
		size_t most;
	} rows[] = { { "[", "]", 80 }, { "[[", "]]", 79 }, { "", "=1", 80 } };
	struct dsync_buffer text;
	struct dsync_toml *doc;
	size_t i, n, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (n = 77; n < 84; n++) {
			dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
			dsync_buffer_append_text(&text, rows[i].open);
			for (k = 0; k < n; k++)
				dsync_buffer_append_text(&text, k == 0 ? "k" : ".k");
			dsync_buffer_append_text(&text, rows[i].close);
			doc = dsync_toml_parse((const char *)text.data, text.size, NULL);
			if ((doc != NULL) != (n <= rows[i].most))
				fail_msg("%sk%s of %zu parts", rows[i].open, rows[i].close, n);
			dsync_toml_free(doc);
			dsync_buffer_finish(&text);
		}
	}
}

/* Refused by its size alone, before a byte is read. */
static void
too_large(void **state)
{
	struct dsync_error err;

	(void)state;
	assert_null(dsync_toml_parse("", (size_t)1 << 31, &err));
	assert_int_equal(err.code, DSYNC_ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_and_floats),
		cmocka_unit_test(long_floats),
		cmocka_unit_test(strings),
		cmocka_unit_test(places),
		cmocka_unit_test(absent_and_wrong_types),
		cmocka_unit_test(depth_of_headers),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
