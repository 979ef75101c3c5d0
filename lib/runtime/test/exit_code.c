/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The exit status that an error, or an outcome, is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dotsync/refresh.h"
#include "fake.h"
#include "home.h"
#include "runtime/exit_code.h"

static void
test_exit_codes(void **state)
{
	static const struct {
		int code, status;
	} rows[] = {
		{ 0, 0 },
		{ DSYNC_ERR_SYSTEM, 1 },
		{ DSYNC_ERR_NO_MEMORY, 1 },
		{ DSYNC_ERR_PERMISSION, 1 },
		{ DSYNC_ERR_NOT_FOUND, 1 },
		{ DSYNC_ERR_SANDBOX, 1 },
		{ DSYNC_ERR_UNSUPPORTED, 1 },
		{ DSYNC_ERR_EXPIRED, 3 },
		{ DSYNC_ERR_CONSENT, 4 },
		{ DSYNC_ERR_UNSIGNED, 5 },
		{ DSYNC_ERR_CLOCK, 6 },
		{ DSYNC_ERR_EQUIVOCATION, 7 },
		{ DSYNC_ERR_NOT_ARCHIVE, 8 },
		{ DSYNC_ERR_MANIFEST, 8 },
		{ DSYNC_ERR_CORRUPT, 8 },
		{ DSYNC_ERR_UPDATER, 8 },
		{ DSYNC_ERR_SIGNATURE, 9 },
		{ DSYNC_ERR_LOCKED, 11 },
		{ DSYNC_ERR_NETWORK, 75 },
		{ DSYNC_ERR_TIMEOUT, 75 },
		{ DSYNC_ERR_GUEST, 75 },
		{ DSYNC_ERR_POLICY, 75 },
		{ DSYNC_ERR_REJECTED, 75 },
		{ DSYNC_ERR_PROTOCOL, 75 },
		{ -1000, 1 },
		{ 5, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (dsync_exit_code(rows[i].code) != rows[i].status)
			fail_msg("%s: %d", dsync_error_name(rows[i].code), dsync_exit_code(rows[i].code));
	}
}

static void
test_exit_codes_of_outcomes(void **state)
{
	static const struct {
		const char *part;
		int status;
	} rows[] = {
		{ "updated", 0 },
		{ "failed", 75 },
		{ "limit", 75 },
		{ "protocol", 75 },
		{ "disk", 1 },
		{ "config", 1 },
		{ "to", 1 },
		{ "to-fresh", 1 },
		{ "exec", 1 },
		{ "held", 0 },
	};
	struct dsync_outcome *outcome;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_play(rows[i].part);
		outcome = fake_run(NULL);
		if (dsync_exit_code_outcome(outcome) != rows[i].status)
			fail_msg("%s: %d", rows[i].part, dsync_exit_code_outcome(outcome));
		dsync_outcome_destroy(outcome);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes),
		TEST(test_exit_codes_of_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
