/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Answers that are kept, and given again without a network: the same ones, once each, and never more than was kept.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../base/test/scratch.h"
#include "../src/internal.h"

#define LARGE "/bytes?size=3000000"

static char folder[SCRATCH_PATH_SIZE];

static int
setup(void **state)
{
	scratch_make(folder);
	return fixture_reset(state);
}

static int
teardown(void **state)
{
	fixture_finish(state);
	scratch_remove(folder);
	return 0;
}

static void
record(void)
{
	fixture_finish(NULL);
	fixture.policy.record = folder;
	fixture.policy.replay = NULL;
}

static void
replay(void)
{
	fixture_finish(NULL);
	fixture.policy.record = NULL;
	fixture.policy.replay = folder;
	testserver_reset(&fixture.server);
}

static void
spit(const char *name, const char *text)
{
	char path[SCRATCH_PATH_SIZE];

	scratch_path(path, folder, name);
	scratch_write(path, text);
}

static void
check_get(const char *path, int status, const char *expected)
{
	struct dsync_response *response;
	char *body;

	fixture_expect(fixture_get_path(path, &response), 0, "");
	assert_int_equal(dsync_response_status(response), status);
	body = fixture_body(response, NULL);
	assert_non_null(body);
	assert_string_equal(body, expected);
	free(body);
	dsync_response_close(response);
}

static void
test_gives_again_what_was_kept(void **state)
{
	static const char target[] = "/redirect?status=302&to=/status/200?body=moved";
	struct dsync_broker_record kept;
	struct dsync_response *response;

	(void)state;
	record();
	check_get("/status/200?body=first", 200, "first");
	check_get("/status/404?body=none", 404, "none");
	check_get("/interim?count=2", 200, "ok");
	check_get(target, 200, "moved");
	check_get("/status/200?body=first", 200, "first");
	assert_int_equal(scratch_count(folder), 12); /* a head and a body for each of six hops */

	replay();
	check_get("/status/404?body=none", 404, "none"); /* in another order */
	check_get("/status/200?body=first", 200, "first");
	check_get("/status/200?body=first", 200, "first");
	check_get(target, 200, "moved");
	fixture_expect(fixture_get_path("/status/200?body=first", &response), DSYNC_ERR_NETWORK,
		"replay"); /* asked for twice */
	assert_int_equal(dsync_broker_record(fixture.broker, 4, &kept), 0);
	assert_int_equal(kept.status, 200);
	assert_int_equal(testserver_requests(&fixture.server, "/status/200"), 0);
	assert_int_equal(testserver_requests(&fixture.server, "/status/404"), 0);
}

/* The same method and URL with another body is another request. */
static void
test_tells_bodies_apart(void **state)
{
	struct dsync_response *response;
	static const char *const bodies[] = { "one", "two" };
	char *body;
	size_t i;

	(void)state;
	record();
	fixture.request.method = "POST";
	for (i = 0; i < 2; i++) {
		fixture.request.body = (struct dsync_view){ (const unsigned char *)bodies[i], 3 };
		free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/reflect"), 200));
	}
	replay();
	for (i = 2; i-- > 0;) {
		fixture.request.body = (struct dsync_view){ (const unsigned char *)bodies[i], 3 };
		body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/reflect"), 200);
		assert_string_equal(body, bodies[i]);
		free(body);
	}
	fixture.request.body = (struct dsync_view){ (const unsigned char *)"six", 3 };
	fixture_expect(fixture_get_path("/reflect", &response), DSYNC_ERR_NETWORK, "replay");
}

/* The policy is asked before the tape. */
static void
test_obeys_the_policy(void **state)
{
	struct dsync_response *response;

	(void)state;
	record();
	check_get("/status/200?body=first", 200, "first");
	replay();
	fixture.policy.network_none = true;
	fixture_expect(fixture_get_path("/status/200?body=first", &response), DSYNC_ERR_POLICY, "network");
}

/* What did not come whole is not kept. */
static void
test_keeps_whole_answers_only(void **state)
{
	struct dsync_response *response;

	(void)state;
	record();
	assert_int_equal(fixture_get_path("/cut?size=1000&at=500", &response), 0);
	assert_null(fixture_body(response, NULL));
	dsync_response_close(response);
	assert_int_equal(scratch_count(folder), 0);
	fixture_expect(fixture_get_path("/raw?hex=00", &response), DSYNC_ERR_NETWORK, "http");
	assert_int_equal(scratch_count(folder), 0);
}

/* A body of many pieces, taken slowly: memory is full in between. */
static void
test_large_body(void **state)
{
	size_t sizes[2], i;
	char *bodies[2];

	(void)state;
	for (i = 0; i < 2; i++) {
		struct dsync_response *response;

		if (i == 0)
			record();
		else
			replay();
		assert_int_equal(fixture_get_path(LARGE, &response), 0);
		bodies[i] = fixture_body(response, &sizes[i]);
		assert_non_null(bodies[i]);
		dsync_response_close(response);
	}
	assert_int_equal(sizes[0], 3000000);
	assert_int_equal(sizes[1], sizes[0]);
	assert_memory_equal(bodies[0], bodies[1], sizes[0]);
	free(bodies[0]);
	free(bodies[1]);
}

static int
refuse_piece(void *user, const void *data, size_t size)
{
	(void)user, (void)data, (void)size;
	return DSYNC_ERR_CANCELLED;
}

static void
test_sink_fails(void **state)
{
	struct dsync_response *response;

	(void)state;
	record();
	check_get("/status/200?body=first", 200, "first");
	replay();
	assert_int_equal(fixture_get_path("/status/200?body=first", &response), 0);
	assert_int_equal(dsync_response_pipe(response, -1, refuse_piece, NULL, &fixture.err), DSYNC_ERR_CANCELLED);
	dsync_response_close(response);
}

/* A server that was told to wait is told to go on, and what it sends then is not wanted. */
static void
test_sink_fails_after_a_pause(void **state)
{
	struct dsync_response *response;
	char piece[4096];
	int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		if (round == 1) {
			record();
			free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", LARGE), 200));
			replay();
		} else {
			record();
		}
		assert_int_equal(fixture_get_path(LARGE, &response), 0);
		do /* a tape has no need to pause */
			assert_true(dsync_response_read(response, piece, sizeof(piece), &fixture.err) > 0);
		while ((round == 0 && !response->paused) || response->pending_at < response->pending_end);
		assert_int_equal(
			dsync_response_pipe(response, -1, refuse_piece, NULL, &fixture.err), DSYNC_ERR_CANCELLED);
		dsync_response_close(response);
		assert_int_equal(scratch_count(folder), 2 * (size_t)round);
	}
}

/* Blanks around a value are none of it; blanks in it are. */
static void
test_blanks(void **state)
{
	char text[TESTSERVER_URL_SIZE + 256];
	struct dsync_response *response;

	(void)state;
	replay();
	snprintf(text, sizeof(text), "GET %s\n\nHTTP/1.1 200 OK\r\nETag: \t \"a b\" \t\r\nContent-Length: 0\r\n\r\n",
		testserver_url(&fixture.server, fixture.url, "http", "/x"));
	spit("001.head", text);
	spit("001.body", "");
	fixture_expect(fixture_get_path("/x", &response), 0, "");
	assert_string_equal(dsync_response_header(response, "ETag"), "\"a b\"");
	dsync_response_close(response);
}

static const struct {
	const char *answer; /* behind the request's lines */
	int code;
	const char *rule;
} spoilt[] = {
	{ "", DSYNC_ERR_NETWORK, "http" },
	{ "HTTP/1.1 200 OK\r\n", DSYNC_ERR_NETWORK, "http" },
	{ "HTTP/1.1 200 OK\r\nX: no end of the line", DSYNC_ERR_NETWORK, "http" },
	{ "hello\r\n\r\n", DSYNC_ERR_NETWORK, "http" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", DSYNC_ERR_NETWORK, "http" },
};

/* A tape is a file like any other: who spoils one gets an error. */
static void
test_spoilt_heads(void **state)
{
	struct dsync_response *response;
	char text[TESTSERVER_URL_SIZE + 256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		replay();
		snprintf(text, sizeof(text), "GET %s\n\n%s", testserver_url(&fixture.server, fixture.url, "http", "/x"),
			spoilt[i].answer);
		spit("001.head", text);
		spit("001.body", "");
		fixture_expect(fixture_get_path("/x", &response), spoilt[i].code, spoilt[i].rule);
	}
}

static void
test_spoilt_bodies(void **state)
{
	char text[TESTSERVER_URL_SIZE + 256], path[SCRATCH_PATH_SIZE];
	struct dsync_response *response;

	(void)state;
	replay();
	snprintf(text, sizeof(text), "GET %s\n\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		testserver_url(&fixture.server, fixture.url, "http", "/x"));
	spit("001.head", text);
	fixture_expect(fixture_get_path("/x", &response), DSYNC_ERR_SYSTEM, ""); /* none */

	replay();
	spit("001.body", "shor");
	assert_int_equal(fixture_get_path("/x", &response), 0);
	assert_null(fixture_body(response, NULL));
	fixture_expect(fixture.err.code, DSYNC_ERR_NETWORK, "body");
	dsync_response_close(response);

	replay();
	scratch_path(path, folder, "001.body");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* opens, and cannot be read */
	fixture_expect(fixture_get_path("/x", &response), DSYNC_ERR_INVALID, "");
	assert_int_equal(rmdir(path), 0);

	replay();
	scratch_path(path, folder, "001.head");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(fixture_get_path("/x", &response) < 0);
	assert_int_equal(rmdir(path), 0);
}

static void
test_folders(void **state)
{
	struct dsync_broker *broker;
	struct dsync_response *response;
	char path[SCRATCH_PATH_SIZE];

	(void)state;
	record();
	scratch_path(path, folder, "missing");
	fixture.policy.record = path;
	assert_int_equal(dsync_broker_create(&broker, &fixture.policy, &fixture.err), DSYNC_ERR_SYSTEM);
	assert_null(broker);

	record(); /* what is there already is never written over */
	spit("001.body", "kept");
	fixture_expect(fixture_get_path("/status/200", &response), DSYNC_ERR_SYSTEM, "");
	assert_int_equal(testserver_requests(&fixture.server, "/status/200"), 0);
	assert_int_equal(scratch_count(folder), 1);

	record();
	scratch_path(path, folder, "001.body");
	assert_int_equal(unlink(path), 0);
	scratch_path(path, folder, "001.head");
	assert_int_equal(mkdir(path, 0700), 0);                          /* nothing can be put in its place */
	assert_int_equal(fixture_get_path("/status/200", &response), 0); /* the answer is there, but not to be had */
	assert_null(fixture_body(response, NULL));
	fixture_expect(fixture.err.code, DSYNC_ERR_SYSTEM, "");
	dsync_response_close(response);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(scratch_count(folder), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gives_again_what_was_kept),
		TEST(test_tells_bodies_apart),
		TEST(test_obeys_the_policy),
		TEST(test_keeps_whole_answers_only),
		TEST(test_large_body),
		TEST(test_sink_fails),
		TEST(test_sink_fails_after_a_pause),
		TEST(test_blanks),
		TEST(test_spoilt_heads),
		TEST(test_spoilt_bodies),
		TEST(test_folders),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
