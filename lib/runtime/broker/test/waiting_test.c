/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * How long a broker waits, and what ends its waiting.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../src/internal.h"

static void
test_timeouts(void **state)
{
	static const char *const paths[] = { "/silent", "/slow-head" };
	struct dsync_response *response;
	size_t i;

	(void)state;
	fixture.policy.timeout_ms = 300;
	for (i = 0; i < 2; i++) {
		fixture_expect(fixture_get_path(paths[i], &response), DSYNC_ERR_TIMEOUT, "timeout");
		fixture_finish(NULL);
	}
	fixture_expect(fixture_get(testserver_url(&fixture.server, fixture.url, "full", "/"), &response),
		DSYNC_ERR_TIMEOUT, "timeout");
	assert_int_equal(dsync_broker_time_left(fixture.broker), 0);
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_TIMEOUT, "timeout"); /* and nothing after it */
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_slow_body(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture.policy.timeout_ms = 1500;
	assert_int_equal(fixture_get_path("/slow?size=1000&rate=2", &response), 0);
	assert_null(fixture_body(response, NULL));
	fixture_expect(fixture.err.code, DSYNC_ERR_TIMEOUT, "timeout");
	dsync_response_close(response);
}

/* 4000 bytes a second where 400 are enough: each byte buys ten times the time it took. */
static void
test_bytes_extend_the_deadline(void **state)
{
	struct dsync_response *response;
	size_t size;
	char *body;

	(void)state;
	fixture.policy.timeout_ms = 1500;
	fixture.policy.min_rate = 400;
	assert_int_equal(fixture_get_path("/slow?size=8000&rate=4000", &response), 0);
	body = fixture_body(response, &size);
	assert_non_null(body);
	assert_int_equal(size, 8000);
	assert_true(dsync_broker_time_left(fixture.broker) > 0);
	free(body);
	dsync_response_close(response);
	/* what was earned is for bodies: a silent server still has one timeout only */
	fixture_expect(fixture_get_path("/silent", &response), DSYNC_ERR_TIMEOUT, "timeout");
	assert_true(dsync_broker_time_left(fixture.broker) > 0);
}

static void
test_stall(void **state)
{
	struct dsync__stall stall = { 0, 0 };

	(void)state;
	assert_false(dsync__stall_add(&stall, DSYNC__STALL_MS - 1, 0));
	assert_true(dsync__stall_add(&stall, 1, DSYNC__STALL_BYTES - 1));
	assert_true(dsync__stall_add(&stall, 1, 0));
	assert_false(dsync__stall_add(&stall, 0, 1)); /* enough came: from here anew */
	assert_false(dsync__stall_add(&stall, DSYNC__STALL_MS - 1, 0));
	assert_true(dsync__stall_add(&stall, 1, 0));
}

static void
set_timer(int fd, long ms)
{
	struct itimerspec when = { { 0, 0 }, { 0, ms * 1000000 } };

	assert_int_equal(timerfd_settime(fd, 0, &when, NULL), 0);
}

static int
timer_in_ms(long ms)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	assert_true(fd >= 0);
	set_timer(fd, ms);
	return fd;
}

static void
test_cancel(void **state)
{
	struct dsync_response *response;
	int fds[2];

	(void)state;
	fixture.policy.watch_fds[1] = timer_in_ms(100);
	fixture_expect(fixture_get_path("/silent", &response), DSYNC_ERR_CANCELLED, "");
	close(fixture.policy.watch_fds[1]);
	fixture_finish(NULL);

	fixture.policy.watch_fds[1] = timer_in_ms(0); /* not running yet */
	assert_int_equal(fixture_get_path("/slow?size=100&rate=1", &response), 0);
	set_timer(fixture.policy.watch_fds[1], 100);
	assert_null(fixture_body(response, NULL));
	fixture_expect(fixture.err.code, DSYNC_ERR_CANCELLED, "");
	dsync_response_close(response);
	close(fixture.policy.watch_fds[1]);
	fixture_finish(NULL);

	assert_int_equal(pipe(fds), 0); /* hung up without a word */
	close(fds[1]);
	fixture.policy.watch_fds[0] = fds[0];
	fixture.policy.watch_fds[1] = -1;
	fixture_expect(fixture_get_path("/echo", &response), DSYNC_ERR_CANCELLED, "");
	close(fds[0]);
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

struct interruption {
	int fd;
	int asked;
	int answer; /* to the second question; the first goes on */
};

static int
interrupted(void *user)
{
	struct interruption *i = user;
	uint64_t count;

	if (++i->asked > 1)
		return i->answer;
	assert_int_equal(read(i->fd, &count, sizeof(count)), sizeof(count));
	close(i->fd);
	fixture.policy.watch_fds[0] = -1;
	assert_int_equal(dup2(timer_in_ms(100), i->fd), i->fd);
	return 0;
}

static void
test_interrupted(void **state)
{
	struct interruption i = { .fd = timer_in_ms(50), .answer = DSYNC_ERR_GUEST };
	struct dsync_response *response;

	(void)state;
	fixture.policy.watch_fds[0] = i.fd;
	fixture.policy.interrupted = interrupted;
	fixture.policy.user = &i;
	fixture_expect(fixture_get_path("/silent", &response), DSYNC_ERR_GUEST, "");
	assert_int_equal(i.asked, 2);
	close(i.fd);
}

struct seen {
	uint64_t received;
	uint64_t expected;
	unsigned calls;
	bool backwards;
};

static void
note_progress(void *user, uint64_t received, uint64_t expected)
{
	struct seen *seen = user;

	seen->backwards = seen->backwards || received < seen->received;
	seen->received = received;
	seen->expected = expected;
	seen->calls++;
}

static void
test_progress(void **state)
{
	struct seen seen = { 0, 0, 0, false };

	(void)state;
	fixture.policy.progress = note_progress;
	fixture.policy.user = &seen;
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/bytes?size=3000000"), 200));
	assert_int_equal(seen.received, 3000000);
	assert_int_equal(seen.expected, 3000000);
	assert_true(seen.calls > 1);
	assert_false(seen.backwards);
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/chunked?size=10"), 200));
	assert_int_equal(seen.expected, 0);
}

static void
test_nobody_there(void **state)
{
	struct dsync_response *response;

	(void)state;
	fixture_allow("http://127.0.0.1:1");
	fixture_expect(fixture_get("http://127.0.0.1:1/", &response), DSYNC_ERR_NETWORK, "connect");
	assert_int_equal(dsync_broker_record_count(fixture.broker), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_timeouts),
		TEST(test_slow_body),
		TEST(test_bytes_extend_the_deadline),
		TEST(test_stall),
		TEST(test_cancel),
		TEST(test_interrupted),
		TEST(test_progress),
		TEST(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
