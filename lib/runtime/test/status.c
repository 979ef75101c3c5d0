/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The word, the times and the decision whether a refresh is due. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "dotsync/status.h"
#include "format/commit.h"
#include "home.h"
#include "runtime/grants.h"
#include "runtime/state.h"

#define HOUR INT64_C(3600)
#define NONE DSYNC_STATUS_NO_TIME
#define NEVER_STALE "ttl = 9223372036854775807\n"

/* Times of the record are relative to now; NONE stays NONE. */
struct record {
	int64_t base, next_attempt, held_until;
	uint32_t failures;
	int code;
	bool held;
};

static const struct record no_record = { NONE, NONE, NONE, 0, 0, false };

/* The archive was made years ago, so that its age is that of the record or past every limit. */
static const struct {
	const char *what;
	const char *policy; /* lines of [policy], then other tables */
	bool updater, grant;
	struct record record;
	enum dsync_state_word word;
	bool stale, readable, due, expired;
} cases[] = {
	{ "no updater", "", false, false, { NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_NO_UPDATER, true, true, false,
		false },
	{ "no updater, fresh", NEVER_STALE, false, false, { NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_NO_UPDATER,
		false, true, false, false },
	{ "fresh by policy", NEVER_STALE, true, true, { NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_FRESH, false, true,
		false, false },
	{ "fresh by record", "", true, true, { -10, NONE, NONE, 0, 0, false }, DSYNC_STATE_FRESH, false, true, false,
		false },
	{ "fresh without a grant", "", true, false, { -10, NONE, NONE, 0, 0, false }, DSYNC_STATE_FRESH, false, true,
		false, false },
	{ "stale", "", true, true, { -2 * HOUR, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true, true, true, false },
	{ "always stale", "ttl = 0\n", true, true, { 0, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true, true, true,
		false },
	{ "stale without a grant", "", true, false, { NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_CONSENT_NEEDED, true,
		true, false, false },
	{ "a record from the future", "", true, true, { HOUR, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true, true,
		true, false },
	{ "manual", "update = \"manual\"\n", true, true, { NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true,
		true, false, false },
	{ "never", "update = \"never\"\n", true, false, { NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true,
		true, false, false },
	{ "held", "", true, true, { NONE, NONE, NONE, 0, 0, true }, DSYNC_STATE_HELD, true, true, false, false },
	{ "held for a while", "", true, true, { NONE, NONE, HOUR, 0, 0, true }, DSYNC_STATE_HELD, true, true, false,
		false },
	{ "held until a while ago", "", true, true, { NONE, NONE, -1, 0, 0, true }, DSYNC_STATE_STALE, true, true, true,
		false },
	{ "failing", "", true, true, { NONE, HOUR, NONE, 3, DSYNC_ERR_NETWORK, false }, DSYNC_STATE_FAILING, true, true,
		false, false },
	{ "failing, due again", "", true, true, { NONE, -1, NONE, 3, DSYNC_ERR_NETWORK, false }, DSYNC_STATE_FAILING,
		true, true, true, false },
	{ "expired", "stale_while_revalidate = 60\n", true, true, { -2 * HOUR, NONE, NONE, 0, 0, false },
		DSYNC_STATE_EXPIRED, true, true, true, true },
	{ "not yet expired", "stale_while_revalidate = 7200\n", true, true, { -2 * HOUR, NONE, NONE, 0, 0, false },
		DSYNC_STATE_STALE, true, true, true, false },
	{ "expired and closed", "stale_while_revalidate = 0\nfail_closed = true\n", true, true,
		{ NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_EXPIRED, true, false, true, true },
	{ "closed and fresh", "stale_while_revalidate = 0\nfail_closed = true\n", true, true,
		{ 0, NONE, NONE, 0, 0, false }, DSYNC_STATE_FRESH, false, true, false, false },
	{ "failing for long", "stale_if_error = 60\n", true, true,
		{ -2 * HOUR, HOUR, NONE, 9, DSYNC_ERR_NETWORK, false }, DSYNC_STATE_EXPIRED, true, true, false, true },
	{ "failing not for long", "stale_if_error = 86400\n", true, true,
		{ -2 * HOUR, HOUR, NONE, 9, DSYNC_ERR_NETWORK, false }, DSYNC_STATE_FAILING, true, true, false, false },
	{ "old without an error", "stale_if_error = 60\n", true, true, { -2 * HOUR, NONE, NONE, 0, 0, false },
		DSYNC_STATE_STALE, true, true, true, false },
	{ "a limit that overflows", "stale_while_revalidate = 9223372036854775806\n", true, true,
		{ -2 * HOUR, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true, true, true, false },
	{ "a vault", "[encryption]\nenabled = true\n", true, true, { NONE, NONE, NONE, 0, 0, false },
		DSYNC_STATE_LOCKED, true, true, false, false },
	{ "publishers required", "[publisher]\nrequire = \"publisher\"\n", true, true,
		{ NONE, NONE, NONE, 0, 0, false }, DSYNC_STATE_STALE, true, true, false, false },
};

static void
grant(void)
{
	struct dsync_grant g;

	dsync_grant_init(&g);
	g.owner = strdup(HOME_OWNER);
	dsync_hash(g.updater, home_wasm, home_wasm_size);
	assert_int_equal(dsync_grants_store(home_context(), &g, NULL), 0);
	dsync_grant_finish(&g);
}

static void
remember(const struct record *record)
{
	struct dsync_archive *archive = home_open("a.sync");
	int64_t now = dsync_sys_now();
	struct dsync_state s;

	dsync_state_init(&s);
	dsync_archive_generation(archive, s.generation);
	s.base = record->base == NONE ? NONE : now + record->base;
	s.next_attempt = record->next_attempt == NONE ? NONE : now + record->next_attempt;
	s.held_until = record->held_until == NONE ? NONE : now + record->held_until;
	s.failures = record->failures;
	s.last_code = record->code;
	s.held = record->held;
	if (record->code != 0) {
		s.last_attempt = now - 5;
		strcpy(s.last_error, record->code == DSYNC_ERR_POLICY ? "not asked for" : "no route");
	}
	if (record->code == DSYNC_ERR_POLICY) {
		strcpy(s.last_rule, "host");
		strcpy(s.last_expected, "an entry https://a.example");
	}
	assert_int_equal(dsync_state_store(home_context(), archive, "a.sync", &s, NULL), 0);
	dsync_archive_unref(archive);
}

static void
make(const char *policy, const char *payload, bool updater)
{
	char manifest[2048];

	snprintf(manifest, sizeof(manifest), "%s[policy]\n%s", HOME_MANIFEST, policy);
	home_make("a.sync", manifest, payload, updater ? home_wasm : NULL, home_wasm_size);
}

static void
read_status(const char *path, struct dsync_status *status)
{
	struct dsync_archive *archive = home_open("a.sync");
	struct dsync_error err = { 0 };

	if (dsync_status_read(home_context(), archive, path, status, &err) < 0)
		fail_msg("%s", err.message);
	dsync_archive_unref(archive);
}

static void
test_words(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(cases[i].policy, "x", cases[i].updater);
		if (memcmp(&cases[i].record, &no_record, sizeof(no_record)) != 0)
			remember(&cases[i].record);
		if (cases[i].grant)
			grant();
		read_status("a.sync", &status);
		if (status.state != cases[i].word || status.stale != cases[i].stale ||
			status.readable != cases[i].readable || status.refresh_due != cases[i].due ||
			status.expired != cases[i].expired)
			fail_msg("%s: %s%s%s%s%s", cases[i].what, dsync_state_word_name(status.state),
				status.stale ? " stale" : "", status.readable ? " readable" : "",
				status.refresh_due ? " due" : "", status.expired ? " expired" : "");
		home_teardown(state);
		home_setup(state);
	}
}

static void
test_fields(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	const struct record record = { -2 * HOUR, HOUR, NONE, 3, DSYNC_ERR_NETWORK, false };
	char generation[DSYNC_GENERATION_TEXT_SIZE];
	unsigned char bytes[DSYNC_GENERATION_SIZE];
	struct dsync_archive *archive;

	(void)state;
	make("", "four", true);
	grant();
	remember(&record);
	read_status("a.sync", &status);
	assert_in_range(status.age, 2 * HOUR, 2 * HOUR + 100);
	assert_int_equal(status.ttl, HOUR);
	assert_int_equal(status.fresh_until, status.now - status.age + HOUR);
	assert_in_range(status.next_refresh, status.now + HOUR - 100, status.now + HOUR);
	assert_in_range(status.last_attempt, status.now - 100, status.now - 5);
	assert_int_equal(status.last_code, DSYNC_ERR_NETWORK);
	assert_int_equal(status.failures, 3);
	assert_int_equal(status.payload_size, 4);
	assert_string_equal(status.last_error, "no route");
	archive = home_open("a.sync");
	dsync_archive_generation(archive, bytes);
	dsync_generation_format(generation, bytes);
	assert_string_equal(status.generation, generation);
	dsync_archive_unref(archive);
}

static void
check_next(const char *policy, bool granted, const struct record *record, int64_t expected)
{
	struct dsync_status status = DSYNC_STATUS_INIT;

	make(policy, "x", true);
	remember(record);
	if (granted)
		grant();
	read_status("a.sync", &status);
	if (expected == NONE)
		assert_int_equal(status.next_refresh, NONE);
	else
		assert_in_range(status.next_refresh, status.now + expected - 100, status.now + expected + 100);
}

static void
test_next_refresh(void **state)
{
	const struct record fresh = { -1000, NONE, NONE, 0, 0, false };
	const struct record held = { -1000, NONE, NONE, 0, 0, true };
	const struct record held_for_a_day = { -1000, NONE, 24 * HOUR, 0, 0, true };
	const struct record cooling = { -2 * HOUR, 300, NONE, 1, DSYNC_ERR_NETWORK, false };

	(void)state;
	check_next("", false, &fresh, HOUR - 1000);
	check_next("update = \"manual\"\n", false, &fresh, NONE);
	check_next("", false, &held, NONE);
	check_next("", false, &held_for_a_day, 24 * HOUR);
	check_next("", false, &cooling, NONE); /* no leave */
	check_next("", true, &cooling, 300);
}

static void
test_empty(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;

	(void)state;
	make("[publisher]\nrequire = \"none\"\n", "", true);
	read_status("a.sync", &status);
	assert_int_equal(status.state, DSYNC_STATE_EMPTY);
	make("", "", true); /* an empty payload of anybody else is just empty */
	read_status("a.sync", &status);
	assert_int_equal(status.state, DSYNC_STATE_CONSENT_NEEDED);
}

static void
test_refreshing(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_commit *commit;

	(void)state;
	make("", "x", true);
	grant();
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", NULL, NULL), 0);
	read_status("a.sync", &status);
	assert_int_equal(status.state, DSYNC_STATE_REFRESHING);
	assert_false(status.refresh_due);
	dsync_commit_close(commit);
	read_status("a.sync", &status);
	assert_int_equal(status.state, DSYNC_STATE_STALE);
}

static void
test_clock(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	char manifest[1024], created[DSYNC_TIME_TEXT_SIZE];

	(void)state;
	dsync_time_format(created, dsync_sys_now() + 10 * HOUR);
	snprintf(manifest, sizeof(manifest),
		"[sync]\nversion = \"1.3\"\ncontent_type = \"text/csv\"\ndisplay_ext = \"csv\"\n"
		"[meta]\ncreated_by = \"" HOME_OWNER "\"\ncreated_at = \"%s\"\nhash_algo = \"blake3\"\n"
		"[policy]\nstale_while_revalidate = 0\nfail_closed = true\n",
		created);
	home_make("a.sync", manifest, "x", home_wasm, home_wasm_size);
	grant();
	read_status("a.sync", &status);
	assert_int_equal(status.state, DSYNC_STATE_CLOCK_SUSPECT);
	assert_true(status.age == INT64_MAX);
	assert_true(status.stale && status.readable && status.refresh_due && !status.expired);
}

/* Without a path only the archive itself is judged. */
static void
test_no_path(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;

	(void)state;
	make("", "x", true);
	read_status(NULL, &status);
	assert_int_equal(status.state, DSYNC_STATE_STALE);
	assert_false(status.refresh_due);
}

/* As a user who may read and nothing else. */
static int
status_as_nobody(void)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_archive *archive = dsync_archive_open("a.sync", NULL, NULL);

	if (archive == NULL || dsync_status_read(home_context(), archive, "a.sync", &status, NULL) < 0)
		return 1;
	dsync_archive_unref(archive);
	if (status.refresh_due || status.next_refresh != NONE)
		return 2;
	return status.state == DSYNC_STATE_UNWRITABLE ? 0 : 10 + (int)status.state;
}

static void
test_unwritable(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can become somebody else\n");
		skip();
	}
	make("", "x", true);
	grant();
	assert_int_equal(chmod(home_path("."), 0755), 0);
	assert_int_equal(chmod(home_path("work"), 0777), 0);
	assert_int_equal(chmod(home_path("config"), 0755), 0);
	assert_int_equal(chmod(home_path("config/grants"), 0755), 0);
	assert_int_equal(chmod("a.sync", 0644), 0);
	/* the grant's file is readable for this test alone */
	assert_int_equal(system("chmod 644 ../config/grants/*.toml"), 0);
	home_context();
	pid = fork();
	if (pid == 0)
		_exit(setuid(65534) == 0 ? status_as_nobody() : 100);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_names_and_misuse(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_archive *archive;

	(void)state;
	assert_string_equal(dsync_state_word_name(DSYNC_STATE_CLOCK_SUSPECT), "clock-suspect");
	assert_string_equal(dsync_state_word_name(DSYNC_STATE_CONSENT_NEEDED), "consent-needed");
	assert_string_equal(dsync_state_word_name((enum dsync_state_word)99), "?");
	make("", "x", true);
	archive = home_open("a.sync");
	status.size = 0;
	assert_int_equal(dsync_status_read(home_context(), archive, NULL, &status, NULL), DSYNC_ERR_INVALID);
	status.size = sizeof(status) + 1;
	assert_int_equal(dsync_status_read(home_context(), archive, NULL, &status, NULL), DSYNC_ERR_INVALID);
	status.size = sizeof(status);
	assert_int_equal(dsync_status_read(NULL, archive, NULL, &status, NULL), 0); /* no home, no folders, no matter */
	dsync_archive_unref(archive);
}

/* What cannot be judged is not granted, and a status is still a status. */
static void
test_damaged_grants(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;

	(void)state;
	make("", "x", true);
	grant();
	assert_int_equal(system("for f in ../config/grants/*.toml; do echo rubbish > $f; done"), 0);
	read_status("a.sync", &status);
	assert_int_equal(status.state, DSYNC_STATE_CONSENT_NEEDED);
	assert_non_null(strstr(home_log(), "grants nothing"));
}

/* Which host it was, where a host was the trouble. */
static void
test_refused_host(void **state)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	const struct record record = { -2 * HOUR, HOUR, NONE, 3, DSYNC_ERR_POLICY, false };

	(void)state;
	make("", "four", true);
	remember(&record);
	read_status("a.sync", &status);
	assert_string_equal(status.last_error, "not asked for: expected an entry https://a.example");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_words),
		TEST(test_fields),
		TEST(test_refused_host),
		TEST(test_next_refresh),
		TEST(test_empty),
		TEST(test_refreshing),
		TEST(test_clock),
		TEST(test_no_path),
		TEST(test_unwritable),
		TEST(test_names_and_misuse),
		TEST(test_damaged_grants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
