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
#include <jansson.h>

#include "dotsync/refresh.h"
#include "fake.h"
#include "home.h"
#include "runtime/client.h"
#include "runtime/exit_code.h"

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

static struct dsync_outcome *
run(const struct dsync_refresh_options *options)
{
	struct dsync_error err = { 0 };
	struct dsync_outcome *outcome = dsync_refresh_run(home_context(), "a.sync", options, &err);

	if (outcome == NULL)
		fail_msg("%s", err.message);
	return outcome;
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
	outcome = run(&options);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	assert_int_equal(dsync_outcome_error(outcome)->code, 0);
	assert_int_equal(dsync_outcome_payload_size(outcome), 42);
	assert_string_equal(dsync_outcome_generation(outcome), "00112233445566778899aabbccddeeff");
	assert_false(dsync_outcome_shared(outcome));
	assert_int_equal(dsync_exit_code_outcome(outcome), 0);
	assert_int_equal(seen.events[DSYNC_EVENT_STARTED], 1);
	assert_int_equal(seen.events[DSYNC_EVENT_PROGRESS], 1);
	assert_int_equal(seen.events[DSYNC_EVENT_REQUEST], 1);
	assert_string_equal(seen.text, "GET https://a.example/ 200");
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_STATE);
	dsync_outcome_discard(outcome);
	dsync_outcome_destroy(outcome);
	dsync_outcome_destroy(NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_failed(void **state)
{
	struct dsync_outcome *outcome;

	(void)state;
	fake_play("failed");
	outcome = run(NULL);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_FAILED);
	assert_int_equal(dsync_outcome_error(outcome)->code, DSYNC_ERR_NETWORK);
	assert_string_equal(dsync_outcome_error(outcome)->hint, "try again");
	assert_int_equal(dsync_exit_code_outcome(outcome), 75);
	dsync_outcome_destroy(outcome);
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static void
test_json(void **state)
{
	struct dsync_outcome *outcome;
	json_t *root;

	(void)state;
	fake_play("failed");
	outcome = run(NULL);
	root = json_loads(dsync_outcome_json(outcome), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(text_of(root, "file"), "a.sync");
	assert_true(json_is_false(json_object_get(root, "ok")));
	assert_string_equal(text_of(root, "outcome"), "failed");
	assert_string_equal(text_of(root, "next_attempt"), "2023-11-14T22:13:20Z");
	assert_int_equal(json_integer_value(json_object_get(root, "payload_size")), 42);
	assert_string_equal(text_of(json_object_get(root, "error"), "code"), "NETWORK");
	assert_string_equal(text_of(json_object_get(root, "error"), "message"), "it went wrong");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "error"), "exit")), 75);
	assert_string_equal(text_of(json_object_get(root, "sandbox"), "seccomp"), "P1");
	assert_string_equal(text_of(json_object_get(root, "sandbox"), "landlock"), "7(fs,net)");
	assert_string_equal(text_of(json_object_get(root, "sandbox"), "namespaces"), "user,net");
	assert_true(json_real_value(json_object_get(json_object_get(root, "timings"), "total")) == 1.5);
	assert_null(json_object_get(json_object_get(root, "timings"), "run"));
	assert_string_equal(text_of(json_array_get(json_object_get(root, "requests"), 0), "url"), "https://a.example/");
	json_decref(root);
	dsync_outcome_destroy(outcome);
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

static struct dsync_outcome *
run_staged(const char *part)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;

	fake_play(part);
	options.stage = true;
	outcome = run(&options);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	return outcome;
}

static void
test_commit(void **state)
{
	struct dsync_outcome *outcome = run_staged("staged");
	struct dsync_error err;

	(void)state;
	assert_non_null(strstr(dsync_outcome_json(outcome), "\"staged\":true"));
	assert_int_equal(dsync_outcome_commit(outcome, &err), 0);
	fake_check_mark("{\"decision\":\"commit\"}");
	assert_non_null(strstr(dsync_outcome_json(outcome), "\"staged\":false"));
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_STATE);
	dsync_outcome_destroy(outcome);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_commit_fails(void **state)
{
	struct dsync_outcome *outcome = run_staged("conflict");
	struct dsync_error err = { 0 };

	(void)state;
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_CONFLICT);
	assert_int_equal(err.code, DSYNC_ERR_CONFLICT);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_FAILED);
	dsync_outcome_destroy(outcome);
}

static void
test_commit_crash(void **state)
{
	struct dsync_outcome *outcome = run_staged("staged-crash");
	struct dsync_error err = { 0 };

	(void)state;
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_PROTOCOL);
	assert_int_equal(err.code, DSYNC_ERR_PROTOCOL);
	dsync_outcome_destroy(outcome);
}

static void
test_discard(void **state)
{
	struct dsync_outcome *outcome = run_staged("staged");
	struct dsync_error err;

	(void)state;
	dsync_outcome_discard(outcome);
	fake_check_mark("{\"decision\":\"discard\"}");
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_STATE);
	dsync_outcome_destroy(outcome);
}

/* Forgetting a staged outcome is discarding it. */
static void
test_destroy_staged(void **state)
{
	(void)state;
	dsync_outcome_destroy(run_staged("staged"));
	fake_check_mark("{\"decision\":\"discard\"}");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
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
	outcome = run(&options);
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
	struct dsync_outcome *outcome;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	fake_play("updated");
	outcome = run(NULL);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	dsync_outcome_destroy(outcome);
	outcome = run_staged("staged");
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

static void
test_exit_codes(void **state)
{
	static const struct {
		int code, status;
	} rows[] = {
		{ 0, 0 },
		{ DSYNC_ERR_SYSTEM, 1 },
		{ DSYNC_ERR_NO_MEMORY, 1 },
		{ DSYNC_ERR_PERMISSION, 1 },
		{ DSYNC_ERR_NOT_FOUND, 1 },
		{ DSYNC_ERR_SANDBOX, 1 },
		{ DSYNC_ERR_UNSUPPORTED, 1 },
		{ DSYNC_ERR_EXPIRED, 3 },
		{ DSYNC_ERR_CONSENT, 4 },
		{ DSYNC_ERR_UNSIGNED, 5 },
		{ DSYNC_ERR_CLOCK, 6 },
		{ DSYNC_ERR_EQUIVOCATION, 7 },
		{ DSYNC_ERR_NOT_ARCHIVE, 8 },
		{ DSYNC_ERR_MANIFEST, 8 },
		{ DSYNC_ERR_CORRUPT, 8 },
		{ DSYNC_ERR_UPDATER, 8 },
		{ DSYNC_ERR_SIGNATURE, 9 },
		{ DSYNC_ERR_LOCKED, 11 },
		{ DSYNC_ERR_NETWORK, 75 },
		{ DSYNC_ERR_TIMEOUT, 75 },
		{ DSYNC_ERR_GUEST, 75 },
		{ DSYNC_ERR_POLICY, 75 },
		{ DSYNC_ERR_REJECTED, 75 },
		{ DSYNC_ERR_PROTOCOL, 75 },
		{ -1000, 1 },
		{ 5, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (dsync_exit_code(rows[i].code) != rows[i].status)
			fail_msg("%s: %d", dsync_error_name(rows[i].code), dsync_exit_code(rows[i].code));
	}
}

static void
test_exit_codes_of_outcomes(void **state)
{
	static const struct {
		const char *part;
		int status;
	} rows[] = {
		{ "updated", 0 },
		{ "failed", 75 },
		{ "limit", 75 },
		{ "protocol", 75 },
		{ "disk", 1 },
		{ "config", 1 },
		{ "to", 1 },
		{ "to-fresh", 1 },
		{ "exec", 0 },
		{ "held", 0 },
	};
	struct dsync_outcome *outcome;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_play(rows[i].part);
		outcome = run(NULL);
		if (dsync_exit_code_outcome(outcome) != rows[i].status)
			fail_msg("%s: %d", rows[i].part, dsync_exit_code_outcome(outcome));
		dsync_outcome_destroy(outcome);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_updated),
		TEST(test_failed),
		TEST(test_json),
		TEST(test_dispatch),
		TEST(test_cancel),
		TEST(test_cancel_after_outcome),
		TEST(test_commit),
		TEST(test_commit_fails),
		TEST(test_commit_crash),
		TEST(test_discard),
		TEST(test_destroy_staged),
		TEST(test_bad_helpers),
		TEST(test_job),
		TEST(test_signals_ignored),
		TEST(test_closed_descriptors),
		TEST(test_client_descriptor),
		TEST(test_too_long),
		cmocka_unit_test(test_exit_codes),
		TEST(test_exit_codes_of_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
