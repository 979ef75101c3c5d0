/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A session whose work another program does: what that is told, and what of its answers is believed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/session.h"
#include "home.h"

#define OPEN_TO_ALL \
	"[permissions]\nread = \"public\"\nwrite = \"public\"\nexecute = \"public\"\nallow_hosts = [\"a.example\", " \
	"\"b.example\"]\nallow_env = [\"KEY\", \"ABSENT\", \"SECRET\"]\n[ownership]\nwrite_allowed = true\n"
#define LONG_MS 60000 /* for what is expected to come */

static struct dsync_session *session;

static int
setup(void **state)
{
	size_t i;

	home_setup(state);
	home_install("fake_host", "host", 0755);
	home_make("a.sync", HOME_MANIFEST OPEN_TO_ALL, "payload", home_wasm, home_wasm_size);
	session = dsync_session_open("a.sync", home_context(), NULL);
	assert_non_null(session);
	for (i = 0; i < DSYNC_ACTION_COUNT; i++)
		dsync_session_grant(session, (enum dsync_action)i);
	assert_int_equal(setenv("CAPSULE_MARK", home_path("mark"), 1), 0);
	return 0;
}

static int
teardown(void **state)
{
	dsync_session_close(session);
	session = NULL;
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* whatever was started was waited for */
	assert_int_equal(errno, ECHILD);
	return home_teardown(state);
}

static void
use_host(const char *program, enum dsync_guest_protocol protocol, uint64_t timeout_ms)
{
	struct dsync_session_host host = DSYNC_SESSION_HOST_INIT;

	host.program = program;
	host.protocol = protocol;
	host.timeout_ms = timeout_ms;
	host.answer_size_max = 1 << 20;
	assert_int_equal(dsync_session_set_host(session, &host, NULL), 0);
}

static void
play(const char *part, enum dsync_guest_protocol protocol)
{
	assert_int_equal(setenv("CAPSULE_FAKE", part, 1), 0);
	use_host(home_path("helpers/host"), protocol, LONG_MS);
}

static char *
read_mark(void)
{
	static char text[65536];
	FILE *file = fopen(home_path("mark"), "r");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

static void
expect_line(const char *line)
{
	char text[512];
	char *mark = read_mark();

	snprintf(text, sizeof(text), "\n%s\n", line);
	if (strstr(mark, text) == NULL)
		fail_msg("no line %s in\n%s", line, mark);
}

static void
check_ok(int rc, const struct dsync_error *err)
{
	if (rc != 0)
		fail_msg("%s: %s: %s", dsync_error_name(err->code), err->message, err->found);
}

static void
test_actions(void **state)
{
	struct dsync_error err = { 0 };
	struct dsync_view view;
	int protocol;

	(void)state;
	for (protocol = DSYNC_GUEST_V1; protocol <= DSYNC_GUEST_JSON_RPC; protocol++) {
		play("ok", (enum dsync_guest_protocol)protocol);
		check_ok(dsync_session_read_payload(session, &view, &err), &err);
		assert_int_equal(view.size, 5);
		assert_memory_equal(view.data, "hello", 5);
		check_ok(dsync_session_produce(session, &view, &err), &err);
		assert_memory_equal(view.data, "hello", 5);
		check_ok(dsync_session_read_context(session, &view, &err), &err);
		assert_int_equal(view.size, strlen("{\"a\": 1.10}"));
		assert_memory_equal(view.data, "{\"a\": 1.10}", view.size);
		check_ok(dsync_session_write_payload(session, "\x00\xff", 2, &err), &err);
		assert_non_null(strstr(read_mark(),
			protocol == DSYNC_GUEST_V1 ? "\"input\":\"AP8=\"}" : "\"payload_b64\":\"AP8=\"}}"));
		check_ok(dsync_session_update_payload(session, NULL, 0, &err), &err);
		assert_non_null(
			strstr(read_mark(), protocol == DSYNC_GUEST_V1 ? "\"input\":\"\"}" : "\"payload_b64\":\"\"}}"));
		check_ok(dsync_session_write_context(session, "[1, \n2.50]", 10, &err), &err);
		assert_non_null(strstr(
			read_mark(), protocol == DSYNC_GUEST_V1 ? "\"input\":[1,2.50]}" : "\"value\":[1,2.50]}}"));
		assert_null(dsync_session_execute(session, &err));
		assert_int_equal(err.code, DSYNC_ERR_STATE);
		play("noisy", (enum dsync_guest_protocol)protocol);
		check_ok(dsync_session_read_payload(session, &view, &err), &err);
		play("stderr", (enum dsync_guest_protocol)protocol);
		check_ok(dsync_session_read_payload(session, &view, &err), &err);
		play("child", (enum dsync_guest_protocol)protocol);
		check_ok(dsync_session_read_payload(session, &view, &err), &err);
	}
	play("rest \"ok\":true", DSYNC_GUEST_V1); /* null may be left out */
	check_ok(dsync_session_read_context(session, &view, &err), &err);
	assert_int_equal(view.size, 0);
}

/* A new session is what the reference's is, but for the mode. */
static void
test_request(void **state)
{
	static const struct dsync_bounds bounds = { 1, 2, 30, 40 };
	struct dsync_session *fresh = dsync_session_open("a.sync", home_context(), NULL);
	struct dsync_session_host host = DSYNC_SESSION_HOST_INIT;
	struct dsync_error err = { 0 };
	struct dsync_view view;

	(void)state;
	assert_int_equal(setenv("CAPSULE_FAKE", "ok", 1), 0);
	host.program = home_path("helpers/host");
	assert_int_equal(dsync_session_set_host(fresh, &host, NULL), 0);
	assert_int_equal(dsync_session_set_hosts(fresh, NULL, 0, NULL), 0);
	assert_int_equal(dsync_session_set_env(fresh, NULL, 0, NULL), 0);
	dsync_session_set_mode(fresh, DSYNC_MODE_WIDGET);
	dsync_session_set_bounds(fresh, &bounds);
	check_ok(dsync_session_read_payload(fresh, &view, &err), &err);
	assert_non_null(strstr(read_mark(),
		"\"action\":\"ReadPayload\",\"context\":{\"mode\":\"Widget\",\"role\":\"Consumer\",\"permissions\":{"
		"\"can_read_payload\":true,\"can_read_context\":true,\"can_write_payload\":false,\"can_write_context\":false,"
		"\"can_execute_wasm\":false,\"allowed_hosts\":[],\"allowed_env\":[]},\"sync_path\":\"a.sync\",\"host_app\":\""));
	expect_line("GUEST_MODE=widget");
	expect_line("CAPSULE_IPC_MODE=widget");
	expect_line("GUEST_ROLE=consumer");
	expect_line("CAPSULE_IPC_ROLE=consumer");
	expect_line("GUEST_WIDGET_BOUNDS=1,2,30,40");
	expect_line("CAPSULE_IPC_WIDGET_BOUNDS=1,2,30,40");
	expect_line("ALLOW_HOSTS=");
	expect_line("ALLOW_ENV=");
	assert_null(strstr(read_mark(), "GUEST_CPU_LIMIT_MS"));
	dsync_session_close(fresh);
}

static void
test_environment(void **state)
{
	static const char *const hosts[] = { "b.example", "c.example" };
	struct dsync_session_limits limits = DSYNC_SESSION_LIMITS_INIT;
	struct dsync_error err = { 0 };
	struct dsync_view view;

	(void)state;
	assert_int_equal(setenv("KEY", "k=v", 1), 0);
	assert_int_equal(setenv("OTHER", "not passed on", 1), 0);
	assert_int_equal(setenv("LD_LIBRARY_PATH", "/nowhere", 1), 0);
	assert_int_equal(setenv("ATO_THING", "1", 1), 0);
	assert_int_equal(setenv("CAPSULE_IPC_ROLE", "stale", 1), 0);
	assert_int_equal(setenv("GUEST_ROLE", "stale", 1), 0);
	limits.cpu_ms = 1000;
	limits.memory_size = 64 << 20;
	dsync_session_set_limits(session, &limits);
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	assert_int_equal(dsync_session_set_hosts(session, hosts, 2, NULL), 0);
	play("ok", DSYNC_GUEST_JSON_RPC);
	check_ok(dsync_session_read_payload(session, &view, &err), &err);
	assert_non_null(strstr(read_mark(), "argument guest\nargument a.sync\n"));
	expect_line("GUEST_MODE=headless");
	expect_line("GUEST_ROLE=owner");
	expect_line("CAPSULE_IPC_ROLE=owner");
	expect_line("SYNC_PATH=a.sync");
	expect_line("CAPSULE_IPC_SYNC_PATH=a.sync");
	expect_line("CAPSULE_IPC_PROTOCOL=jsonrpc-2.0");
	expect_line("ALLOW_HOSTS=b.example");
	expect_line("ALLOW_ENV=KEY,ABSENT,SECRET");
	expect_line("GUEST_CPU_LIMIT_MS=1000");
	expect_line("GUEST_MEMORY_LIMIT_MB=64");
	expect_line("KEY=k=v");
	expect_line("ATO_THING=1");
	expect_line("CAPSULE_FAKE=ok");
	assert_null(strstr(read_mark(), "OTHER="));
	assert_null(strstr(read_mark(), "LD_LIBRARY_PATH"));
	assert_null(strstr(read_mark(), "stale"));
	assert_null(strstr(read_mark(), "WIDGET_BOUNDS"));
	unsetenv("CAPSULE_IPC_ROLE");
	unsetenv("GUEST_ROLE");
	unsetenv("LD_LIBRARY_PATH");
}

/* Two sessions, two actions: four ids that nobody can guess. */
static void
test_ids(void **state)
{
	char ids[4][33];
	struct dsync_view view;
	int i, k;

	(void)state;
	play("ok", DSYNC_GUEST_V1);
	for (i = 0; i < 4; i++) {
		assert_int_equal(dsync_session_read_payload(session, &view, NULL), 0);
		snprintf(ids[i], sizeof(ids[i]), "%s", strstr(read_mark(), "\"request_id\":\"") + 14);
		assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
		for (k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

static void
test_answers(void **state)
{
	static const struct {
		const char *part;
		int code[2]; /* guest.v1, JSON-RPC; 0: well */
	} rows[] = {
		{ "error PermissionDenied", { DSYNC_ERR_PERMISSION, DSYNC_ERR_PROTOCOL } },
		{ "error InvalidRequest", { DSYNC_ERR_INVALID, DSYNC_ERR_PROTOCOL } },
		{ "error ExecutionFailed", { DSYNC_ERR_GUEST, DSYNC_ERR_PROTOCOL } },
		{ "error HostUnavailable", { DSYNC_ERR_NOT_FOUND, DSYNC_ERR_PROTOCOL } },
		{ "error ProtocolError", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "error IoError", { DSYNC_ERR_SYSTEM, DSYNC_ERR_PROTOCOL } },
		{ "error Whatever", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "error -32001", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PERMISSION } },
		{ "error -32602", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_INVALID } },
		{ "error -32603", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_GUEST } },
		{ "error -32002", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_NOT_FOUND } },
		{ "error -32600", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "error -32601", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "error -32700", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "error -32003", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_INVALID } },
		{ "error -32004", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_INVALID } },
		{ "error 7", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "status", { DSYNC_ERR_GUEST, DSYNC_ERR_GUEST } },
		{ "signal", { DSYNC_ERR_GUEST, DSYNC_ERR_GUEST } },
		{ "deaf", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "nothing", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "id", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "twice", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "pour", { DSYNC_ERR_LIMIT, DSYNC_ERR_LIMIT } },
		{ "raw hello", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "raw []", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "raw {}", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "raw {\"version\":\"guest.v2\",\"ok\":true}", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"ok\":true,\"result\":\"!\"", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"ok\":true,\"result\":7", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"ok\":true", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"ok\":1,\"result\":\"YQ==\"", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"ok\":false", { DSYNC_ERR_GUEST, DSYNC_ERR_PROTOCOL } },
		{ "rest \"error\":7", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"error\":{}", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
		{ "rest \"result\":{\"payload_b64\":null}", { DSYNC_ERR_PROTOCOL, DSYNC_ERR_PROTOCOL } },
	};
	struct dsync_error err;
	struct dsync_view view;
	size_t i;
	int k, rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < 2; k++) {
			play(rows[i].part, (enum dsync_guest_protocol)k);
			memset(&err, 0, sizeof(err));
			rc = dsync_session_read_payload(session, &view, &err);
			if (rc != rows[i].code[k])
				fail_msg("%s, %d: expected %d, found %d: %s", rows[i].part, k, rows[i].code[k], rc,
					err.message);
			assert_int_equal(view.size, 0);
			assert_null(strchr(err.message, 7)); /* their words are escaped */
		}
	}
	play("raw hello", DSYNC_GUEST_V1);
	assert_int_equal(dsync_session_read_payload(session, &view, &err), DSYNC_ERR_PROTOCOL);
	assert_non_null(strstr(err.found, "output \"hello"));
	assert_non_null(strstr(err.found, "errors \"\""));
}

static void
test_time(void **state)
{
	static const char *const parts[] = { "hang", "late" };
	struct dsync_error err;
	struct dsync_view view;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(setenv("CAPSULE_FAKE", parts[i], 1), 0);
		use_host(home_path("helpers/host"), DSYNC_GUEST_V1, 300);
		assert_int_equal(dsync_session_read_payload(session, &view, &err), DSYNC_ERR_TIMEOUT);
		assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_EXECUTION_FAILED);
	}
}

/* More than fits into any socket, to one that does not read it. */
static void
test_large(void **state)
{
	static unsigned char data[600000];
	struct dsync_error err = { 0 };

	(void)state;
	memset(data, 'x', sizeof(data));
	play("ok", DSYNC_GUEST_V1);
	check_ok(dsync_session_write_payload(session, data, sizeof(data), &err), &err);
	play("deaf", DSYNC_GUEST_V1);
	assert_int_equal(dsync_session_write_payload(session, data, sizeof(data), &err), DSYNC_ERR_PROTOCOL);
}

static void
test_no_program(void **state)
{
	static const char *const programs[] = { "no-such-program-anywhere", "/dev/null", "work" };
	struct dsync_error err;
	struct dsync_view view;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		use_host(programs[i], DSYNC_GUEST_V1, LONG_MS);
		assert_int_equal(dsync_session_read_payload(session, &view, &err), DSYNC_ERR_NOT_FOUND);
		assert_int_equal(dsync_session_problem(&err), DSYNC_SESSION_HOST_UNAVAILABLE);
	}
	use_host(NULL, DSYNC_GUEST_V1, LONG_MS); /* in this process again */
	assert_int_equal(dsync_session_read_payload(session, &view, &err), 0);
	assert_memory_equal(view.data, "payload", 7);
}

/* What the session may not do is not asked for. */
static void
test_policy_first(void **state)
{
	struct dsync_view view;

	(void)state;
	play("ok", DSYNC_GUEST_V1);
	dsync_session_revoke(session, DSYNC_ACTION_READ_PAYLOAD);
	dsync_session_revoke(session, DSYNC_ACTION_WRITE_PAYLOAD);
	dsync_session_revoke(session, DSYNC_ACTION_EXECUTE_WASM);
	assert_int_equal(dsync_session_read_payload(session, &view, NULL), DSYNC_ERR_PERMISSION);
	assert_int_equal(dsync_session_write_payload(session, "x", 1, NULL), DSYNC_ERR_PERMISSION);
	assert_int_equal(dsync_session_update_payload(session, "x", 1, NULL), DSYNC_ERR_PERMISSION);
	assert_int_equal(dsync_session_produce(session, &view, NULL), DSYNC_ERR_PERMISSION);
	assert_int_equal(dsync_session_write_context(session, "{", 1, NULL), DSYNC_ERR_SYNTAX);
	assert_false(home_exists("mark"));
}

/* However often: no descriptor, no process stays. */
static void
test_often(void **state)
{
	size_t before, i;
	struct dsync_view view;

	(void)state;
	play("ok", DSYNC_GUEST_V1);
	assert_int_equal(dsync_session_read_payload(session, &view, NULL), 0);
	before = (size_t)dup(0);
	close((int)before);
	for (i = 0; i < 100; i++)
		assert_int_equal(dsync_session_read_payload(session, &view, NULL), 0);
	assert_int_equal(dup(0), before);
	close((int)before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_actions),
		TEST(test_request),
		TEST(test_environment),
		TEST(test_ids),
		TEST(test_answers),
		TEST(test_time),
		TEST(test_large),
		TEST(test_no_program),
		TEST(test_policy_first),
		TEST(test_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
