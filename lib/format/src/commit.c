/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The numbers are those of the steps in doc/commit.md. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit_internal.h"

static int
refuse_exists(const struct dsync_commit *commit, struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_EXISTS, "", "%s exists already", commit->target_path);

	dsync_error_hint(err, "choose another name, or say that it may be replaced");
	return rc;
}

static int
refuse_conflict(const struct dsync_commit *commit, struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_CONFLICT, "", "%s was changed by somebody else meanwhile", commit->target_path);

	dsync_error_hint(err, "nothing was replaced; try again");
	return rc;
}

/* May this file be replaced, by us? */
static int
check_target(const struct dsync_commit *commit, const struct stat *st, struct dsync_error *err)
{
	uid_t euid = dsync_sys_euid();
	int rc;

	if (commit->options.must_not_exist)
		return refuse_exists(commit, err);
	if (!S_ISREG(st->st_mode))
		return dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s is not a regular file", commit->target_path);
	if (st->st_uid == euid || euid == 0)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_PERMISSION, "", "%s belongs to another user", commit->target_path);
	dsync_error_expected(err, "user %ju", (uintmax_t)euid);
	dsync_error_found(err, "user %ju", (uintmax_t)st->st_uid);
	dsync_error_hint(err, "only its owner can replace it");
	return rc;
}

static int
refuse_missing(const struct dsync_commit *commit, struct dsync_error *err)
{
	return dsync_error_set(err, DSYNC_ERR_NOT_FOUND, "", "%s does not exist", commit->target_path);
}

/* A first look, before anything is made in the folder; *owner is the one whose left-overs we may take. */
static int
look_at_target(const struct dsync_commit *commit, uid_t *owner, struct dsync_error *err)
{
	struct stat st;
	int rc;

	*owner = dsync_sys_euid();
	rc = dsync_sys_fstatat(commit->place.folder, commit->place.name, &st, false);
	if (rc == -ENOENT)
		return commit->options.create || commit->options.must_not_exist ? 0 : refuse_missing(commit, err);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->target_path);
	*owner = st.st_uid;
	return check_target(commit, &st, err);
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The base as an archive, by a descriptor of its own. */
static int
open_base(struct dsync_commit *commit, struct dsync_error *err)
{
	struct dsync_error own;
	struct stat st;
	int rc;

	commit->base = dsync_archive_open_at(commit->place.folder, commit->place.name, NULL, &own);
	if (commit->base == NULL && commit->options.any_base)
		return 0;
	if (commit->base == NULL) {
		if (err != NULL)
			*err = own;
		return own.code;
	}
	rc = dsync_sys_fstat(dsync_archive_fd(commit->base), &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->target_path);
	return is_same_file(&st, &commit->base_st) ? 0 : refuse_conflict(commit, err);
}

/* Step 4: from here on the base's inode is kept alive, so that its number cannot name another file. */
static int
hold_base(struct dsync_commit *commit, struct dsync_error *err)
{
	int rc;

	commit->base_fd = dsync_sys_openat(commit->place.folder, commit->place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (commit->base_fd == -ENOENT)
		return commit->options.create || commit->options.must_not_exist ? 0 : refuse_missing(commit, err);
	if (commit->base_fd == -ELOOP)
		return refuse_conflict(commit, err);
	if (commit->base_fd < 0)
		return dsync_error_set_errno(err, -commit->base_fd, "cannot open %s", commit->target_path);

	rc = dsync_sys_fstat(commit->base_fd, &commit->base_st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", commit->target_path);
	rc = check_target(commit, &commit->base_st, err);
	if (rc < 0)
		return rc;
	commit->has_base = true;
	return open_base(commit, err);
}

static int
begin(struct dsync_commit *commit, const char *path, struct dsync_error *err)
{
	uid_t owner;
	int rc;

	/* 1. where the target is, and whether it is ours to replace */
	rc = dsync__place_init(&commit->place, path, err);
	if (rc < 0)
		return rc;
	commit->target_path = dsync__place_path(&commit->place, commit->place.name, err);
	commit->staging_path = dsync__place_path(&commit->place, commit->place.next, err);
	if (commit->target_path == NULL || commit->staging_path == NULL)
		return DSYNC_ERR_NO_MEMORY;
	rc = look_at_target(commit, &owner, err);
	if (rc < 0)
		return rc;

	/* 2, 3. the staging file, locked and empty */
	rc = dsync__commit_lock(commit, owner, err);
	if (rc < 0)
		return rc;

	/* 4. the base as it is now, and the staging file given to its owner */
	rc = hold_base(commit, err);
	if (rc < 0)
		return rc;
	return dsync__commit_take_owner(commit, err);
}

int
dsync_commit_begin(struct dsync_commit **out, const char *path, const struct dsync_commit_options *options, struct dsync_error *err)
{
	struct dsync_commit *commit;
	int rc;

	*out = NULL;
	commit = calloc(1, sizeof(*commit));
	if (commit == NULL)
		return dsync_error_set_memory(err);
	commit->options.wait_ms = -1;
	if (options != NULL)
		commit->options = *options;
	commit->place.folder = -1;
	commit->fd = -1;
	commit->base_fd = -1;

	rc = begin(commit, path, err);
	if (rc < 0) {
		dsync_commit_close(commit);
		return rc;
	}
	*out = commit;
	return 0;
}

struct dsync_archive *
dsync_commit_base(const struct dsync_commit *commit)
{
	return commit->base;
}

struct dsync_archive *
dsync_commit_result(const struct dsync_commit *commit)
{
	return commit->published ? commit->result : NULL;
}

int
dsync_commit_fd(const struct dsync_commit *commit)
{
	return commit->fd;
}

const char *
dsync_commit_staging_path(const struct dsync_commit *commit)
{
	return commit->staging_path;
}

const char *
dsync_commit_target_path(const struct dsync_commit *commit)
{
	return commit->target_path;
}

int
dsync_commit_set_attribute(struct dsync_commit *commit, const char *name, const void *value, size_t size)
{
	struct dsync__attribute *attribute;

	if (strlen(name) > DSYNC__NAME_SIZE_MAX || size > DSYNC__ATTRIBUTE_SIZE_MAX)
		return DSYNC_ERR_INVALID;
	if (commit->attribute_count == DSYNC__ATTRIBUTES_MAX)
		return DSYNC_ERR_LIMIT;
	attribute = malloc(sizeof(*attribute));
	if (attribute == NULL)
		return DSYNC_ERR_NO_MEMORY;
	strcpy(attribute->name, name);
	memcpy(attribute->value, value, size);
	attribute->size = size;
	commit->attributes[commit->attribute_count++] = attribute;
	return 0;
}

/* Step 6: what stands in the file is judged by the same reader as everybody's archives. */
static int
check_staged(struct dsync_commit *commit, struct dsync_error *err)
{
	struct dsync_error own;
	struct stat ours, opened;
	int rc;

	/* by its name: what is handed out afterwards must not be a descriptor that can write */
	commit->result = dsync_archive_open_at(commit->place.folder, commit->place.next, NULL, &own);
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
	if (!is_same_file(&ours, &opened) || ours.st_nlink != 1)
		return refuse_conflict(commit, err);
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
		return refuse_exists(commit, err);
	if ((rc == 0) != commit->has_base)
		return refuse_conflict(commit, err);
	if (!commit->has_base || (is_same_file(&st, base) && st.st_size == base->st_size &&
		st.st_mtim.tv_sec == base->st_mtim.tv_sec && st.st_mtim.tv_nsec == base->st_mtim.tv_nsec))
		return 0;
	return refuse_conflict(commit, err);
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
		dsync_error_hint(err, "the file is mounted on its own, as containers do; mount the folder that it is in instead");
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
		return commit->options.must_not_exist ? refuse_exists(commit, err) : refuse_conflict(commit, err);
	if (rc == -EPERM || rc == -EOPNOTSUPP || rc == -ENOTSUP || rc == -ENOSYS || rc == -EMLINK)
		return rename_over(commit, err); /* no links here, as on FAT; step 9 has just seen that the name is free */
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
	rc = dsync_error_set(err, DSYNC_ERR_DURABILITY, "", "the new version is in place, but its folder could not be synced: %s",
		strerror(-rc));
	dsync_error_hint(err, "after a power failure the old version may be back");
	return rc;
}

void
dsync_commit_close(struct dsync_commit *commit)
{
	size_t i;

	if (commit == NULL)
		return;
	dsync_archive_unref(commit->base);
	dsync_archive_unref(commit->result);
	if (commit->base_fd >= 0)
		dsync_sys_close(commit->base_fd);
	if (commit->fd >= 0) {
		/* 12. abandoned: gone before the lock is, so that nobody else's file is meant */
		if (!commit->published)
			dsync_sys_unlinkat(commit->place.folder, commit->place.next);
		dsync_sys_unlock(commit->fd); /* a forked child may hold the descriptor too */
		dsync_sys_close(commit->fd);
	}
	for (i = 0; i < commit->attribute_count; i++)
		free(commit->attributes[i]);
	dsync__place_finish(&commit->place);
	free(commit->target_path);
	free(commit->staging_path);
	free(commit);
}

int
dsync_commit_is_locked(const char *path)
{
	struct dsync__place place;
	int locked = 0;
	int fd;

	if (dsync__place_init(&place, path, NULL) < 0)
		return 0;
	fd = dsync_sys_openat(place.folder, place.next, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd >= 0) {
		locked = dsync_sys_is_locked(fd) > 0;
		dsync_sys_close(fd);
	}
	dsync__place_finish(&place);
	return locked;
}
