/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The example table.c: pages that become rows, and answers that are no such pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync.h"
#include "host.h"

#define FIRST "https://example.com/items?page=1"
#define TITLES "id,name,price\n"

static const struct {
	const char *first;
	const char *second; /* of http://a/2 */
	int32_t outcome;
	const char *payload; /* when updated */
} rows[] = {
	{ "{\"results\":[],\"next\":null}", "", DOTSYNC_UPDATED, TITLES },
	{ "{}", "", DOTSYNC_UPDATED, TITLES },
	{ "{\"results\":[{\"price\":1.5,\"id\":7,\"name\":\"x\"},{\"id\":8}]}", "", DOTSYNC_UPDATED,
		TITLES "7,x,1.5\n8,,\n" },
	{ "{\"results\":[{\"name\":\"a, \\\"b\\\"\",\"more\":[1,{}]}]}", "", DOTSYNC_UPDATED,
		TITLES ",\"a, \"\"b\"\"\",\n" },
	{ "{\"results\":[{\"name\":\"a\\nb\",\"price\":null}]}", "", DOTSYNC_UPDATED, TITLES ",\"a\nb\",\n" },
	{ "{\"next\":\"http://a/2\",\"results\":[{\"id\":1}]}", "{\"results\":[{\"id\":2}],\"next\":null}",
		DOTSYNC_UPDATED, TITLES "1,,\n2,,\n" },
	{ "{\"next\":\"http://a/2\"}", "{\"results\":[{\"id\":2}", DOTSYNC_FAILED, "" },
	{ "{\"next\":\"http://a/3\"}", "", DOTSYNC_FAILED, "" },
	{ "{\"results\":[7]}", "", DOTSYNC_FAILED, "" },
	{ "{\"results\":[{\"name\":\"\\u1234\"}]}", "", DOTSYNC_UPDATED, TITLES ",\xe1\x88\xb4,\n" },
	{ "{\"results\":[{\"name\":\"\\ud800\"}]}", "", DOTSYNC_FAILED, "" },
	{ "{\"results\":[{\"id\":x}]}", "", DOTSYNC_FAILED, "" },
	{ "[]", "", DOTSYNC_FAILED, "" },
	{ "not JSON", "", DOTSYNC_FAILED, "" },
	{ "", "", DOTSYNC_FAILED, "" },
};

static void
test_rows(void **state)
{
	struct host *host = malloc(sizeof(*host));
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct page pages[] = { { FIRST, 200, rows[i].first, 0 },
			{ "http://a/2", 200, rows[i].second, 0 }, { 0 } };

		memset(host, 0, sizeof(*host));
		host->pages = pages;
		host_run(host);
		if (host->finished != 1 || host->outcome != rows[i].outcome || host->open != 0 ||
			(host->outcome == DOTSYNC_UPDATED && strcmp(host->payload, rows[i].payload) != 0))
			fail_msg("row %zu: outcome %d, payload \"%s\"", i, host->outcome, host->payload);
	}
	free(host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
