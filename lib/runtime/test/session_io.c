/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a session writes and reads in this process, and what it asks of the refresher. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "dotsync/session.h"
#include "home.h"
#include "runtime/session.h"
#include "runtime/state.h"

#define OPEN_TO_ALL \
	"[permissions]\nread = \"public\"\nwrite = \"public\"\nexecute = \"public\"\nallow_hosts = [\"a.example\", " \
	"\"b.example\"]\nallow_env = [\"KEY\"]\n[ownership]\nwrite_allowed = true\n"

static const enum dsync_action all_actions[] = { DSYNC_ACTION_READ_PAYLOAD, DSYNC_ACTION_READ_CONTEXT,
	DSYNC_ACTION_WRITE_PAYLOAD, DSYNC_ACTION_WRITE_CONTEXT, DSYNC_ACTION_EXECUTE_WASM };

static int
setup(void **state)
{
	home_setup(state);
	home_install("fake_refresh", "dotsync-refresh", 0755);
	assert_int_equal(setenv("FAKE", "staged", 1), 0);
	assert_int_equal(setenv("MARK", home_path("mark"), 1), 0);
	return 0;
}

static void
check_ok(int rc, const struct dsync_error *err)
{
	if (rc != 0)
		fail_msg("%s: %s", dsync_error_name(err->code), err->message);
}

/* A session that may do all that its role may. */
static struct dsync_session *
open_session(const char *tables, bool updater)
{
	struct dsync_session *session;
	struct dsync_error err = { 0 };
	char manifest[1024];
	size_t i;

	snprintf(manifest, sizeof(manifest), "%s%s", HOME_MANIFEST, tables);
	home_make("a.sync", manifest, "payload", updater ? home_wasm : NULL, home_wasm_size);
	session = dsync_session_open("a.sync", home_context(), &err);
	if (session == NULL)
		fail_msg("%s", err.message);
	for (i = 0; i < sizeof(all_actions) / sizeof(all_actions[0]); i++)
		dsync_session_grant(session, all_actions[i]);
	return session;
}

static void
expect_payload(struct dsync_session *session, const char *text)
{
	struct dsync_error err = { 0 };
	struct dsync_view view;

	check_ok(dsync_session_read_payload(session, &view, &err), &err);
	assert_int_equal(view.size, strlen(text));
	assert_memory_equal(view.data, text, view.size);
}

static void
expect_context(struct dsync_session *session, const char *text)
{
	struct dsync_error err = { 0 };
	struct dsync_view view;

	check_ok(dsync_session_read_context(session, &view, &err), &err);
	assert_int_equal(view.size, strlen(text));
	assert_memory_equal(view.data, text, view.size);
}

static void
test_writes(void **state)
{
	struct dsync_session *session = open_session(OPEN_TO_ALL, false);
	struct dsync_error err = { 0 };

	(void)state;
	expect_context(session, "");
	check_ok(dsync_session_write_context(session, "{\"a\": 1}", 8, &err), &err);
	expect_context(session, "{\"a\": 1}");
	expect_payload(session, "payload");
	assert_int_equal(dsync_manifest_created_at(dsync_archive_manifest(dsync_session_archive(session))), 1580472000);
	check_ok(dsync_session_write_payload(session, "new", 3, &err), &err);
	expect_payload(session, "new");
	expect_context(session, "{\"a\": 1}");
	assert_true(dsync_manifest_created_at(dsync_archive_manifest(dsync_session_archive(session))) > 1580472000);
	check_ok(dsync_session_update_payload(session, "pushed", 6, &err), &err);
	expect_payload(session, "pushed");
	check_ok(dsync_session_write_payload(session, NULL, 0, &err), &err);
	expect_payload(session, "");
	dsync_session_close(session);
}

static void
test_context_is_json(void **state)
{
	static const char *const bad[] = { "", "{", "{\"a\": 1, \"a\": 2}", "nul", "\xff", "[1] [2]" };
	static const char *const fine[] = { "null", "1e5", "\"x\"", "[]", " {} ", "18446744073709551616" };
	struct dsync_session *session = open_session(OPEN_TO_ALL, false);
	struct dsync_error err = { 0 };
	char deep[140];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(dsync_session_write_context(session, bad[i], strlen(bad[i]), &err), DSYNC_ERR_SYNTAX);
		assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_INVALID_REQUEST);
	}
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	assert_int_equal(dsync_session_write_context(session, deep, 130, &err), DSYNC_ERR_LIMIT);
	expect_context(session, "");
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		check_ok(dsync_session_write_context(session, fine[i], strlen(fine[i]), &err), &err);
		expect_context(session, fine[i]);
	}
	dsync_session_close(session);
}

/* Each action needs its own grant, and takes nothing from the others. */
static void
test_grants(void **state)
{
	struct dsync_session *session = open_session(OPEN_TO_ALL, true);
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all_actions) / sizeof(all_actions[0]); i++) {
		assert_int_equal(dsync_session_check(session, all_actions[i], NULL), 0);
		dsync_session_revoke(session, all_actions[i]);
		assert_int_equal(dsync_session_check(session, all_actions[i], &err), DSYNC_ERR_PERMISSION);
		assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_PERMISSION_DENIED);
	}
	dsync_session_grant(session, DSYNC_ACTION_UPDATE_PAYLOAD);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_WRITE_PAYLOAD, NULL), 0);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_READ_PAYLOAD, NULL), DSYNC_ERR_PERMISSION);
	dsync_session_revoke_all(session);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_UPDATE_PAYLOAD, NULL), DSYNC_ERR_PERMISSION);
	dsync_session_close(session);
}

static void
test_modes(void **state)
{
	const struct dsync_bounds fine = { 0, 0, 1, 1 }, flat = { 5, 5, 100, 0 };
	struct dsync_session *session = open_session(OPEN_TO_ALL, true);
	struct dsync_view view;

	(void)state;
	dsync_session_set_mode(session, DSYNC_MODE_WIDGET);
	assert_int_equal(dsync_session_read_payload(session, &view, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(view.size, 0);
	dsync_session_set_bounds(session, &flat);
	assert_int_equal(dsync_session_read_payload(session, &view, NULL), DSYNC_ERR_INVALID);
	dsync_session_set_bounds(session, &fine);
	expect_payload(session, "payload");
	dsync_session_set_mode(session, DSYNC_MODE_HEADLESS);
	assert_int_equal(dsync_session_read_payload(session, &view, NULL), DSYNC_ERR_INVALID);
	dsync_session_set_bounds(session, &flat);
	assert_int_equal(dsync_session_read_payload(session, &view, NULL), DSYNC_ERR_INVALID);
	dsync_session_set_bounds(session, NULL);
	expect_payload(session, "payload");
	dsync_session_close(session);
}

static void
test_members(void **state)
{
	static const char team[] = "[permissions]\nread = \"member\"\n[ownership]\nteam = "
				   "[\"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK\"]\n";
	struct dsync_session *session = open_session(team, false);

	(void)state;
	dsync_session_set_role(session, DSYNC_ROLE_MEMBER);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_READ_PAYLOAD, NULL), DSYNC_ERR_PERMISSION);
	dsync_session_set_member(session, "did:key:other", NULL);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_READ_PAYLOAD, NULL), DSYNC_ERR_PERMISSION);
	dsync_session_set_member(session, "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", NULL);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_READ_PAYLOAD, NULL), 0);
	dsync_session_set_role(session, DSYNC_ROLE_PUBLIC);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_READ_PAYLOAD, NULL), DSYNC_ERR_PERMISSION);
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	dsync_session_set_member(session, NULL, NULL);
	assert_int_equal(dsync_session_check(session, DSYNC_ACTION_READ_PAYLOAD, NULL), 0);
	dsync_session_close(session);
}

/* Somebody else swaps: the session goes on with the new version, if that still lets it. */
static void
test_conflict(void **state)
{
	struct dsync_session *session = open_session(OPEN_TO_ALL, false);
	struct dsync_error err = { 0 };

	(void)state;
	home_make("a.sync", HOME_MANIFEST OPEN_TO_ALL "[policy]\nttl = 7\n", "other", NULL, 0);
	expect_payload(session, "payload"); /* still the one that was opened */
	check_ok(dsync_session_write_context(session, "[]", 2, &err), &err);
	expect_payload(session, "other");
	assert_int_equal(dsync_manifest_ttl(dsync_archive_manifest(dsync_session_archive(session))), 7);
	home_make("a.sync", HOME_MANIFEST, "closed", NULL, 0);
	assert_int_equal(dsync_session_write_payload(session, "x", 1, &err), DSYNC_ERR_PERMISSION);
	expect_payload(session, "closed");
	check_ok(dsync_session_reload(session, &err), &err);
	dsync_session_close(session);
	session = open_session(OPEN_TO_ALL, false);
	assert_int_equal(remove("a.sync"), 0);
	assert_true(dsync_session_reload(session, &err) < 0);
	expect_payload(session, "payload");
	assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_IO_ERROR);
	dsync_session_close(session);
}

static void
test_hold_stays(void **state)
{
	struct dsync_session *session = open_session(OPEN_TO_ALL, false);
	struct dsync_error err = { 0 };
	struct dsync_state record;

	(void)state;
	dsync_state_init(&record);
	dsync_archive_generation(dsync_session_archive(session), record.generation);
	record.held = true;
	record.failures = 3;
	assert_int_equal(dsync_state_store(home_context(), dsync_session_archive(session), "a.sync", &record, &err), 0);
	check_ok(dsync_session_write_context(session, "1", 1, &err), &err);
	dsync_state_load(home_context(), dsync_session_archive(session), "a.sync", &record, NULL);
	assert_true(record.held);
	assert_int_equal(record.failures, 3);
	check_ok(dsync_session_write_payload(session, "x", 1, &err), &err);
	dsync_state_load(home_context(), dsync_session_archive(session), "a.sync", &record, NULL);
	assert_true(record.held);
	assert_int_equal(record.failures, 0);
	dsync_session_close(session);
}

/* The refresher is told all that the session was. */
static void
test_job(void **state)
{
	static const char *const hosts[] = { "b.example", "c.example" };
	struct dsync_session_limits limits = DSYNC_SESSION_LIMITS_INIT;
	struct dsync_session *session = open_session(OPEN_TO_ALL, true);
	struct dsync_outcome *outcome;
	struct dsync_error err;
	const char *json;

	(void)state;
	assert_int_equal(setenv("FAKE", "echo", 1), 0);
	limits.cpu_ms = 250;
	limits.memory_size = 1 << 20;
	limits.time_ms = 1500;
	dsync_session_set_limits(session, &limits);
	assert_int_equal(dsync_session_set_hosts(session, hosts, 2, &err), 0);
	assert_int_equal(dsync_session_set_env(session, NULL, 0, &err), 0);
	outcome = dsync_session_execute(session, &err);
	assert_non_null(outcome);
	json = dsync_outcome_json(outcome);
	assert_non_null(strstr(json, "\\\"cpu_ms\\\":250"));
	assert_non_null(strstr(json, "\\\"memory_max\\\":1048576"));
	assert_non_null(strstr(json, "\\\"timeout_ms\\\":1500"));
	assert_non_null(strstr(json, "\\\"narrow_hosts\\\":true"));
	assert_non_null(strstr(json, "\\\"hosts\\\":[\\\"b.example\\\",\\\"c.example\\\"]"));
	assert_non_null(strstr(json, "\\\"narrow_env\\\":true"));
	assert_non_null(strstr(json, "\\\"push\\\":false"));
	assert_non_null(strstr(json, "\\\"session_grant\\\":true"));
	dsync_outcome_destroy(outcome);
	dsync_session_serve(session); /* over the protocol it is the user's grants that count */
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	outcome = dsync_session_execute(session, &err);
	assert_non_null(outcome);
	assert_non_null(strstr(dsync_outcome_json(outcome), "\\\"session_grant\\\":false"));
	dsync_outcome_destroy(outcome);
	dsync_session_close(session);
}

static void
test_push(void **state)
{
	struct dsync_session *session = open_session(OPEN_TO_ALL, true);
	struct dsync_error err = { 0 };

	(void)state;
	check_ok(dsync_session_update_payload(session, "pushed", 6, &err), &err);
	assert_true(home_exists("mark")); /* the refresher was asked, and told to commit */
	expect_payload(session, "payload");
	assert_int_equal(setenv("FAKE", "failed", 1), 0);
	assert_int_equal(dsync_session_update_payload(session, "pushed", 6, &err), DSYNC_ERR_NETWORK);
	assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_EXECUTION_FAILED);
	assert_int_equal(setenv("FAKE", "kill", 1), 0);
	assert_true(dsync_session_update_payload(session, "pushed", 6, &err) < 0);
	assert_true(dsync_session_update_payload(session, "pushed", 6, NULL) < 0);
	dsync_session_revoke_execution(session); /* then nobody looks at it */
	check_ok(dsync_session_update_payload(session, "pushed", 6, &err), &err);
	expect_payload(session, "pushed");
	dsync_session_close(session);
}

static void
test_produce_fails(void **state)
{
	static const struct {
		const char *part;
		enum dsync_session_problem problem;
	} rows[] = {
		{ "failed", DSYNC_SESSION_EXECUTION_FAILED }, { "disk", DSYNC_SESSION_IO_ERROR },
		{ "kill", DSYNC_SESSION_PROTOCOL_ERROR },
		{ "staged", DSYNC_SESSION_EXECUTION_FAILED }, /* it does not say where */
	};
	struct dsync_session *session = open_session(OPEN_TO_ALL, true);
	struct dsync_error err;
	struct dsync_view view;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(setenv("FAKE", rows[i].part, 1), 0);
		assert_true(dsync_session_produce(session, &view, &err) < 0);
		assert_int_equal(dsync_session_problem(&err), rows[i].problem);
		assert_int_equal(view.size, 0);
	}
	assert_int_equal(remove(home_path("helpers/dotsync-refresh")), 0);
	assert_true(dsync_session_produce(session, &view, &err) < 0);
	assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_HOST_UNAVAILABLE);
	dsync_session_close(session);
}

static void
test_words(void **state)
{
	static const char *const actions[] = { "ReadPayload", "ReadContext", "WritePayload", "WriteContext",
		"ExecuteWasm", "UpdatePayload" };
	static const char *const problems[] = { "PermissionDenied", "InvalidRequest", "ExecutionFailed",
		"HostUnavailable", "ProtocolError", "IoError" };
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++) {
		assert_string_equal(dsync_action_name((enum dsync_action)i), actions[i]);
		assert_string_equal(dsync_session_problem_name((enum dsync_session_problem)i), problems[i]);
	}
	assert_string_equal(dsync_action_name((enum dsync_action)6), "?");
	assert_string_equal(dsync_session_problem_name((enum dsync_session_problem)6), "?");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_writes),
		TEST(test_context_is_json),
		TEST(test_grants),
		TEST(test_modes),
		TEST(test_members),
		TEST(test_conflict),
		TEST(test_hold_stays),
		TEST(test_job),
		TEST(test_push),
		TEST(test_produce_fails),
		TEST(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
