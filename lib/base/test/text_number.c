/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dotsync/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNTOUCHED UINT64_C(4711)

struct number_case {
	const char *text;
	int rc;
	uint64_t value; /* with rc 0 */
};

static void
test_u64(void **state)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "90", 0, 90 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", DSYNC_ERR_OVERFLOW, 0 },
		{ "18446744073709551620", DSYNC_ERR_OVERFLOW, 0 },
		{ "99999999999999999999999", DSYNC_ERR_OVERFLOW, 0 },
		{ "99999999999999999999999x", DSYNC_ERR_SYNTAX, 0 },
		{ "", DSYNC_ERR_SYNTAX, 0 },
		{ "00", DSYNC_ERR_SYNTAX, 0 },
		{ "01", DSYNC_ERR_SYNTAX, 0 },
		{ "+1", DSYNC_ERR_SYNTAX, 0 },
		{ "-1", DSYNC_ERR_SYNTAX, 0 },
		{ " 1", DSYNC_ERR_SYNTAX, 0 },
		{ "1 ", DSYNC_ERR_SYNTAX, 0 },
		{ "1_000", DSYNC_ERR_SYNTAX, 0 },
		{ "0x10", DSYNC_ERR_SYNTAX, 0 },
		{ "1e3", DSYNC_ERR_SYNTAX, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(dsync_text_parse_u64(cases[i].text, strlen(cases[i].text), &value), cases[i].rc);
		assert_true(value == (cases[i].rc == 0 ? cases[i].value : UNTOUCHED));
	}
}

static void
test_duration(void **state)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "45", 0, 45 },
		{ "90s", 0, 90 },
		{ "15m", 0, 900 },
		{ "6h", 0, 21600 },
		{ "7d", 0, 604800 },
		{ "0d", 0, 0 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", DSYNC_ERR_OVERFLOW, 0 },
		{ "106751991167300d", 0, UINT64_C(9223372036854720000) },
		{ "106751991167301d", DSYNC_ERR_OVERFLOW, 0 },
		{ "", DSYNC_ERR_SYNTAX, 0 },
		{ "d", DSYNC_ERR_SYNTAX, 0 },
		{ "1w", DSYNC_ERR_SYNTAX, 0 },
		{ "1H", DSYNC_ERR_SYNTAX, 0 },
		{ "1hh", DSYNC_ERR_SYNTAX, 0 },
		{ "1h30m", DSYNC_ERR_SYNTAX, 0 },
		{ "1.5h", DSYNC_ERR_SYNTAX, 0 },
		{ "-1h", DSYNC_ERR_SYNTAX, 0 },
		{ "1 h", DSYNC_ERR_SYNTAX, 0 },
		{ "06h", DSYNC_ERR_SYNTAX, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		int64_t value = (int64_t)UNTOUCHED;

		assert_int_equal(dsync_text_parse_duration(cases[i].text, &value), cases[i].rc);
		assert_true((uint64_t)value == (cases[i].rc == 0 ? cases[i].value : UNTOUCHED));
	}
}

static void
test_size(void **state)
{
	static const struct number_case cases[] = {
		{ "0", 0, 0 },
		{ "1000", 0, 1000 },
		{ "64K", 0, 65536 },
		{ "10M", 0, 10485760 },
		{ "2G", 0, UINT64_C(2147483648) },
		{ "1T", 0, UINT64_C(1099511627776) },
		{ "16777215T", 0, UINT64_C(16777215) << 40 },
		{ "16777216T", DSYNC_ERR_OVERFLOW, 0 },
		{ "", DSYNC_ERR_SYNTAX, 0 },
		{ "K", DSYNC_ERR_SYNTAX, 0 },
		{ "1k", DSYNC_ERR_SYNTAX, 0 },
		{ "1KB", DSYNC_ERR_SYNTAX, 0 },
		{ "1KiB", DSYNC_ERR_SYNTAX, 0 },
		{ "1P", DSYNC_ERR_SYNTAX, 0 },
		{ "1.5G", DSYNC_ERR_SYNTAX, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(dsync_text_parse_size(cases[i].text, &value), cases[i].rc);
		assert_true(value == (cases[i].rc == 0 ? cases[i].value : UNTOUCHED));
	}
}

static void
test_human_duration(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0 s" },
		{ 59, "59 s" },
		{ 60, "1 min" },
		{ 61, "1 min 1 s" },
		{ 3600, "1 h" },
		{ 3601, "1 h" },
		{ 7500, "2 h 5 min" },
		{ 86399, "23 h 59 min" },
		{ 86400, "1 d" },
		{ 86400 + 3600 * 5 + 59, "1 d 5 h" },
		{ -7500, "-2 h 5 min" },
		{ INT64_MAX, "106751991167300 d 15 h" },
		{ INT64_MIN, "-106751991167300 d 15 h" },
	};
	char text[DSYNC_TEXT_HUMAN_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		dsync_text_human_duration(text, cases[i].seconds);
		assert_string_equal(text, cases[i].text);
	}
}

static void
test_human_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1048575, "1023.9 KiB" },
		{ 1048576, "1.0 MiB" },
		{ 1258292, "1.2 MiB" },
		{ UINT64_C(5) << 40, "5.0 TiB" },
		{ UINT64_MAX, "15.9 EiB" },
	};
	char text[DSYNC_TEXT_HUMAN_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		dsync_text_human_size(text, cases[i].bytes);
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_human_duration),
		cmocka_unit_test(test_human_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
