/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The example echo.c: what is pushed becomes the payload, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync.h"
#include "host.h"

static void
test_rows(void **state)
{
	static const struct {
		int64_t reason;
		const char *pushed;
		int32_t outcome;
		const char *payload;
	} rows[] = {
		{ DOTSYNC_PUSH, "pushed", DOTSYNC_UPDATED, "pushed" },
		{ DOTSYNC_PUSH, "", DOTSYNC_UPDATED_EMPTY, "" },
		{ DOTSYNC_STALE, NULL, DOTSYNC_UNCHANGED, "" },
		{ DOTSYNC_FORCED, NULL, DOTSYNC_UNCHANGED, "" },
		{ DOTSYNC_FIRST, NULL, DOTSYNC_UNCHANGED, "" },
	};
	struct host *host = malloc(sizeof(*host));
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(host, 0, sizeof(*host));
		host->reason = rows[i].reason;
		host->pushed = rows[i].pushed;
		host_run(host);
		assert_int_equal(host->finished, 1);
		assert_int_equal(host->outcome, rows[i].outcome);
		assert_string_equal(host->payload, rows[i].payload);
	}
	free(host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
