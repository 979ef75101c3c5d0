/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where a request may go: hosts, addresses, redirects.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint16_t
http_port(void)
{
	return testserver_port(&fixture.server, "http");
}

/* GET of a name's URL on the server's port, without letting it reach private addresses. */
static int
get_name(const char *host, struct dsync_response **response)
{
	char url[256];

	snprintf(url, sizeof(url), "http://%s:%u/echo", host, http_port());
	return fixture_get(url, response);
}

static void
test_host_not_listed(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture_expect(get_name("loop.test", &response), DSYNC_ERR_POLICY, "host");
	assert_null(response);
	assert_int_equal(resolver_calls, 0);
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
	assert_non_null(strstr(fixture.err.expected, "http://loop.test:"));
}

static void
test_one_list_only(void **state)
{
	const struct dsync_host_list none = { NULL, 0 };
	struct dsync_response *response;

	(void)state;
	fixture.policy.granted = none;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "host");
	assert_non_null(strstr(fixture.err.message, "granted"));
	fixture_finish(NULL);

	fixture.policy.granted = fixture.policy.asked;
	fixture.policy.asked = none;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "host");
	assert_non_null(strstr(fixture.err.message, "manifest"));
	fixture_finish(NULL);

	fixture.policy.withheld = fixture.policy.granted;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "host");
	assert_non_null(strstr(fixture.err.message, "session"));
	assert_null(strstr(fixture.err.message, "manifest"));
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_unusable_entry(void **state)
{
	static const char *const entries[] = { "*", "*." };
	struct dsync_response *response;

	(void)state;
	fixture.policy.asked.entries = entries;
	fixture.policy.asked.count = 2;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "host");
	assert_non_null(strstr(fixture.err.found, "\"*\""));
}

static void
test_network_none(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture.policy.network_none = true;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "network");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_bad_url(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture_expect(fixture_get("http://api.example.com:x@127.0.0.1/", &response), DSYNC_ERR_SYNTAX, "url");
	fixture_expect(fixture_get("ftp://127.0.0.1/", &response), DSYNC_ERR_SYNTAX, "url");
	fixture_expect(fixture_get("", &response), DSYNC_ERR_SYNTAX, "url");
}

static void
test_private_needs_a_grant(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "foo.localhost", "LOCALHOST.", "loop.test",
		"mapped.test", "ten.test", "metadata.test", "cgnat.test", "unique.test", "nat64.test", "[::1]",
		"[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]" };
	struct dsync_response *response;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		fixture_allow("%s:*", hosts[i]);
	fixture.policy.private_.count = 0;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		fixture_expect(get_name(hosts[i], &response), DSYNC_ERR_POLICY, "address");
		assert_non_null(strstr(fixture.err.hint, "private"));
	}
	assert_int_equal(testserver_connections(&fixture.server, "http"), 1); /* this question's own */
}

static void
test_private_granted(void **state)
{
	struct dsync_response *response;
	char url[64];

	(void)state;
	fixture_allow("loop.test:*");
	fixture_allow("localhost:*");
	assert_int_equal(get_name("loop.test", &response), 0);
	dsync_response_close(response);
	assert_int_equal(get_name("LOCALHOST.", &response), 0);
	dsync_response_close(response);
	if (testserver_port(&fixture.server, "http6") == 0)
		return;
	snprintf(url, sizeof(url), "http://[0:0::1]:%u/echo", testserver_port(&fixture.server, "http6"));
	free(fixture_fetch(url, 200));
}

static void
test_never_connected(void **state)
{
	static const char *const hosts[] = { "0.0.0.0", "224.0.0.1", "240.0.0.1", "192.0.2.1", "[::]", "[ff02::1]",
		"[2001:db8::1]", "[::ffff:0.0.0.0]", "bad.test" };
	struct dsync_response *response;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		fixture_allow("%s:*", hosts[i]); /* not even as private */
		fixture_finish(NULL);
		fixture_expect(get_name(hosts[i], &response), DSYNC_ERR_POLICY, "address");
	}
}

static void
test_each_address_is_checked(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture_allow("mixed.test:*");
	fixture_allow("rebind.test:*");
	assert_int_equal(get_name("mixed.test", &response), 0); /* the good one of two */
	dsync_response_close(response);

	resolver_calls = 0;
	assert_int_equal(get_name("rebind.test", &response), 0);
	dsync_response_close(response);
	fixture_expect(get_name("rebind.test", &response), DSYNC_ERR_POLICY, "address");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 2);
}

static void
test_new_connection_for_each_request(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture_allow("loop.test:*");
	fixture_allow("loop2.test:*");
	assert_int_equal(get_name("loop.test", &response), 0);
	dsync_response_close(response);
	assert_int_equal(get_name("loop2.test", &response), 0);
	dsync_response_close(response);
	assert_int_equal(get_name("loop.test", &response), 0);
	dsync_response_close(response);
	assert_int_equal(testserver_connections(&fixture.server, "http"), 3 + 1);
	assert_int_equal(resolver_calls, 3);
}

/* Asks for a redirect to `to`, whose special characters are already written as %XX. */
static int
get_redirect(int status, const char *to, struct dsync_response **response)
{
	char path[1024];

	snprintf(path, sizeof(path), "/redirect?status=%d&to=%s", status, to);
	return fixture_get_path(path, response);
}

static void
test_redirect_followed(void **state)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	struct dsync_broker_record record;
	struct dsync_response *response;
	char to[128];
	size_t i;

	(void)state;
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/echo?x", testserver_port(&fixture.server, "other"));
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		assert_int_equal(get_redirect(statuses[i], to, &response), 0);
		assert_int_equal(dsync_response_status(response), 200);
		dsync_response_close(response);
	}
	assert_int_equal(dsync_broker_record_count(fixture.broker), 10);
	assert_int_equal(dsync_broker_record(fixture.broker, 0, &record), 0);
	assert_int_equal(record.status, 301);
	assert_int_equal(dsync_broker_record(fixture.broker, 1, &record), 0);
	assert_int_equal(record.status, 200);
	assert_string_equal(record.url, to);
	assert_int_equal(dsync_broker_record(fixture.broker, 10, &record), DSYNC_ERR_NOT_FOUND);
}

static void
test_redirect_refused(void **state)
{
	static const char *const places[] = {
		"http://elsewhere.test/",
		"https://127.0.0.1/",
		"//evil.test/x",
		"file:///etc/passwd",
		"gopher://127.0.0.1/",
		"ftp://127.0.0.1/",
		"data:,x",
		"http://u:p@127.0.0.1/",
		"http:///x",
		"/a%20b",
		"/a%0db",
		"http://127.1/",
		"%5C%5Cevil.test",
		"/x&to=/y",
	};
	struct dsync_response *response;
	char to[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		fixture_expect(get_redirect(302, places[i], &response), DSYNC_ERR_POLICY, "redirect");
		assert_null(response);
	}
	assert_int_equal(resolver_calls, i); /* for the first hops only */

	fixture.policy.granted.count = 1; /* "http" alone */
	fixture_finish(NULL);
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/echo", testserver_port(&fixture.server, "other"));
	fixture_expect(get_redirect(302, to, &response), DSYNC_ERR_POLICY, "redirect");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

/* An answer of these bytes, with "Location: " and what follows it. */
static int
get_raw_redirect(const char *rest, size_t size, struct dsync_response **response)
{
	static const char start[] = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ";
	char path[1024];
	size_t used = (size_t)snprintf(path, sizeof(path), "/raw?hex=");
	size_t i;

	for (i = 0; i < sizeof(start) - 1 + size; i++)
		used += (size_t)snprintf(path + used, sizeof(path) - used, "%02x",
			(unsigned char)(i < sizeof(start) - 1 ? start[i] : rest[i - sizeof(start) + 1]));
	return fixture_get_path(path, response);
}

/* H18: a Location is what stands before the end of its line; control characters in it are refused, and written in percent they stay so. */
static void
test_redirect_split(void **state)
{
	static const struct {
		const char *rest;
		size_t size;
		int code;
	} rows[] = {
#define ROW(text, code) { text, sizeof(text) - 1, code }
		ROW("/echo\rX-Evil: 1\r\n\r\n", DSYNC_ERR_POLICY),
		ROW("/echo\r\r\n\r\n", 0),
		ROW("/echo\r\n X-Evil: 1\r\n\r\n", 0),
		ROW("/echo\r\n\tX-Evil: 1\r\n\r\n", 0),
		ROW("/echo HTTP/1.1\r\n\r\n", DSYNC_ERR_POLICY),
		ROW("/echo\0X-Evil: 1\r\n\r\n", DSYNC_ERR_NETWORK),
		ROW("/echo\x1b[0m\r\n\r\n", DSYNC_ERR_POLICY),
		ROW("/echo\r\nX-Evil: 1\r\n\r\n", 0),
		ROW("/echo\nX-Evil: 1\r\n\r\n", 0),
		ROW("/echo?%0d%0aX-Evil:%201\r\n\r\n", 0),
#undef ROW
	};
	struct dsync_response *response;
	unsigned followed = 0;
	char *body;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rc = get_raw_redirect(rows[i].rest, rows[i].size, &response);
		if (rc != rows[i].code)
			fail_msg("row %zu: expected %d, found %d", i, rows[i].code, rc);
		if (rc < 0)
			continue;
		followed++;
		body = fixture_body(response, NULL);
		assert_non_null(body);
		assert_null(strstr(body, "[\"X-Evil\""));
		assert_true(strstr(body, "Evil") == NULL || strstr(body, "?%0d%0aX-Evil:%201\"") != NULL);
		free(body);
		dsync_response_close(response);
	}
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), followed);
}

static void
test_redirect_to_private(void **state)
{
	struct dsync_response *response;
	char to[128];

	(void)state;
	fixture_allow("ten.test:*");
	fixture_allow("10.0.0.1:*");
	fixture.policy.private_.count = 1; /* "http" alone */
	fixture_expect(get_redirect(302, "http://ten.test:81/", &response), DSYNC_ERR_POLICY, "redirect");
	fixture_expect(get_redirect(302, "http://10.0.0.1:81/", &response), DSYNC_ERR_POLICY, "redirect");
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/echo", testserver_port(&fixture.server, "other"));
	fixture_expect(get_redirect(302, to, &response), DSYNC_ERR_POLICY, "redirect");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_redirect_count(void **state)
{
	struct dsync_response *response;

	(void)state;
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/hops/5"), 200));
	fixture_expect(fixture_get_path("/hops/6", &response), DSYNC_ERR_LIMIT, "redirect");
	fixture_expect(fixture_get_path("/loop", &response), DSYNC_ERR_LIMIT, "redirect");
	assert_int_equal(testserver_requests(&fixture.server, "/loop"), 6);
}

static void
test_not_a_redirect(void **state)
{
	struct dsync_response *response;

	(void)state;
	assert_int_equal(fixture_get_path("/status/302", &response), 0); /* no Location */
	assert_int_equal(dsync_response_status(response), 302);
	dsync_response_close(response);
	assert_int_equal(fixture_get_path("/status/300?location=/echo", &response), 0);
	assert_int_equal(dsync_response_status(response), 300);
	dsync_response_close(response);
	assert_int_equal(fixture_get_path("/status/201?location=/echo", &response), 0);
	assert_int_equal(dsync_response_status(response), 201);
	dsync_response_close(response);
}

static const struct dsync_header api_key = { "X-Api-Key", 9, "secret", 6 };

static void
test_redirect_headers(void **state)
{
	struct dsync_response *response;
	char to[128];
	char *body;

	(void)state;
	fixture.request.headers = &api_key;
	fixture.request.header_count = 1;
	assert_int_equal(get_redirect(302, "/echo", &response), 0);
	body = fixture_body(response, NULL);
	assert_non_null(strstr(body, "X-Api-Key"));
	assert_null(strstr(body, "Referer"));
	free(body);
	dsync_response_close(response);

	snprintf(to, sizeof(to), "http://127.0.0.1:%u/echo", testserver_port(&fixture.server, "other"));
	assert_int_equal(get_redirect(302, to, &response), 0);
	body = fixture_body(response, NULL);
	assert_non_null(body);
	assert_null(strstr(body, "X-Api-Key"));
	free(body);
	dsync_response_close(response);
}

static void
check_post(int status, const char *method, const char *expected_method, bool body_kept)
{
	static const struct dsync_header type = { "Content-Type", 12, "text/plain", 10 };
	struct dsync_response *response;
	char *body;

	fixture.request.method = method;
	fixture.request.headers = &type;
	fixture.request.header_count = 1;
	fixture.request.body = (struct dsync_view){ (const unsigned char *)"hello", 5 };
	assert_int_equal(get_redirect(status, "/echo", &response), 0);
	body = fixture_body(response, NULL);
	assert_non_null(strstr(body, expected_method));
	assert_int_equal(strstr(body, "\"body\": \"hello\"") != NULL, body_kept);
	assert_int_equal(strstr(body, "text/plain") != NULL, body_kept);
	free(body);
	dsync_response_close(response);
}

static void
test_redirect_methods(void **state)
{
	struct dsync_response *response;
	char to[128];
	char *body;

	(void)state;
	check_post(301, "POST", "\"GET\"", false);
	check_post(302, "POST", "\"GET\"", false);
	check_post(303, "POST", "\"GET\"", false);
	check_post(303, "PUT", "\"GET\"", false);
	check_post(307, "POST", "\"POST\"", true);
	check_post(308, "POST", "\"POST\"", true);
	check_post(302, "PUT", "\"PUT\"", true);

	fixture.request.method = "POST";
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/echo", testserver_port(&fixture.server, "other"));
	assert_int_equal(get_redirect(307, to, &response), 0);
	body = fixture_body(response, NULL);
	assert_non_null(strstr(body, "\"body\": \"hello\""));
	free(body);
	dsync_response_close(response);
	fixture_finish(NULL);
	testserver_reset(&fixture.server);
	fixture.policy.granted.count = 1;
	fixture_expect(get_redirect(307, to, &response), DSYNC_ERR_POLICY, "redirect");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_recorded_hosts(void **state)
{
	const struct dsync_host_list none = { NULL, 0 };
	struct dsync_broker_record record;
	struct dsync_response *response;
	char to[128];

	(void)state;
	fixture.policy.asked = fixture.policy.granted = fixture.policy.private_ = none;
	fixture.policy.record_hosts = true;
	snprintf(to, sizeof(to), "http://127.0.0.1:%u/echo", testserver_port(&fixture.server, "other"));
	assert_int_equal(get_redirect(302, to, &response), 0); /* the same host */
	dsync_response_close(response);
	assert_int_equal(dsync_broker_record(fixture.broker, 1, &record), 0);
	assert_string_equal(record.url, to);

	snprintf(to, sizeof(to), "http://loop.test:%u/echo", testserver_port(&fixture.server, "other"));
	fixture_expect(get_redirect(302, to, &response), DSYNC_ERR_POLICY,
		"redirect"); /* another one, with a private address */
	fixture_expect(get_name("0.0.0.0", &response), DSYNC_ERR_POLICY, "address");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_host_not_listed),
		TEST(test_one_list_only),
		TEST(test_unusable_entry),
		TEST(test_network_none),
		TEST(test_bad_url),
		TEST(test_private_needs_a_grant),
		TEST(test_private_granted),
		TEST(test_never_connected),
		TEST(test_each_address_is_checked),
		TEST(test_new_connection_for_each_request),
		TEST(test_redirect_followed),
		TEST(test_redirect_refused),
		TEST(test_redirect_split),
		TEST(test_redirect_to_private),
		TEST(test_redirect_count),
		TEST(test_not_a_redirect),
		TEST(test_redirect_headers),
		TEST(test_redirect_methods),
		TEST(test_recorded_hosts),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
