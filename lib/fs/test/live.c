/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A handle that follows versions, and the snapshots that it hands out. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../runtime/test/home.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/live.h"
#include "runtime/grants.h"
#include "runtime/state.h"

#define FRESH HOME_MANIFEST "[policy]\nttl = 9223372036854775807\n"
#define PATIENCE_MS 20000
#define THREADS 4
#define VERSIONS 50

static struct dsync_live *
open_live(const char *path, struct dsync_live_options *options)
{
	struct dsync_error err = { 0 };
	struct dsync_live *live;

	options->context = home_context();
	live = dsync_live_open(path, options, &err);
	if (live == NULL)
		fail_msg("%s", err.message);
	return live;
}

static void
check_payload(const struct dsync_snapshot *snapshot, const char *expected)
{
	struct dsync_view payload = dsync_snapshot_payload(snapshot);

	assert_int_equal(payload.size, strlen(expected));
	assert_memory_equal(payload.data, expected, payload.size);
}

static void
count_change(void *user, struct dsync_snapshot *now)
{
	assert_non_null(now);
	(*(int *)user)++;
}

static void
test_follow(void **state)
{
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_snapshot *old, *same, *new;
	struct dsync_error err;
	struct dsync_live *live;
	int changes = 0;

	(void)state;
	home_make("a.sync", FRESH, "one", NULL, 0);
	options.changed = count_change;
	options.user = &changes;
	live = open_live("a.sync", &options);
	old = dsync_live_acquire(live, &err);
	assert_int_equal(err.code, 0);
	same = dsync_live_acquire(live, &err);
	assert_ptr_equal(old, same);
	assert_int_equal(changes, 0);

	home_make("a.sync", FRESH, "number two", NULL, 0);
	new = dsync_live_acquire(live, &err);
	assert_int_equal(err.code, 0);
	assert_int_equal(changes, 1);
	check_payload(old, "one");
	check_payload(new, "number two");
	dsync_live_release(live, old);
	check_payload(same, "one");
	dsync_live_release(live, same);
	assert_int_equal(dsync_archive_payload_size(dsync_snapshot_archive(new)), 10);

	dsync_live_close(live); /* a snapshot outlives its handle */
	check_payload(new, "number two");
	dsync_live_release(NULL, new);
	dsync_live_release(NULL, NULL);
	dsync_live_close(NULL);
}

/* The handle means the place where it was opened, wherever the process goes. */
static void
test_working_folder(void **state)
{
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_snapshot *snapshot;
	struct dsync_live *live;
	struct dsync_error err;

	(void)state;
	home_make("a.sync", FRESH, "one", NULL, 0);
	live = open_live("a.sync", &options);
	home_make("a.sync", FRESH, "number two", NULL, 0);
	assert_int_equal(chdir("/"), 0);
	snapshot = dsync_live_acquire(live, &err);
	check_payload(snapshot, "number two");
	dsync_live_release(live, snapshot);
	dsync_live_close(live);
}

/* Attributes of the file change when a refresh finds nothing new; readers keep what they have. */
static void
test_attributes(void **state)
{
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_snapshot *first, *second;
	struct dsync_live *live;
	struct dsync_error err;
	int changes = 0;

	(void)state;
	home_make("a.sync", FRESH, "one", NULL, 0);
	options.changed = count_change;
	options.user = &changes;
	live = open_live("a.sync", &options);
	first = dsync_live_acquire(live, &err);
	assert_int_equal(chmod("a.sync", 0600), 0);
	assert_int_equal(utimensat(-100, "a.sync", NULL, 0), 0);
	second = dsync_live_acquire(live, &err);
	assert_ptr_equal(first, second);
	assert_int_equal(changes, 0);
	dsync_live_release(live, first);
	dsync_live_release(live, second);
	dsync_live_close(live);
}

/* What is put there must be an archive to be believed; until then the last good version holds. */
static void
test_bad_versions(void **state)
{
	static const char *const bad[] = { "", "rubbish", "PK\5\6" };
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_snapshot *good, *snapshot;
	struct dsync_error err;
	struct dsync_live *live;
	size_t i;
	int again;

	(void)state;
	home_make("a.sync", FRESH, "one", NULL, 0);
	live = open_live("a.sync", &options);
	good = dsync_live_acquire(live, &err);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		home_write_text("work/new", bad[i]);
		assert_int_equal(rename("new", "a.sync"), 0);
		for (again = 0; again < 2; again++) {
			snapshot = dsync_live_acquire(live, &err);
			assert_ptr_equal(snapshot, good);
			assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
			dsync_live_release(live, snapshot);
		}
	}
	assert_int_equal(unlink("a.sync"), 0);
	snapshot = dsync_live_acquire(live, &err);
	assert_ptr_equal(snapshot, good);
	assert_int_equal(err.code, DSYNC_ERR_SYSTEM);
	dsync_live_release(live, snapshot);

	home_make("a.sync", FRESH, "number two", NULL, 0);
	snapshot = dsync_live_acquire(live, &err);
	assert_int_equal(err.code, 0);
	check_payload(snapshot, "number two");
	dsync_live_release(live, snapshot);
	dsync_live_release(live, good);
	dsync_live_close(live);
}

static void
test_open_fails(void **state)
{
	struct dsync_error err = { 0 };

	(void)state;
	assert_null(dsync_live_open("none.sync", NULL, &err));
	assert_int_equal(err.code, DSYNC_ERR_SYSTEM);
	home_write_text("work/a.sync", "rubbish");
	assert_null(dsync_live_open("a.sync", NULL, &err));
	assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
}

static void
test_fail_closed(void **state)
{
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_error err;
	struct dsync_live *live;

	(void)state;
	home_make("a.sync", HOME_MANIFEST "[policy]\nstale_while_revalidate = 0\nfail_closed = true\n", "one", NULL, 0);
	live = open_live("a.sync", &options);
	assert_null(dsync_live_acquire(live, &err));
	assert_int_equal(err.code, DSYNC_ERR_EXPIRED);
	dsync_live_close(live);
}

static bool
wait_for_mark(void)
{
	int64_t end = dsync_sys_monotonic_ms() + PATIENCE_MS;

	while (!home_exists("mark") && dsync_sys_monotonic_ms() < end)
		dsync_sys_sleep_ms(2);
	return home_exists("mark");
}

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
acquire_once(struct dsync_live *live)
{
	struct dsync_error err;
	struct dsync_snapshot *snapshot = dsync_live_acquire(live, &err);

	check_payload(snapshot, "one");
	dsync_live_release(live, snapshot);
}

/* A stale archive starts one refresh, and not another one at the next acquire. */
static void
test_refresh(void **state)
{
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_live *live;

	(void)state;
	home_install("fake_refresh", "dotsync-refresh", 0755);
	assert_int_equal(setenv("FAKE", "mark", 1), 0);
	assert_int_equal(setenv("MARK", home_path("mark"), 1), 0);
	home_make("a.sync", HOME_MANIFEST, "one", home_wasm, home_wasm_size);
	grant();

	options.never_refresh = true;
	live = open_live("a.sync", &options);
	acquire_once(live);
	dsync_live_close(live);
	dsync_sys_sleep_ms(50);
	assert_false(home_exists("mark"));

	options.never_refresh = false;
	live = open_live("a.sync", &options);
	acquire_once(live);
	assert_true(wait_for_mark());
	assert_int_equal(unlink(home_path("mark")), 0);
	acquire_once(live);
	dsync_sys_sleep_ms(50);
	assert_false(home_exists("mark"));
	dsync_live_close(live);
}

struct work {
	struct dsync_live *live;
	atomic_bool stop;
	atomic_int failures;
};

/* Every payload is one letter, a thousand times: a mixture would show. */
static void *
read_on(void *argument)
{
	struct work *work = argument;
	struct dsync_snapshot *snapshot;
	struct dsync_error err;
	struct dsync_view payload;
	unsigned char last = 0;
	size_t i;

	while (!atomic_load(&work->stop)) {
		snapshot = dsync_live_acquire(work->live, &err);
		payload = dsync_snapshot_payload(snapshot);
		for (i = 0; i < payload.size; i++) {
			if (payload.data[i] != payload.data[0])
				atomic_fetch_add(&work->failures, 1);
		}
		if (payload.size != 1000 || payload.data[0] < last)
			atomic_fetch_add(&work->failures, 1);
		last = payload.data[0];
		dsync_live_release(work->live, snapshot);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct dsync_live_options options = DSYNC_LIVE_OPTIONS_INIT;
	struct work work = { 0 };
	pthread_t threads[THREADS];
	char payload[1001];
	int i;

	(void)state;
	memset(payload, '0', 1000);
	payload[1000] = '\0';
	home_make("a.sync", FRESH, payload, NULL, 0);
	work.live = open_live("a.sync", &options);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &work), 0);
	for (i = 1; i <= VERSIONS; i++) {
		memset(payload, '0' + i, 1000);
		home_make("a.sync", FRESH, payload, NULL, 0);
	}
	atomic_store(&work.stop, true);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&work.failures), 0);
	dsync_live_close(work.live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_follow),
		TEST(test_working_folder),
		TEST(test_attributes),
		TEST(test_bad_versions),
		TEST(test_open_fails),
		TEST(test_fail_closed),
		TEST(test_refresh),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
