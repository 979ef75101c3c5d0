/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * commit.h - replace a file by a better one, atomically, or change nothing.
 *
 * One file, .NAME.next beside the target, is lock, staging and sweep in one; the steps are those of
 * doc/commit.md.
 *
 *	rc = dsync_commit_begin(&commit, path, &options, &err);  steps 1-4: resolve, lock, hold the base
 *	fd = dsync_commit_fd(commit);                            step 5: write the new version there
 *	rc = dsync_commit_publish(commit, &err);                 steps 6-11: check, attributes, fsync, rename, fsync
 *	dsync_commit_close(commit);                              before publish this abandons: unlinks, unlocks
 *
 * From begin to close this process alone may replace the target.  Readers are never held up.
 */
#ifndef FORMAT_COMMIT_H
#define FORMAT_COMMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "dotsync/error.h"

struct dsync_archive;
struct dsync_commit;

struct dsync_commit_options {
	int64_t wait_ms;     /* for the lock: 0 tries once, -1 waits for ever; DSYNC_ERR_BUSY when it passes */
	bool create;         /* the target may be missing; then there is no base */
	bool must_not_exist; /* the target must be missing: DSYNC_ERR_EXISTS, also when it appears meanwhile */
	bool any_base;       /* replace a target that is no archive too (--force) */
	mode_t mode;         /* of a new target; 0: 0666 less the umask, 0600 where that cannot be known */
	/* Asked now and then while waiting; non-zero gives up with DSYNC_ERR_CANCELLED.  May be NULL. */
	int (*interrupted)(void *user);
	void *user;
};

/* Options may be NULL: wait for ever, the target must exist and be an archive. */
int dsync_commit_begin(struct dsync_commit **commit, const char *path, const struct dsync_commit_options *options,
	struct dsync_error *err);

/*
 * The archive as it is now under the lock, NULL when the target is missing (or no archive with any_base);
 * lives until close.
 */
struct dsync_archive *dsync_commit_base(const struct dsync_commit *commit);

/* The empty staging file, opened for reading and writing. */
int dsync_commit_fd(const struct dsync_commit *commit);

/* The folder of both, held since the commit began whatever its path leads to by now; the commit's own. */
int dsync_commit_folder(const struct dsync_commit *commit);

/* Where the staging file is, for a check command: absolute, lives until close. */
const char *dsync_commit_staging_path(const struct dsync_commit *commit);

/* The target after resolving symbolic links: absolute, lives until close. */
const char *dsync_commit_target_path(const struct dsync_commit *commit);

/*
 * An extended attribute to put on the new version before the rename (copied; at most 4 of them, 1 KiB each);
 * where the file system has none it is left out.
 */
int dsync_commit_set_attribute(struct dsync_commit *commit, const char *name, const void *value, size_t size);

/*
 * Checks the staging file with the strict reader, copies mode, owner, attributes and ACL from the base,
 * makes it durable and renames it.  DSYNC_ERR_CONFLICT when the target is no longer the base;
 * DSYNC_ERR_DURABILITY when it is in place but the folder could not be synced.  After any other failure
 * nothing has changed.
 */
int dsync_commit_publish(struct dsync_commit *commit, struct dsync_error *err);

/* The archive that was published (opened by the check); NULL before. Lives until close. */
struct dsync_archive *dsync_commit_result(const struct dsync_commit *commit);

void dsync_commit_close(struct dsync_commit *commit);

/* Is somebody replacing this file right now?  1 yes; 0 no, or not ours to know.  Creates and locks nothing. */
int dsync_commit_is_locked(const char *path);

#endif
