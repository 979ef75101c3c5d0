/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Steps 6 to 11: from a complete staging file to the new version in place. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit_internal.h"

/* Step 6: what stands in the file is judged by the same reader as everybody's archives. */
static int
check_staged(struct dsync_commit *commit, struct dsync_error *err)
{
	struct dsync_error own;
	struct stat ours, opened;
	int rc;

	/* by its name: what is handed out afterwards must not be a descriptor that can write */
	commit->result = dsync_archive_open_at(commit->place.folder, commit->place.next, NULL, &own);
	if (commit->result == NULL && own.sys_errno == ENOENT)
		return dsync__commit_refuse_conflict(
			commit, err); /* somebody removed it; the lock alone does not stop that */
	if (commit->result == NULL) {
		if (err != NULL)
			*err = own;
		return own.code;
	}
	rc = dsync_sys_fstat(commit->fd, &ours);
	if (rc == 0)
		rc = dsync_sys_fstat(dsync_archive_fd(commit->result), &opened);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the new version");
	if (!dsync__commit_is_same_file(&ours, &opened) || ours.st_nlink != 1)
		return dsync__commit_refuse_conflict(commit, err);
	return 0;
}

/* Step 9: 0 when the target is still what step 4 opened. */
static int
check_base(const struct dsync_commit *commit, struct dsync_error *err)
{
	const struct stat *base = &commit->base_st;
	struct stat st;
	int rc;

	rc = dsync_sys_fstatat(commit->place.folder, commit->place.name, &st, false);
	if (rc < 0 && rc != -ENOENT)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->target_path);
	if (rc == 0 && commit->options.must_not_exist)
		return dsync__commit_refuse_exists(commit, err);
	if ((rc == 0) != commit->has_base)
		return dsync__commit_refuse_conflict(commit, err);
	if (!commit->has_base ||
		(dsync__commit_is_same_file(&st, base) && st.st_size == base->st_size &&
			st.st_mtim.tv_sec == base->st_mtim.tv_sec && st.st_mtim.tv_nsec == base->st_mtim.tv_nsec))
		return 0;
	return dsync__commit_refuse_conflict(commit, err);
}

/* Step 10 where there is a base. */
static int
rename_over(const struct dsync_commit *commit, struct dsync_error *err)
{
	const struct dsync__place *p = &commit->place;
	int rc;

	rc = dsync_sys_renameat(p->folder, p->next, p->folder, p->name);
	if (rc == 0)
		return 0;
	dsync_error_set_errno(err, -rc, "cannot replace %s", commit->target_path);
	if (rc == -EBUSY)
		dsync_error_hint(err,
			"the file is mounted on its own, as containers do; mount the folder that it is in instead");
	return rc == -ENOMEM ? DSYNC_ERR_NO_MEMORY : DSYNC_ERR_SYSTEM;
}

/* Step 10 where there is none: a link, unlike a rename, never replaces what appeared meanwhile. */
static int
link_new(const struct dsync_commit *commit, struct dsync_error *err)
{
	const struct dsync__place *p = &commit->place;
	int rc;

	rc = dsync_sys_linkat(p->folder, p->next, p->folder, p->name);
	if (rc == 0) {
		dsync_sys_unlinkat(p->folder, p->next); /* should it stay, the next commit sweeps it */
		return 0;
	}
	if (rc == -EEXIST)
		return commit->options.must_not_exist ? dsync__commit_refuse_exists(commit, err)
						      : dsync__commit_refuse_conflict(commit, err);
	if (rc == -EPERM || rc == -EOPNOTSUPP || rc == -ENOTSUP || rc == -ENOSYS || rc == -EMLINK)
		return rename_over(
			commit, err); /* no links here, as on FAT; step 9 has just seen that the name is free */
	return dsync_error_set_errno(err, -rc, "cannot make %s", commit->target_path);
}

int
dsync_commit_publish(struct dsync_commit *commit, struct dsync_error *err)
{
	int rc;

	if (commit->published)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "the new version is published already");

	/* 6. the strict reader */
	rc = check_staged(commit, err);
	if (rc < 0)
		return rc;

	/* 7. attributes, ACL, label, state, mode */
	rc = dsync__commit_dress(commit, err);
	if (rc < 0)
		return rc;

	/* 8. the bytes on disk; after a failure the kernel may have dropped them, so a second try proves nothing */
	rc = dsync_sys_fsync(commit->fd);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot write the new version to disk");

	/* 9. still the same base? */
	rc = check_base(commit, err);
	if (rc < 0)
		return rc;

	/* 10. the swap */
	rc = commit->has_base ? rename_over(commit, err) : link_new(commit, err);
	if (rc < 0)
		return rc;
	commit->published = true;

	/* 11. the name on disk */
	rc = dsync_sys_fsync(commit->place.folder);
	if (rc == 0 || rc == -EINVAL || rc == -ENOSYS || rc == -ENOTSUP) /* file systems that cannot sync a folder */
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_DURABILITY, "",
		"the new version is in place, but its folder could not be synced: %s", strerror(-rc));
	dsync_error_hint(err, "after a power failure the old version may be back");
	return rc;
}
