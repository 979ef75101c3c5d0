/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a caller may ask of an outcome, and deciding one that is staged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <jansson.h>

#include "dotsync/refresh.h"
#include "fake.h"
#include "home.h"

static void
test_failed(void **state)
{
	struct dsync_outcome *outcome;

	(void)state;
	fake_play("failed");
	outcome = fake_run(NULL);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_FAILED);
	assert_int_equal(dsync_outcome_error(outcome)->code, DSYNC_ERR_NETWORK);
	assert_string_equal(dsync_outcome_error(outcome)->hint, "try again");
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
	outcome = fake_run(NULL);
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

/* What went wrong after the swap stands beside it: not ok, and the exit is that of the process. */
static void
test_json_beside_success(void **state)
{
	static const struct {
		const char *part, *outcome;
		int exit;
		bool ok;
	} rows[] = {
		{ "exec", "updated", 1, false },
		{ "to", "updated", 1, false },
		{ "to-fresh", "fresh", 1, false },
		{ "limit", "failed", 75, false },
		{ "held", "held", 0, true },
	};
	struct dsync_outcome *outcome;
	json_t *root;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_play(rows[i].part);
		outcome = fake_run(NULL);
		root = json_loads(dsync_outcome_json(outcome), JSON_REJECT_DUPLICATES, NULL);
		assert_string_equal(text_of(root, "outcome"), rows[i].outcome);
		assert_int_equal(json_is_true(json_object_get(root, "ok")), rows[i].ok);
		assert_int_equal(
			json_integer_value(json_object_get(json_object_get(root, "error"), "exit")), rows[i].exit);
		json_decref(root);
		dsync_outcome_destroy(outcome);
	}
}

static struct dsync_outcome *
run_staged(const char *part)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;

	fake_play(part);
	options.stage = true;
	outcome = fake_run(&options);
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

/* What somebody else's refresh has put in place is there: committing it is no error, and nobody is asked. */
static void
test_commit_shared(void **state)
{
	struct dsync_outcome *outcome = run_staged("shared");
	struct dsync_error err;

	(void)state;
	assert_true(dsync_outcome_shared(outcome));
	assert_int_equal(dsync_outcome_commit(outcome, &err), 0);
	assert_int_equal(dsync_outcome_commit(outcome, NULL), 0);
	dsync_outcome_discard(outcome);
	assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
	assert_false(home_exists("mark"));
	dsync_outcome_destroy(outcome);
	dsync_outcome_destroy(NULL);
}

/* Nothing of this one is in place, whoever found it. */
static void
test_commit_shared_unchanged(void **state)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;
	struct dsync_error err;

	(void)state;
	fake_play("shared-unchanged");
	options.stage = true;
	outcome = fake_run(&options);
	assert_true(dsync_outcome_shared(outcome));
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_STATE);
	dsync_outcome_destroy(outcome);
}

/* One that was not asked to wait: it is in place, and there is nothing to decide. */
static void
test_commit_unstaged(void **state)
{
	struct dsync_outcome *outcome;
	struct dsync_error err;

	(void)state;
	fake_play("updated");
	outcome = fake_run(NULL);
	assert_int_equal(dsync_outcome_commit(outcome, &err), DSYNC_ERR_STATE);
	dsync_outcome_discard(outcome);
	dsync_outcome_destroy(outcome);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_failed),
		TEST(test_json),
		TEST(test_json_beside_success),
		TEST(test_commit),
		TEST(test_commit_fails),
		TEST(test_commit_crash),
		TEST(test_commit_shared),
		TEST(test_commit_shared_unchanged),
		TEST(test_commit_unstaged),
		TEST(test_discard),
		TEST(test_destroy_staged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
