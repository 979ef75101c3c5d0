/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Each call on a session's way fails once: the archive is the old or the new one, an answer is an answer, nothing is left. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/fault.h"
#include "dotsync/archive.h"
#include "dotsync/session.h"
#include "home.h"
#include "runtime/guest.h"

#define MOST_CALLS 3000
#define OPEN_TO_ALL \
	"[permissions]\nread = \"public\"\nwrite = \"public\"\nexecute = \"public\"\n[ownership]\nwrite_allowed = true\n"

/* One piece of work; 0 when it went well. */
typedef int work_function(struct dsync_session *session, struct dsync_error *err);

static int
setup(void **state)
{
	home_setup(state);
	home_install("fake_refresh", "dotsync-refresh", 0755);
	home_install("fake_host", "host", 0755);
	assert_int_equal(setenv("FAKE", "staged", 1), 0);
	assert_int_equal(setenv("CAPSULE_FAKE", "ok", 1), 0);
	home_context();
	return 0;
}

static struct dsync_session *
open_session(bool updater, struct dsync_error *err)
{
	struct dsync_session *session = dsync_session_open("a.sync", home_context(), err);
	int i;

	for (i = 0; session != NULL && i < DSYNC_ACTION_COUNT; i++) {
		if (updater || i != DSYNC_ACTION_EXECUTE_WASM)
			dsync_session_grant(session, (enum dsync_action)i);
	}
	return session;
}

static void
make(void)
{
	home_make("a.sync", HOME_MANIFEST OPEN_TO_ALL, "old", home_wasm, home_wasm_size);
}

/* What could not be removed because removing it failed is swept by whoever writes next. */
static void
check_folder(enum dsync_fault_kind kind)
{
	assert_true(home_count("work") == 1 || (kind == DSYNC_FAULT_ERROR && home_exists("work/.a.sync.next")));
}

/* The payload of the archive is the one or the other. */
static void
check_archive(int rc, const char *name, enum dsync_fault_kind kind)
{
	struct dsync_archive *archive = home_open("a.sync");
	struct dsync_view payload;

	assert_int_equal(dsync_archive_map_payload(archive, &payload, NULL), 0);
	assert_int_equal(payload.size, 3);
	if (rc == 0 && memcmp(payload.data, "new", 3) != 0)
		fail_msg("%s: went well and wrote nothing", name);
	if (rc < 0 && rc != DSYNC_ERR_DURABILITY && memcmp(payload.data, "old", 3) != 0)
		fail_msg("%s: failed with %d and wrote", name, rc);
	dsync_archive_unref(archive);
	check_folder(kind);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
sweep(const char *name, work_function *work, enum dsync_fault_kind kind, bool updater, bool writes)
{
	struct dsync_session *session;
	struct dsync_error err;
	bool fired = true;
	uint64_t n;
	int rc;

	make();
	for (n = 1; n < MOST_CALLS && fired; n++) {
		if (writes)
			make();
		memset(&err, 0, sizeof(err));
		dsync_fault_arm(kind, EIO, n, false);
		session = open_session(updater, &err);
		rc = session != NULL ? work(session, &err) : err.code;
		dsync_session_close(session);
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		if (rc < 0 && err.code != rc)
			fail_msg("%s, call %d: returned %d, said %d", name, (int)n, rc, err.code);
		if (!fired && rc < 0)
			fail_msg("%s: fails without a fault: %s", name, err.message);
		if (writes)
			check_archive(rc, name, kind);
	}
	assert_true(n > 2 && n < MOST_CALLS);
}

static int
work_write(struct dsync_session *session, struct dsync_error *err)
{
	return dsync_session_write_payload(session, "new", 3, err);
}

static int
work_update(struct dsync_session *session, struct dsync_error *err)
{
	return dsync_session_update_payload(session, "new", 3, err);
}

static int
work_context(struct dsync_session *session, struct dsync_error *err)
{
	struct dsync_view view;
	int rc = dsync_session_write_context(session, "{}", 2, err);

	return rc == 0 ? dsync_session_read_context(session, &view, err) : rc;
}

static int
work_host(struct dsync_session *session, struct dsync_error *err)
{
	struct dsync_session_host host = DSYNC_SESSION_HOST_INIT;
	struct dsync_view view;
	int rc;

	host.program = home_path("helpers/host");
	host.timeout_ms = 10000;
	rc = dsync_session_set_host(session, &host, err);
	return rc == 0 ? dsync_session_read_payload(session, &view, err) : rc;
}

static int
work_settings(struct dsync_session *session, struct dsync_error *err)
{
	static const char *const items[] = { "a", "b", "c" };
	int rc = dsync_session_set_hosts(session, items, 3, err);

	if (rc == 0)
		rc = dsync_session_set_env(session, items, 2, err);
	return rc == 0 ? dsync_session_set_member(session, "x", err) : rc;
}

static void
test_sessions(void **state)
{
	(void)state;
	sweep("write EIO", work_write, DSYNC_FAULT_ERROR, false, true);
	sweep("write memory", work_write, DSYNC_FAULT_MEMORY, false, true);
	sweep("write short", work_write, DSYNC_FAULT_SHORT, false, true);
	sweep("update memory", work_update, DSYNC_FAULT_MEMORY, false, true);
	sweep("context memory", work_context, DSYNC_FAULT_MEMORY, false, false);
	sweep("settings memory", work_settings, DSYNC_FAULT_MEMORY, false, false);
	sweep("push memory", work_update, DSYNC_FAULT_MEMORY, true, false);
	sweep("push EIO", work_update, DSYNC_FAULT_ERROR, true, false);
}

static void
test_host(void **state)
{
	(void)state;
	sweep("host memory", work_host, DSYNC_FAULT_MEMORY, true, false);
	sweep("host EIO", work_host, DSYNC_FAULT_ERROR, true, false);
}

/* A request's answer is one line of JSON, or memory ran out for even that. */
static void
answer(const char *line, enum dsync_fault_kind kind)
{
	static char *const environment[] = { NULL };
	struct dsync_guest *guest;
	struct dsync_buffer out;
	bool fired = true;
	json_t *root;
	uint64_t n;
	int rc;

	for (n = 1; n < MOST_CALLS && fired; n++) {
		make();
		assert_int_equal(dsync_guest_create(
					 &guest, "a.sync", home_context(), environment, DSYNC_GUEST_PAYLOAD_MAX, NULL),
			0);
		dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
		dsync_fault_arm(kind, EIO, n, false);
		rc = dsync_guest_answer(guest, line, strlen(line), &out);
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		if (rc == 0) {
			root = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
			assert_non_null(root);
			if (!fired)
				assert_non_null(json_object_get(root, "result"));
			json_decref(root);
		} else {
			assert_int_equal(rc, DSYNC_ERR_NO_MEMORY);
		}
		dsync_buffer_finish(&out);
		dsync_guest_destroy(guest);
		check_folder(kind);
	}
	assert_true(n > 2 && n < MOST_CALLS);
}

static void
test_server(void **state)
{
#define CONTEXT \
	"{\"mode\":\"Headless\",\"role\":\"Owner\",\"permissions\":{\"can_read_payload\":true,\"can_write_context\":true," \
	"\"allowed_hosts\":[\"a\",\"b\"]},\"sync_path\":\"a.sync\"}"
	static const char *const lines[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"capsule/payload.read\",\"params\":{\"context\":" CONTEXT
		"}}",
		"{\"version\":\"guest.v1\",\"request_id\":\"r\",\"action\":\"WriteContext\",\"context\":" CONTEXT
		",\"input\":[1]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		answer(lines[i], DSYNC_FAULT_MEMORY);
		answer(lines[i], DSYNC_FAULT_ERROR);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sessions),
		TEST(test_host),
		TEST(test_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
