/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The built-in updater: which URL it asks, what it takes for an answer, and what it says when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync.h"
#include "host.h"

#define ONE "{\"v\":1,\"urls\":[\"http://a/\"]}"
#define TWO "{\"urls\":[\"http://a/\",\"http://b/\"]}"
#define EMPTY "{\"urls\":[\"http://a/\"],\"allow_empty\":true}"
#define NO_PLAN "context.json does not say what to fetch: expected {\"v\":1,\"urls\":[...]}"

struct row {
	const char *context;
	struct page pages[3];
	int32_t outcome;
	const char *payload;
	const char *message;
	int requests;
	int64_t reason;
};

static const struct row rows[] = {
	{ ONE, { { "http://a/", 200, "data", 0 } }, DOTSYNC_UPDATED, "data", "", 1, 0 },
	{ ONE, { { "http://a/", 304, "", 0 } }, DOTSYNC_UNCHANGED, "", "", 1, 0 },
	{ ONE, { { "http://a/", 304, "", 0 } }, DOTSYNC_FAILED, "", "http://a/ answered 304", 1, DOTSYNC_FIRST },
	{ ONE, { { "http://a/", 404, "page", 0 } }, DOTSYNC_FAILED, "", "http://a/ answered 404", 1, 0 },
	{ ONE, { { "http://a/", 206, "part", 0 } }, DOTSYNC_FAILED, "", "http://a/ answered 206", 1, 0 },
	{ ONE, { { "http://a/", 200, "", 0 } }, DOTSYNC_FAILED, "", "http://a/ answered 200 with an empty body", 1, 0 },
	{ EMPTY, { { "http://a/", 200, "", 0 } }, DOTSYNC_UPDATED_EMPTY, "", "", 1, 0 },
	{ ONE, { { 0 } }, DOTSYNC_FAILED, "", "http://a/ could not be reached or was cut off", 1, 0 },
	{ ONE, { { "http://a/", DOTSYNC_DENIED, "", 0 } }, DOTSYNC_FAILED, "", "http://a/ is not allowed here", 1, 0 },
	{ ONE, { { "http://a/", DOTSYNC_INVAL, "", 0 } }, DOTSYNC_FAILED, "", "http://a/ is not a usable URL or header",
		1, 0 },
	{ ONE, { { "http://a/", DOTSYNC_TIMEOUT, "", 0 } }, DOTSYNC_FAILED, "", "http://a/ took too long", 1, 0 },
	{ ONE, { { "http://a/", -99, "", 0 } }, DOTSYNC_FAILED, "", "http://a/ failed", 1, 0 },
	{ ONE, { { "http://a/", 200, "data", DOTSYNC_NET } }, DOTSYNC_FAILED, "",
		"http://a/ could not be reached or was cut off", 1, 0 },
	{ ONE, { { "http://a/", 200, "data", DOTSYNC_LIMIT } }, DOTSYNC_FAILED, "", "http://a/ is over a limit", 1, 0 },

	/* mirrors: the next one after anything but an answer, and nothing of the one before it */
	{ TWO, { { "http://a/", 200, "a", 0 }, { "http://b/", 200, "b", 0 } }, DOTSYNC_UPDATED, "a", "", 1, 0 },
	{ TWO, { { "http://a/", 304, "", 0 }, { "http://b/", 200, "b", 0 } }, DOTSYNC_UNCHANGED, "", "", 1, 0 },
	{ TWO, { { "http://a/", 500, "a", 0 }, { "http://b/", 200, "b", 0 } }, DOTSYNC_UPDATED, "b", "", 2, 0 },
	{ TWO, { { "http://b/", 200, "b", 0 } }, DOTSYNC_UPDATED, "b", "", 2, 0 },
	{ TWO, { { "http://a/", 200, "aaaa", DOTSYNC_NET }, { "http://b/", 200, "b", 0 } }, DOTSYNC_UPDATED, "b", "", 2,
		0 },
	{ TWO, { { "http://a/", 200, "", 0 }, { "http://b/", 304, "", 0 } }, DOTSYNC_UNCHANGED, "", "", 2, 0 },
	{ TWO, { { "http://a/", 200, "aaaa", DOTSYNC_IO }, { "http://b/", 200, "b", 0 } }, DOTSYNC_FAILED, "",
		"http://a/ could not be stored", 1, 0 },

	/* contexts that name nothing to fetch */
	{ NULL, { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "[]", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "{}", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "{\"urls\":[]}", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "{\"urls\":\"http://a/\"}", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "{\"urls\":[\"http://a/\"]", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "{\"v\":2,\"urls\":[\"http://a/\"]}", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ "{\"urls\":[1]}", { { 0 } }, DOTSYNC_FAILED, "", "a URL in context.json is not plain text", 0, 0 },
	{ "{\"urls\":[\"http://a/\\nX: y\"]}", { { 0 } }, DOTSYNC_FAILED, "", "a URL in context.json is not plain text",
		0, 0 },
	{ "{\"urls\":[1,\"http://a/\"]}", { { "http://a/", 200, "a", 0 } }, DOTSYNC_UPDATED, "a", "", 1, 0 },
};

static void
run_row(struct host *host, const struct row *row)
{
	memset(host, 0, sizeof(*host));
	host->context = row->context;
	host->pages = row->pages;
	host->reason = row->reason;
	host_run(host);
}

static void
test_rows(void **state)
{
	struct host *host = malloc(sizeof(*host));
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_row(host, &rows[i]);
		if (host->finished != 1 || host->outcome != rows[i].outcome || host->requests != rows[i].requests ||
			strcmp(host->payload, rows[i].payload) != 0 || strcmp(host->message, rows[i].message) != 0 ||
			host->open != 0)
			fail_msg(
				"row %zu: finished %d, outcome %d, %d requests, payload \"%s\", message \"%s\", %d open",
				i, host->finished, host->outcome, host->requests, host->payload, host->message,
				host->open);
		assert_int_equal(host->conditional, host->requests);
	}
	free(host);
}

static void
test_headers(void **state)
{
	static const struct page pages[] = { { "http://a/", 200, "data", 0 }, { 0 } };
	static const struct {
		const char *headers;
		const char *head; /* NULL: nothing is asked */
	} cases[] = {
		{ "{}", "GET http://a/" },
		{ "{\"Accept\": \"text/csv\", \"X-A\": \"\"}", "GET http://a/\nAccept: text/csv\nX-A: " },
		{ "{\"A\": \"b\\nC: d\"}", NULL },
		{ "{\"A\": \"b\\r\"}", NULL },
		{ "{\"A\": 1}", NULL },
		{ "{\"A\" 1}", NULL },
		{ "[\"A: b\"]", NULL },
	};
	struct host *host = malloc(sizeof(*host));
	char context[512];
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct row row = { .context = context };

		snprintf(context, sizeof(context), "{\"headers\":%s,\"urls\":[\"http://a/\"]}", cases[i].headers);
		memcpy(row.pages, pages, sizeof(pages));
		run_row(host, &row);
		assert_int_equal(host->outcome, cases[i].head != NULL ? DOTSYNC_UPDATED : DOTSYNC_FAILED);
		if (cases[i].head != NULL)
			assert_string_equal(host->heads[0], cases[i].head);
		else
			assert_string_equal(host->message, "http://a/ has headers that are not text");
	}
	free(host);
}

/* A context at its largest, headers and URLs too long: refused whole, never cut. */
static void
test_sizes(void **state)
{
	enum { CONTEXT = 70000 };
	struct host *host = malloc(sizeof(*host));
	char *context = malloc(CONTEXT + 64);
	struct row row = { .context = context };
	int size, i;

	(void)state;
	assert_non_null(host);
	assert_non_null(context);
	row.pages[0] = (struct page){ "http://a/", 200, "data", 0 };
	for (size = 65536 - 4; size <= 65536 + 4; size++) {
		i = snprintf(context, 64, "{\"urls\":[\"http://a/\"]}");
		memset(context + i, ' ', (size_t)(size - i));
		context[size] = '\0';
		run_row(host, &row);
		assert_int_equal(host->outcome, size <= 65536 ? DOTSYNC_UPDATED : DOTSYNC_FAILED);
	}
	for (size = 16384 - 40; size <= 16384 + 8; size++) { /* the head: "GET http://a/", "\nN...: v" */
		i = snprintf(context, 64, "{\"urls\":[\"http://a/\"],\"headers\":{\"");
		memset(context + i, 'N', (size_t)size);
		snprintf(context + i + size, 64, "\":\"v\"}}");
		run_row(host, &row);
		if (host->requests == 1)
			assert_int_equal(strlen(host->heads[0]), 13 + 1 + size + 2 + 1);
		assert_int_equal(host->requests, 13 + 1 + size + 2 + 1 < 16384 ? 1 : 0);
	}
	for (size = 8192 - 4; size <= 8192 + 4; size++) {
		i = snprintf(context, 64, "{\"urls\":[\"");
		memset(context + i, 'u', (size_t)size);
		snprintf(context + i + size, 64, "\"]}");
		run_row(host, &row);
		assert_int_equal(host->requests, size <= 8192 ? 1 : 0);
		if (size <= 8192)
			assert_non_null(strstr(host->message, "u... could not be reached"));
	}
	free(context);
	free(host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
