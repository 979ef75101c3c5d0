/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

#define CHUNK_SIZE 16384
#define RANDOM_SIZE 8
#define TEMPORARY_PREFIX ".dsync-"
#define TEMPORARY_SIZE (sizeof(TEMPORARY_PREFIX) + (size_t)2 * RANDOM_SIZE) /* with the NUL */

/* Opens without waiting for the other end of a pipe and refuses all but regular files. */
static int
open_regular(int dirfd, const char *path, struct dsync_error *err)
{
	struct stat st;
	int fd;
	int rc;

	fd = dsync_sys_openat(dirfd, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd == -ENOENT)
		return dsync_error_set(err, DSYNC_ERR_NOT_FOUND, "", "%s does not exist", path);
	if (fd < 0)
		return dsync_error_set_errno(err, -fd, "cannot open %s", path);

	rc = dsync_sys_fstat(fd, &st);
	if (rc < 0)
		rc = dsync_error_set_errno(err, -rc, "cannot inspect %s", path);
	else if (!S_ISREG(st.st_mode))
		rc = dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s is not a regular file", path);
	if (rc < 0) {
		dsync_sys_close(fd);
		return rc;
	}
	return fd;
}

static int
read_chunks(int fd, const char *path, struct dsync_buffer *out, struct dsync_error *err)
{
	unsigned char chunk[CHUNK_SIZE];
	ssize_t got;

	do {
		got = dsync_sys_read(fd, chunk, sizeof(chunk));
		if (got < 0)
			return dsync_error_set_errno(err, (int)-got, "cannot read %s", path);
	} while (got > 0 && dsync_buffer_append(out, chunk, (size_t)got) == 0);

	if (dsync_buffer_error(out) == DSYNC_ERR_LIMIT)
		return dsync_error_set(err, DSYNC_ERR_LIMIT, "", "%s is larger than %zu bytes", path, out->limit);
	if (dsync_buffer_error(out) < 0)
		return dsync_error_set_memory(err);
	return 0;
}

int
dsync_file_read(int dirfd, const char *path, struct dsync_buffer *out, struct dsync_error *err)
{
	int fd;
	int rc;

	fd = open_regular(dirfd, path, err);
	if (fd < 0)
		return fd;
	rc = read_chunks(fd, path, out, err);
	dsync_sys_close(fd);
	return rc;
}

/* Where a file is replaced: its folder, opened, and the name of the temporary in it. */
struct place {
	int folder;
	const char *name; /* the last part of the path */
	char temporary[TEMPORARY_SIZE];
};

/* The open folder that a path lies in; the names below are relative to it. */
static int
open_place(struct place *place, int dirfd, const char *path, struct dsync_error *err)
{
	const char *slash = strrchr(path, '/');
	unsigned char random[RANDOM_SIZE];
	char *folder;
	int rc;

	place->name = slash != NULL ? slash + 1 : path;
	if (place->name[0] == '\0')
		return dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s names a folder, not a file", path);
	rc = dsync_sys_random(random, sizeof(random));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random bytes");
	memcpy(place->temporary, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX));
	dsync_text_hex_encode(place->temporary + strlen(TEMPORARY_PREFIX), random, sizeof(random));

	folder = slash != NULL ? strdup(path) : strdup(".");
	if (folder == NULL)
		return dsync_error_set_memory(err);
	if (slash != NULL)
		folder[slash > path ? slash - path : 1] = '\0';
	place->folder = dsync_sys_openat(dirfd, folder, O_RDONLY | O_DIRECTORY, 0);
	free(folder);
	if (place->folder < 0)
		return dsync_error_set_errno(err, -place->folder, "cannot open the folder of %s", path);
	return 0;
}

/* Writes and syncs the temporary; where the system has no modes, the one given to open must do. */
static int
fill(int fd, const char *path, const void *data, size_t size, mode_t mode, struct dsync_error *err)
{
	int rc;

	rc = dsync_sys_write_all(fd, data, size);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot write %s", path);
	rc = dsync_sys_fchmod(fd, mode);
	if (rc < 0 && rc != -ENOSYS)
		return dsync_error_set_errno(err, -rc, "cannot set the mode of %s", path);
	rc = dsync_sys_fsync(fd);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot write %s to disk", path);
	return 0;
}

static int
write_temporary(const struct place *place, const char *path, const void *data, size_t size, mode_t mode,
	struct dsync_error *err)
{
	int closed;
	int fd;
	int rc;

	/* Secret until it is complete: the mode asked for comes last. */
	fd = dsync_sys_openat(place->folder, place->temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return dsync_error_set_errno(err, -fd, "cannot make a file beside %s", path);

	rc = fill(fd, path, data, size, mode, err);
	closed = dsync_sys_close(fd);
	if (rc == 0 && closed < 0)
		rc = dsync_error_set_errno(err, -closed, "cannot write %s to disk", path);
	if (rc < 0)
		dsync_sys_unlinkat(place->folder, place->temporary);
	return rc;
}

/* Puts the temporary in place; from the rename on there is nothing to undo. */
static int
publish(const struct place *place, const char *path, struct dsync_error *err)
{
	int rc;

	rc = dsync_sys_renameat(place->folder, place->temporary, place->folder, place->name);
	if (rc < 0) {
		dsync_sys_unlinkat(place->folder, place->temporary);
		return dsync_error_set_errno(err, -rc, "cannot replace %s", path);
	}
	rc = dsync_sys_fsync(place->folder);
	if (rc == 0 || rc == -EINVAL || rc == -ENOSYS) /* file systems that cannot sync a folder */
		return 0;
	return dsync_error_set(err, DSYNC_ERR_DURABILITY, "", "%s is in place, but its folder could not be synced: %s",
		path, strerror(-rc));
}

int
dsync_file_write(int dirfd, const char *path, const void *data, size_t size, mode_t mode, struct dsync_error *err)
{
	struct place place;
	int rc;

	rc = open_place(&place, dirfd, path, err);
	if (rc < 0)
		return rc;
	rc = write_temporary(&place, path, data, size, mode, err);
	if (rc == 0)
		rc = publish(&place, path, err);
	dsync_sys_close(place.folder);
	return rc;
}

/* Makes one folder; one that is there already will do, whatever mkdir's reason to refuse was. */
static int
make_one(const char *path, struct dsync_error *err)
{
	struct stat st;
	int rc;

	rc = dsync_sys_mkdirat(DSYNC_SYS_CWD, path, 0700);
	if (rc == 0)
		return 0;
	if (dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, true) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return dsync_error_set_errno(err, -rc, "cannot make the folder %s", path);
}

int
dsync_file_make_folder(const char *path, struct dsync_error *err)
{
	char *part = strdup(path);
	char *slash;
	int rc = 0;

	if (part == NULL)
		return dsync_error_set_memory(err);

	slash = part + strspn(part, "/");
	while (rc == 0 && (slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		rc = make_one(part, err);
		*slash = '/';
		slash += strspn(slash, "/");
	}
	if (rc == 0)
		rc = make_one(part, err);
	free(part);
	return rc;
}
