/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What others do to the folder between two steps of a commit, and calls that fail at one place alone. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/sys.h"
#include "format/commit.h"
#include "sample.h"
#include "stage.h"

/* Holds the lock until the commit waits for it, and then does something first. */
struct other {
	int fd;
	void (*act)(void);
};

static int
interfere(void *user)
{
	struct other *other = user;

	if (other->fd < 0)
		return 0;
	other->act();
	close(other->fd);
	other->fd = -1;
	return 0;
}

static void
replace_by_link(void)
{
	assert_int_equal(unlink("a.sync"), 0);
	assert_int_equal(symlink("elsewhere", "a.sync"), 0);
}

static void
replace_by_pipe(void)
{
	assert_int_equal(unlink("a.sync"), 0);
	assert_int_equal(mkfifo("a.sync", 0600), 0);
}

static void
remove_target(void)
{
	assert_int_equal(unlink("a.sync"), 0);
}

static void
give_staging_file_away(void)
{
	assert_int_equal(chown(".a.sync.next", STAGE_STRANGER, STAGE_STRANGER), 0);
}

static void
looks_again_when_it_has_the_lock(void **state)
{
	static const struct {
		void (*act)(void);
		int expected;
		bool needs_root;
	} rows[] = {
		{ replace_by_link, DSYNC_ERR_CONFLICT, false },
		{ replace_by_pipe, DSYNC_ERR_INVALID, false },
		{ remove_target, DSYNC_ERR_NOT_FOUND, false },
		{ give_staging_file_away, DSYNC_ERR_PERMISSION, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dsync_commit_options options = { .wait_ms = -1, .interrupted = interfere };
		struct other other = { -1, rows[i].act };
		struct dsync_commit *commit;

		if (rows[i].needs_root && geteuid() != 0) {
			print_message("row %u skipped: giving files away takes root\n", (unsigned)i);
			continue;
		}
		sample_make("a.sync", "old");
		other.fd = open(".a.sync.next", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(dsync_sys_lock(other.fd), 0);
		options.user = &other;
		assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, NULL), rows[i].expected);
		assert_null(commit);
		unlink("a.sync");
		unlink(".a.sync.next"); /* the stranger's is left to whoever finds out */
		assert_int_equal(sample_count(), 0);
	}
}

static void
notices_a_staging_file_that_was_removed(void **state)
{
	struct dsync_commit *commit;

	(void)state;
	sample_make("a.sync", "old");
	assert_int_equal(stage_begin(&commit, "a.sync", NULL), 0);
	stage_payload(commit, "new");
	assert_int_equal(unlink(".a.sync.next"), 0);
	assert_int_equal(dsync_commit_publish(commit, NULL), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
}

static void
notices_a_base_that_was_given_away(void **state)
{
	struct dsync_commit *commit;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: giving files away takes root\n");
		skip();
	}
	sample_make("a.sync", "old");
	assert_int_equal(stage_begin(&commit, "a.sync", NULL), 0);
	stage_payload(commit, "new");
	assert_int_equal(chown("a.sync", STAGE_STRANGER, STAGE_STRANGER), 0);
	assert_int_equal(dsync_commit_publish(commit, NULL), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
}

static int
begin_with_fault(const char *path, const char *call, int sys_errno, uint64_t n)
{
	struct dsync_commit *commit;
	int rc;

	dsync_fault_arm(DSYNC_FAULT_ERROR, sys_errno, n, false);
	dsync_fault_only(call);
	rc = stage_begin(&commit, path, NULL);
	dsync_fault_disarm();
	assert_true(dsync_fault_fired());
	if (rc == 0)
		assert_true(dsync_commit_target_path(commit)[0] == '/');
	dsync_commit_close(commit);
	return rc;
}

static void
stops_where_it_cannot_go_on(void **state)
{
	(void)state;
	sample_make("a.sync", "old");
	sample_spit(".a.sync.next", "half", 4); /* a left-over that cannot be swept */
	assert_int_equal(begin_with_fault("a.sync", "unlinkat", EIO, 1), DSYNC_ERR_SYSTEM);
	assert_int_equal(unlink(".a.sync.next"), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown("a.sync", STAGE_STRANGER, STAGE_STRANGER), 0);
		assert_int_equal(begin_with_fault("a.sync", "fchown", EIO, 1), DSYNC_ERR_SYSTEM);
		assert_int_equal(begin_with_fault("a.sync", "fchown", ENOSYS, 1), 0);
	}
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);
}

/* Somebody makes the file after the last look at its name: the link says so. */
static void
never_links_over_another(void **state)
{
	static const struct {
		bool must_not_exist;
		int expected;
	} rows[] = { { false, DSYNC_ERR_CONFLICT }, { true, DSYNC_ERR_EXISTS } };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		const struct dsync_commit_options options = {
			.wait_ms = 0, .create = true, .must_not_exist = rows[i].must_not_exist
		};
		struct dsync_commit *commit;

		assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, NULL), 0);
		stage_payload(commit, "new");
		dsync_fault_arm(DSYNC_FAULT_ERROR, EEXIST, 1, false);
		dsync_fault_only("linkat");
		assert_int_equal(dsync_commit_publish(commit, NULL), rows[i].expected);
		dsync_fault_disarm();
		assert_true(dsync_fault_fired());
		dsync_commit_close(commit);
		assert_int_equal(sample_count(), 0);
	}
}

/* Where the system does not tell a folder's name, the written one serves: absolute, relative, or neither. */
static void
names_the_folder_without_proc(void **state)
{
	char path[4096];

	sample_make("a.sync", "old");
	assert_int_equal(begin_with_fault("a.sync", "readlinkat", ENOENT, 2), 0);
	assert_true(strlen(*state) + strlen("/a.sync") < sizeof(path));
	strcat(strcpy(path, *state), "/a.sync");
	assert_int_equal(begin_with_fault(path, "readlinkat", ENOENT, 2), 0);

	assert_int_equal(mkdir("gone", 0700), 0);
	assert_int_equal(chdir("gone"), 0);
	assert_int_equal(rmdir("../gone"), 0);
	assert_int_equal(begin_with_fault("a.sync", "readlinkat", ENOENT, 2), DSYNC_ERR_SYSTEM);
	assert_int_equal(chdir(*state), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(looks_again_when_it_has_the_lock),
		TEST(notices_a_staging_file_that_was_removed),
		TEST(notices_a_base_that_was_given_away),
		TEST(stops_where_it_cannot_go_on),
		TEST(never_links_over_another),
		TEST(names_the_folder_without_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
