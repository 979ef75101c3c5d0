/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The caller's side of a refresh, against a helper that plays every part. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/refresh.h"
#include "fake.h"
#include "home.h"
#include "runtime/client.h"

#define PATIENCE_MS 20000

struct seen {
	int events[DSYNC_EVENT_SANDBOX + 1];
	char text[256];
};

static void
see(void *user, const struct dsync_event *event)
{
	struct seen *seen = user;

	seen->events[event->kind]++;
	snprintf(seen->text, sizeof(seen->text), "%s", event->text);
}

/* The run must end without an outcome. */
static void
run_fail(int code, const char *message)
{
	struct dsync_error err = { 0 };

	assert_null(dsync_refresh_run(home_context(), "a.sync", NULL, &err));
	if (err.code != code || strstr(err.message, message) == NULL)
		fail_msg("%d %s", err.code, err.message);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
}

static void
test_updated(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;
	struct dsync_error err;
	struct seen seen = { 0 };

	(void)state;
	fake_play("updated");
	options.event = see;
	options.event_user = &seen;
	outcome = fake_run(&options);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	assert_int_equal(dsync_outcome_error(outcome)->code, 0);
	assert_int_equal(dsync_outcome_payload_size(outcome), 42);
	assert_string_equal(dsync_outcome_generation(outcome), "00112233445566778899aabbccddeeff");
	assert_false(dsync_outcome_shared(outcome));
	assert_int_equal(seen.events[DSYNC_EVENT_STARTED], 1);
	assert_int_equal(seen.events[DSYNC_EVENT_PROGRESS], 1);
	assert_int_equal(seen.events[DSYNC_EVENT_REQUEST], 1);
	assert_string_equal(seen.text, "GET https://a.example/ 200");
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_STATE);
	dsync_outcome_destroy(outcome);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Every event is handed on, and dispatch never waits. */
static void
test_dispatch(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_refresh *refresh;
	struct dsync_outcome *outcome;
	struct pollfd pollfd;
	struct seen seen = { 0 };
	struct dsync_error err;
	int rc;

	(void)state;
	fake_play("many");
	options.event = see;
	options.event_user = &seen;
	refresh = dsync_refresh_start(home_context(), "a.sync", &options, &err);
	assert_non_null(refresh);
	pollfd.fd = dsync_refresh_fd(refresh);
	pollfd.events = POLLIN;
	while ((rc = dsync_refresh_dispatch(refresh, &err)) == 0)
		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	assert_int_equal(rc, 1);
	assert_int_equal(dsync_refresh_dispatch(refresh, &err), 1);
	assert_int_equal(seen.events[DSYNC_EVENT_LOG], 1000);
	assert_string_equal(seen.text, "line 999");
	outcome = dsync_refresh_finish(refresh, &err);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	dsync_outcome_destroy(outcome);
}

static void
test_cancel(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_refresh *refresh;
	struct seen seen = { 0 };
	struct dsync_error err;
	struct pollfd pollfd;

	(void)state;
	fake_play("slow");
	options.event = see;
	options.event_user = &seen;
	refresh = dsync_refresh_start(home_context(), "a.sync", &options, &err);
	assert_non_null(refresh);
	assert_int_equal(dsync_refresh_dispatch(refresh, &err), 0);
	pollfd.fd = dsync_refresh_fd(refresh);
	pollfd.events = POLLIN;
	if (seen.events[DSYNC_EVENT_STARTED] == 0) { /* it may have been there already */
		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
		assert_int_equal(dsync_refresh_dispatch(refresh, &err), 0);
	}
	assert_int_equal(seen.events[DSYNC_EVENT_STARTED], 1);
	dsync_refresh_cancel(refresh);
	fake_check_mark("cancelled");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	dsync_refresh_cancel(NULL);
}

/* An outcome that came and was never asked for is freed with the refresh. */
static void
test_cancel_after_outcome(void **state)
{
	struct dsync_refresh *refresh;
	struct dsync_error err;
	struct pollfd pollfd;
	int rc;

	(void)state;
	fake_play("updated");
	refresh = dsync_refresh_start(home_context(), "a.sync", NULL, &err);
	pollfd.fd = dsync_refresh_fd(refresh);
	pollfd.events = POLLIN;
	while ((rc = dsync_refresh_dispatch(refresh, &err)) == 0)
		poll(&pollfd, 1, PATIENCE_MS);
	assert_int_equal(rc, 1);
	dsync_refresh_cancel(refresh);
}

static void
test_bad_helpers(void **state)
{
	(void)state;
	fake_play("silent");
	run_fail(DSYNC_ERR_PROTOCOL, "ended without saying what came of it");
	fake_play("kill");
	run_fail(DSYNC_ERR_PROTOCOL, "was ended by signal 9");
	fake_play("garbage");
	run_fail(DSYNC_ERR_PROTOCOL, "");
	fake_play("huge");
	run_fail(DSYNC_ERR_PROTOCOL, "132072 bytes");
	assert_int_equal(unlink(home_path("helpers/dotsync-refresh")), 0);
	run_fail(DSYNC_ERR_SANDBOX, "is missing");
}

/* What the helper is told: absolute paths, the context's folders, this build. */
static void
test_job(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;
	char expected[2048], working[1024];
	const char *json;

	(void)state;
	fake_play("echo");
	options.force = true;
	options.explain = true;
	options.to = "out/file";
	options.check = "test -s \"$DOTSYNC_STAGED\"";
	options.sandbox = "strict";
	outcome = fake_run(&options);
	json = dsync_outcome_json(outcome);
	assert_non_null(getcwd(working, sizeof(working)));
	snprintf(expected, sizeof(expected), "\\\"path\\\":\\\"%s/a.sync\\\"", working);
	assert_non_null(strstr(json, expected));
	snprintf(expected, sizeof(expected), "\\\"to\\\":\\\"%s/out/file\\\"", working);
	assert_non_null(strstr(json, expected));
	snprintf(expected, sizeof(expected), "\\\"config_dir\\\":\\\"%s\\\"", home_path("config"));
	assert_non_null(strstr(json, expected));
	snprintf(expected, sizeof(expected), "\\\"helper_dir\\\":\\\"%s\\\"", home_path("helpers"));
	assert_non_null(strstr(json, expected));
	assert_non_null(strstr(json, "\\\"force\\\":true"));
	assert_non_null(strstr(json, "\\\"stage\\\":false"));
	assert_non_null(strstr(json, "\\\"background\\\":false"));
	assert_non_null(strstr(json, "\\\"session_grant\\\":false"));
	assert_non_null(strstr(json, "\\\"sandbox\\\":\\\"strict\\\""));
	assert_null(strstr(json, "\\\"exec\\\""));
	dsync_outcome_destroy(outcome);
}

static void
test_signals_ignored(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	fake_play("updated");
	outcome = fake_run(NULL);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	dsync_outcome_destroy(outcome);
	fake_play("staged");
	options.stage = true;
	outcome = fake_run(&options);
	assert_int_equal(dsync_outcome_commit(outcome, NULL), 0);
	dsync_outcome_destroy(outcome);
	signal(SIGCHLD, SIG_DFL);
}

static void
test_closed_descriptors(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	fake_play("updated");
	home_context();
	pid = fork();
	if (pid == 0) {
		struct dsync_outcome *outcome;

		close(0);
		close(1);
		close(2);
		outcome = dsync_refresh_run(home_context(), "a.sync", NULL, NULL);
		status = outcome != NULL && dsync_outcome_kind(outcome) == DSYNC_OUTCOME_UPDATED ? 0 : 1;
		dsync_outcome_destroy(outcome);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_client_descriptor(void **state)
{
	struct dsync_result result;
	struct dsync_job job;
	int fd;

	(void)state;
	fake_play("updated");
	dsync_job_init(&job);
	job.kind = DSYNC_JOB_FETCH;
	job.url = strdup("https://a.example/");
	fd = open(home_path("body"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(dsync_client_run(home_context(), &job, fd, NULL, NULL, &result, NULL), 0);
	assert_int_equal(result.kind, DSYNC_OUTCOME_UPDATED);
	assert_true(fcntl(fd, F_GETFD) >= 0); /* still the caller's */
	close(fd);
	dsync_result_finish(&result);
	dsync_job_finish(&job);
}

/* A job that no packet can hold. */
static void
test_too_long(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_error err = { 0 };
	char *check = malloc(DSYNC_JOB_SIZE_MAX + 1);

	(void)state;
	memset(check, 'x', DSYNC_JOB_SIZE_MAX);
	check[DSYNC_JOB_SIZE_MAX] = '\0';
	options.check = check;
	assert_null(dsync_refresh_start(home_context(), "a.sync", &options, &err));
	assert_int_equal(err.code, DSYNC_ERR_LIMIT);
	free(check);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_updated),
		TEST(test_dispatch),
		TEST(test_cancel),
		TEST(test_cancel_after_outcome),
		TEST(test_bad_helpers),
		TEST(test_job),
		TEST(test_signals_ignored),
		TEST(test_closed_descriptors),
		TEST(test_client_descriptor),
		TEST(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
