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
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2000-02-29T12:34:56Z", 951827696 },
		{ "2026-11-23T04:32:07Z", 1795408327 },
		{ "2026-11-23t04:32:07z", 1795408327 },
		{ "2026-11-23 04:32:07Z", 1795408327 },
		{ "2026-11-23T04:32:07.999999999999Z", 1795408327 },
		{ "2026-11-23T04:32:07.0+00:00", 1795408327 },
		{ "2026-11-23T06:32:07+02:00", 1795408327 },
		{ "2026-11-22T22:47:07-05:45", 1795408327 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "1970-01-01T23:59:00+23:59", 0 },
		{ "1996-12-19T16:39:57-08:00", 851042397 },
		{ "1990-12-31T23:59:60Z", 662688000 }, /* leap seconds */
		{ "1990-12-31T15:59:60-08:00", 662688000 },
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200) },
		{ "0000-02-29T00:00:00Z", INT64_C(-62162121600) },
		{ "0000-12-31T23:59:59Z", INT64_C(-62135596801) },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800) },
		{ "1900-03-01T00:00:00Z", INT64_C(-2203891200) },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
		{ "9999-12-31T23:59:59-23:59", INT64_C(253402387139) },
		{ "0000-01-01T00:00:00+23:59", INT64_C(-62167305540) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t seconds = 4711;

		if (dsync_time_parse(cases[i].text, strlen(cases[i].text), &seconds) < 0)
			fail_msg("%s is refused", cases[i].text);
		if (seconds != cases[i].seconds)
			fail_msg("%s: expected %lld, found %lld", cases[i].text, (long long)cases[i].seconds,
				(long long)seconds);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"2026",
		"2026-11-23",
		"2026-11-23T",
		"2026-11-23T04:32",
		"04:32:07Z",
		"2026-11-23T04:32:07", /* no offset */
		"2026-11-23T04:32:07Zx",
		"2026-11-23T04:32:07Z ",
		" 2026-11-23T04:32:07Z",
		"2026-11-23T04:32:07.Z",
		"2026-11-23T04:32:07,5Z",
		"2026-11-23T04:32:07.5",
		"2026-11-23_04:32:07Z",
		"2026-11-23  04:32:07Z",
		"2026-11-2304:32:07Z",
		"2026-1-23T04:32:07Z",
		"226-11-23T04:32:07Z",
		"12026-11-23T04:32:07Z",
		"+2026-11-23T04:32:07Z",
		"-026-11-23T04:32:07Z",
		"20261123T043207Z",
		"2026/11/23T04:32:07Z",
		"2026-00-23T04:32:07Z",
		"2026-13-23T04:32:07Z",
		"2026-11-00T04:32:07Z",
		"2026-11-31T04:32:07Z",
		"2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2024-02-30T00:00:00Z",
		"2026-01-32T00:00:00Z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T04:60:07Z",
		"2026-11-23T04:32:61Z",
		"2026-11-23T04:32:07+2:00",
		"2026-11-23T04:32:07+02",
		"2026-11-23T04:32:07+0200",
		"2026-11-23T04:32:07+24:00",
		"2026-11-23T04:32:07+02:60",
		"2026-11-23T04:32:07 02:00",
		"2026-11-23T04:32:07+-2:00",
		"2026-11-23T04:32:07Z+00:00",
		"2026-W47-1T00:00:00Z",
		"2026-11-23T04:32:0\xd9\xa7Z",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t seconds = 4711;

		if (dsync_time_parse(cases[i], strlen(cases[i]), &seconds) != DSYNC_ERR_SYNTAX)
			fail_msg("%s is accepted", cases[i]);
		assert_true(seconds == 4711);
	}
}

/* The size is believed, not a NUL: each cut text is refused without looking behind its end. */
static void
test_cut(void **state)
{
	static const char text[] = "2026-11-23T04:32:07.5+02:00";
	int64_t seconds;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(text) - 1; size++)
		assert_int_equal(dsync_time_parse(text, size, &seconds), DSYNC_ERR_SYNTAX);
	assert_int_equal(dsync_time_parse(text, size, &seconds), 0);
	assert_int_equal(dsync_time_parse("2026-11-23T04:32:07Z\0", 21, &seconds), DSYNC_ERR_SYNTAX);
}

static void
test_format(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 951827696, "2000-02-29T12:34:56Z" },
		{ INT64_C(-62167219200), "0000-01-01T00:00:00Z" },
		{ INT64_C(-62167219201), "0000-01-01T00:00:00Z" },
		{ INT64_MIN, "0000-01-01T00:00:00Z" },
		{ INT64_C(253402300799), "9999-12-31T23:59:59Z" },
		{ INT64_C(253402300800), "9999-12-31T23:59:59Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
	};
	char text[DSYNC_TIME_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		dsync_time_format(text, cases[i].seconds);
		assert_string_equal(text, cases[i].text);
	}
}

/* Ten thousand years in steps that visit all months and times of day: there and back again. */
static void
test_round_trip(void **state)
{
	char text[DSYNC_TIME_TEXT_SIZE];
	char before[DSYNC_TIME_TEXT_SIZE] = "";
	int64_t seconds;
	int64_t back;

	(void)state;
	for (seconds = INT64_C(-62167219200); seconds <= INT64_C(253402300799); seconds += 86399 * 11) {
		dsync_time_format(text, seconds);
		assert_int_equal(dsync_time_parse(text, strlen(text), &back), 0);
		assert_true(back == seconds);
		assert_true(strcmp(before, text) < 0);
		strcpy(before, text);
	}
}

static void
test_saturating(void **state)
{
	static const struct {
		int64_t a;
		int64_t b;
		int64_t sum;
		int64_t difference;
	} cases[] = {
		{ 1, 2, 3, -1 },
		{ -5, 3, -2, -8 },
		{ INT64_MAX, 0, INT64_MAX, INT64_MAX },
		{ INT64_MAX, 1, INT64_MAX, INT64_MAX - 1 },
		{ INT64_MAX, -1, INT64_MAX - 1, INT64_MAX },
		{ INT64_MIN, 1, INT64_MIN + 1, INT64_MIN },
		{ INT64_MIN, -1, INT64_MIN, INT64_MIN + 1 },
		{ INT64_MAX, INT64_MAX, INT64_MAX, 0 },
		{ INT64_MIN, INT64_MIN, INT64_MIN, 0 },
		{ INT64_MAX, INT64_MIN, -1, INT64_MAX },
		{ INT64_MIN, INT64_MAX, -1, INT64_MIN },
		{ 0, INT64_MIN, INT64_MIN, INT64_MAX },
		{ -1, INT64_MIN, INT64_MIN, INT64_MAX },
		{ -2, INT64_MIN, INT64_MIN, INT64_MAX - 1 },
		{ 0, INT64_MAX, INT64_MAX, -INT64_MAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_true(dsync_time_add(cases[i].a, cases[i].b) == cases[i].sum);
		assert_true(dsync_time_add(cases[i].b, cases[i].a) == cases[i].sum);
		assert_true(dsync_time_sub(cases[i].a, cases[i].b) == cases[i].difference);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_saturating),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
