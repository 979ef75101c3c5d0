/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What of dotsync.v1 is decided in the worker: ranges, values that never reach the host, and what comes after finish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cage.h"

#define INSIDE 1024
#define OUTSIDE (CAGE_PAGE - 3), 4
#define HUGE_SIZE 61441 /* one more than a frame carries */

enum { FAULT = DSYNC_GUEST_ERR_FAULT, INVAL = DSYNC_GUEST_ERR_INVAL, STATE = DSYNC_GUEST_ERR_STATE };

/* A host that is content with all it is asked, and counts nothing. */
static void
answer(void *user, uint32_t n, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	(void)user;
	(void)n;
	if (call->call == DSYNC_CALL_FINISH && call->a > DSYNC_GUEST_UPDATED_EMPTY)
		result->value = INVAL;
}

static int64_t
ask(struct cage *cage, const char *name, const int64_t *arguments)
{
	return cage_call(cage, &dsync_contract_dotsync, name, arguments);
}

static const struct number_case {
	const char *name;
	int64_t arguments[CAGE_ARGUMENTS_MAX];
	int64_t expected;
} before[] = {
	{ "env", { INSIDE, 4, OUTSIDE }, FAULT }, { "env", { OUTSIDE, INSIDE, 4 }, FAULT },
	{ "env", { INSIDE, HUGE_SIZE, INSIDE, 4 }, INVAL }, { "env", { INSIDE, -1, INSIDE, 4 }, FAULT },
	{ "fetch", { OUTSIDE, INSIDE, 4, 0 }, FAULT }, { "fetch", { INSIDE, 4, OUTSIDE, 0 }, FAULT },
	{ "fetch", { INSIDE, HUGE_SIZE, INSIDE, 0, 0 }, INVAL }, { "header", { 16, OUTSIDE, INSIDE, 4 }, FAULT },
	{ "header", { 16, INSIDE, 4, OUTSIDE }, FAULT }, { "read", { 0, 0, OUTSIDE }, FAULT },
	{ "read", { 0, -1, INSIDE, 4 }, INVAL }, { "read", { 0, -1, OUTSIDE }, FAULT },
	{ "read", { 0, 0, CAGE_PAGE, 0 }, 0 }, { "read", { 0, 0, CAGE_PAGE + 1, 0 }, FAULT },
	{ "write", { OUTSIDE }, FAULT }, { "write", { INSIDE, 4 }, 4 }, { "write", { CAGE_PAGE, 0 }, 0 },
	{ "write", { INSIDE, -1 }, FAULT }, { "copy", { 0, -1, 4 }, INVAL }, { "copy", { 0, 0, -2 }, INVAL },
	{ "set_context", { OUTSIDE }, FAULT }, { "random", { OUTSIDE }, FAULT }, { "random", { INSIDE, 4 }, 0 },
	{ "sleep", { -1 }, INVAL }, { "sleep", { INT64_MIN }, INVAL }, { "log", { 0, OUTSIDE }, FAULT },
	{ "log", { 4, INSIDE, 4 }, INVAL }, { "log", { -1, INSIDE, 4 }, INVAL }, { "log", { 3, INSIDE, 4 }, 0 },
	{ "progress", { -1, 0 }, INVAL }, { "progress", { 0, -1 }, INVAL }, { "finish", { 2, 0, OUTSIDE }, FAULT },
	{ "finish", { 2, 0, INSIDE, HUGE_SIZE }, INVAL }, { "finish", { 4, 0, INSIDE, 4 }, INVAL },
	{ "get", { 8 }, 16 << 20 }, /* none of the finishes above was one */
};

/* What the host would refuse itself is not here: this host refuses nothing. */
static const struct number_case after[] = {
	{ "get", { 4 }, STATE },
	{ "get", { 7 }, STATE },
	{ "get", { 8 }, STATE },
	{ "read", { 0, 0, INSIDE, 0 }, STATE },
	{ "write", { INSIDE, 0 }, STATE },
	{ "write", { INSIDE, 4 }, STATE },
	{ "write", { OUTSIDE }, FAULT },
	{ "random", { INSIDE, 4 }, STATE },
	{ "log", { 1, INSIDE, 4 }, 0 },
};

static void
check(struct cage *cage, const struct number_case *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int64_t found = ask(cage, cases[i].name, cases[i].arguments);

		if (found != cases[i].expected)
			print_message("row %zu, %s: expected %lld, found %lld\n", i, cases[i].name,
				(long long)cases[i].expected, (long long)found);
		assert_true(found == cases[i].expected);
	}
}

static void
calls_have_their_numbers(void **state)
{
	static const int64_t updated[CAGE_ARGUMENTS_MAX] = { 2, 0, INSIDE, 0, 0 };
	struct cage cage;

	(void)state;
	cage_open(&cage, answer, NULL);
	cage.job.memory_max = 16 << 20;
	cage_restart(&cage, DSYNC_CONTRACT_DOTSYNC);
	check(&cage, before, sizeof(before) / sizeof(before[0]));
	assert_int_equal(ask(&cage, "finish", updated), 0);
	check(&cage, after, sizeof(after) / sizeof(after[0]));
	cage_close(&cage);
}

static void
log_is_cut_at_its_limit(void **state)
{
	static const int64_t line[CAGE_ARGUMENTS_MAX] = { 1, INSIDE, 70, 0, 0 },
			     key[CAGE_ARGUMENTS_MAX] = { 7, 0, 0, 0, 0 };
	struct cage cage;

	(void)state;
	cage_open(&cage, answer, NULL);
	cage.job.log_max = 100;
	cage_restart(&cage, DSYNC_CONTRACT_DOTSYNC);
	assert_int_equal(ask(&cage, "log", line), 0);
	assert_int_equal(ask(&cage, "get", key), 30);
	assert_int_equal(ask(&cage, "log", line), DSYNC_GUEST_ERR_LIMIT);
	assert_int_equal(ask(&cage, "get", key), 0);
	assert_int_equal(cage.guest.log_dropped, 40);
	cage_close(&cage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_have_their_numbers),
		cmocka_unit_test(log_is_cut_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
