/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The same documents mean the same where the decimal point is a comma (German) and
 * where the small letter of `I` has no dot (Turkish).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "toml/toml.h"

#define SKIPPED 77

static void
check_document(void)
{
	static const char text[] = "f = 1.5\ne = -2.5E-1\ni = inf\nTITLE = 0xABCDEF\nt = 2026-01-01T00:00:00Z\n";
	struct dsync_toml *doc = dsync_toml_parse(text, sizeof(text) - 1, NULL);
	int64_t integer;
	double value;

	assert_non_null(doc);
	assert_int_equal(dsync_toml_float(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "f"), &value), 0);
	assert_true(value == 1.5);
	assert_int_equal(dsync_toml_float(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "e"), &value), 0);
	assert_true(value == -0.25);
	assert_int_equal(dsync_toml_integer(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "TITLE"), &integer), 0);
	assert_int_equal(integer, 0xabcdef);
	assert_int_equal(dsync_toml_child(doc, DSYNC_TOML_ROOT, "title"), DSYNC_TOML_NONE);
	dsync_toml_free(doc);

	assert_null(dsync_toml_parse("f = 1,5\n", 8, NULL));
	assert_null(dsync_toml_parse("\xc4\xb1 = 1\n", 7, NULL)); /* a letter there, not in bare keys */
}

/* Some systems take any name and change nothing. */
static bool
has_comma(const char *name)
{
	return setlocale(LC_ALL, name) != NULL && strcmp(localeconv()->decimal_point, ",") == 0;
}

static void
c_locale(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C");
	check_document();
}

static void
german(void **state)
{
	(void)state;
	assert_true(has_comma("de_DE.UTF-8"));
	check_document();
}

static void
turkish(void **state)
{
	(void)state;
	assert_true(has_comma("tr_TR.UTF-8"));
	check_document();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_locale),
		cmocka_unit_test(german),
		cmocka_unit_test(turkish),
	};

	if (!has_comma("de_DE.UTF-8") || !has_comma("tr_TR.UTF-8")) {
		fprintf(stderr, "skipped: no locales de_DE.UTF-8 and tr_TR.UTF-8, and localedef could not make them\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
