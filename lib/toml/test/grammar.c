/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is TOML 1.0 and what is not; each mistake is told its place, what was expected and what was found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "toml/toml.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text;
	unsigned line, column, offset;
	const char *expected, *found;
} rejects[] = {
	{ "a", 1, 2, 1, "'='", "the end of the text" },
	{ "a = 1\nb c = 2\n", 2, 3, 8, "'='", "'c'" },
	{ "a = 1 b = 2", 1, 7, 6, "the end of the line", "'b'" },
	{ "\xef\xbb\xbf"
	  "a = ?",
		1, 5, 7, "a string, number", "'?'" },
	{ "a = \n", 1, 5, 4, "a string, number", "the end of the line" },
	{ "= 1", 1, 1, 0, "a key of letters", "'='" },
	{ "a.= 1", 1, 3, 2, "a key of letters", "'='" },
	{ "\xc3\xa9 = 1", 1, 1, 0, "a key of letters", "'\xc3\xa9'" },
	{ "a = 1\r\nb = \"\xff\"", 2, 6, 12, "UTF-8", "byte 0xff" },
	{ "a = 1\rb = 2", 1, 6, 5, "the end of the line", "byte 0x0d" },
	{ "# \x01", 1, 3, 2, "without control", "byte 0x01" },
	{ "a = \"x\ny\"", 1, 7, 6, "a closing '\"'", "the end of the line" },
	{ "a = 'x", 1, 7, 6, "a closing \"'\"", "the end of the text" },
	{ "a = \"\"\"\nx\ny", 3, 2, 11, "a closing '\"\"\"'", "the end of the text" },
	{ "a = \"\x7f\"", 1, 6, 5, "an escape", "byte 0x7f" },
	{ "a = \"\\e\"", 1, 7, 6, "one of b t n f r", "'e'" },
	{ "a = \"\\x41\"", 1, 7, 6, "one of b t n f r", "'x'" },
	{ "a = \"\\u12\"", 1, 10, 9, "four hexadecimal", "'\"'" },
	{ "a = \"\\ud800\"", 1, 8, 7, "a Unicode scalar", "'d'" },
	{ "a = \"\\U00110000\"", 1, 8, 7, "a Unicode scalar", "'0'" },
	{ "a = \"\"\"\"\"\"\"\"\"", 1, 13, 12, "the end of the line", "'\"'" },
	{ "a = 01", 1, 5, 4, "without leading zeros", "'0'" },
	{ "a = 1__0", 1, 6, 5, "the end of the number", "'_'" },
	{ "a = 0xg", 1, 7, 6, "a hexadecimal digit", "'g'" },
	{ "a = 0o8", 1, 7, 6, "an octal digit", "'8'" },
	{ "a = 0b2", 1, 7, 6, "0 or 1", "'2'" },
	{ "a = -0x1", 1, 7, 6, "the end of the number", "'x'" },
	{ "a = +", 1, 6, 5, "a digit", "the end of the text" },
	{ "a = 9223372036854775808", 1, 5, 4, "-9223372036854775808", "'9'" },
	{ "a = -9223372036854775809", 1, 5, 4, "-9223372036854775808", "'-'" },
	{ "a = 0xFFFFFFFFFFFFFFFF", 1, 5, 4, "-9223372036854775808", "'0'" },
	{ "a = 99999999999999999999999999", 1, 5, 4, "-9223372036854775808", "'9'" },
	{ "a = 1.", 1, 7, 6, "a digit after the point", "the end of the text" },
	{ "a = .5", 1, 5, 4, "a string, number", "'.'" },
	{ "a = 1e", 1, 7, 6, "a digit of the exponent", "the end of the text" },
	{ "a = 1e1.5", 1, 8, 7, "the end of the number", "'.'" },
	{ "a = Inf", 1, 5, 4, "a string, number", "'I'" },
	{ "a = True", 1, 5, 4, "a string, number", "'T'" },
	{ "a = truer", 1, 5, 4, "true or false", "'t'" },
	{ "a = 2026-13-01", 1, 10, 9, "a month", "'1'" },
	{ "a = 2026-00-01", 1, 10, 9, "a month", "'0'" },
	{ "a = 2025-02-29", 1, 13, 12, "a day of that month", "'2'" },
	{ "a = 1900-02-29", 1, 13, 12, "a day of that month", "'2'" },
	{ "a = 2026-04-31", 1, 13, 12, "a day of that month", "'3'" },
	{ "a = 2026-01-01T24:00:00Z", 1, 16, 15, "an hour", "'2'" },
	{ "a = 2026-01-01T00:60:00Z", 1, 19, 18, "a minute", "'6'" },
	{ "a = 2026-01-01T00:00:61Z", 1, 22, 21, "a second", "'6'" },
	{ "a = 2026-01-01T00:00Z", 1, 21, 20, "':' and the second", "'Z'" },
	{ "a = 2026-01-01T00:00:00.Z", 1, 25, 24, "a digit of the second's", "'Z'" },
	{ "a = 2026-01-01T00:00:00+24:00", 1, 25, 24, "an hour", "'2'" },
	{ "a = 2026-01-01T00:00:00+01", 1, 27, 26, "':' and the minute", "the end of the text" },
	{ "a = 2026-01-01T", 1, 16, 15, "an hour", "the end of the text" },
	{ "a = 2026-01-01x", 1, 15, 14, "the end of the date", "'x'" },
	{ "a = 07:30:00Z", 1, 13, 12, "the end of the date", "'Z'" },
	{ "a = 07:30", 1, 10, 9, "':' and the second", "the end of the text" },
	{ "a = [1 2]", 1, 8, 7, "',' or ']'", "'2'" },
	{ "a = [,]", 1, 6, 5, "a string, number", "','" },
	{ "a = [1,,2]", 1, 8, 7, "a string, number", "','" },
	{ "a = [1,\n2", 2, 2, 9, "',' or ']'", "the end of the text" },
	{ "a = [1}", 1, 7, 6, "',' or ']'", "'}'" },
	{ "a = {b = 1,}", 1, 12, 11, "a key of letters", "'}'" },
	{ "a = {b = 1\n}", 1, 11, 10, "'}' on the same line", "the end of the line" },
	{ "a = {\nb = 1}", 1, 6, 5, "a key of letters", "the end of the line" },
	{ "a = {b = 1 c = 2}", 1, 12, 11, "',' or '}'", "'c'" },
	{ "a = {b}", 1, 7, 6, "'='", "'}'" },
	{ "[a", 1, 3, 2, "']'", "the end of the text" },
	{ "[[a]", 1, 5, 4, "\"]]\"", "the end of the text" },
	{ "[ [a]]", 1, 3, 2, "a key of letters", "'['" },
	{ "[]", 1, 2, 1, "a key of letters", "']'" },
	{ "[a] b = 1", 1, 5, 4, "the end of the line", "'b'" },
	{ "\"\"\"a\"\"\" = 1", 1, 3, 2, "'='", "'\"'" },
	{ "a = 1\na = 2", 2, 1, 6, "not in use", "\"a\", first on line 1" },
	{ "a = 1\n\"\\u0061\" = 2", 2, 1, 6, "not in use", "\"a\", first on line 1" },
	{ "a = 1\na.b = 2", 2, 1, 6, "not in use", "\"a\", first on line 1" },
	{ "[a]\n[b]\n[a]", 3, 2, 9, "not in use", "\"a\", first on line 1" },
	{ "[a]\nb.c = 1\n[a.b]", 3, 4, 15, "not in use", "\"b\", first on line 2" },
	{ "a = {}\n[a.b]", 2, 2, 8, "not in use", "\"a\", first on line 1" },
	{ "a = {}\na.b = 1", 2, 1, 7, "not in use", "\"a\", first on line 1" },
	{ "a = [{}]\n[[a]]", 2, 3, 11, "not in use", "\"a\", first on line 1" },
	{ "a = {b = {}, b.c = 1}", 1, 14, 13, "not in use", "\"b\", first on line 1" },
	{ "[a.b.c]\n[a]\nb.c.d = 1", 3, 3, 14, "not in use", "\"c\", first on line 1" },
	{ "[a.b.c]\n[a]\nb.d = 1\n[a.b]", 4, 4, 23, "not in use", "\"b\", first on line 1" },
	{ "[[a]]\n[a]", 2, 2, 7, "not in use", "\"a\", first on line 1" },
	{ "[a]\n[[a]]", 2, 3, 6, "not in use", "\"a\", first on line 1" },
};

static void
rejected(void **state)
{
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rejects); i++) {
		err.code = 0;
		if (dsync_toml_parse(rejects[i].text, strlen(rejects[i].text), &err) != NULL)
			fail_msg("accepted: %s", rejects[i].text);
		if (err.code != DSYNC_ERR_SYNTAX || strcmp(err.rule, "toml") != 0 || err.line != rejects[i].line ||
			err.column != rejects[i].column || err.offset != rejects[i].offset ||
			strstr(err.expected, rejects[i].expected) == NULL || strcmp(err.found, rejects[i].found) != 0)
			fail_msg("%s: line %u, column %u, offset %u: expected %s, found %s", rejects[i].text, err.line,
				err.column, (unsigned)err.offset, err.expected, err.found);
	}
	assert_null(dsync_toml_parse("a", 1, NULL)); /* err may be NULL */
}

static const char *const accepts[] = {
	"",
	"\xef\xbb\xbf",
	"a = 1",
	"a = 1 # \xc3\xa9\r\n\r\nb = 2",
	"a . b = 1\na.c = 2",
	"a = 2024-02-29\nb = 2000-02-29\nc = 2016-12-31T23:59:60Z",
	"a = 1979-05-27 # no time\nb = 1979-05-27 07:32:00",
	"a = [1, 2,] # a comma at the end\nb = [ # why\n1 # not\n, 2]",
	"a = {}\nb = { c.d = 1, c.e = 2 }",
	"a = [{b = [{}]}]",
	"[a.b]\n[a]\n[a.c]",
	"[a]\nb.c = 1\n[a.b.d]",
	"[[a]]\n[a.b]\n[[a]]\n[a.b]\n[[a.c]]",
	"1 = 1\n-1 = 2\n2.2 = 3",
	"''.a = 1\n[\"\".'']",
	"a = '''\n'''\nb = \"\"\"\"\"\"\nc = '''''''",
	"a = 1e400",
};

static void
accepted(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(accepts); i++) {
		struct dsync_toml *doc = dsync_toml_parse(accepts[i], strlen(accepts[i]), NULL);

		if (doc == NULL)
			fail_msg("refused: %s", accepts[i]);
		dsync_toml_free(doc);
	}
}

/* Arrays, inline tables, dots and headers: 80 levels are allowed, 81 are not. */
static void
depth(void **state)
{
	static const struct {
		const char *begin, *more, *middle, *close;
		int levels; /* without any `more` */
	} cases[] = {
		{ "a = ", "[", "1", "]", 1 },
		{ "a = ", "{a = ", "1", "}", 1 },
		{ "a", ".a", " = 1", "", 1 },
		{ "[a", ".a", "]", "", 1 },
		{ "[[a", ".a", "]]", "", 2 },
	};
	struct dsync_error err;
	char text[1024];
	size_t i;
	int levels, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		for (levels = DSYNC_TOML_DEPTH_MAX; levels <= DSYNC_TOML_DEPTH_MAX + 1; levels++) {
			struct dsync_toml *doc;

			strcpy(text, cases[i].begin);
			for (n = cases[i].levels; n < levels; n++)
				strcat(text, cases[i].more);
			strcat(text, cases[i].middle);
			for (n = cases[i].levels; n < levels; n++)
				strcat(text, cases[i].close);
			doc = dsync_toml_parse(text, strlen(text), &err);
			assert_int_equal(doc != NULL, levels == DSYNC_TOML_DEPTH_MAX);
			dsync_toml_free(doc);
		}
		assert_string_equal(err.message, "nesting is too deep");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejected),
		cmocka_unit_test(accepted),
		cmocka_unit_test(depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
