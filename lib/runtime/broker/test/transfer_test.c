/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Bodies as streams, and servers that lie about them.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

/* What curl, the socket-side buffer and we may hold of a body that nobody reads. */
#define UNREAD_MAX (2u * DSYNC__BUFFER_SIZE)
#define MEMORY_GROWTH_MAX_KIB (12 * 1024)

/* Byte `i` of every body that /bytes and its like send. */
static unsigned char
pattern(uint64_t i)
{
	return (unsigned char)(i % 251);
}

struct checker {
	uint64_t at;
	uint64_t wrong;
	int fail_with; /* once `fail_after` bytes came */
	uint64_t fail_after;
};

static int
check_piece(void *user, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	struct checker *checker = user;
	size_t i;

	for (i = 0; i < size; i++)
		checker->wrong += bytes[i] != pattern(checker->at + i);
	checker->at += size;
	return checker->at >= checker->fail_after ? checker->fail_with : 0;
}

static int
count_piece(void *user, const void *data, size_t size)
{
	uint64_t *total = user;

	(void)data;
	*total += size;
	return 0;
}

/* Reads and pipes in random portions, against the simple model that byte i is i % 251. */
static void
test_portions(void **state)
{
	static const char *const paths[] = { "/bytes?size=3000001", "/chunked?size=3000001",
		"/until-close?size=3000001" };
	struct dsync_response *response;
	struct checker checker;
	static unsigned char buf[100000];
	int64_t n;
	size_t i;

	(void)state;
	srand(7);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		memset(&checker, 0, sizeof(checker));
		assert_int_equal(fixture_get_path(paths[i], &response), 0);
		do {
			if (rand() % 2 == 0) {
				n = dsync_response_read(response, buf, 1 + (size_t)rand() % sizeof(buf), &fixture.err);
				if (n > 0)
					check_piece(&checker, buf, (size_t)n);
			} else {
				n = dsync_response_pipe(
					response, 1 + rand() % 70000, check_piece, &checker, &fixture.err);
			}
			assert_int_equal(dsync_response_position(response), checker.at);
		} while (n > 0);
		assert_int_equal(n, 0);
		assert_int_equal(checker.at, 3000001);
		assert_int_equal(checker.wrong, 0);
		assert_int_equal(dsync_response_read(response, buf, 1, &fixture.err), 0); /* the end stays the end */
		assert_int_equal(dsync_response_pipe(response, -1, check_piece, &checker, &fixture.err), 0);
		dsync_response_close(response);
	}
}

static void
test_pipe_limits(void **state)
{
	struct dsync_response *response;
	struct checker checker = { 0 };
	char byte;

	(void)state;
	assert_int_equal(fixture_get_path("/bytes?size=200000", &response), 0);
	assert_int_equal(dsync_response_pipe(response, 0, check_piece, &checker, NULL), 0);
	assert_int_equal(dsync_response_pipe(response, 1, check_piece, &checker, NULL), 1);
	assert_int_equal(dsync_response_pipe(response, 150000, check_piece, &checker, NULL), 150000);
	assert_int_equal(dsync_response_read(response, &byte, 0, &fixture.err), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_response_pipe(response, INT64_MAX, check_piece, &checker, NULL), 49999);
	assert_int_equal(checker.wrong, 0);
	dsync_response_close(response);
}

/* The sink gives up in what waited here, in what curl kept while it was paused, and in the last byte. */
static void
test_sink_fails(void **state)
{
	static const uint64_t places[] = { 100000, DSYNC__BUFFER_SIZE + 1, 900000, 3000000 };
	struct dsync_response *response;
	struct checker checker;
	char byte;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		checker = (struct checker){ .fail_with = DSYNC_ERR_BUSY, .fail_after = places[i] };
		assert_int_equal(fixture_get_path("/bytes?size=3000000", &response), 0);
		assert_int_equal(
			dsync_response_pipe(response, -1, check_piece, &checker, &fixture.err), DSYNC_ERR_BUSY);
		assert_true(checker.at >= places[i] && checker.at < places[i] + UNREAD_MAX);
		assert_int_equal(checker.wrong, 0);
		while (dsync_response_read(response, &byte, 1, &fixture.err) > 0)
			; /* what had come before */
		assert_int_equal(fixture.err.code, DSYNC_ERR_BUSY);
		dsync_response_close(response);
	}
}

/* Nobody reads a body of 256 MiB: the server waits, and another request goes through. */
static void
test_unread(void **state)
{
	struct dsync_response *response;
	long before, grown;
	uint64_t total = 0;
	int i;

	(void)state;
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200));
	before = fixture_peak_memory();
	assert_int_equal(fixture_get_path("/big?size=268435456", &response), 0);
	for (i = 0; i < 3; i++)
		free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200));
	assert_true(dsync_broker_bytes_in(fixture.broker) <= UNREAD_MAX);
	assert_int_equal(dsync_response_pipe(response, -1, count_piece, &total, &fixture.err), 268435456);
	assert_int_equal(total, 268435456);
	grown = fixture_peak_memory() - before;
	if (grown > MEMORY_GROWTH_MAX_KIB)
		fail_msg("memory grew by %ld KiB", grown);
	dsync_response_close(response);
}

static void
test_many_unread(void **state)
{
	struct dsync_response *responses[8];
	struct checker checker;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(fixture_get_path("/bytes?size=2000000", &responses[i]), 0);
	for (i = 8; i-- > 0;) {
		memset(&checker, 0, sizeof(checker));
		assert_int_equal(dsync_response_pipe(responses[i], -1, check_piece, &checker, &fixture.err), 2000000);
		assert_int_equal(checker.wrong, 0);
		dsync_response_close(responses[i]);
	}
}

static void
test_cut(void **state)
{
	static const char *const paths[] = { "/cut?size=1000&at=0", "/cut?size=1000&at=500",
		"/cut?size=3000000&at=2999999", "/chunked?at=5000", "/cut?size=1&at=0" };
	struct dsync_broker_record record;
	struct dsync_response *response;
	uint64_t total = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(fixture_get_path(paths[i], &response), 0);
		assert_int_equal(dsync_response_status(response), 200);
		fixture_expect((int)dsync_response_pipe(response, -1, count_piece, &total, &fixture.err),
			DSYNC_ERR_NETWORK, "body");
		assert_int_equal(
			dsync_response_pipe(response, -1, count_piece, &total, &fixture.err), DSYNC_ERR_NETWORK);
		dsync_response_close(response);
		assert_int_equal(dsync_broker_record(fixture.broker, i, &record), 0);
		assert_int_equal(record.error, DSYNC_ERR_NETWORK);
		assert_int_equal(record.status, 200);
	}
	assert_int_equal(record.bytes, 0);
}

/* /raw with this text. */
static int
get_raw(const char *text, struct dsync_response **response)
{
	static char path[4096];
	size_t used = (size_t)snprintf(path, sizeof(path), "/raw?hex=");

	for (; *text != '\0'; text++)
		used += (size_t)snprintf(path + used, sizeof(path) - used, "%02x", (unsigned char)*text);
	return fixture_get_path(path, response);
}

static const char *const refused_answers[] = {
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
	"HTTP/1.1 200 OK\r\nContent-Length: 6\r\ncontent-length: 5\r\n\r\nhello!",
	"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
	"HTTP/1.1 099 Odd\r\n\r\n",
	"HTTP/2.5 xyz\r\n\r\n",
	"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
	"HTTP/1.1\r\n\r\n",
	"SSH-2.0-OpenSSH\r\n",
	"",
	"\r\n\r\n",
};

static void
test_refused_answers(void **state)
{
	struct dsync_response *response;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(refused_answers) / sizeof(refused_answers[0]); i++) {
		rc = get_raw(refused_answers[i], &response);
		if (rc != DSYNC_ERR_NETWORK)
			fail_msg("%s: found %d", refused_answers[i], rc);
		assert_null(response);
	}
	assert_int_equal(fixture_get_path("/http09", &response), DSYNC_ERR_NETWORK);
}

static const char *const refused_bodies[] = {
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX",
};

static void
test_refused_bodies(void **state)
{
	struct dsync_response *response;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused_bodies) / sizeof(refused_bodies[0]); i++) {
		if (get_raw(refused_bodies[i], &response) == 0) {
			assert_null(fixture_body(response, NULL));
			dsync_response_close(response);
		}
		assert_int_equal(fixture.err.code, DSYNC_ERR_NETWORK);
	}
}

static void
expect_raw(const char *answer, const char *body)
{
	struct dsync_response *response;
	char *found;

	fixture_expect(get_raw(answer, &response), 0, "");
	found = fixture_body(response, NULL);
	assert_non_null(found);
	assert_string_equal(found, body);
	free(found);
	dsync_response_close(response);
}

static void
test_odd_but_fine(void **state)
{
	(void)state;
	expect_raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello");
	expect_raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more than was said", "hello");
	expect_raw("HTTP/1.0 200 OK\r\n\r\nhello", "hello");
	expect_raw("HTTP/1.1 200 \r\nContent-Length: 5\r\n folded\r\n\r\nhello", "hello");
	expect_raw(
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Trailer: 1\r\nContent-Length: 9\r\n\r\n",
		"hello");
	expect_raw(
		"HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"hello");
}

static void
test_huge_lengths(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture.policy.bytes_in_max = 1u << 20;
	fixture_expect(get_raw("HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\nhello", &response),
		DSYNC_ERR_LIMIT, "bytes");
	fixture_expect(get_raw("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhello", &response),
		DSYNC_ERR_LIMIT, "bytes");
}

/* Nothing is inflated, so that a bomb is as small as it is on the wire. */
static void
test_encodings(void **state)
{
	struct dsync_response *response;
	size_t size;
	char *body;

	(void)state;
	fixture.policy.bytes_in_max = 1u << 20;
	assert_int_equal(fixture_get_path("/bomb?size=104857600", &response), 0);
	assert_string_equal(dsync_response_header(response, "Content-Encoding"), "gzip");
	body = fixture_body(response, &size);
	assert_non_null(body);
	assert_true(size > 1000 && size < 1u << 20);
	assert_memory_equal(body, "\x1f\x8b", 2);
	free(body);
	dsync_response_close(response);
	assert_int_equal(
		fixture_get_path("/bytes?size=10&encoding=gzip,gzip,gzip,gzip,br,gzip,deflate,gzip", &response), 0);
	body = fixture_body(response, &size);
	assert_int_equal(size, 10);
	free(body);
	dsync_response_close(response);
}

static void
test_heads(void **state)
{
	static const char *const refused[] = { "/trickle-head?endless=1", "/trickle-head?lines=300&size=1",
		"/trickle-head?lines=200&size=500", "/long-line?size=9000", "/long-line?size=262144000",
		"/interim?endless=1", "/interim?count=17" };
	struct dsync_response *response;
	long before, grown;
	size_t i;

	(void)state;
	free(fixture_fetch(
		testserver_url(&fixture.server, fixture.url, "http", "/trickle-head?lines=200&size=100"), 200));
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/long-line?size=8000"), 200));
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/interim?count=16"), 200));
	before = fixture_peak_memory();
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (fixture_get_path(refused[i], &response) != DSYNC_ERR_NETWORK)
			fail_msg("%s accepted", refused[i]);
	}
	grown = fixture_peak_memory() - before;
	if (grown > MEMORY_GROWTH_MAX_KIB)
		fail_msg("memory grew by %ld KiB", grown);
	assert_int_equal(fixture_get_path("/interim?count=2", &response), 0);
	assert_null(dsync_response_header(response, "X-Interim"));
	dsync_response_close(response);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unread), /* first: it looks at the most memory ever used */
		TEST(test_heads),
		TEST(test_portions),
		TEST(test_pipe_limits),
		TEST(test_sink_fails),
		TEST(test_many_unread),
		TEST(test_cut),
		TEST(test_refused_answers),
		TEST(test_refused_bodies),
		TEST(test_odd_but_fine),
		TEST(test_huge_lengths),
		TEST(test_encodings),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
