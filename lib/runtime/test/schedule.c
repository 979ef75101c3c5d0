/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/schedule.h"

#define NOW INT64_C(1700000000)
#define DAY INT64_C(86400)

/* The earliest and the latest moment that any random number may give. */
static const struct {
	uint32_t failures;
	int64_t retry_after;
	int64_t first, last;
} cases[] = {
	{ 1, -1, 5, 10 },
	{ 2, -1, 5, 20 },
	{ 3, -1, 5, 40 },
	{ 10, -1, 5, 5120 },
	{ 14, -1, 5, 81920 },
	{ 15, -1, 5, DAY },
	{ 1000, -1, 5, DAY },
	{ UINT32_MAX, -1, 5, DAY },
	{ 0, -1, 5, 10 }, /* never asked for, but harmless */
	{ 1, 0, 5, 10 },
	{ 1, 7, 7, 10 },
	{ 1, 3600, 3600, 3600 },
	{ 15, 3600, 3600, DAY },
	{ 1, 7 * DAY, 7 * DAY, 7 * DAY },
	{ 1, 7 * DAY + 1, 7 * DAY, 7 * DAY },
	{ 1, INT64_MAX, 7 * DAY, 7 * DAY },
	{ 1, INT64_MIN, 5, 10 },
};

static void
test_range(void **state)
{
	size_t i;
	uint64_t random;
	int64_t delay, first, last;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		first = INT64_MAX;
		last = INT64_MIN;
		for (random = 0; random <= (uint64_t)DAY; random++) {
			delay = dsync_schedule_retry(NOW, cases[i].failures, cases[i].retry_after, random) - NOW;
			first = delay < first ? delay : first;
			last = delay > last ? delay : last;
		}
		assert_int_equal(first, cases[i].first);
		assert_int_equal(last, cases[i].last);
	}
}

static void
test_extremes(void **state)
{
	(void)state;
	assert_true(dsync_schedule_retry(NOW, 1, -1, UINT64_MAX) <= NOW + 10);
	assert_true(dsync_schedule_retry(INT64_MAX - 1, 30, -1, UINT64_MAX) == INT64_MAX);
	assert_true(dsync_schedule_retry(INT64_MIN, 1, -1, 0) == INT64_MIN + 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
