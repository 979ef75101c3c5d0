/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a request says, what its answer says, and how many there may be.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

static void
test_methods(void **state)
{
	static const char *const good[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	static const char *const bad[] = { "", "get", "CONNECT", "TRACE", "OPTIONS", "GET ", "GETX",
		"GET /x HTTP/1.1\r\nHost: evil\r\n\r\nGET" };
	struct dsync_response *response;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char wanted[64];
		char *body;

		fixture.request.method = good[i];
		body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200);
		snprintf(wanted, sizeof(wanted), "\"method\": \"%s\"", good[i]);
		assert_int_equal(strstr(body, wanted) != NULL, strcmp(good[i], "HEAD") != 0);
		assert_int_equal(body[0] == '\0', strcmp(good[i], "HEAD") == 0);
		free(body);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fixture.request.method = bad[i];
		fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "method");
	}
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 6);
}

static void
test_wire(void **state)
{
	struct dsync_header headers[] = { { "X-One", 5, " a\tb ", 5 }, { "X-Empty", 7, "", 0 },
		{ "User-Agent", 10, "mine", 4 } };
	char *body;

	(void)state;
	fixture.policy.user_agent = "agent/1";
	body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo?a%20b#f"), 200);
	assert_non_null(strstr(body, "\"target\": \"/echo?a%20b\""));
	assert_non_null(strstr(body, "[\"User-Agent\", \"agent/1\"], [\"Accept\", \"*/*\"]]"));
	free(body);

	fixture.request.headers = headers;
	fixture.request.header_count = 3;
	fixture.request.method = "POST";
	body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200);
	assert_non_null(strstr(body, "[\"X-One\", \"a\\tb\"]"));
	assert_non_null(strstr(body, "[\"X-Empty\", \"\"]"));
	assert_non_null(strstr(body, "[\"User-Agent\", \"mine\"]"));
	assert_non_null(strstr(body, "[\"Content-Length\", \"0\"]"));
	assert_null(strstr(body, "Content-Type"));
	assert_null(strstr(body, "Expect"));
	assert_null(strstr(body, "Encoding"));
	free(body);
}

static void
test_upload(void **state)
{
	size_t size = 3u << 20;
	unsigned char *data = malloc(size);
	struct dsync_response *response;
	size_t received, i;
	char *body;

	(void)state;
	assert_non_null(data);
	for (i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 7 + i / 256);
	fixture.request.method = "PUT";
	fixture.request.body = (struct dsync_view){ data, size };
	assert_int_equal(fixture_get_path("/reflect", &response), 0);
	body = fixture_body(response, &received);
	assert_int_equal(received, size);
	assert_memory_equal(body, data, size);
	dsync_response_close(response);
	free(body);
	free(data);

	fixture.request.method = "GET";
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "method");
}

struct header_row {
	const char *name;
	const char *value;
	size_t value_size; /* 0: of the string */
};

static const struct header_row refused_headers[] = {
	{ "Host", "evil", 0 },
	{ "hOST", "evil", 0 },
	{ "Content-Length", "1", 0 },
	{ "Transfer-Encoding", "chunked", 0 },
	{ "Connection", "close", 0 },
	{ "Keep-Alive", "x", 0 },
	{ "Upgrade", "h2c", 0 },
	{ "TE", "trailers", 0 },
	{ "Trailer", "x", 0 },
	{ "Expect", "100-continue", 0 },
	{ "Proxy-Authorization", "x", 0 },
	{ "proxy-anything", "x", 0 },
	{ "Proxy-", "x", 0 },
	{ "Cookie", "a=b", 0 },
	{ "Authorization", "Basic eA==", 0 },
	{ ":authority", "evil", 0 },
	{ "", "x", 0 },
	{ "X Y", "x", 0 },
	{ "X:", "x", 0 },
	{ "X\r\nY", "x", 0 },
	{ "X\t", "x", 0 },
	{ "\xc3\xa4", "x", 0 },
	{ "X", "a\r\nHost: evil", 0 },
	{ "X", "a\nb", 0 },
	{ "X", "a\rb", 0 },
	{ "X", "a\0b", 3 },
	{ "X", "\x7f", 0 },
	{ "X", "\x1b[0m", 0 },
	{ "X", "\xc3\xa4", 0 },
};

static void
test_refused_headers(void **state)
{
	struct dsync_response *response;
	struct dsync_header header;
	size_t i;

	(void)state;
	fixture.request.headers = &header;
	fixture.request.header_count = 1;
	for (i = 0; i < sizeof(refused_headers) / sizeof(refused_headers[0]); i++) {
		const struct header_row *row = &refused_headers[i];

		header.name = row->name;
		header.name_size = strlen(row->name);
		header.value = row->value;
		header.value_size = row->value_size > 0 ? row->value_size : strlen(row->value);
		fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "header");
	}
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_header_caps(void **state)
{
	static char value[9 * 1024];
	struct dsync_header headers[DSYNC_BROKER_HEADERS_MAX + 1];
	struct dsync_response *response;
	size_t i;

	(void)state;
	memset(value, 'v', sizeof(value));
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		headers[i] = (struct dsync_header){ "X", 1, value, 255 };
	fixture.request.headers = headers;
	fixture.request.header_count = DSYNC_BROKER_HEADERS_MAX; /* 32 * 256 bytes, which is the most */
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200));
	headers[0].value_size++;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "header");
	headers[0].value_size = 1;
	fixture.request.header_count = DSYNC_BROKER_HEADERS_MAX + 1;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "header");
	headers[0].value_size = sizeof(value);
	fixture.request.header_count = 1;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_POLICY, "header");
}

static void
test_validators(void **state)
{
	static const struct dsync_header own = { "If-None-Match", 13, "\"guest\"", 7 };
	struct dsync_broker_record record;
	char *body;

	(void)state;
	free(testserver_control(&fixture.server, "PUT", "content",
		"{\"path\": \"/data\", \"body\": \"x\", \"headers\": {\"ETag\": \"\\\"1\\\"\", \"Last-Modified\": \"Sun, 06 Nov 1994 08:49:37 GMT\"}}"));
	fixture.request.etag = "\"1\"";
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/data"), 304));
	assert_int_equal(dsync_broker_record(fixture.broker, 0, &record), 0);
	assert_true(record.not_modified);
	fixture.request.etag = NULL;
	fixture.request.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
	free(fixture_fetch(fixture.url, 304));

	/* a redirect in front changes nothing */
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/redirect?to=/data"), 304));

	/* hostile state is left out */
	fixture.request.etag = "\"1\"\r\nX-Evil: 1";
	fixture.request.last_modified = "\x1b[0m";
	body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200);
	assert_null(strstr(body, "Evil"));
	assert_null(strstr(body, "If-"));
	free(body);

	/* the guest's own condition stands alone; only reading is conditional */
	fixture.request.etag = "\"host\"";
	fixture.request.headers = &own;
	fixture.request.header_count = 1;
	body = fixture_fetch(fixture.url, 200);
	assert_non_null(strstr(body, "guest"));
	assert_null(strstr(body, "host\\\""));
	free(body);
	fixture.request.header_count = 0;
	fixture.request.method = "POST";
	body = fixture_fetch(fixture.url, 200);
	assert_null(strstr(body, "If-None-Match"));
	free(body);
}

static void
test_response_headers(void **state)
{
	struct dsync_response *response;

	(void)state;
	assert_int_equal(
		fixture_get_path(
			"/status/200?h=X-A:1&h=x-a:2&h=Set-Cookie:s%3D1&h=SET-cookie2:s&h=ETag:%22e%22&h=X-Ctl:a%1Bb&h=X-Cr:a%0Dset-cookie:b&h=X-Empty:&body=hi",
			&response),
		0);
	assert_string_equal(dsync_response_header(response, "X-A"), "1, 2");
	assert_string_equal(dsync_response_header(response, "etag"), "\"e\"");
	assert_string_equal(dsync_response_header(response, "X-CTL"), "a b");
	assert_string_equal(dsync_response_header(response, "X-Cr"), "a set-cookie:b");
	assert_string_equal(dsync_response_header(response, "X-Empty"), "");
	assert_null(dsync_response_header(response, "Set-Cookie"));
	assert_null(dsync_response_header(response, "Set-Cookie2"));
	assert_null(dsync_response_header(response, "X"));
	assert_null(dsync_response_header(response, ""));
	assert_int_equal(dsync_response_length(response), 2);
	dsync_response_close(response);
}

static void
test_lengths(void **state)
{
	struct dsync_response *response;

	(void)state;
	assert_int_equal(fixture_get_path("/bytes?size=5&encoding=gzip", &response), 0);
	assert_int_equal(dsync_response_length(response), -1);
	dsync_response_close(response);
	assert_int_equal(fixture_get_path("/bytes?size=5&encoding=identity", &response), 0);
	assert_int_equal(dsync_response_length(response), 5);
	dsync_response_close(response);
	assert_int_equal(fixture_get_path("/chunked?size=5", &response), 0);
	assert_int_equal(dsync_response_length(response), -1);
	dsync_response_close(response);
	fixture.request.method = "HEAD";
	assert_int_equal(fixture_get_path("/status/200?body=hello", &response), 0);
	assert_int_equal(dsync_response_length(response), 0);
	assert_string_equal(dsync_response_header(response, "Content-Length"), "5");
	dsync_response_close(response);
}

static void
test_statuses(void **state)
{
	static const int statuses[] = { 200, 201, 204, 400, 401, 403, 404, 407, 410, 416, 429, 500, 503, 599 };
	char path[64];
	char *body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		snprintf(path, sizeof(path), "/status/%d?body=text", statuses[i]);
		body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", path), statuses[i]);
		assert_string_equal(body, statuses[i] == 204 ? "" : "text");
		free(body);
	}
}

/* "Not modified" is an answer only to whoever asked. */
static void
test_unasked_not_modified(void **state)
{
	static const struct dsync_header rows[] = {
		{ "if-none-match", 13, "\"1\"", 3 },
		{ "If-Modified-Since", 17, "Sun, 06 Nov 1994 08:49:37 GMT", 29 },
	};
	struct dsync_response *response;
	size_t i;

	(void)state;
	fixture_expect(fixture_get_path("/status/304", &response), DSYNC_ERR_NETWORK, "http");
	fixture_expect(fixture_get_path("/redirect?to=/status/304", &response), DSYNC_ERR_NETWORK, "http");
	fixture.request.header_count = 1;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture.request.headers = &rows[i];
		free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/status/304"), 304));
	}
	fixture.request.header_count = 0;
	fixture.request.etag = "\"1\"";
	free(fixture_fetch(fixture.url, 304));
	fixture.request.etag = NULL;
	fixture.request.take_304 = true;
	free(fixture_fetch(fixture.url, 304));
}

struct time_row {
	const char *query;
	int64_t retry_after;
	int64_t max_age;
};

#define NOW INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct time_row time_rows[] = {
	{ "", -1, -1 },
	{ "&retry_after=7", 7, -1 },
	{ "&retry_after=007", 7, -1 },
	{ "&retry_after=0", 0, -1 },
	{ "&retry_after=-1", -1, -1 },
	{ "&retry_after=1.5", -1, -1 },
	{ "&retry_after=soon", -1, -1 },
	{ "&retry_after=99999999999999999999999", INT64_C(1) << 31, -1 },
	{ "&retry_after=Sun,%2006%20Nov%201994%2008:50:37%20GMT", 60, -1 },
	{ "&retry_after=Sunday,%2006-Nov-94%2008:50:37%20GMT", 60, -1 },
	{ "&retry_after=Sun,%2006%20Nov%201994%2008:48:37%20GMT", 0, -1 },
	{ "&retry_after=Fri,%2031%20Dec%209999%2023:59:59%20GMT", INT64_C(1) << 31, -1 },
	{ "&retry_after=1&h=Retry-After:2", -1, -1 },
	{ "&h=Cache-Control:max-age%3D60", -1, 60 },
	{ "&h=Cache-Control:public,%20Max-Age%3D60,%20immutable", -1, 60 },
	{ "&h=Cache-Control:max-age%3D%2260%22", -1, 60 },
	{ "&h=Cache-Control:s-maxage%3D60", -1, -1 },
	{ "&h=Cache-Control:xmax-age%3D60,max-age%3D5,max-age%3D6", -1, 5 },
	{ "&h=Cache-Control:public&h=Cache-Control:max-age%3D3", -1, 3 },
	{ "&h=Cache-Control:max-age%3D", -1, -1 },
	{ "&h=Cache-Control:max-age%3Dx", -1, -1 },
	{ "&h=Cache-Control:max-age%3D99999999999999999999", -1, INT64_C(1) << 31 },
	{ "&h=Cache-Control:max-age%3D60&h=Age:20", -1, 40 },
	{ "&h=Cache-Control:max-age%3D60&h=Age:80", -1, 0 },
	{ "&h=Cache-Control:max-age%3D60&h=Age:x", -1, 60 },
	{ "&h=Cache-Control:,,%20,max-age%3D1", -1, 1 },
};

static void
test_times(void **state)
{
	struct dsync_response *response;
	char path[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(time_rows) / sizeof(time_rows[0]); i++) {
		snprintf(path, sizeof(path), "/status/503?%s", time_rows[i].query);
		assert_int_equal(fixture_get_path(path, &response), 0);
		if (dsync_response_retry_after(response, NOW) != time_rows[i].retry_after ||
			dsync_response_max_age(response) != time_rows[i].max_age)
			fail_msg("%s: found %lld and %lld", path, (long long)dsync_response_retry_after(response, NOW),
				(long long)dsync_response_max_age(response));
		dsync_response_close(response);
	}
}

static void
test_request_count(void **state)
{
	struct dsync_broker_record record;
	struct dsync_response *response;
	unsigned i;

	(void)state;
	for (i = 0; i < DSYNC_BROKER_REQUESTS_MAX; i++) {
		if (i > 0)
			assert_int_equal(dsync_broker_requests_left(fixture.broker), DSYNC_BROKER_REQUESTS_MAX - i);
		if (i % 2 == 0)
			free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/status/204"), 204));
		else
			fixture_expect(fixture_get("http://not.granted/", &response), DSYNC_ERR_POLICY,
				"host"); /* counts as well */
	}
	fixture_expect(fixture_get_path("/status/204", &response), DSYNC_ERR_LIMIT, "requests");
	assert_int_equal(dsync_broker_requests_left(fixture.broker), 0);
	assert_int_equal(testserver_requests(&fixture.server, "/status/204"), 32);
	assert_int_equal(dsync_broker_record(fixture.broker, 1, &record), 0);
	assert_string_equal(record.url, "http://not.granted/");
	assert_int_equal(record.error, DSYNC_ERR_POLICY);
	assert_int_equal(record.status, 0);
}

static void
test_bytes_in(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture.policy.bytes_in_max = 100000;
	assert_int_equal(dsync_broker_create(&fixture.broker, &fixture.policy, NULL), 0);
	assert_int_equal(dsync_broker_bytes_left(fixture.broker), 100000);
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/bytes?size=60000"), 200));
	assert_int_equal(dsync_broker_bytes_left(fixture.broker), 40000);
	fixture_expect(
		fixture_get_path("/bytes?size=40001", &response), DSYNC_ERR_LIMIT, "bytes"); /* seen in the head */
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/status/204"), 204));
}

static void
test_bytes_in_without_length(void **state)
{
	static const char *const paths[] = { "/chunked?endless=1", "/until-close?size=5000000",
		"/chunked?size=100001" };
	struct dsync_response *response;
	size_t i;

	(void)state;
	fixture.policy.bytes_in_max = 100000;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fixture_finish(NULL);
		if (fixture_get_path(paths[i], &response) == 0) {
			assert_null(fixture_body(response, NULL));
			dsync_response_close(response);
		}
		fixture_expect(fixture.err.code, DSYNC_ERR_LIMIT, "bytes");
		assert_true(dsync_broker_bytes_in(fixture.broker) <= 100000);
	}
	fixture_finish(NULL);
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/chunked?size=100000"), 200));
	assert_int_equal(dsync_broker_bytes_left(fixture.broker), 0);
}

static void
test_bytes_out(void **state)
{
	static unsigned char data[1000];
	struct dsync_response *response;

	(void)state;
	fixture.policy.bytes_out_max = 1500;
	fixture.request.method = "POST";
	fixture.request.body = (struct dsync_view){ data, sizeof(data) };
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/status/200"), 200));
	fixture_expect(fixture_get_path("/status/200", &response), DSYNC_ERR_LIMIT, "bytes");
	fixture.request.body.size = 500;
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/status/200"), 200));
	fixture.request.body.size = 0;
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/status/200"), 200));
	assert_int_equal(testserver_requests(&fixture.server, "/status/200"), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_methods),
		TEST(test_wire),
		TEST(test_upload),
		TEST(test_refused_headers),
		TEST(test_header_caps),
		TEST(test_validators),
		TEST(test_response_headers),
		TEST(test_lengths),
		TEST(test_statuses),
		TEST(test_unasked_not_modified),
		TEST(test_times),
		TEST(test_request_count),
		TEST(test_bytes_in),
		TEST(test_bytes_in_without_length),
		TEST(test_bytes_out),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
