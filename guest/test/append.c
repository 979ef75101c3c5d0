/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The example append.c: rows that are added, found there already, or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync.h"
#include "host.h"

#define PLAN "{\"url\":\"http://a/\",\"fields\":[\"date\",\"usd\"]}"
#define TITLES "date,usd\n"
#define TODAY "{\"usd\": 1.25, \"date\": \"2024-05-06\", \"gbp\": 2}"

static void
test_rows(void **state)
{
	static const struct {
		const char *context;
		const char *old_payload;
		const char *answer;
		int32_t outcome;
		const char *payload;
	} rows[] = {
		{ PLAN, TITLES, TODAY, DOTSYNC_UPDATED, TITLES "2024-05-06,1.25\n" },
		{ PLAN, "", TODAY, DOTSYNC_UPDATED, "2024-05-06,1.25\n" },
		{ PLAN, TITLES "2024-05-05,1\n", TODAY, DOTSYNC_UPDATED, TITLES "2024-05-05,1\n2024-05-06,1.25\n" },
		{ PLAN, TITLES "2024-05-06,1.25\n", TODAY, DOTSYNC_UNCHANGED, "" },
		{ PLAN, "2024-05-06,1\n", TODAY, DOTSYNC_UNCHANGED, "" },
		{ PLAN, "2024-05-061,1\n", TODAY, DOTSYNC_UPDATED, "2024-05-061,1\n2024-05-06,1.25\n" },
		{ "{\"url\":\"http://a/\",\"fields\":[\"date\"]}", "2024-05-06\n", TODAY, DOTSYNC_UNCHANGED, "" },
		{ PLAN, TITLES, "{\"date\": \"2024-05-06\"}", DOTSYNC_FAILED, "" },
		{ PLAN, TITLES, "{\"date\": \"a,b\", \"usd\": 1}", DOTSYNC_FAILED, "" },
		{ PLAN, TITLES, "{\"date\": \"a\", \"usd\": \"1\\n2\"}", DOTSYNC_FAILED, "" },
		{ PLAN, TITLES, "{\"date\": \"a\", \"usd\": [1, 2]}", DOTSYNC_FAILED, "" },
		{ PLAN, TITLES, "not JSON", DOTSYNC_FAILED, "" },
		{ PLAN, TITLES, "", DOTSYNC_FAILED, "" },
		{ "{\"url\":\"http://a/\",\"fields\":[]}", TITLES, TODAY, DOTSYNC_FAILED, "" },
		{ "{\"url\":\"http://a/\",\"fields\":[1]}", TITLES, TODAY, DOTSYNC_FAILED, "" },
		{ "{\"url\":\"http://b/\",\"fields\":[\"date\"]}", TITLES, TODAY, DOTSYNC_FAILED, "" },
		{ "{}", TITLES, TODAY, DOTSYNC_FAILED, "" },
		{ NULL, TITLES, TODAY, DOTSYNC_FAILED, "" },
	};
	struct host *host = malloc(sizeof(*host));
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct page pages[] = { { "http://a/", 200, rows[i].answer, 0 }, { 0 } };

		memset(host, 0, sizeof(*host));
		host->context = rows[i].context;
		host->old_payload = rows[i].old_payload;
		host->pages = pages;
		host_run(host);
		if (host->finished != 1 || host->outcome != rows[i].outcome ||
			strcmp(host->payload, rows[i].payload) != 0)
			fail_msg("row %zu: outcome %d, payload \"%s\", message \"%s\"", i, host->outcome, host->payload,
				host->message);
	}
	free(host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
