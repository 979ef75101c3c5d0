/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The example push.c: what is pushed goes to the server first, and nothing else does. */
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
		int64_t status;
		int32_t outcome;
		int requests;
	} rows[] = {
		{ DOTSYNC_PUSH, "pushed", 200, DOTSYNC_UPDATED, 1 },
		{ DOTSYNC_PUSH, "pushed", 204, DOTSYNC_UPDATED, 1 },
		{ DOTSYNC_PUSH, "", 201, DOTSYNC_UPDATED, 1 },
		{ DOTSYNC_PUSH, "pushed", 199, DOTSYNC_FAILED, 1 },
		{ DOTSYNC_PUSH, "pushed", 300, DOTSYNC_FAILED, 1 },
		{ DOTSYNC_PUSH, "pushed", DOTSYNC_NET, DOTSYNC_FAILED, 1 },
		{ DOTSYNC_PUSH, NULL, 200, DOTSYNC_FAILED, 0 },
		{ DOTSYNC_STALE, NULL, 200, DOTSYNC_UNCHANGED, 0 },
		{ DOTSYNC_FORCED, NULL, 200, DOTSYNC_UNCHANGED, 0 },
		{ DOTSYNC_FIRST, NULL, 200, DOTSYNC_UNCHANGED, 0 },
	};
	struct host *host = malloc(sizeof(*host));
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct page pages[] = { { "https://example.com/data.txt", rows[i].status, "", 0 }, { 0 } };

		memset(host, 0, sizeof(*host));
		host->reason = rows[i].reason;
		host->pushed = rows[i].pushed;
		host->pages = pages;
		host_run(host);
		assert_int_equal(host->finished, 1);
		assert_int_equal(host->outcome, rows[i].outcome);
		assert_int_equal(host->requests, rows[i].requests);
		if (rows[i].requests > 0) {
			assert_string_equal(
				host->heads[0], "PUT https://example.com/data.txt\nContent-Type: text/plain");
			assert_string_equal(host->body, rows[i].pushed);
		}
	}
	free(host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
