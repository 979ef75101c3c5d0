/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "dotsync/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_accepted(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Wed Nov 16 08:49:37 1994", 784975777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Mon, 01 Jan 1970 00:00:00 GMT", 0 }, /* the weekday is not checked */
		{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
		{ "Thursday, 01-Jan-70 00:00:00 GMT", 0 },
		{ "Tuesday, 31-Dec-69 00:00:00 GMT", INT64_C(3155673600) },
		{ "Wednesday, 29-Feb-12 00:00:00 GMT", 1330473600 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t seconds = 4711;

		if (dsync_time_parse_http(cases[i].text, strlen(cases[i].text), &seconds) < 0)
			fail_msg("%s is refused", cases[i].text);
		assert_true(seconds == cases[i].seconds);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"0",
		"Sun",
		"Sun,",
		"784111777",
		"06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37  GMT",
		"Sun,06 Nov 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"sun, 06 nov 1994 08:49:37 gmt",
		"Son, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nob 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 2023 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday Nov  6 08:49:37 1994",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 94",
		"Sun Nov  6 08:49:37 1994 GMT",
		"Sun Nov   08:49:37 1994",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t seconds = 4711;

		if (dsync_time_parse_http(cases[i], strlen(cases[i]), &seconds) != DSYNC_ERR_SYNTAX)
			fail_msg("%s is accepted", cases[i]);
		assert_true(seconds == 4711);
	}
}

static void
test_cut(void **state)
{
	static const char *const texts[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994" };
	int64_t seconds;
	size_t size;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		for (size = 0; size < strlen(texts[i]); size++)
			assert_int_equal(dsync_time_parse_http(texts[i], size, &seconds), DSYNC_ERR_SYNTAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
