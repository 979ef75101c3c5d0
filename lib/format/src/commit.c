/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Steps 1 to 4, and 12; the numbers are those of doc/commit.md. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "commit_internal.h"

bool
dsync__commit_is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int
dsync__commit_refuse_exists(const struct dsync_commit *commit, struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_EXISTS, "", "%s exists already", commit->target_path);

	dsync_error_hint(err, "choose another name, or say that it may be replaced");
	return rc;
}

int
dsync__commit_refuse_conflict(const struct dsync_commit *commit, struct dsync_error *err)
{
	int rc = dsync_error_set(
		err, DSYNC_ERR_CONFLICT, "", "%s was changed by somebody else meanwhile", commit->target_path);

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
		return dsync__commit_refuse_exists(commit, err);
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
	return dsync__commit_is_same_file(&st, &commit->base_st) ? 0 : dsync__commit_refuse_conflict(commit, err);
}

/* Step 4: from here on the base's inode is kept alive, so that its number cannot name another file. */
static int
hold_base(struct dsync_commit *commit, struct dsync_error *err)
{
	int rc;

	commit->base_fd =
		dsync_sys_openat(commit->place.folder, commit->place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (commit->base_fd == -ENOENT)
		return commit->options.create || commit->options.must_not_exist ? 0 : refuse_missing(commit, err);
	if (commit->base_fd == -ELOOP)
		return dsync__commit_refuse_conflict(commit, err);
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
dsync_commit_begin(struct dsync_commit **out, const char *path, const struct dsync_commit_options *options,
	struct dsync_error *err)
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

int
dsync_commit_folder(const struct dsync_commit *commit)
{
	return commit->place.folder;
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
