/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/freshness.h"

#define NONE DSYNC_FRESHNESS_NO_TIME

static void
test_table(void **state)
{
	static const struct {
		const char *what;
		struct dsync_freshness_input input; /* now, created_at, attest_base, state_base, ttl */
		struct dsync_freshness out;         /* base, age, fresh_until, is_stale, clock_suspect */
	} cases[] = {
		{ "just made", { 1000, 1000, NONE, NONE, 60 }, { 1000, 0, 1060, false, false } },
		{ "last fresh second", { 1059, 1000, NONE, NONE, 60 }, { 1000, 59, 1060, false, false } },
		{ "first stale second", { 1060, 1000, NONE, NONE, 60 }, { 1000, 60, 1060, true, false } },
		{ "the attestation is newer", { 1060, 1000, 1050, NONE, 60 }, { 1050, 10, 1110, false, false } },
		{ "the state is newer", { 1060, 1000, 1050, 1055, 60 }, { 1055, 5, 1115, false, false } },
		{ "the manifest is newer", { 1060, 1059, 1050, 1055, 60 }, { 1059, 1, 1119, false, false } },
		{ "ttl 0 is always stale", { 1000, 1000, 1000, 1000, 0 }, { 1000, 0, 1000, true, false } },
		{ "a negative ttl is 0", { 1000, 1000, NONE, NONE, -5 }, { 1000, 0, 1000, true, false } },
		{ "a future base is none", { 1000, 1001, NONE, NONE, 60 }, { NONE, INT64_MAX, 1000, true, true } },
		{ "one future base of two", { 1000, 990, 2000, NONE, 60 }, { 990, 10, 1050, false, false } },
		{ "far future state", { 1000, 990, NONE, INT64_MAX, 60 }, { 990, 10, 1050, false, false } },
		{ "all in the future", { 1000, 1001, 1002, INT64_MAX, INT64_MAX },
			{ NONE, INT64_MAX, 1000, true, true } },
		{ "nothing known", { 1000, NONE, NONE, NONE, 60 }, { NONE, INT64_MAX, 1000, true, false } },
		{ "never stale", { 1000, 0, NONE, NONE, INT64_MAX }, { 0, 1000, INT64_MAX, false, false } },
		{ "the sum overflows", { 1000, 999, NONE, NONE, INT64_MAX }, { 999, 1, INT64_MAX, false, false } },
		{ "the difference overflows", { INT64_MAX, -2, NONE, NONE, 60 }, { -2, INT64_MAX, 58, true, false } },
		{ "at the end of time", { INT64_MAX, INT64_MAX, NONE, NONE, 1 },
			{ INT64_MAX, 0, INT64_MAX, false, false } },
		{ "at its beginning", { NONE, 0, 0, 0, 60 }, { NONE, INT64_MAX, NONE, true, true } },
	};
	struct dsync_freshness out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dsync_freshness_judge(&cases[i].input, &out);
		if (out.base != cases[i].out.base || out.age != cases[i].out.age ||
			out.fresh_until != cases[i].out.fresh_until || out.is_stale != cases[i].out.is_stale ||
			out.clock_suspect != cases[i].out.clock_suspect)
			fail_msg("%s: base %lld, age %lld, fresh until %lld, %s, %s", cases[i].what,
				(long long)out.base, (long long)out.age, (long long)out.fresh_until,
				out.is_stale ? "stale" : "fresh", out.clock_suspect ? "suspect" : "sound");
	}
}

/* What holds whatever the numbers; differences are taken unsigned, where they cannot overflow. */
static void
check_properties(const struct dsync_freshness_input *in)
{
	const int64_t bases[] = { in->created_at, in->attest_base, in->state_base };
	struct dsync_freshness out;
	uint64_t age;
	bool found = false;
	int i;

	dsync_freshness_judge(in, &out);
	for (i = 0; i < 3; i++) {
		if (bases[i] != NONE && bases[i] <= in->now)
			assert_true(out.base >= bases[i]);
		found = found || bases[i] == out.base;
	}
	assert_true(found || out.base == NONE);
	assert_true(out.base <= in->now);
	assert_true(out.age >= 0);

	if (out.base == NONE) {
		assert_true(out.is_stale && out.age == INT64_MAX && out.fresh_until == in->now);
		return;
	}
	age = (uint64_t)in->now - (uint64_t)out.base;
	assert_true((uint64_t)out.age == (age > INT64_MAX ? INT64_MAX : age));
	assert_int_equal(out.is_stale, age >= (uint64_t)in->ttl);
	assert_false(out.clock_suspect);

	/* Never later than now + ttl, and exact unless the end of time is nearer. */
	assert_true(out.fresh_until >= out.base);
	assert_true(out.fresh_until <= in->now || (uint64_t)out.fresh_until - (uint64_t)in->now <= (uint64_t)in->ttl);
	if (out.fresh_until != INT64_MAX)
		assert_true((uint64_t)out.fresh_until - (uint64_t)out.base == (uint64_t)in->ttl);
	assert_int_equal(
		out.is_stale, out.fresh_until <= in->now && !(out.fresh_until == INT64_MAX && age < (uint64_t)in->ttl));
}

static void
test_extremes(void **state)
{
	static const int64_t times[] = { INT64_MIN, INT64_MIN + 1, -1000, -1, 0, 1, 1769860800, INT64_MAX / 2,
		INT64_MAX - 1, INT64_MAX };
	static const int64_t ttls[] = { 0, 1, 59, 3600, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX };
	const size_t count = sizeof(times) / sizeof(times[0]);
	struct dsync_freshness_input in;
	size_t i;
	size_t ttl;

	(void)state;
	for (i = 0; i < count * count * count * count; i++) {
		in.now = times[i % count];
		in.created_at = times[i / count % count];
		in.attest_base = times[i / count / count % count];
		in.state_base = times[i / count / count / count];
		for (ttl = 0; ttl < sizeof(ttls) / sizeof(ttls[0]); ttl++) {
			in.ttl = ttls[ttl];
			check_properties(&in);
		}
	}
}

/* Small numbers meet each other more often than large ones do. */
static void
test_random(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;
	struct dsync_freshness_input in;
	int64_t *fields[] = { &in.now, &in.created_at, &in.attest_base, &in.state_base, &in.ttl };
	size_t i;
	int field;

	(void)state;
	for (i = 0; i < 100000; i++) {
		for (field = 0; field < 5; field++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			*fields[field] = (int64_t)(seed >> (1 + (seed >> 32) % 63));
			if ((seed >> 7) % 4 == 0 && field < 4)
				*fields[field] = -*fields[field];
		}
		check_properties(&in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
