/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Step 7, and the owner of step 3.  The new version gets what people gave the old
 * one: owner, mode, ACL, label, their own attributes.  It does not get what vouches
 * for the old bytes or gives them powers (set-user-id, capabilities, IMA, EVM).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit_internal.h"

#define LIST_SIZE 65536 /* the most that Linux has */
#define VALUE_SIZE 65536

#define USER_PREFIX "user."
#define OUR_PREFIX "user.dotsync." /* speaks of one version only */
#define ACL_NAME "system.posix_acl_access"
#define LABEL_NAME "security.selinux"

/* Failures that mean "not here" or "not for you". */
static bool
is_refused(ssize_t rc)
{
	return rc == -EOPNOTSUPP || rc == -ENOTSUP || rc == -ENOSYS || rc == -EPERM || rc == -EACCES || rc == -EINVAL;
}

int
dsync__commit_take_owner(struct dsync_commit *commit, struct dsync_error *err)
{
	struct stat st;
	int rc;

	commit->group_kept = true;
	if (!commit->has_base)
		return 0;
	rc = dsync_sys_fstat(commit->fd, &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the staging file");
	if (st.st_uid != commit->base_st.st_uid || st.st_gid != commit->base_st.st_gid) {
		rc = dsync_sys_fchown(commit->fd, commit->base_st.st_uid, commit->base_st.st_gid);
		/* Only root can give files away; a group that we are no member of is given up. */
		if (rc == -EPERM && st.st_uid == commit->base_st.st_uid)
			commit->group_kept = false;
		else if (rc < 0 && rc != -ENOSYS)
			return dsync_error_set_errno(err, -rc, "cannot give the new version to the archive's owner");
	}
	return 0;
}

/* Copies one attribute if the base has it and the staging file takes it; *copied (may be NULL) says whether. */
static int
copy_one(const struct dsync_commit *commit, const char *name, void *value, bool *copied, struct dsync_error *err)
{
	ssize_t size;
	int rc;

	size = dsync_sys_getxattr(commit->base_fd, name, value, VALUE_SIZE);
	if (size == -ENODATA || is_refused(size))
		return 0;
	if (size < 0)
		return dsync_error_set_errno(err, (int)-size, "cannot read the attribute %s", name);
	rc = dsync_sys_setxattr(commit->fd, name, value, (size_t)size);
	if (rc < 0 && !is_refused(rc))
		return dsync_error_set_errno(err, -rc, "cannot copy the attribute %s", name);
	if (copied != NULL)
		*copied = rc == 0;
	return 0;
}

static int
copy_user(const struct dsync_commit *commit, char *names, void *value, struct dsync_error *err)
{
	ssize_t size;
	char *name;
	int rc = 0;

	size = dsync_sys_listxattr(commit->base_fd, names, LIST_SIZE);
	if (is_refused(size))
		return 0;
	if (size < 0)
		return dsync_error_set_errno(err, (int)-size, "cannot list the archive's attributes");
	for (name = names; name < names + size && rc == 0; name += strlen(name) + 1) {
		if (strncmp(name, USER_PREFIX, strlen(USER_PREFIX)) == 0 &&
			strncmp(name, OUR_PREFIX, strlen(OUR_PREFIX)) != 0)
			rc = copy_one(commit, name, value, NULL, err);
	}
	return rc;
}

/* The base's ACL, or none where it has none; *lost when it has one that could not be kept. */
static int
copy_acl(const struct dsync_commit *commit, void *value, bool *lost, struct dsync_error *err)
{
	ssize_t size = dsync_sys_getxattr(commit->base_fd, ACL_NAME, NULL, 0);
	bool copied = false;
	int rc;

	if (size == -ENODATA || is_refused(size)) {
		/* What the folder hands down would let in others than the base did; mostly there is none. */
		rc = dsync_sys_removexattr(commit->fd, ACL_NAME);
		if (rc < 0 && rc != -ENODATA && !is_refused(rc))
			return dsync_error_set_errno(
				err, -rc, "cannot remove the folder's access list from the new version");
		return 0;
	}
	rc = copy_one(commit, ACL_NAME, value, &copied, err);
	*lost = !copied;
	return rc;
}

static int
copy_from_base(const struct dsync_commit *commit, bool *lost_acl, struct dsync_error *err)
{
	char *names = malloc(LIST_SIZE + VALUE_SIZE);
	char *value = names != NULL ? names + LIST_SIZE : NULL;
	int rc;

	if (names == NULL)
		return dsync_error_set_memory(err);
	rc = copy_user(commit, names, value, err);
	if (rc == 0)
		rc = copy_one(commit, LABEL_NAME, value, NULL, err);
	if (rc == 0)
		rc = copy_acl(commit, value, lost_acl, err);
	free(names);
	return rc;
}

/* Never set-user-id, set-group-id or sticky. */
static mode_t
final_mode(const struct dsync_commit *commit, mode_t base_mode, bool lost_acl)
{
	mode_t mode = base_mode & 0777;
	int mask;

	if (commit->has_base) {
		/* With another group, or without its ACL, the group's bits would speak of somebody else. */
		if (!commit->group_kept || lost_acl)
			mode &= (mode_t)(0707 | (mode & 0007) << 3);
		return mode;
	}
	if (commit->options.mode != 0)
		return commit->options.mode & 0777;
	mask = dsync_sys_umask();
	return mask >= 0 ? 0666 & ~(mode_t)mask : 0600;
}

static int
set_own(const struct dsync_commit *commit, struct dsync_error *err)
{
	size_t i;

	for (i = 0; i < commit->attribute_count; i++) {
		const struct dsync__attribute *attribute = commit->attributes[i];
		int rc = dsync_sys_setxattr(commit->fd, attribute->name, attribute->value, attribute->size);

		if (rc < 0 && !is_refused(rc) && rc != -ENOSPC && rc != -EDQUOT)
			return dsync_error_set_errno(err, -rc, "cannot set the attribute %s", attribute->name);
	}
	return 0;
}

/* A download takes its time: a base that was made private meanwhile stays private, one that was given away is another's. */
static int
look_again(const struct dsync_commit *commit, mode_t *mode, struct dsync_error *err)
{
	struct stat st;
	int rc = dsync_sys_fstat(commit->base_fd, &st);

	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->target_path);
	if (st.st_uid != commit->base_st.st_uid || st.st_gid != commit->base_st.st_gid)
		return dsync__commit_refuse_conflict(commit, err);
	*mode = st.st_mode;
	return 0;
}

int
dsync__commit_dress(struct dsync_commit *commit, struct dsync_error *err)
{
	bool lost_acl = false;
	mode_t mode = 0;
	int rc = 0;

	if (commit->has_base)
		rc = look_again(commit, &mode, err);
	if (rc == 0 && commit->has_base)
		rc = copy_from_base(commit, &lost_acl, err);
	if (rc == 0)
		rc = set_own(commit, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_fchmod(commit->fd, final_mode(commit, mode, lost_acl));
	if (rc < 0 && rc != -ENOSYS)
		return dsync_error_set_errno(err, -rc, "cannot set the mode of the new version");
	return 0;
}
