/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Each call on the way fails once: an error is reported, what was stored is old or new, nothing leaks or is left running. */
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

#include "base/fault.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/refresh.h"
#include "dotsync/status.h"
#include "home.h"
#include "runtime/attest.h"
#include "runtime/config.h"
#include "runtime/grants.h"
#include "runtime/job.h"
#include "runtime/state.h"
#include "runtime/updater.h"

#define MOST_CALLS 2000

static struct dsync_archive *archive;
static int64_t now;

/* One piece of work; 0 or more when it went well. */
typedef int work_function(struct dsync_error *err);

static int
setup(void **state)
{
	home_setup(state);
	home_make("a.sync", HOME_MANIFEST "[permissions]\nallow_hosts = [\"a.example\"]\n", "x", home_wasm,
		home_wasm_size);
	home_install("fake_refresh", "dotsync-refresh", 0755);
	archive = home_open("a.sync");
	home_context();
	now = dsync_sys_now();
	return 0;
}

static int
teardown(void **state)
{
	dsync_archive_unref(archive);
	return home_teardown(state);
}

static int
store_grant(const char *host, struct dsync_error *err)
{
	static char owner[] = HOME_OWNER;
	struct dsync_grant grant;
	char text[32], *items[1] = { text };
	int rc;

	snprintf(text, sizeof(text), "%s", host);
	dsync_grant_init(&grant);
	grant.owner = owner;
	grant.hosts.items = items;
	grant.hosts.count = 1;
	dsync_hash(grant.updater, home_wasm, home_wasm_size);
	rc = dsync_grants_store(home_context(), &grant, err);
	return rc;
}

static int
store_state(int64_t base, struct dsync_error *err)
{
	struct dsync_state s;

	dsync_state_init(&s);
	dsync_archive_generation(archive, s.generation);
	s.base = base;
	return dsync_state_store(home_context(), archive, "a.sync", &s, err);
}

static int
work_grant(struct dsync_error *err)
{
	return store_grant("new.example", err);
}

static int
work_state(struct dsync_error *err)
{
	return store_state(now - 5, err);
}

static int
work_status(struct dsync_error *err)
{
	struct dsync_status status = DSYNC_STATUS_INIT;

	return dsync_status_read(home_context(), archive, "a.sync", &status, err);
}

static int
work_config(struct dsync_error *err)
{
	struct dsync_config config;
	int rc = dsync_config_load(home_context(), &config, err);

	if (rc == 0)
		dsync_config_finish(&config);
	return rc;
}

static int
work_consent(struct dsync_error *err)
{
	struct dsync_consent consent;
	int rc = dsync_consent_judge(home_context(), archive, now, &consent, err);

	if (rc == 0)
		dsync_consent_finish(&consent);
	return rc;
}

static int
work_refresh(struct dsync_error *err)
{
	struct dsync_outcome *outcome = dsync_refresh_run(home_context(), "a.sync", NULL, err);
	int rc = outcome != NULL ? 0 : err->code;

	dsync_outcome_destroy(outcome);
	return rc;
}

static int
work_context(struct dsync_error *err)
{
	struct dsync_context *context = dsync_context_create(NULL, err);

	dsync_context_destroy(context);
	return context != NULL ? 0 : err->code;
}

static int
work_job(struct dsync_error *err)
{
	static const char packet[] = "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"to\":\"/b\",\"check\":\"c\"}}";
	struct dsync_job job;
	int rc = dsync_job_read(packet, sizeof(packet) - 1, &job, err);

	if (rc == 0)
		dsync_job_finish(&job);
	return rc;
}

static int
work_message(struct dsync_error *err)
{
	static const char packet[] =
		"{\"outcome\":{\"kind\":\"updated\",\"asked\":[\"a\",\"b\"],\"requests\":[{\"method\":\"GET\",\"url\":\"x\"}]}}";
	struct dsync_message message;
	int rc = dsync_message_read(packet, sizeof(packet) - 1, &message, err);

	if (rc == 0)
		dsync_message_finish(&message);
	return rc;
}

static int
work_attest(struct dsync_error *err)
{
	struct dsync_attest attest = { 0 };
	struct dsync_buffer out;
	int rc;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	rc = dsync_attest_write(&attest, &out);
	if (rc == 0)
		rc = dsync_attest_parse(out.data, out.size, &attest, err);
	else
		err->code = rc; /* writing fills none */
	dsync_buffer_finish(&out);
	return rc;
}

static int
work_updater(struct dsync_error *err)
{
	struct dsync_updater_info info;

	return dsync_updater_inspect_archive(archive, &info, err);
}

/* `before` and `after` bracket each run; they may be NULL. */
static void
sweep(const char *what, work_function *work, enum dsync_fault_kind kind, int sys_errno, void (*before)(void),
	void (*after)(int rc))
{
	struct dsync_error err;
	bool fired;
	uint64_t n;
	int rc;

	for (n = 1; n < MOST_CALLS; n++) {
		if (before != NULL)
			before();
		memset(&err, 0, sizeof(err));
		dsync_fault_arm(kind, sys_errno, n, false);
		rc = work(&err);
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		if (rc < 0 && err.code != rc)
			fail_msg("%s, call %d: returned %d, said %d", what, (int)n, rc, err.code);
		if (after != NULL)
			after(rc);
		if (!fired) {
			if (rc < 0)
				fail_msg("%s: fails without a fault: %s", what, err.message);
			break;
		}
	}
	if (n <= 1 || n >= MOST_CALLS)
		fail_msg("%s: %d calls were seen", what, (int)n);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
old_grant(void)
{
	unsigned char updater[DSYNC_HASH_SIZE];

	dsync_hash(updater, home_wasm, home_wasm_size);
	dsync_grants_revoke(home_context(), HOME_OWNER, updater, NULL);
	assert_int_equal(store_grant("old.example", NULL), 0);
}

static void
check_grant(int rc)
{
	const struct dsync_grant *grant;
	struct dsync_grants *grants;

	assert_int_equal(dsync_grants_load(home_context(), &grants, NULL), 0);
	assert_int_equal(dsync_grants_count(grants), 1);
	grant = dsync_grants_at(grants, 0);
	/* an old file that could not be read is replaced, never added to */
	assert_true(grant->hosts.count >= 1 && grant->hosts.count <= 2);
	if (rc == 0)
		assert_string_equal(grant->hosts.items[grant->hosts.count - 1], "new.example");
	else if (rc != DSYNC_ERR_DURABILITY)
		assert_string_equal(grant->hosts.items[0], "old.example");
	dsync_grants_free(grants);
	assert_int_equal(home_count("config/grants"), 1);
}

static void
old_state(void)
{
	assert_int_equal(store_state(now - 100, NULL), 0);
}

static void
check_state(int rc)
{
	struct dsync_state s;

	assert_int_equal(dsync_state_load(home_context(), archive, "a.sync", &s, NULL), 0);
	if (rc == 0)
		assert_int_equal(s.base, now - 5);
	else if (rc != DSYNC_ERR_DURABILITY)
		assert_true(s.base == now - 100 || s.base == DSYNC_STATE_NO_TIME);
}

static void
test_grant(void **state)
{
	(void)state;
	sweep("grant EIO", work_grant, DSYNC_FAULT_ERROR, EIO, old_grant, check_grant);
	sweep("grant ENOSPC", work_grant, DSYNC_FAULT_ERROR, ENOSPC, old_grant, check_grant);
	sweep("grant memory", work_grant, DSYNC_FAULT_MEMORY, 0, old_grant, check_grant);
	sweep("grant short", work_grant, DSYNC_FAULT_SHORT, 0, old_grant, check_grant);
}

static void
test_state(void **state)
{
	(void)state;
	sweep("state EIO", work_state, DSYNC_FAULT_ERROR, EIO, old_state, check_state);
	sweep("state ENOSPC", work_state, DSYNC_FAULT_ERROR, ENOSPC, old_state, check_state);
	sweep("state memory", work_state, DSYNC_FAULT_MEMORY, 0, old_state, check_state);
}

static void
test_rest(void **state)
{
	static const struct {
		const char *what;
		work_function *work;
	} works[] = {
		{ "status", work_status },
		{ "config", work_config },
		{ "consent", work_consent },
		{ "refresh", work_refresh },
		{ "context", work_context },
		{ "job", work_job },
		{ "message", work_message },
		{ "attest", work_attest },
		{ "updater", work_updater },
	};
	size_t i;

	(void)state;
	assert_int_equal(setenv("FAKE", "updated", 1), 0);
	home_write_text("config/config.toml", "[network]\nproxy = \"http://p:1\"\nca_file = \"/c\"\n");
	old_grant();
	for (i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		sweep(works[i].what, works[i].work, DSYNC_FAULT_MEMORY, 0, NULL, NULL);
	sweep("status EIO", work_status, DSYNC_FAULT_ERROR, EIO, NULL, NULL);
	sweep("config EIO", work_config, DSYNC_FAULT_ERROR, EIO, NULL, NULL);
	sweep("consent EIO", work_consent, DSYNC_FAULT_ERROR, EIO, NULL, NULL);
	sweep("refresh EIO", work_refresh, DSYNC_FAULT_ERROR, EIO, NULL, NULL);
	sweep("refresh EMFILE", work_refresh, DSYNC_FAULT_ERROR, EMFILE, NULL, NULL);
}

/* A file system without attributes: the record is a file, found by the archive's path. */
static void
test_without_attributes(void **state)
{
	struct dsync_state s;

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_ERROR, EOPNOTSUPP, 1, true);
	dsync_fault_only("setxattr");
	assert_int_equal(store_state(now - 5, NULL), 0);
	dsync_fault_disarm();
	assert_int_equal(home_count("state/records"), 1);
	check_state(0);
	assert_int_equal(symlink("a.sync", "link.sync"), 0);
	assert_int_equal(dsync_state_load(home_context(), archive, "link.sync", &s, NULL), 0);
	assert_int_equal(s.base, now - 5);
	assert_int_equal(dsync_state_load(home_context(), archive, NULL, &s, NULL), 0);
	assert_true(s.base == DSYNC_STATE_NO_TIME);
	assert_int_equal(dsync_state_load(home_context_without(), archive, "a.sync", &s, NULL), 0);
	assert_true(s.base == DSYNC_STATE_NO_TIME);
}

/* A record in an attribute must not hide a newer one in the file. */
static void
test_attribute_lost(void **state)
{
	(void)state;
	old_state();
	dsync_fault_arm(DSYNC_FAULT_ERROR, ENOSPC, 1, true);
	dsync_fault_only("setxattr");
	assert_int_equal(store_state(now - 5, NULL), 0);
	dsync_fault_disarm();
	check_state(0);
}

/* Neither place takes it: said so, with a code that callers may pass over. */
static void
test_not_remembered(void **state)
{
	static const int errors[] = { EACCES, EPERM, EROFS, EOPNOTSUPP };
	struct dsync_error err;
	struct dsync_state s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		dsync_state_init(&s);
		dsync_archive_generation(archive, s.generation);
		dsync_fault_arm(DSYNC_FAULT_ERROR, errors[i], 1, true);
		dsync_fault_only("setxattr");
		assert_int_equal(
			dsync_state_store(home_context_without(), archive, "a.sync", &s, &err), DSYNC_ERR_PERMISSION);
		dsync_fault_disarm();
		assert_int_equal(err.code, DSYNC_ERR_PERMISSION);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_grant),
		TEST(test_state),
		TEST(test_rest),
		TEST(test_without_attributes),
		TEST(test_attribute_lost),
		TEST(test_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
