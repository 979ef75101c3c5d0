/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Each step of a commit: what it refuses, and that nothing has changed then. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/assemble.h"
#include "format/commit.h"
#include "sample.h"

#define STRANGER 65533 /* a user that nothing here belongs to */

/* Begins at once or not at all. */
static int
begin(struct dsync_commit **commit, const char *path, struct dsync_error *err)
{
	const struct dsync_commit_options options = { .wait_ms = 0, .create = true };

	return dsync_commit_begin(commit, path, &options, err);
}

/* Puts an archive with this payload into the staging file. */
static void
stage(struct dsync_commit *commit, const char *payload)
{
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m };
	struct dsync_assembly *a;
	struct dsync_error err;

	assert_int_equal(dsync_assembly_begin(&a, dsync_commit_fd(commit), NULL, 0, &err), 0);
	assert_int_equal(dsync_assembly_append(a, payload, strlen(payload), &err), 0);
	assert_int_equal(dsync_assembly_finish(a, &parts, &err), 0);
	dsync_assembly_destroy(a);
	dsync_manifest_destroy(m);
}

static void
replaces_and_leaves_nothing(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_make("a.sync", "old");
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	assert_non_null(dsync_commit_base(commit));
	assert_null(dsync_commit_result(commit));
	assert_true(sample_exists(".a.sync.next"));
	assert_int_equal(dsync_commit_is_locked("a.sync"), 1);
	assert_true(dsync_commit_target_path(commit)[0] == '/');
	assert_int_equal(access(dsync_commit_staging_path(commit), F_OK), 0);
	stage(commit, "new");
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
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	stage(commit, "new");
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);
}

static void
refuses_targets(void **state)
{
	const struct dsync_commit_options replace = { .wait_ms = 0 };
	struct dsync_commit *commit;
	struct dsync_error err;

	(void)state;
	sample_spit("text", "no archive", 10);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(symlink("loop", "loop"), 0);

	assert_int_equal(dsync_commit_begin(&commit, "missing", &replace, &err), DSYNC_ERR_NOT_FOUND);
	assert_null(commit);
	assert_int_equal(begin(&commit, "text", &err), DSYNC_ERR_NOT_ARCHIVE);
	assert_int_equal(begin(&commit, "pipe", &err), DSYNC_ERR_INVALID);
	assert_int_equal(begin(&commit, ".", &err), DSYNC_ERR_INVALID);
	assert_int_equal(begin(&commit, "", &err), DSYNC_ERR_INVALID);
	assert_int_equal(begin(&commit, "folder/", &err), DSYNC_ERR_INVALID);
	assert_int_equal(begin(&commit, "no/such/folder", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(begin(&commit, "loop", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ELOOP);
	assert_int_equal(dsync_commit_begin(&commit, "missing", &replace, NULL), DSYNC_ERR_NOT_FOUND);
	assert_int_equal(unlink("loop"), 0);
	assert_int_equal(unlink("pipe"), 0);
	assert_int_equal(sample_count(), 1); /* no staging file was left, or ever made for the missing */
}

static void
follows_links(void **state)
{
	struct dsync_commit *commit;
	struct dsync_error err;
	char link[64];

	(void)state;
	assert_int_equal(mkdir("real", 0700), 0);
	sample_make("real/a.sync", "old");
	assert_int_equal(symlink("real/a.sync", "one.sync"), 0);
	assert_int_equal(symlink("one.sync", "two.sync"), 0);
	assert_int_equal(begin(&commit, "two.sync", &err), 0);
	assert_true(sample_exists("real/.a.sync.next")); /* beside the file, not beside the link */
	stage(commit, "new");
	assert_int_equal(dsync_commit_publish(commit, &err), 0);
	dsync_commit_close(commit);
	sample_check("real/a.sync", "new");
	assert_int_equal(readlink("two.sync", link, sizeof(link)), 8); /* still a link */
	assert_int_equal(unlink("real/a.sync"), 0);
	assert_int_equal(rmdir("real"), 0);
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
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	assert_int_equal(fstat(dsync_commit_fd(commit), &st), 0);
	assert_int_equal(st.st_size, 0);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 1);

	/* of one who was killed between link and unlink: it is the archive, and stays whole */
	assert_int_equal(link("a.sync", ".a.sync.next"), 0);
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	sample_check("a.sync", "old");
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);

	/* empty and alone: taken over */
	sample_spit(".a.sync.next", "", 0);
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
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
	assert_int_equal(begin(&commit, "a.sync", &err), DSYNC_ERR_PERMISSION);
	assert_int_equal(unlink(".a.sync.next"), 0);

	assert_int_equal(mkfifo(".a.sync.next", 0600), 0);
	assert_int_equal(begin(&commit, "a.sync", &err), DSYNC_ERR_PERMISSION);
	assert_int_equal(unlink(".a.sync.next"), 0);

	if (geteuid() == 0) {
		sample_spit(".a.sync.next", "", 0);
		assert_int_equal(chown(".a.sync.next", STRANGER, STRANGER), 0);
		assert_int_equal(begin(&commit, "a.sync", &err), DSYNC_ERR_PERMISSION);
		assert_int_equal(unlink(".a.sync.next"), 0);
	}
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 2);
}

/* Runs in a child that is somebody else; its exit status is the negative code. */
static int
as_stranger(int (*work)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0)
			_exit(255);
		_exit(-work());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static int
try_begin(void)
{
	struct dsync_commit *commit;
	int rc = begin(&commit, "a.sync", NULL);

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
	assert_int_equal(as_stranger(try_begin), DSYNC_ERR_PERMISSION);
	assert_int_equal(sample_count(), 1);

	/* one's own file in a folder of others */
	assert_int_equal(chown("a.sync", STRANGER, STRANGER), 0);
	assert_int_equal(as_stranger(try_begin), 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_int_equal(as_stranger(try_begin), DSYNC_ERR_SYSTEM);
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
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	stage(commit, "new");
	assert_int_equal(rename("other.sync", "a.sync"), 0);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	sample_check("a.sync", "by hand");

	/* removed */
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	stage(commit, "new");
	assert_int_equal(unlink("a.sync"), 0);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_CONFLICT);
	dsync_commit_close(commit);
	assert_int_equal(sample_count(), 0);

	/* appeared */
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	assert_null(dsync_commit_base(commit));
	stage(commit, "new");
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
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	assert_int_equal(write(dsync_commit_fd(commit), "nonsense", 8), 8);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_NOT_ARCHIVE);
	dsync_commit_close(commit);
	sample_check("a.sync", "old");
	assert_int_equal(sample_count(), 1);

	/* a staging file that was exchanged behind our back */
	sample_make("other.sync", "not ours");
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	stage(commit, "new");
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
	stage(commit, "new");
	sample_spit("a.sync", "x", 1);
	assert_int_equal(dsync_commit_publish(commit, &err), DSYNC_ERR_EXISTS);
	dsync_commit_close(commit);
	assert_int_equal(dsync_commit_begin(&commit, "a.sync", &options, &err), DSYNC_ERR_EXISTS);
	assert_int_equal(sample_count(), 1);
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
	assert_true(begin(&(struct dsync_commit *){ NULL }, name, NULL) < 0);
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
	/* version 2; user::rw-, user:STRANGER:r--, group::r--, mask::r--, other::--- */
	static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xfd, 0xff, 0, 0, 4, 0, 4, 0, 255,
					     255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255 };
	unsigned char found[sizeof(acl)];
	struct dsync_commit *commit;
	struct dsync_error err;
	struct stat st;
	char value[16];

	(void)state;
	sample_make("a.sync", "old");
	if (setxattr("a.sync", "user.note", "mine", 4, 0) != 0) {
		print_message("skipped: no extended attributes on this file system\n");
		skip();
	}
	assert_int_equal(setxattr("a.sync", "user.dotsync.state", "old", 3, 0), 0);
	assert_int_equal(setxattr("a.sync", "system.posix_acl_access", acl, sizeof(acl), 0), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown("a.sync", STRANGER, STRANGER - 1), 0);
		assert_int_equal(setxattr("a.sync", "trusted.secret", "x", 1, 0), 0);
		/* cap_net_raw=p, revision 2 */
		assert_int_equal(setxattr("a.sync", "security.capability", "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0), 0);
	}

	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	stage(commit, "new");
	assert_int_equal(dsync_commit_set_attribute(commit, "user.dotsync.state", "fresh", 5), 0);
	assert_int_equal(dsync_commit_set_attribute(commit, "user.big", value, 1025), DSYNC_ERR_INVALID);
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
		assert_int_equal(st.st_uid, STRANGER);
		assert_int_equal(st.st_gid, STRANGER - 1);
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

	rc = begin(&commit, "a.sync", NULL);
	if (rc < 0)
		return rc;
	stage(commit, "new");
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
	assert_int_equal(chown("a.sync", STRANGER, STRANGER - 1), 0);
	assert_int_equal(chmod("a.sync", 0664), 0);
	assert_int_equal(chmod(".", 0777), 0);
	assert_int_equal(as_stranger(replace_a), 0);
	assert_int_equal(stat("a.sync", &st), 0);
	assert_int_equal(st.st_uid, STRANGER);
	assert_int_equal(st.st_gid, STRANGER);
	assert_int_equal(st.st_mode & 07777, 0644);
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
	assert_int_equal(begin(&commit, "a.sync", &err), 0);
	stage(commit, "new");
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
	assert_int_equal(begin(&commit, "ro/a.sync", &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, EROFS);
	assert_true(err.hint[0] != '\0');
	sample_check("ro/a.sync", "old");
	assert_int_equal(umount("ro"), 0);
	assert_int_equal(unlink("ro/a.sync"), 0);
	assert_int_equal(rmdir("ro"), 0);
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
		if (begin(&commit, "a.sync", NULL) != 0)
			_exit(1);
		stage(commit, "by the other");
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
	assert_int_equal(begin(&commit, "a.sync", &err), DSYNC_ERR_BUSY);
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
	stage(commit, "ours, after it");
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
		TEST(refuses_targets),
		TEST(follows_links),
		TEST(sweeps_left_overs),
		TEST(refuses_planted_staging_files),
		TEST(refuses_the_files_of_others),
		TEST(detects_a_changed_base),
		TEST(never_publishes_what_is_no_archive),
		TEST(must_not_exist_means_it),
		TEST(shortens_long_names),
		TEST(gives_the_mode_that_is_due),
		TEST(keeps_owner_and_attributes),
		TEST(closes_the_group_that_it_cannot_keep),
		TEST(explains_a_mounted_file),
		TEST(survives_a_full_disk),
		TEST(survives_a_read_only_folder),
		TEST(waits_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
