/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a commit does: replace, follow, name, dress, wait. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "format/commit.h"
#include "sample.h"
#include "stage.h"

static void
replaces_and_leaves_nothing(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_make("a.sync", "old");
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	assert_non_null(dsync_commit_base(commit));
	assert_null(dsync_commit_result(commit));
	assert_true(sample_exists(".a.sync.next"));
	assert_int_equal(dsync_commit_is_locked("a.sync"), 1);
	assert_int_equal(faccessat(dsync_commit_folder(commit), ".a.sync.next", F_OK, 0), 0);
	assert_true(dsync_commit_target_path(commit)[0] == '/');
	assert_int_equal(access(dsync_commit_staging_path(commit), F_OK), 0);
	stage_payload(commit, "new");
	sample_check("a.sync", "old"); /* until it is published */
	assert_int_equal(dsync_commit_publish(commit, &err), 0);
	sample_check("a.sync", "new");
	assert_int_equal(dsync_archive_payload_size(dsync_commit_result(commit)), 3);
	assert_int_equal(fcntl(dsync_archive_fd(dsync_commit_result(commit)), F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_STATE);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 1);
	assert_int_equal(dsync_commit_is_locked("a.sync"), 0);
	assert_int_equal(sample_count(), 1);
	dsync_commit_close(NULL);
}

static void
abandons_without_a_trace(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_make("a.sync", "old");
	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	stage_payload(commit, "new");
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);
}

static void
follows_links(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;
	char link[64], target[4096];

	assert_int_equal(mkdir("real", 0700), 0);
	sample_make("real/a.sync", "old");
	assert_int_equal(symlink("real/a.sync", "one.sync"), 0);
	assert_int_equal(symlink("one.sync", "two.sync"), 0);
	assert_int_equal(stage_begin(&commit, "two.sync", &err), 0);
	assert_true(sample_exists("real/.a.sync.next")); /* beside the file, not beside the link */
	stage_payload(commit, "new");
	assert_int_equal(dsync_commit_publish(commit, &err), 0);
	dsync_commit_close(commit);
	sample_check("real/a.sync", "new");
	assert_int_equal(readlink("two.sync", link, sizeof(link)), 8); /* still a link */

	assert_true(strlen(*state) + strlen("/real/a.sync") < sizeof(target));
	strcat(strcpy(target, *state), "/real/a.sync");
	assert_int_equal(symlink(target, "three.sync"), 0);
	assert_int_equal(stage_begin(&commit, "three.sync", &err), 0);
	assert_true(sample_exists("real/.a.sync.next"));
	dsync_commit_close(commit);
	assert_int_equal(unlink("real/a.sync"), 0);
	assert_int_equal(rmdir("real"), 0);
}

static void
shortens_long_names(void **state)
{
	char name[300];
	size_t length;

	(void)state;
	for (length = 248; length <= 255; length++) {
		memset(name, 'n', length);
		memcpy(name + length - 5, ".sync", 6);
		sample_make(name, "long");
		sample_make(name, "longer");
		sample_check(name, "longer");
	}
	assert_int_equal(sample_count(), 8);
	memset(name, 'n', 256);
	name[256] = '\0';
	assert_true(stage_begin(&(struct dsync_commit *){ NULL }, name, NULL) < 0);
}

static void
gives_the_mode_that_is_due(void **state)
{
	struct dsync_builder *b = sample_builder("x");
	struct stat st;
	mode_t old = umask(027);

	(void)state;
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	assert_int_equal(stat("a.sync", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(umask(old), 027); /* asked, not set */

	dsync_builder_set_mode(b, 0604);
	assert_int_equal(dsync_builder_write(b, "b.sync", DSYNC_CREATE_NEW, NULL), 0);
	assert_int_equal(stat("b.sync", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);

	assert_int_equal(chmod("b.sync", 06751), 0); /* kept, but for set-user-id and set-group-id */
	assert_int_equal(dsync_builder_write(b, "b.sync", DSYNC_CREATE_REPLACE, NULL), 0);
	assert_int_equal(stat("b.sync", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	dsync_builder_destroy(b);
}

static void
keeps_owner_and_attributes(void **state)
{
	/* version 2; user::rw-, user:STAGE_STRANGER:r--, group::r--, mask::r--, other::--- */
	static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xfd, 0xff, 0, 0,
		4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255 };
	unsigned char found[sizeof(acl)];
	struct dsync_commit *commit;
	struct dsync_error err;
	struct stat st;
	char value[16];
	int i;

	(void)state;
	sample_make("a.sync", "old");
	if (setxattr("a.sync", "user.note", "mine", 4, 0) != 0) {
		print_message("skipped: no extended attributes on this file system\n");
		skip();
	}
	assert_int_equal(setxattr("a.sync", "user.dotsync.state", "old", 3, 0), 0);
	assert_int_equal(setxattr("a.sync", "system.posix_acl_access", acl, sizeof(acl), 0), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown("a.sync", STAGE_STRANGER, STAGE_STRANGER - 1), 0);
		assert_int_equal(setxattr("a.sync", "trusted.secret", "x", 1, 0), 0);
		/* cap_net_raw=p, revision 2 */
		assert_int_equal(
			setxattr("a.sync", "security.capability", "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0),
			0);
	}

	assert_int_equal(stage_begin(&commit, "a.sync", &err), 0);
	stage_payload(commit, "new");
	assert_int_equal(dsync_commit_set_attribute(commit, "user.dotsync.state", "fresh", 5), 0);
	assert_int_equal(dsync_commit_set_attribute(commit, "user.big", value, 1025), DSYNC_ERR_INVALID);
	for (i = 1; i < 4; i++)
		assert_int_equal(dsync_commit_set_attribute(commit, "user.dotsync.other", "o", 1), 0);
	assert_int_equal(dsync_commit_set_attribute(commit, "user.dotsync.fifth", "o", 1), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_commit_publish(commit, &err), 0);
	dsync_commit_close(commit);

	sample_check("a.sync", "new");
	assert_int_equal(getxattr("a.sync", "user.note", value, sizeof(value)), 4);
	assert_memory_equal(value, "mine", 4);
	assert_int_equal(getxattr("a.sync", "user.dotsync.state", value, sizeof(value)), 5);
	assert_memory_equal(value, "fresh", 5);
	assert_int_equal(getxattr("a.sync", "system.posix_acl_access", found, sizeof(found)), sizeof(acl));
	assert_memory_equal(found, acl, sizeof(acl));
	assert_int_equal(stat("a.sync", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() == 0) {
		assert_int_equal(st.st_uid, STAGE_STRANGER);
		assert_int_equal(st.st_gid, STAGE_STRANGER - 1);
		assert_int_equal(getxattr("a.sync", "trusted.secret", value, sizeof(value)), -1);
		assert_int_equal(getxattr("a.sync", "security.capability", value, sizeof(value)), -1);
	}
	sample_make("a.sync", "newer"); /* a state of the version before is not handed on */
	assert_int_equal(getxattr("a.sync", "user.dotsync.state", value, sizeof(value)), -1);
}

static int
replace_a(void)
{
	struct dsync_commit *commit;
	int rc;

	rc = stage_begin(&commit, "a.sync", NULL);
	if (rc < 0)
		return rc;
	stage_payload(commit, "new");
	rc = dsync_commit_publish(commit, NULL);
	dsync_commit_close(commit);
	return rc;
}

/* A group that we cannot give must not leave its rights to another one. */
static void
closes_the_group_that_it_cannot_keep(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: becoming another user takes root\n");
		skip();
	}
	sample_make("a.sync", "old");
	assert_int_equal(chown("a.sync", STAGE_STRANGER, STAGE_STRANGER - 1), 0);
	assert_int_equal(chmod("a.sync", 0664), 0);
	assert_int_equal(chmod(".", 0777), 0);
	assert_int_equal(stage_as_stranger(replace_a), 0);
	assert_int_equal(stat("a.sync", &st), 0);
	assert_int_equal(st.st_uid, STAGE_STRANGER);
	assert_int_equal(st.st_gid, STAGE_STRANGER);
	assert_int_equal(st.st_mode & 07777, 0644);
}

/* A child that holds the lock until it is told to end. */
static pid_t
hold_lock(int *tell)
{
	int ready[2], end[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct dsync_commit *commit;

		close(end[1]);
		if (stage_begin(&commit, "a.sync", NULL) != 0)
			_exit(1);
		stage_payload(commit, "by the other");
		if (write(ready[1], "!", 1) != 1 || read(end[0], &byte, 1) < 0)
			_exit(1);
		if (dsync_commit_publish(commit, NULL) != 0)
			_exit(1);
		dsync_commit_close(commit);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
	*tell = end[1];
	return pid;
}

static int
tell_once(void *user)
{
	int *fd = user;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return 0;
}

static int
give_up(void *user)
{
	return ++*(int *)user > 2;
}

static void
waits_for_others(void **state)
{
	struct dsync_commit_options options = { .wait_ms = 30, .create = true };
	struct dsync_archive *base;
	struct dsync_commit *commit;
	struct dsync_error err;
	struct dsync_view view;
	int status, tell, asked = 0;
	pid_t pid;

	(void)state;
	sample_make("a.sync", "old");
	pid = hold_lock(&tell);
	assert_int_equal(dsync_commit_is_locked("a.sync"), 1);
	assert_int_equal(stage_begin(&commit, "a.sync", &err), DSYNC_ERR_BUSY);
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, &err), DSYNC_ERR_BUSY);

	options.wait_ms = -1;
	options.interrupted = give_up;
	options.user = &asked;
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, &err), DSYNC_ERR_CANCELLED);

	/* the other one publishes while we wait: the base that we get is the new one */
	options.interrupted = tell_once;
	options.user = &tell;
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, &err), 0);
	base = dsync_commit_base(commit);
	assert_int_equal(dsync_archive_map_payload(base, &view, NULL), 0);
	assert_int_equal(view.size, strlen("by the other"));
	stage_payload(commit, "ours, after it");
	assert_int_equal(dsync_commit_publish(commit, &err), 0);
	assert_memory_equal(view.data, "by the other", view.size);
	dsync_commit_close(commit);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	sample_check("a.sync", "ours, after it");
	assert_int_equal(sample_count(), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replaces_and_leaves_nothing),
		TEST(abandons_without_a_trace),
		TEST(follows_links),
		TEST(shortens_long_names),
		TEST(gives_the_mode_that_is_due),
		TEST(keeps_owner_and_attributes),
		TEST(closes_the_group_that_it_cannot_keep),
		TEST(waits_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
