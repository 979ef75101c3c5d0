/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Roles and leave are checked before anything runs. */
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

static int
setup(void **state)
{
	home_setup(state);
	home_install("fake_refresh", "dotsync-refresh", 0755);
	assert_int_equal(setenv("FAKE", "staged", 1), 0);
	assert_int_equal(setenv("MARK", home_path("mark"), 1), 0);
	return 0;
}

static struct dsync_session *
open_session(const char *tables)
{
	struct dsync_session *session;
	struct dsync_error err = { 0 };
	char manifest[1024];

	snprintf(manifest, sizeof(manifest), "%s%s", HOME_MANIFEST, tables);
	home_make("a.sync", manifest, "payload", home_wasm, home_wasm_size);
	session = dsync_session_open("a.sync", home_context(), &err);
	if (session == NULL)
		fail_msg("%s", err.message);
	return session;
}

static bool
may_read(struct dsync_session *session)
{
	struct dsync_error err = { 0 };
	struct dsync_view payload;
	int rc = dsync_session_read_payload(session, &payload, &err);

	if (rc == 0) {
		assert_int_equal(payload.size, 7);
		assert_memory_equal(payload.data, "payload", 7);
		return true;
	}
	assert_int_equal(rc, DSYNC_ERR_PERMISSION);
	assert_string_equal(err.entry, "permissions.read");
	return false;
}

static bool
may_execute(struct dsync_session *session)
{
	struct dsync_error err = { 0 };
	struct dsync_outcome *outcome = dsync_session_execute(session, &err);

	if (outcome != NULL) {
		assert_int_equal(dsync_outcome_kind(outcome), DSYNC_OUTCOME_UPDATED);
		dsync_outcome_destroy(outcome);
		return true;
	}
	assert_int_equal(err.code, DSYNC_ERR_PERMISSION);
	return false;
}

static void
test_roles(void **state)
{
	static const char *const words[] = { "owner", "member", "public" };
	struct dsync_session *session;
	char tables[128];
	int least, role;

	(void)state;
	for (least = DSYNC_ROLE_OWNER; least <= DSYNC_ROLE_PUBLIC; least++) {
		snprintf(tables, sizeof(tables), "[permissions]\nread = \"%s\"\nexecute = \"%s\"\n", words[least],
			words[least]);
		session = open_session(tables);
		dsync_session_grant_execution(session);
		for (role = DSYNC_ROLE_OWNER; role <= DSYNC_ROLE_PUBLIC; role++) {
			dsync_session_set_role(session, (enum dsync_role)role);
			assert_int_equal(may_read(session), role <= least);
			assert_int_equal(may_execute(session), role <= least);
		}
		dsync_session_close(session);
	}
}

static void
test_defaults(void **state)
{
	struct dsync_session *session = open_session("");

	(void)state;
	assert_true(may_read(session));
	dsync_session_grant_execution(session);
	assert_false(may_execute(session)); /* the public may not */
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	assert_true(may_execute(session));
	dsync_session_revoke_execution(session);
	assert_false(may_execute(session));
	assert_int_equal(dsync_archive_payload_size(dsync_session_archive(session)), 7);
	dsync_session_close(session);
	dsync_session_close(NULL);
}

/* The helper is told to stage, whatever the freshness, with what this caller allows. */
static void
test_job(void **state)
{
	struct dsync_session *session = open_session("");
	struct dsync_outcome *outcome;
	struct dsync_error err;

	(void)state;
	assert_int_equal(setenv("FAKE", "echo", 1), 0);
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	dsync_session_grant_execution(session);
	outcome = dsync_session_execute(session, &err);
	assert_non_null(outcome);
	assert_non_null(strstr(dsync_outcome_json(outcome), "\\\"session_grant\\\":true"));
	assert_non_null(strstr(dsync_outcome_json(outcome), "\\\"stage\\\":true"));
	assert_non_null(strstr(dsync_outcome_json(outcome), "\\\"force\\\":true"));
	dsync_outcome_destroy(outcome);
	dsync_session_close(session);
}

static void
test_commit(void **state)
{
	struct dsync_session *session = open_session("");
	struct dsync_outcome *outcome;
	struct dsync_error err;

	(void)state;
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	dsync_session_grant_execution(session);
	outcome = dsync_session_execute(session, &err);
	assert_int_equal(dsync_outcome_commit(outcome, &err), 0);
	dsync_outcome_destroy(outcome);
	dsync_session_close(session);
	assert_true(home_exists("mark"));
}

static void
test_no_updater(void **state)
{
	struct dsync_session *session;
	struct dsync_error err;

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "x", NULL, 0);
	session = dsync_session_open("a.sync", home_context(), &err);
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	dsync_session_grant_execution(session);
	assert_null(dsync_session_execute(session, &err));
	assert_int_equal(err.code, DSYNC_ERR_STATE);
	dsync_session_close(session);
}

static void
test_fail_closed(void **state)
{
	struct dsync_session *session = open_session("[policy]\nstale_while_revalidate = 0\nfail_closed = true\n");
	struct dsync_view payload;
	struct dsync_error err;

	(void)state;
	assert_int_equal(dsync_session_read_payload(session, &payload, &err), DSYNC_ERR_EXPIRED);
	assert_string_equal(err.entry, "policy.fail_closed");
	dsync_session_close(session);
}

static void
test_open_fails(void **state)
{
	struct dsync_error err = { 0 };

	(void)state;
	assert_null(dsync_session_open("none.sync", home_context(), &err));
	assert_int_equal(err.code, DSYNC_ERR_SYSTEM);
	assert_null(dsync_session_open("none.sync", NULL, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_roles),
		TEST(test_defaults),
		TEST(test_job),
		TEST(test_commit),
		TEST(test_no_updater),
		TEST(test_fail_closed),
		TEST(test_open_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
