/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Steps 2 and 3.  Whoever holds the lock on the file that is called .NAME.next
 * may replace NAME.  A lock belongs to an inode, and that inode is renamed to NAME in
 * the end; so after getting a lock we look whether the file still has its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit_internal.h"

#define PAUSE_MS_MIN 2
#define PAUSE_MS_MAX 50

static int
open_next(const struct dsync_commit *commit, struct dsync_error *err)
{
	int fd;
	int rc;

	/* NOFOLLOW: a link of that name leads elsewhere.  NONBLOCK: a pipe of that name is not waited for. */
	fd = dsync_sys_openat(
		commit->place.folder, commit->place.next, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd >= 0)
		return fd;
	if (fd == -ELOOP) {
		rc = dsync_error_set(
			err, DSYNC_ERR_PERMISSION, "", "the staging file %s is a symbolic link", commit->place.next);
		dsync_error_hint(err, "find out who made it and remove it");
		return rc;
	}
	rc = dsync_error_set_errno(
		err, -fd, "cannot make the staging file %s in %s", commit->place.next, commit->place.folder_path);
	if (fd == -EROFS || fd == -EACCES)
		dsync_error_hint(
			err, "the folder must be writable, because the archive is replaced and not overwritten");
	return rc;
}

/* 0 with the lock held; BUSY when the time has passed. */
static int
wait_for_lock(const struct dsync_commit *commit, int fd, int64_t deadline, struct dsync_error *err)
{
	const struct dsync_commit_options *o = &commit->options;
	int64_t pause = PAUSE_MS_MIN;

	for (;;) {
		int rc = dsync_sys_lock(fd);
		int64_t left;

		if (rc == 0)
			return 0;
		if (rc != -EAGAIN)
			return dsync_error_set_errno(err, -rc, "cannot lock %s", commit->place.next);
		if (o->interrupted != NULL && o->interrupted(o->user) != 0)
			return dsync_error_set(
				err, DSYNC_ERR_CANCELLED, "", "cancelled while waiting for another refresh");
		left = deadline - dsync_sys_monotonic_ms();
		if (left <= 0) {
			rc = dsync_error_set(err, DSYNC_ERR_BUSY, "", "another process is replacing this archive");
			dsync_error_hint(err, "try again in a moment");
			return rc;
		}
		dsync_sys_sleep_ms(pause < left ? pause : left);
		pause = pause * 2 < PAUSE_MS_MAX ? pause * 2 : PAUSE_MS_MAX;
	}
}

/* Is the file that is locked still the one with the name?  1 or 0. */
static int
has_name(const struct dsync_commit *commit, int fd, struct stat *st, struct dsync_error *err)
{
	struct stat named;
	int rc;

	rc = dsync_sys_fstat(fd, st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->place.next);
	rc = dsync_sys_fstatat(commit->place.folder, commit->place.next, &named, false);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->place.next);
	return st->st_dev == named.st_dev && st->st_ino == named.st_ino;
}

static int
check_trusted(const struct dsync_commit *commit, const struct stat *st, uid_t owner, struct dsync_error *err)
{
	int rc;

	if (!S_ISREG(st->st_mode))
		rc = dsync_error_set(
			err, DSYNC_ERR_PERMISSION, "", "the staging file %s is not a regular file", commit->place.next);
	else if (st->st_uid != dsync_sys_euid() && st->st_uid != 0 && st->st_uid != owner)
		rc = dsync_error_set(err, DSYNC_ERR_PERMISSION, "", "the staging file %s belongs to user %ju",
			commit->place.next, (uintmax_t)st->st_uid);
	else
		return 0;
	dsync_error_hint(err, "find out who made it and remove it");
	return rc;
}

/* 0: ours and empty; 1: gone or swept away, again from step 2. */
static int
claim(const struct dsync_commit *commit, int fd, uid_t owner, struct dsync_error *err)
{
	struct stat st;
	int rc;

	/* published or swept by somebody before we got the lock? */
	rc = has_name(commit, fd, &st, err);
	if (rc <= 0)
		return rc < 0 ? rc : 1;

	rc = check_trusted(commit, &st, owner, err);
	if (rc < 0)
		return rc;
	if (st.st_nlink == 1 && st.st_size == 0)
		return 0;

	/* left over from one who was killed; with a second link it may be published, so it is unlinked and never cut */
	rc = dsync_sys_unlinkat(commit->place.folder, commit->place.next);
	if (rc < 0 && rc != -ENOENT)
		return dsync_error_set_errno(err, -rc, "cannot remove the left-over %s", commit->place.next);
	return 1;
}

int
dsync__commit_lock(struct dsync_commit *commit, uid_t owner, struct dsync_error *err)
{
	int64_t deadline = INT64_MAX;
	struct stat st;
	int fd;
	int rc;

	if (commit->options.wait_ms >= 0)
		deadline = dsync_sys_monotonic_ms() + commit->options.wait_ms;
	do {
		/* 2. the staging file, made if it is missing */
		fd = open_next(commit, err);
		if (fd < 0)
			return fd;

		/* no lock on what is not ours: a pipe, a device, a stranger's file */
		rc = dsync_sys_fstat(fd, &st);
		if (rc < 0)
			rc = dsync_error_set_errno(err, -rc, "cannot look at %s", commit->place.next);
		else
			rc = check_trusted(commit, &st, owner, err);

		/* 3. the lock, and whether it is on the right file */
		if (rc == 0)
			rc = wait_for_lock(commit, fd, deadline, err);
		if (rc == 0)
			rc = claim(commit, fd, owner, err);
		if (rc != 0)
			dsync_sys_close(fd);
	} while (rc > 0);
	if (rc < 0)
		return rc;
	commit->fd = fd;
	return 0;
}
