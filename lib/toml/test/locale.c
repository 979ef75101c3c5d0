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
#include <stdlib.h>
#include <string.h>

#include "toml/edit.h"
#include "toml/toml.h"

#define SKIPPED 77

static void
check_document(void)
{
	static const char text[] = "f = 1.5\ne = -2.25E-1\ni = inf\nTITLE = 0xABCDEF\nt = 2026-01-01T00:00:00Z\n";
	struct dsync_toml *doc = dsync_toml_parse(text, sizeof(text) - 1, NULL);
	int64_t integer;
	double value;

	assert_non_null(doc);
	assert_int_equal(dsync_toml_float(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "f"), &value), 0);
	assert_true(value == 1.5);
	assert_int_equal(dsync_toml_float(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "e"), &value), 0);
	assert_true(value == -0.225);
	assert_int_equal(dsync_toml_integer(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "TITLE"), &integer), 0);
	assert_int_equal(integer, 0xabcdef);
	assert_int_equal(dsync_toml_child(doc, DSYNC_TOML_ROOT, "title"), DSYNC_TOML_NONE);
	dsync_toml_free(doc);

	assert_null(dsync_toml_parse("f = 1,5\n", 8, NULL));
	assert_null(dsync_toml_parse("\xc4\xb1 = 1\n", 7, NULL)); /* a letter there, not in bare keys */
}

static void
check_in(const char *name, bool comma)
{
	char probe[8];

	assert_non_null(setlocale(LC_ALL, name));
	snprintf(probe, sizeof(probe), "%.1f", 0.5);
	assert_string_equal(probe, comma ? "0,5" : "0.5"); /* the locale is what it should be */
	check_document();
	setlocale(LC_ALL, "C");
}

static void
c_locale(void **state)
{
	(void)state;
	check_in("C", false);
}

static void
german(void **state)
{
	(void)state;
	check_in("de_DE.UTF-8", true);
}

static void
turkish(void **state)
{
	(void)state;
	check_in("tr_TR.UTF-8", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_locale),
		cmocka_unit_test(german),
		cmocka_unit_test(turkish),
	};

	if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL || setlocale(LC_ALL, "tr_TR.UTF-8") == NULL) {
		fprintf(stderr, "skipped: the locales de_DE.UTF-8 and tr_TR.UTF-8 are not there and localedef could not make them\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
