/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What each step of a commit refuses, and that nothing has changed then. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/builder.h"
#include "format/commit.h"
#include "sample.h"
#include "stage.h"

static void
refuses_targets(void **state)
{
	const struct dsync_commit_options replace = { .wait_ms = 0 };
	struct dsync_commit *commit;
	struct dsync_error err;
	char path[4097];
	size_t i;

	(void)state;
	sample_spit("text", "no archive", 10);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(symlink("loop", "loop"), 0);

	assert_int_equal(dsync_commit_begin(&commit, "missing", &replace, &err), DSYNC_ERR_NOT_FOUND);
	assert_null(commit);
	assert_int_equal(stage_begin(&commit, "text", &err), DSYNC_ERR_NOT_ARCHIVE);
	assert_int_equal(stage_begin(&commit, "pipe", &err), DSYNC_ERR_INVALID);
	assert_int_equal(stage_begin(&commit, ".", &err), DSYNC_ERR_INVALID);
	assert_int_equal(stage_begin(&commit, "", &err), DSYNC_ERR_INVALID);
	assert_int_equal(stage_begin(&commit, "folder/", &err), DSYNC_ERR_INVALID);
	assert_int_equal(stage_begin(&commit, "no/such/folder", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(stage_begin(&commit, "loop", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ELOOP);
	assert_int_equal(dsync_commit_begin(&commit, "missing", &replace, NULL), DSYNC_ERR_NOT_FOUND);
	assert_int_equal(dsync_commit_begin(&commit, "/missing", &replace, &err), DSYNC_ERR_NOT_FOUND);
	assert_string_equal(err.message, "/missing does not exist");
	memset(path, 'd', sizeof(path));
	for (i = 1; i < sizeof(path); i += 2)
		path[i] = '/';
	path[4096] = '\0';
	assert_int_equal(stage_begin(&commit, path, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENAMETOOLONG);
	path[4095] = '\0'; /* as a link's target it only just fits, but not behind the folder's name */
	assert_int_equal(symlink(path, "long"), 0);
	assert_int_equal(stage_begin(&commit, "long", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENAMETOOLONG);
	assert_int_equal(unlink("long"), 0);
	assert_int_equal(unlink("loop"), 0);
	assert_int_equal(unlink("pipe"), 0);
	assert_int_equal(sample_count(), 1); /* no staging file was left, or ever made for the missing */
}

static void
sweeps_left_overs(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;
	struct stat st;

	(void)state;
	sample_make("a.sync", "old");

	/* of one who was killed while writing */
	sample_spit(".a.sync.next", "half", 4);
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	assert_int_equal(fstat(dsync_commit_fd(commit), &st), 0);
	assert_int_equal(st.st_size, 0);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 1);

	/* of one who was killed between link and unlink: it is the archive, and stays whole */
	assert_int_equal(link("a.sync", ".a.sync.next"), 0);
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	sample_check("a.sync", "old");
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);

	/* empty and alone: taken over */
	sample_spit(".a.sync.next", "", 0);
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 1);
}

static void
refuses_planted_staging_files(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_make("a.sync", "old");
	sample_spit("victim", "precious", 8);

	assert_int_equal(symlink("victim", ".a.sync.next"), 0);
	assert_int_equal(stage_begin(&commit, "a.sync", &err), DSYNC_ERR_PERMISSION);
	assert_int_equal(unlink(".a.sync.next"), 0);

	assert_int_equal(mkfifo(".a.sync.next", 0600), 0);
	assert_int_equal(stage_begin(&commit, "a.sync", &err), DSYNC_ERR_PERMISSION);
	assert_int_equal(unlink(".a.sync.next"), 0);

	if (geteuid() == 0) {
		sample_spit(".a.sync.next", "", 0);
		assert_int_equal(chown(".a.sync.next", STAGE_STRANGER, STAGE_STRANGER), 0);
		assert_int_equal(stage_begin(&commit, "a.sync", &err), DSYNC_ERR_PERMISSION);
		assert_int_equal(unlink(".a.sync.next"), 0);
	}
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 2);
}

static int
try_begin(void)
{
	struct dsync_commit *commit;
	int rc = stage_begin(&commit, "a.sync", NULL);

	dsync_commit_close(commit);
	return rc;
}

static void
refuses_the_files_of_others(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: becoming another user takes root\n");
		skip();
	}
	sample_make("a.sync", "root's");
	assert_int_equal(chmod(".", 0777), 0); /* the folder would allow it */
	assert_int_equal(stage_as_stranger(try_begin), DSYNC_ERR_PERMISSION);
	assert_int_equal(sample_count(), 1);

	/* one's own file in a folder of others */
	assert_int_equal(chown("a.sync", STAGE_STRANGER, STAGE_STRANGER), 0);
	assert_int_equal(stage_as_stranger(try_begin), 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(stage_as_stranger(try_begin), DSYNC_ERR_SYSTEM);
	assert_int_equal(sample_count(), 1);
}

static void
detects_a_changed_base(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	/* replaced by somebody without the lock */
	sample_make("a.sync", "old");
	sample_make("other.sync", "by hand");
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	stage_payload(commit, "new");
	assert_int_equal(rename("other.sync", "a.sync"), 0);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	sample_check("a.sync", "by hand");

	/* removed */
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	stage_payload(commit, "new");
	assert_int_equal(unlink("a.sync"), 0);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 0);

	/* appeared */
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	assert_null(dsync_commit_base(commit));
	stage_payload(commit, "new");
	sample_spit("a.sync", "x", 1);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 1);
}

static void
never_publishes_what_is_no_archive(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_make("a.sync", "old");
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	assert_int_equal(write(dsync_commit_fd(commit), "nonsense", 8), 8);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_NOT_ARCHIVE);
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);

	/* a staging file that was exchanged behind our back */
	sample_make("other.sync", "not ours");
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	stage_payload(commit, "new");
	assert_int_equal(rename("other.sync", ".a.sync.next"), 0);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
}

static void
must_not_exist_means_it(void **state)
{
	const struct dsync_commit_options options = { .wait_ms = 0, .must_not_exist = true };
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, &err), 0);
	stage_payload(commit, "new");
	sample_spit("a.sync", "x", 1);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_EXISTS);
	dsync_commit_close(commit);
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, &err), DSYNC_ERR_EXISTS);
	assert_int_equal(sample_count(), 1);
}

static void
explains_a_mounted_file(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_make("a.sync", "old");
	if (geteuid() != 0 || mount("a.sync", "a.sync", NULL, MS_BIND, NULL) != 0) {
		print_message("skipped: mounts are not possible here\n");
		skip();
	}
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	stage_payload(commit, "new");
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, EBUSY);
	assert_non_null(strstr(err.hint, "mount the folder"));
	dsync_commit_close(commit);
	assert_int_equal(umount("a.sync"), 0);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);
}

static void
survives_a_full_disk(void **state)
{
	struct dsync_builder *b;
	struct dsync_error err;
	size_t size = 400000;
	char *payload = malloc(size + 1);

	(void)state;
	memset(payload, 'x', size);
	payload[size] = '\0';
	assert_int_equal(mkdir("small", 0700), 0);
	if (geteuid() != 0 || mount("none", "small", "tmpfs", 0, "size=128k") != 0) {
		print_message("skipped: mounts are not possible here\n");
		free(payload);
		assert_int_equal(rmdir("small"), 0);
		skip();
	}
	sample_make("small/a.sync", "old");
	sample_spit("big", payload, size);
	b = sample_builder(payload);
	assert_int_equal(dsync_builder_write(b, "small/a.sync", DSYNC_CREATE_REPLACE, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENOSPC);
	dsync_builder_set_payload_file(b, "big");
	assert_int_equal(dsync_builder_write(b, "small/a.sync", DSYNC_CREATE_REPLACE, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENOSPC);
	dsync_builder_destroy(b);
	sample_check("small/a.sync", "old");
	assert_false(sample_exists("small/.a.sync.next"));
	sample_make("small/a.sync", "the room is back");
	assert_int_equal(umount("small"), 0);
	assert_int_equal(rmdir("small"), 0);
	free(payload);
}

static void
survives_a_read_only_folder(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	assert_int_equal(mkdir("ro", 0700), 0);
	sample_make("ro/a.sync", "old");
	if (geteuid() != 0 || mount("ro", "ro", NULL, MS_BIND, NULL) != 0 ||
		mount("none", "ro", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0) {
		print_message("skipped: mounts are not possible here\n");
		unlink("ro/a.sync");
		rmdir("ro");
		skip();
	}
	assert_int_equal(stage_begin(&commit, "ro/a.sync", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, EROFS);
	assert_true(err.hint[0] != '\0');
	sample_check("ro/a.sync", "old");
	assert_int_equal(umount("ro"), 0);
	assert_int_equal(unlink("ro/a.sync"), 0);
	assert_int_equal(rmdir("ro"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_targets),
		TEST(sweeps_left_overs),
		TEST(refuses_planted_staging_files),
		TEST(refuses_the_files_of_others),
		TEST(detects_a_changed_base),
		TEST(never_publishes_what_is_no_archive),
		TEST(must_not_exist_means_it),
		TEST(explains_a_mounted_file),
		TEST(survives_a_full_disk),
		TEST(survives_a_read_only_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
