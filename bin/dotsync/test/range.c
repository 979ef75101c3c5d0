/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Ranges: what is accepted, what is refused, and which bytes they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../src/range.h"

static void
test_accepted(void **state)
{
	static const struct {
		const char *text;
		uint64_t size, begin, end;
	} cases[] = {
		{ "0-0", 10, 0, 1 },
		{ "0-9", 10, 0, 10 },
		{ "3-5", 10, 3, 6 },
		{ "3-", 10, 3, 10 },
		{ "9-", 10, 9, 10 },
		{ "3-100", 10, 3, 10 },
		{ "-1", 10, 9, 10 },
		{ "-10", 10, 0, 10 },
		{ "-11", 10, 0, 10 },
		{ "-0", 10, 10, 10 },
		{ "0-", 0, 0, 0 },
		{ "-5", 0, 0, 0 },
		{ "0-18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551614-", UINT64_MAX, UINT64_MAX - 1, UINT64_MAX },
	};
	uint64_t begin, end;
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(range_parse(cases[i].text, &range), 0);
		assert_int_equal(range_resolve(&range, cases[i].size, &begin, &end, NULL), 0);
		assert_int_equal(begin, cases[i].begin);
		assert_int_equal(end, cases[i].end);
	}
}

static void
test_refused(void **state)
{
	static const char *const texts[] = { "", "-", "3", "5-3", "a-b", "3-b", " 3-5", "3-5 ", "+3-5", "3--5", "--5",
		"03-5", "18446744073709551616-" };
	uint64_t begin, end;
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(range_parse(texts[i], &range), DSYNC_ERR_SYNTAX);
	assert_int_equal(range_parse("10-", &range), 0);
	assert_int_equal(range_resolve(&range, 10, &begin, &end, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(range_resolve(&range, 0, &begin, &end, NULL), DSYNC_ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
