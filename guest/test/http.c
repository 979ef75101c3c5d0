/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The built-in updater: which URL it asks, what it takes for an answer, and what it says when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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
	{ "{\"v\":2,\"urls\":[\"http://a/\"]}", { { 0 } }, DOTSYNC_FAILED, "",
		"context.json is of a version that this updater does not know: expected \"v\": 1", 0, 0 },
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
check_rows(const struct row *row, size_t count, bool conditional)
{
	struct host *host = malloc(sizeof(*host));
	size_t i;

	assert_non_null(host);
	for (i = 0; i < count; i++, row++) {
		run_row(host, row);
		if (host->finished != 1 || host->outcome != row->outcome || host->requests != row->requests ||
			strcmp(host->payload, row->payload) != 0 || strcmp(host->message, row->message) != 0 ||
			host->open != 0)
			fail_msg(
				"row %zu: finished %d, outcome %d, %d requests, payload \"%s\", message \"%s\", %d open",
				i, host->finished, host->outcome, host->requests, host->payload, host->message,
				host->open);
		assert_true(!conditional || host->conditional == host->requests);
	}
	free(host);
}

static void
test_rows(void **state)
{
	(void)state;
	check_rows(rows, sizeof(rows) / sizeof(rows[0]), true);
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
			assert_string_equal(host->message, "http://a/ has headers or a query that are not text");
	}
	free(host);
}

#define HELLO_SUM "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define WRONG_SUM "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9825"
#define PLAN(rest) "{\"urls\":[\"http://a/f\",\"http://b/f\"]," rest "}"
#define FEED "{\"x\":[{\"n\":\"o\"},{\"n\":\"d-1\",\"u\":\"d\"}]}"

#define UNKNOWN_STEP "\"unpack\" in context.json has an unknown step; known are gz, zst, xz, tar:MEMBER, zip:MEMBER"

/* Sums and feeds; tar.c, zip.c and test/guest have archives. */
static const struct row plans[] = {
	{ PLAN("\"expect\":\"sha256:" HELLO_SUM "\""), { { "http://a/f", 200, "hello", 0 } }, DOTSYNC_UPDATED, "hello",
		"", 1, 0 },
	{ PLAN("\"expect\":\"sha256:" HELLO_SUM "\""),
		{ { "http://a/f", 200, "other", 0 }, { "http://b/f", 200, "hello", 0 } }, DOTSYNC_UPDATED, "hello", "",
		2, 0 },
	{ PLAN("\"expect\":\"sha256:" WRONG_SUM "\""), { { "http://b/f", 200, "hello", 0 } }, DOTSYNC_FAILED, "",
		"http://b/f has SHA-256 " HELLO_SUM ", expected " WRONG_SUM, 2, 0 },
	{ PLAN("\"expect\":\"sums\""),
		{ { "http://a/sums", 200, HELLO_SUM "  f\n", 0 }, { "http://a/f", 200, "hello", 0 } }, DOTSYNC_UPDATED,
		"hello", "", 2, 0 },
	{ PLAN("\"expect\":\"/sums\""), { { "http://b/sums", 404, "", 0 } }, DOTSYNC_FAILED, "",
		"http://b/sums answered 404", 2, 0 },
	{ PLAN("\"expect\":\"sums\""), { { "http://b/sums", 200, HELLO_SUM "  g\n", 0 } }, DOTSYNC_FAILED, "",
		"http://b/sums has no SHA-256 of f", 2, 0 },
	{ PLAN("\"json_url\":\"/x/n=d-*/u\""), { { "http://a/f", 200, FEED, 0 }, { "http://a/d", 200, "data", 0 } },
		DOTSYNC_UPDATED, "data", "", 2, 0 },
	{ PLAN("\"json_url\":\"/x/2/u\""), { { "http://b/f", 200, FEED, 0 } }, DOTSYNC_FAILED, "",
		"http://b/f has nothing at /x/2/u; it leads only as far as \"/x\"", 2, 0 },
	{ PLAN("\"json_url\":\"/x/0\""), { { "http://b/f", 200, FEED, 0 } }, DOTSYNC_FAILED, "",
		"http://b/f has no usable URL at /x/0", 2, 0 },
	{ PLAN("\"unpack\":[\"gz\"]"), { { "http://b/f", 200, "hello", 0 } }, DOTSYNC_FAILED, "",
		"http://b/f cannot be unpacked: the gzip data is damaged, or none: incorrect header check", 2, 0 },
	{ PLAN("\"unpack\":[\"tar:a\"]"), { { "http://b/f", 200, "hello", 0 } }, DOTSYNC_FAILED, "",
		"http://b/f is a tar archive that breaks off before its end", 2, 0 },
	{ PLAN("\"unpack\":[\"zip:a\"]"), { { "http://b/f", 200, "hello", 0 } }, DOTSYNC_FAILED, "",
		"http://b/f is no ZIP archive", 2, 0 },
	{ PLAN("\"expect\":\"https://a/s\""),
		{ { "https://a/s", 200, HELLO_SUM, 0 }, { "http://b/f", 200, "hello", 0 } }, DOTSYNC_UPDATED, "hello",
		"", 4, 0 },
	{ PLAN("\"expect\":\"ftp://a/s\""), { { 0 } }, DOTSYNC_FAILED, "",
		"http://b/f is to be checked with a file whose URL is not usable", 0, 0 },
	{ PLAN("\"json_url\":\"/x\""), { { "http://b/f", 200, FEED, DOTSYNC_NET } }, DOTSYNC_FAILED, "",
		"http://b/f has no usable URL at /x", 2, 0 },
	{ PLAN("\"json_url\":\"x\""), { { 0 } }, DOTSYNC_FAILED, "",
		"\"json_url\" in context.json is no JSON pointer: expected /NAME/0/...", 0, 0 },
	{ PLAN("\"json_url\":1"), { { 0 } }, DOTSYNC_FAILED, "",
		"\"json_url\" in context.json is no JSON pointer: expected /NAME/0/...", 0, 0 },
	{ PLAN("\"expect\":1"), { { 0 } }, DOTSYNC_FAILED, "",
		"\"expect\" in context.json is no text: expected sha256:HEX or a URL", 0, 0 },
	{ PLAN("\"expect\":\"sha256:12\""), { { 0 } }, DOTSYNC_FAILED, "",
		"\"expect\" in context.json is no SHA-256: expected 64 hexadecimal digits", 0, 0 },
	{ PLAN("\"allow_empty\":1"), { { 0 } }, DOTSYNC_FAILED, "",
		"\"allow_empty\" in context.json is neither true nor false", 0, 0 },
	{ PLAN("\"unpack\":1"), { { 0 } }, DOTSYNC_FAILED, "", "\"unpack\" in context.json is no list of texts", 0, 0 },
	{ PLAN("\"unpack\":[\"gz\""), { { 0 } }, DOTSYNC_FAILED, "", "\"unpack\" in context.json is no list of texts",
		0, 0 },
	{ PLAN("\"unpack\":[1]"), { { 0 } }, DOTSYNC_FAILED, "", UNKNOWN_STEP, 0, 0 },
	{ PLAN("\"unpack\":[\"bz2\"]"), { { 0 } }, DOTSYNC_FAILED, "", UNKNOWN_STEP, 0, 0 },
	{ PLAN("\"unpack\":[\"tar:\"]"), { { 0 } }, DOTSYNC_FAILED, "", UNKNOWN_STEP, 0, 0 },
	{ PLAN("\"unpack\":[\"zip:a\",\"gz\"]"), { { 0 } }, DOTSYNC_FAILED, "",
		"\"unpack\" in context.json goes on after tar: or zip:, which must be last", 0, 0 },
	{ PLAN("\"unpack\":[\"gz\",\"gz\",\"gz\",\"gz\",\"gz\"]"), { { 0 } }, DOTSYNC_FAILED, "",
		"\"unpack\" in context.json has more than 4 steps", 0, 0 },
	{ PLAN("\"expect\":\"/s\",\"expect\":\"/t\""), { { 0 } }, DOTSYNC_FAILED, "", "context.json has a key twice", 0,
		0 },
	{ PLAN("\"urls\":[\"http://a/\"]"), { { 0 } }, DOTSYNC_FAILED, "", "context.json has a key twice", 0, 0 },
	{ ONE " \n", { { "http://a/", 200, "data", 0 } }, DOTSYNC_UPDATED, "data", "", 1, 0 },
	{ ONE "}", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ ONE " {}", { { 0 } }, DOTSYNC_FAILED, "", NO_PLAN, 0, 0 },
	{ PLAN("\"other\":1"), { { 0 } }, DOTSYNC_FAILED, "",
		"context.json has an unknown key \"other\"; known are v, urls, headers, query, json_url, expect, unpack, allow_empty",
		0, 0 },
};

/* The URL that is asked for, with its query; NULL: refused. */
static void
test_queries(void **state)
{
	static const struct {
		const char *url, *query, *head;
	} cases[] = {
		{ "http://a/", "{}", "GET http://a/" },
		{ "http://a/", "{\"q\":\"v\"}", "GET http://a/?q=v" },
		{ "http://a/?x", "{\"q\":\"v\"}", "GET http://a/?x&q=v" },
		{ "http://a/", "{\"q\":\"v\",\"r\":\"\"}", "GET http://a/?q=v&r=" },
		{ "http://a/", "{\"q\":\"aZ09-._~\"}", "GET http://a/?q=aZ09-._~" },
		{ "http://a/", "{\"a b\":\"c&d=\\u00e4/\"}", "GET http://a/?a%20b=c%26d%3D%C3%A4%2F" },
		{ "http://a/", "{\"key\":\"{secret:TOKEN}\"}", "GET http://a/?key={secret:TOKEN}" },
		{ "http://a/", "{\"key\":\"{secret:TOKEN\"}", "GET http://a/?key=%7Bsecret%3ATOKEN" },
		{ "http://a/", "{\"key\":\"{secret:T+N}\"}", "GET http://a/?key=%7Bsecret%3AT%2BN%7D" },
		{ "http://a/", "{\"key\":\"{other}\"}", "GET http://a/?key=%7Bother%7D" },
		{ "http://a/", "[]", NULL },
		{ "http://a/", "{\"q\":1}", NULL },
		{ "http://a/", "{\"q\" 1}", NULL },
	};
	struct host *host = malloc(sizeof(*host));
	char context[512];
	size_t i;

	(void)state;
	assert_non_null(host);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct row row = { .context = context };

		snprintf(context, sizeof(context), "{\"query\":%s,\"urls\":[\"%s\"]}", cases[i].query, cases[i].url);
		run_row(host, &row);
		assert_int_equal(host->outcome, DOTSYNC_FAILED); /* there is no such page */
		assert_int_equal(host->requests, cases[i].head != NULL ? 1 : 0);
		if (cases[i].head != NULL)
			assert_string_equal(host->heads[0], cases[i].head);
		else
			assert_non_null(strstr(host->message, " has headers or a query that are not text"));
	}
	free(host);
}

static void
test_plans(void **state)
{
	(void)state;
	check_rows(plans, sizeof(plans) / sizeof(plans[0]), false);
}

/* What is there already, by its sum, is not asked for; a first payload always is. */
static void
test_known(void **state)
{
	struct row row = { .context = PLAN("\"expect\":\"sha256:" HELLO_SUM "\"") };
	struct host *host = malloc(sizeof(*host));

	(void)state;
	assert_non_null(host);
	memset(host, 0, sizeof(*host));
	host->context = row.context;
	host->pages = row.pages;
	host->old_payload = "hello";
	host_run(host);
	assert_int_equal(host->outcome, DOTSYNC_UNCHANGED);
	assert_int_equal(host->requests, 0);
	memset(host->message, 0, sizeof(host->message));
	host->reason = DOTSYNC_FIRST;
	host_run(host);
	assert_int_equal(host->outcome, DOTSYNC_FAILED);
	assert_int_equal(host->requests, 2);
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
	for (size = 4096 - 4; size <= 4096 + 4; size++) { /* one value, each byte of which becomes three */
		i = snprintf(context, 64, "{\"urls\":[\"http://a/\"],\"query\":{\"q\":\"");
		memset(context + i, '%', (size_t)size);
		snprintf(context + i + size, 64, "\"}}");
		run_row(host, &row);
		assert_int_equal(host->requests, size < 4096 ? 1 : 0);
	}
	for (size = 2720; size <= 2730; size++) { /* two of them */
		i = snprintf(context, 64, "{\"urls\":[\"http://a/\"],\"query\":{\"q\":\"");
		memset(context + i, '%', (size_t)size);
		i += size;
		i += snprintf(context + i, 64, "\",\"r\":\"");
		memset(context + i, '%', (size_t)size);
		snprintf(context + i + size, 64, "\"}}");
		run_row(host, &row);
		if (host->requests == 1)
			assert_int_equal(strlen(host->heads[0]), 13 + 2 * (3 + 3 * size));
		assert_int_equal(host->requests, 13 + 2 * (3 + 3 * size) < 16384 ? 1 : 0);
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
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
