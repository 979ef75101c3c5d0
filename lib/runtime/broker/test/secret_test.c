/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Secrets: where they may go, where they never go, and answers that give them back.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

#define VALUE "s3cr3t-abcabcabd/+value"
#define ENCODED "s3cr3t-abcabcabd%2F%2Bvalue"
#define TEMPLATE "{secret:TOKEN}"

static struct dsync_broker_secret secrets[3];
static struct dsync_header headers[4];

/* TOKEN for the Authorization header, KEY for ?key=, LOST that cannot be had: all of the TLS listener at 127.0.0.1. */
static int
reset(void **state)
{
	uint16_t port;

	fixture_reset(state);
	port = testserver_port(&fixture.server, "https");
	secrets[0] = (struct dsync_broker_secret){ .name = "TOKEN",
		.host = "127.0.0.1",
		.port = port,
		.header = "Authorization",
		.format = "Bearer {}",
		.value = VALUE };
	secrets[1] = (struct dsync_broker_secret){
		.name = "KEY", .host = "127.0.0.1", .port = port, .query = "key", .format = "{}", .value = VALUE
	};
	secrets[2] = (struct dsync_broker_secret){ .name = "LOST",
		.host = "127.0.0.1",
		.port = port,
		.header = "X-Lost",
		.format = "{}",
		.fault = "no such file" };
	fixture.policy.secrets = secrets;
	fixture.policy.secret_count = 3;
	fixture.request.headers = headers;
	return 0;
}

static void
set_header(size_t i, const char *name, const char *value)
{
	headers[i] = (struct dsync_header){ name, strlen(name), value, strlen(value) };
	fixture.request.header_count = i + 1;
}

static const char *
https(const char *path)
{
	return testserver_url(&fixture.server, fixture.url, "https", path);
}

/* The server's log of requests, to be freed. */
static char *
server_log(void)
{
	char *log = testserver_control(&fixture.server, "GET", "log", "");

	assert_non_null(log);
	return log;
}

/* Nothing that a person or a program is shown has the value in it. */
static void
check_unseen(void)
{
	struct dsync_broker_record record;
	char text[4096];
	size_t i;

	dsync_error_format(&fixture.err, text, sizeof(text));
	assert_null(strstr(text, "abcabcabd"));
	for (i = 0; fixture.broker != NULL && dsync_broker_record(fixture.broker, i, &record) == 0; i++)
		assert_null(strstr(record.url, "abcabcabd"));
}

static void
test_header(void **state)
{
	static const char *const forms[] = { TEMPLATE, "Bearer " TEMPLATE };
	char *log;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		testserver_reset(&fixture.server);
		set_header(0, "authorization", forms[i]);
		free(fixture_fetch(https("/bytes?size=1000"), 200));
		log = server_log();
		assert_non_null(strstr(log, "\"Bearer " VALUE "\""));
		free(log);
		check_unseen();
	}
}

static void
test_query(void **state)
{
	struct dsync_broker_record record;
	char *log;

	(void)state;
	free(fixture_fetch(https("/bytes?size=10&key={secret:KEY}&more=1"), 200));
	log = server_log();
	assert_non_null(strstr(log, "/bytes?size=10&key=" ENCODED "&more=1"));
	free(log);
	check_unseen();
	assert_int_equal(dsync_broker_record(fixture.broker, 0, &record), 0);
	assert_non_null(strstr(record.url, "key={secret:KEY}&more"));
}

/* H33: another host, port, scheme, place, name; a header that is not the template alone; what goes around the guard. */
static void
test_refused_headers(void **state)
{
	const struct {
		const char *listener, *path, *name, *value;
	} cases[] = {
		{ "http", "/echo", "Authorization", TEMPLATE },
		{ "other", "/echo", "Authorization", TEMPLATE },
		{ "self_signed", "/echo", "Authorization", TEMPLATE },
		{ "https", "/echo", "X-Other", TEMPLATE },
		{ "https", "/echo", "Authorization", "{secret:NONE}" },
		{ "https", "/echo", "Authorization", "{secret:KEY}" },
		{ "https", "/echo", "Authorization", "{secret:TOKE}" },
		{ "https", "/echo", "X-Lost", "{secret:LOST}" },
		{ "https", "/echo", "X-Other", "Bearer " TEMPLATE },
		{ "https", "/echo", "Authorization", "Basic " TEMPLATE },
		{ "https", "/echo", "Authorization", "bearer " TEMPLATE },
		{ "https", "/echo", "Authorization", "Bearer  " TEMPLATE },
		{ "https", "/echo", "Authorization", "Bearer " TEMPLATE "x" },
		{ "https", "/echo", "Authorization", TEMPLATE TEMPLATE },
		{ "https", "/echo", "X-Other", "{secret:TOKEN" },
		{ "https", "/echo", "X-Other", "{secret:}" },
		{ "https", "/echo", "X-Other", TEMPLATE "x" },
		{ "https", "/echo", "X-Other", TEMPLATE TEMPLATE },
		{ "https", "/echo", "X-Lost", "a value of its own" },
		{ "https", "/echo?key={secret:TOKEN}", "X-A", "b" },
		{ "https", "/echo?other={secret:KEY}", "X-A", "b" },
		{ "https", "/echo?key=x{secret:KEY}", "X-A", "b" },
		{ "https", "/echo?key={secret:KEY}x", "X-A", "b" },
		{ "https", "/echo?{secret:KEY}", "X-A", "b" },
		{ "https", "/echo?to=/x?key={secret:KEY}", "X-A", "b" },
		{ "https", "/{secret:KEY}?key=1", "X-A", "b" },
		{ "https", "/key={secret:KEY}", "X-A", "b" },
		{ "http", "/echo?key={secret:KEY}", "X-A", "b" },
		{ "https", "/echo?key={secret:KEY}", "Range", "bytes=0-3" },
		{ "https", "/echo?key={secret:KEY}", "If-Range", "x" },
		{ "https", "/echo?key={secret:KEY}", "Accept-Encoding", "gzip" },
	};
	struct dsync_response *response;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_header(0, cases[i].name, cases[i].value);
		fixture_expect(
			fixture_get(testserver_url(&fixture.server, fixture.url, cases[i].listener, cases[i].path),
				&response),
			DSYNC_ERR_POLICY, "secret");
		check_unseen();
	}
	set_header(0, "Host", TEMPLATE);
	fixture_expect(fixture_get(https("/echo"), &response), DSYNC_ERR_POLICY, "header");
	set_header(0, "Proxy-Authorization", TEMPLATE);
	fixture_expect(fixture_get(https("/echo"), &response), DSYNC_ERR_POLICY, "header");
	set_header(0, "Authorization", "Bearer of its own");
	fixture_expect(fixture_get(https("/echo"), &response), DSYNC_ERR_POLICY, "header");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

/* Another host of the same address and port is another place. */
static void
test_other_host(void **state)
{
	struct dsync_response *response;
	char url[128];

	(void)state;
	fixture_allow("https://loop.test:*");
	set_header(0, "Authorization", TEMPLATE);
	snprintf(url, sizeof(url), "https://loop.test:%u/echo", testserver_port(&fixture.server, "https"));
	fixture_expect(fixture_get(url, &response), DSYNC_ERR_POLICY, "secret");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

/* Which hosts may be asked at all is a question of its own. */
static void
test_host_not_granted(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture.policy.granted.count = 0;
	set_header(0, "Authorization", TEMPLATE);
	fixture_expect(fixture_get(https("/echo"), &response), DSYNC_ERR_POLICY, "host");
}

/* H20, H32: on to another origin goes neither a secret nor any other header of the guest; within the origin both go on. */
static void
test_redirect(void **state)
{
	static const char *const statuses[] = { "301", "302", "303", "307", "308" };
	char path[512], *log;
	size_t i;

	(void)state;
	fixture_allow("https://loop.test:*");
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		testserver_reset(&fixture.server);
		set_header(0, "Authorization", TEMPLATE);
		set_header(1, "X-Api-Key", "of the guest");
		fixture.request.method = "POST";
		fixture.request.body = (struct dsync_view){ (const unsigned char *)"body", 4 };
		snprintf(path, sizeof(path), "/redirect?status=%s&to=https://loop.test:%u/echo", statuses[i],
			testserver_port(&fixture.server, "https"));
		free(fixture_fetch(https(path), 200));
		log = server_log();
		assert_non_null(strstr(log, "Bearer " VALUE));
		assert_null(strstr(strstr(log, "Bearer " VALUE) + 1, "Bearer"));
		assert_null(strstr(strstr(log, "of the guest") + 1, "of the guest"));
		free(log);
	}
	testserver_reset(&fixture.server);
	fixture.request.method = "GET";
	fixture.request.body = (struct dsync_view){ NULL, 0 };
	free(fixture_fetch(https("/redirect?to=/bytes?size=5"), 200));
	log = server_log();
	assert_non_null(strstr(strstr(log, "Bearer " VALUE) + 1, "Bearer " VALUE));
	free(log);
}

/* A server that has read this cannot make us put the value into a URL of its choice. */
static void
test_redirect_with_template(void **state)
{
	char *log;

	(void)state;
	free(testserver_control(&fixture.server, "PUT", "content",
		"{\"path\": \"/moved\", \"status\": 302, \"headers\": {\"Location\": \"/bytes?key={secret:KEY}\"}}"));
	free(fixture_fetch(https("/moved?key={secret:KEY}"), 200));
	log = server_log();
	assert_non_null(strstr(log, "/moved?key=" ENCODED));
	assert_null(strstr(log, "/bytes?key=" ENCODED));
	free(log);
}

static void
expect_reflected(const char *path)
{
	struct dsync_response *response;
	int rc = fixture_get(https(path), &response);

	if (rc == 0) {
		assert_null(fixture_body(response, NULL));
		rc = fixture.err.code;
		dsync_response_close(response);
	}
	fixture_expect(rc, DSYNC_ERR_POLICY, "reflected");
	if (strstr(path, ENCODED) == NULL) /* where the URL itself does not tell the server what to answer */
		check_unseen();
	fixture_finish(NULL);
}

/* H34 */
static void
test_reflected(void **state)
{
	(void)state;
	set_header(0, "Authorization", TEMPLATE);
	expect_reflected("/echo");
	expect_reflected("/bytes?size=10&h=X-Back:" ENCODED);
	expect_reflected("/bytes?size=10&h=Set-Cookie:a=" ENCODED);
	expect_reflected("/status/404?body=" ENCODED);
	expect_reflected("/status/302?location=/x%3Fkey=" ENCODED);
	fixture.request.header_count = 0;
	expect_reflected("/echo?key={secret:KEY}");
	expect_reflected("/redirect?key={secret:KEY}&to=/x?key=" ENCODED);
}

/* What is compressed cannot be looked through. */
static void
test_encoded(void **state)
{
	struct dsync_response *response;

	(void)state;
	set_header(0, "Authorization", TEMPLATE);
	fixture_expect(fixture_get(https("/bytes?size=10&encoding=gzip"), &response), DSYNC_ERR_NETWORK, "http");
	free(fixture_fetch(https("/bytes?size=10&encoding=identity"), 200));
	fixture.request.header_count = 0;
	free(fixture_fetch(https("/bytes?size=10&encoding=gzip"), 200));
}

/* Not a byte too many of an answer whose last piece is the beginning of the secret. */
static void
test_held_back(void **state)
{
	char path[256], *body;

	(void)state;
	set_header(0, "Authorization", TEMPLATE);
	snprintf(path, sizeof(path), "/status/200?body=%s", "abcs3cr3t-abcabcabc");
	body = fixture_fetch(https(path), 200);
	assert_string_equal(body, "abcs3cr3t-abcabcabc");
	free(body);
}

struct sink {
	char data[4096];
	size_t size;
};

static struct sink passed;

static int
collect(struct dsync_response *r, const void *data, size_t size)
{
	(void)r;
	assert_true(passed.size + size <= sizeof(passed.data));
	memcpy(passed.data + passed.size, data, size);
	passed.size += size;
	return 0;
}

/* Random texts of few letters in random pieces: all of it, or nothing of the secret's place on. */
static void
test_guard(void **state)
{
	static const char *const values[] = { "abababac", "aaaaaaaa", "abcabcabd/", VALUE };
	unsigned round, seed = 1;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct dsync_broker_secret secret = { .name = "S", .value = values[round % 4] };
		struct dsync__hop hop = { .secrets = { &secret }, .secret_count = 1 };
		struct dsync_response r = { .guard = NULL };
		char text[256];
		size_t size = (size_t)(rand_r(&seed) % 250), at, piece;
		const char *found;
		int rc = 0;

		for (at = 0; at < size; at++)
			text[at] = "abcd/"[rand_r(&seed) % (2 + (int)(round % 3))];
		if (round % 5 == 0 && size > strlen(secret.value))
			memcpy(text + size / 3 * (size > 3 * strlen(secret.value)), secret.value, strlen(secret.value));
		found = memmem(text, size, secret.value, strlen(secret.value));
		passed.size = 0;
		assert_int_equal(dsync__guard_create(&r, &hop, NULL), 0);
		for (at = 0; rc == 0 && at < size; at += piece) {
			piece = 1 + (size_t)(rand_r(&seed) % 20);
			if (piece > size - at)
				piece = size - at;
			rc = dsync__guard_pass(&r, text + at, piece, collect);
		}
		if (rc == 0)
			dsync__guard_end(&r, collect);
		assert_int_equal(rc < 0, found != NULL);
		if (found == NULL)
			assert_int_equal(passed.size, size);
		else
			assert_true(passed.size <= (size_t)(found - text));
		assert_memory_equal(passed.data, text, passed.size);
		dsync__guard_destroy(r.guard);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, fixture_finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header),
		TEST(test_query),
		TEST(test_refused_headers),
		TEST(test_other_host),
		TEST(test_host_not_granted),
		TEST(test_redirect),
		TEST(test_redirect_with_template),
		TEST(test_reflected),
		TEST(test_encoded),
		TEST(test_held_back),
		cmocka_unit_test(test_guard),
	};

	return cmocka_run_group_tests(tests, fixture_setup_tls, fixture_teardown);
}
