/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which exit status wins, and what of a text reaches a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../src/report.h"

static void
test_worst(void **state)
{
	static const int order[] = { 9, 8, 7, 5, 6, 11, 4, 1, 75, 3, 10, 0 };
	size_t count = sizeof(order) / sizeof(order[0]);
	size_t i, j;

	(void)state;
	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++)
			assert_int_equal(report_worst(order[i], order[j]), order[i < j ? i : j]);
	}
}

static void
check_text(const char *text, const char *expected)
{
	char *printed = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&printed, &size);

	assert_non_null(stream);
	report_text(stream, text);
	fclose(stream);
	assert_string_equal(printed, expected);
	free(printed);
}

static void
test_text(void **state)
{
	char controls[301], expected[1201];
	size_t i;

	(void)state;
	check_text("", "");
	check_text("plain \xc3\xbc", "plain \xc3\xbc");
	check_text("\x1b[31m\n", "\\x1b[31m\\x0a");
	check_text("\xe2\x80\xae", "\\u{202e}");
	memset(controls, 1, 300);
	controls[300] = '\0';
	for (i = 0; i < 300; i++)
		memcpy(expected + 4 * i, "\\x01", 5);
	check_text(controls, expected);
}

/* Whatever the offset, no character is cut where the text is taken in pieces. */
static void
test_text_pieces(void **state)
{
	char text[256];
	size_t lead, i;

	(void)state;
	for (lead = 0; lead < 8; lead++) {
		memset(text, 'x', lead);
		for (i = 0; i < 40; i++)
			memcpy(text + lead + 4 * i, "\xf0\x9f\x98\x80", 5);
		check_text(text, text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worst),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
