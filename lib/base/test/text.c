/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Classes, UTF-8, escaping and JSON strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dotsync/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(literal) literal, sizeof(literal) - 1

struct bytes {
	const char *data;
	size_t size;
};

static void
test_classes(void **state)
{
	int digits = 0;
	int alphas = 0;
	int hexes = 0;
	int lowered = 0;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		unsigned char byte = (unsigned char)c;
		bool digit = c != 0 && strchr("0123456789", c) != NULL;

		assert_int_equal(dsync_text_is_digit(byte), digit);
		assert_int_equal(dsync_text_is_alnum(byte), dsync_text_is_digit(byte) || dsync_text_is_alpha(byte));
		digits += dsync_text_is_digit(byte);
		alphas += dsync_text_is_alpha(byte);
		hexes += dsync_text_is_hex(byte);
		lowered += dsync_text_lower(byte) != byte;
		if (c >= 128)
			assert_false(dsync_text_is_alnum(byte) || dsync_text_is_hex(byte));
	}
	assert_int_equal(digits, 10);
	assert_int_equal(alphas, 52);
	assert_int_equal(hexes, 22);
	assert_int_equal(lowered, 26);
	assert_int_equal(dsync_text_lower('I'), 'i');
	assert_true(dsync_text_is_hex('f') && dsync_text_is_hex('F') && !dsync_text_is_hex('g'));
	assert_false(dsync_text_is_alpha('@') || dsync_text_is_alpha('[') || dsync_text_is_alpha('`') ||
		dsync_text_is_alpha('{'));
}

static void
test_comparisons(void **state)
{
	const struct dsync_view view = { (const unsigned char *)"abc\0", 4 };
	const struct dsync_view three = { view.data, 3 };
	const struct dsync_view empty = { view.data, 0 };

	(void)state;
	assert_true(dsync_text_equal_case("Content-Type", 12, "cONTENT-tYPE", 12));
	assert_false(dsync_text_equal_case("abc", 3, "abd", 3));
	assert_false(dsync_text_equal_case("abc", 3, "abcd", 4));
	assert_false(dsync_text_equal_case("@", 1, "`", 1));
	assert_true(dsync_text_equal_case("", 0, "", 0));
	assert_true(dsync_text_view_is(three, "abc"));
	assert_false(dsync_text_view_is(three, "ab"));
	assert_false(dsync_text_view_is(three, "abcd"));
	assert_false(dsync_text_view_is(view, "abc"));
	assert_true(dsync_text_view_is(empty, ""));
}

static void
test_utf8_accepted(void **state)
{
	static const struct bytes good[] = {
		{ BYTES("") },
		{ BYTES("plain\0text") },
		{ BYTES("\x7f") },
		{ BYTES("\xc2\x80") },
		{ BYTES("\xdf\xbf") },
		{ BYTES("\xe0\xa0\x80") },
		{ BYTES("\xed\x9f\xbf") },
		{ BYTES("\xee\x80\x80") },
		{ BYTES("\xef\xbf\xbf") },
		{ BYTES("\xf0\x90\x80\x80") },
		{ BYTES("\xf4\x8f\xbf\xbf") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(dsync_text_is_utf8(good[i].data, good[i].size));
}

static void
test_utf8_refused(void **state)
{
	static const struct bytes bad[] = {
		{ BYTES("\x80") }, /* continuation alone */
		{ BYTES("\xbf") },
		{ BYTES("\xc0\x80") }, /* overlong */
		{ BYTES("\xc1\xbf") },
		{ BYTES("\xe0\x80\x80") },
		{ BYTES("\xe0\x9f\xbf") },
		{ BYTES("\xf0\x80\x80\x80") },
		{ BYTES("\xf0\x8f\xbf\xbf") },
		{ BYTES("\xed\xa0\x80") }, /* surrogates */
		{ BYTES("\xed\xbf\xbf") },
		{ BYTES("\xf4\x90\x80\x80") }, /* past U+10FFFF */
		{ BYTES("\xf5\x80\x80\x80") },
		{ BYTES("\xf7\xbf\xbf\xbf") },
		{ BYTES("\xf8\x88\x80\x80\x80") },
		{ BYTES("\xfe") },
		{ BYTES("\xff") },
		{ BYTES("\xc2") }, /* cut */
		{ BYTES("\xe2\x82") },
		{ BYTES("\xf0\x9f\x98") },
		{ BYTES("\xc2\x41") }, /* not continued */
		{ BYTES("\xe2\x82\x41") },
		{ BYTES("\xe2\x41\x82") },
		{ BYTES("\xf0\x9f\x98\xc0") },
		{ BYTES("ok\xc2\x80ok\xff") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		/* Its own allocation, so that a sanitizer sees a read past the end. */
		char *copy = malloc(bad[i].size);

		assert_non_null(copy);
		memcpy(copy, bad[i].data, bad[i].size);
		if (dsync_text_is_utf8(copy, bad[i].size))
			fail_msg("case %zu is accepted", i);
		free(copy);
	}
}

struct escape_case {
	const char *text;
	size_t size;
	const char *escaped;
};

static const struct escape_case escape_cases[] = {
	{ BYTES(""), "" },
	{ BYTES("plain ~ text \\ \"quoted\""), "plain ~ text \\ \"quoted\"" },
	{ BYTES("a\0b"), "a\\x00b" },
	{ BYTES("\x1b[31mred\x07"), "\\x1b[31mred\\x07" },
	{ BYTES("tab\tnewline\nreturn\r"), "tab\\x09newline\\x0areturn\\x0d" },
	{ BYTES("\x1f\x20\x7e\x7f"), "\\x1f\x20\x7e\\x7f" },
	{ BYTES("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\\u{0080}\\u{009b}\\u{009f}\xc2\xa0" },
	{ BYTES("\x9b\xff"), "\\x9b\\xff" },
	{ BYTES("\xd8\x9b\xd8\x9c\xd8\x9d"), "\xd8\x9b\\u{061c}\xd8\x9d" },
	{ BYTES("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90"), "\xe2\x80\x8d\\u{200e}\\u{200f}\xe2\x80\x90" },
	{ BYTES("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9"), "\xe2\x80\xa7\\u{2028}\\u{2029}" },
	{ BYTES("\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf"), "\\u{202a}\\u{202e}\xe2\x80\xaf" },
	{ BYTES("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"), "\xe2\x81\xa5\\u{2066}\\u{2069}\xe2\x81\xaa" },
	{ BYTES("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
		"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ BYTES("cut \xf0\x9f\x98"), "cut \\xf0\\x9f\\x98" },
	{ BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
};

static void
test_escape(void **state)
{
	struct dsync_buffer b;
	char out[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(escape_cases); i++) {
		const struct escape_case *c = &escape_cases[i];

		assert_int_equal(dsync_text_escape(out, sizeof(out), c->text, c->size), strlen(c->escaped));
		assert_string_equal(out, c->escaped);
		assert_true(dsync_text_is_utf8(out, strlen(out)));

		dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
		assert_int_equal(dsync_text_escape_append(&b, c->text, c->size), 0);
		assert_string_equal(dsync_buffer_text(&b), c->escaped);
		dsync_buffer_finish(&b);
	}
}

/* With every size of `out`: a prefix of whole pieces, as long as fits, and not a byte behind it. */
static void
test_escape_truncates(void **state)
{
	static const char text[] = "a\x1b"
				   "b\xe2\x80\xae"
				   "c\xe2\x82\xac"
				   "d\xf0\x9f\x98\x80"
				   "e\xff";
	static const char *const pieces[] = { "a", "\\x1b", "b", "\\u{202e}", "c", "\xe2\x82\xac", "d",
		"\xf0\x9f\x98\x80", "e", "\\xff" };
	char expected[64];
	char out[64];
	size_t size;
	size_t i;

	(void)state;
	assert_int_equal(dsync_text_escape(NULL, 0, text, sizeof(text) - 1), 0);
	for (size = 1; size < sizeof(out); size++) {
		expected[0] = '\0';
		for (i = 0; i < COUNT(pieces) && strlen(expected) + strlen(pieces[i]) < size; i++)
			strcat(expected, pieces[i]);
		memset(out, '#', sizeof(out));
		assert_int_equal(dsync_text_escape(out, size, text, sizeof(text) - 1), strlen(expected));
		assert_string_equal(out, expected);
		assert_int_equal(out[size], '#');
	}
}

static void
test_append_limits(void **state)
{
	struct dsync_buffer b;

	(void)state;
	dsync_buffer_init(&b, 5);
	assert_int_equal(dsync_text_escape_append(&b, "ab\x1b", 3), DSYNC_ERR_LIMIT);
	dsync_buffer_clear(&b);
	assert_int_equal(dsync_text_json_append(&b, "abcd", 4), DSYNC_ERR_LIMIT);
	dsync_buffer_clear(&b);
	assert_int_equal(dsync_text_json_append(&b, "abc", 3), 0);
	dsync_buffer_finish(&b);
}

static void
test_json(void **state)
{
	static const struct escape_case cases[] = {
		{ BYTES(""), "\"\"" },
		{ BYTES("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"" },
		{ BYTES("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
		{ BYTES("\0\x01\x1f\x20\x7f"), "\"\\u0000\\u0001\\u001f \x7f\"" },
		{ BYTES("\xc3\xbc\xf0\x9f\x98\x80"), "\"\xc3\xbc\xf0\x9f\x98\x80\"" },
		{ BYTES("a\xff\xe2\x82z"), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"" },
	};
	struct dsync_buffer b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
		assert_int_equal(dsync_text_json_append(&b, cases[i].text, cases[i].size), 0);
		assert_string_equal(dsync_buffer_text(&b), cases[i].escaped);
		dsync_buffer_finish(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_utf8_accepted),
		cmocka_unit_test(test_utf8_refused),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_truncates),
		cmocka_unit_test(test_append_limits),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
