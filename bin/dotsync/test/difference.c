/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a developer sees of a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../src/difference.h"

static struct dsync_view
view(const char *text)
{
	return (struct dsync_view){ (const unsigned char *)text, strlen(text) };
}

static void
check(const char *before, const char *after, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	difference_show(stream, view(before), view(after));
	fclose(stream);
	assert_string_equal(text, expected);
	free(text);
}

static void
test_at(void **state)
{
	(void)state;
	assert_int_equal(difference_at(view(""), view("")), -1);
	assert_int_equal(difference_at(view("abc"), view("abc")), -1);
	assert_int_equal(difference_at(view("abc"), view("abd")), 2);
	assert_int_equal(difference_at(view("abc"), view("ab")), 2);
	assert_int_equal(difference_at(view(""), view("x")), 0);
}

static void
test_lines(void **state)
{
	(void)state;
	check("a\n", "a\n", "the same bytes as before\n");
	check("", "a\nb\n", "differs from line 1\n  +a\n  +b\n");
	check("a\nb\n", "", "differs from line 1\n  -a\n  -b\n");
	check("a\nb\nc\n", "a\nx\nc\n", "differs from line 2\n  -b\n  +x\n");
	check("a\nb\nc\n", "a\nb\nb\nc\n", "differs from line 3\n  +b\n");
	check("a,1\nb,1\n", "a,2\nb,1\n", "differs from line 1\n  -a,1\n  +a,2\n");
	check("one\ntwo", "one\ntwo\nthree", "differs from line 2\n  -two\n  +two\n  +three\n");
	check("x1\n", "y1\n", "differs from line 1\n  -x1\n  +y1\n");
}

/* No terminal obeys what is shown, and none is flooded. */
static void
test_hostile(void **state)
{
	char many[64] = "";
	int i;

	(void)state;
	check("", "\x1b[2J\n", "differs from line 1\n  +\\x1b[2J\n");
	check("a", "\xff\xfe", "differs from byte 0\n");
	for (i = 0; i < 20; i++)
		strcat(many, "l\n");
	check("", many,
		"differs from line 1\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +l\n  +... and 8 more\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
