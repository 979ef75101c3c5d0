/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Secrets where no server is needed: requests that carry too many, URLs that grow too long, and the last held-back piece of an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

#define COUNT (DSYNC__SECRETS_SENT_MAX + 1)
#define URL "https://127.0.0.1:1/"

static const char *const hosts[] = { "https://127.0.0.1:1" };

/* Asks for URL with these headers; the rule that refused it. */
static int
fetch(const char *url, const struct dsync_broker_secret *secrets, size_t count, const struct dsync_header *headers,
	size_t header_count, struct dsync_error *err)
{
	struct dsync_broker_policy policy = { .asked = { hosts, 1 },
		.granted = { hosts, 1 },
		.private_ = { hosts, 1 },
		.timeout_ms = 20000,
		.secrets = secrets,
		.secret_count = count,
		.watch_fds = { -1, -1 } };
	struct dsync_request request = { .method = "GET",
		.method_size = 3,
		.url = url,
		.url_size = strlen(url),
		.headers = headers,
		.header_count = header_count };
	struct dsync_response *response;
	struct dsync_broker *broker;
	int rc;

	assert_int_equal(dsync_broker_create(&broker, &policy, NULL), 0);
	rc = dsync_broker_fetch(broker, &request, &response, err);
	assert_null(response);
	dsync_broker_destroy(broker);
	return rc;
}

static void
test_too_many(void **state)
{
	static char names[COUNT][8], places[COUNT][8], templates[COUNT][24];
	struct dsync_broker_secret secrets[COUNT];
	struct dsync_header headers[COUNT];
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "S%zu", i);
		snprintf(places[i], sizeof(places[i]), "X-%zu", i);
		snprintf(templates[i], sizeof(templates[i]), "{secret:S%zu}", i);
		secrets[i] = (struct dsync_broker_secret){ .name = names[i],
			.host = "127.0.0.1",
			.port = 1,
			.header = places[i],
			.format = "{}",
			.value = "value" };
		headers[i] = (struct dsync_header){ places[i], strlen(places[i]), templates[i], strlen(templates[i]) };
	}
	assert_int_equal(fetch(URL, secrets, COUNT, headers, COUNT, &err), DSYNC_ERR_POLICY);
	assert_string_equal(err.rule, "secret");
	assert_non_null(strstr(err.message, "more secrets than one request may carry"));
	assert_int_equal(fetch(URL, secrets, COUNT, headers, COUNT - 1, &err), DSYNC_ERR_NETWORK); /* nobody is there */
}

/* The URL fits, and with the value in it no longer does; the error has neither of them. */
static void
test_long_url(void **state)
{
	static char url[DSYNC_URL_SIZE_MAX + 1], value[2048];
	struct dsync_broker_secret secret = {
		.name = "S", .host = "127.0.0.1", .port = 1, .query = "k", .format = "{}", .value = value
	};
	struct dsync_error err;
	size_t size;

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	size = (size_t)snprintf(url, sizeof(url), URL "?k={secret:S}&");
	memset(url + size, 'x', 7000 - size);
	assert_int_equal(fetch(url, &secret, 1, NULL, 0, &err), DSYNC_ERR_POLICY);
	assert_string_equal(err.rule, "secret");
	assert_null(strstr(err.message, "vvvv"));
	assert_null(strstr(err.found, "vvvv"));
}

/* One secret in a header and one in the URL: each goes to its own place, as far as there is somebody to send it to. */
static void
test_both_places(void **state)
{
	static const struct dsync_broker_secret secrets[] = {
		{ .name = "H", .host = "127.0.0.1", .port = 1, .header = "X-H", .format = "{}", .value = "header" },
		{ .name = "Q", .host = "127.0.0.1", .port = 1, .query = "k", .format = "{}", .value = "query" },
	};
	static const struct dsync_header header = { "X-H", 3, "{secret:H}", 10 };
	struct dsync_error err;

	(void)state;
	assert_int_equal(fetch(URL "?k={secret:Q}", secrets, 2, &header, 1, &err), DSYNC_ERR_NETWORK);
	assert_string_equal(err.rule, "connect");
}

static int
refuse_piece(void *user, const void *data, size_t size)
{
	++*(int *)user;
	assert_int_equal(size, 3);
	assert_memory_equal(data, "sec", 3);
	return DSYNC_ERR_CANCELLED;
}

static int
refuse_next(struct dsync_response *r, const void *data, size_t size)
{
	(void)r, (void)data, (void)size;
	return -1;
}

/* What the end of an answer held back goes to the sink like all the rest, and the sink may not want it. */
static void
test_sink_fails_at_the_end(void **state)
{
	struct dsync_broker_secret secret = { .name = "S", .value = "secret-value" };
	struct dsync__hop hop = { .secrets = { &secret }, .secret_count = 1 };
	struct dsync_broker broker = { .tape_folder = -1 };
	struct dsync__record record = { .method = METHOD_GET };
	struct dsync_response r = {
		.broker = &broker, .record = &record, .head_done = true, .done = true, .status = 200, .length = -1
	};
	char piece[] = "sec";
	int calls = 0;

	(void)state;
	assert_int_equal(dsync__guard_create(&r, &hop, NULL), 0);
	assert_int_equal(dsync__body_receive(piece, 1, 3, &r), 3);
	assert_int_equal(dsync__guard_held(&r), 3);
	assert_int_equal(dsync_response_pipe(&r, -1, refuse_piece, &calls, NULL), DSYNC_ERR_CANCELLED);
	assert_int_equal(calls, 1);
	assert_int_equal(record.public_.error, DSYNC_ERR_CANCELLED);
	assert_int_equal(dsync__guard_pass(&r, "sec", 3, refuse_next), 0); /* held again, so nobody is asked */
	assert_int_equal(dsync__guard_pass(&r, "x", 1, refuse_next), -1);
	dsync__guard_destroy(r.guard);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_long_url),
		cmocka_unit_test(test_both_places),
		cmocka_unit_test(test_sink_fails_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
