/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names below /sync: a path is judged by its letters first, so that nothing leads out whatever there is. */
#include "wasi_world.h"

#include <string.h>

#include "base/text.h"

#define PATH_SIZE_MAX 4096

#define LOOKUP_FLAGS 1
#define OPEN_CREATE 1
#define OPEN_DIRECTORY 2
#define OPEN_TRUNCATE 8
#define OPEN_FLAGS 0xf

/* The next part of a path, and the rest without it and the slashes around it; false at the end. */
static bool
next_part(struct dsync_view *rest, struct dsync_view *part)
{
	while (rest->size > 0 && rest->data[0] == '/') {
		rest->data++;
		rest->size--;
	}
	part->data = rest->data;
	part->size = 0;
	while (part->size < rest->size && part->data[part->size] != '/')
		part->size++;
	rest->data += part->size;
	rest->size -= part->size;
	return part->size > 0;
}

/* What can be said without looking: the folder, the address, and whether the path would lead out. */
static int64_t
check_path(struct dsync_guest *guest, const wasmtime_val_raw_t *folder, const wasmtime_val_raw_t *at,
	struct dsync_view *path)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, folder->i32);
	struct dsync_view rest, part;

	path->size = (uint32_t)at[1].i32;
	path->data = dsync_guest_range(guest, at[0].i32, path->size);
	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if (fd->kind != DSYNC_FD_FOLDER)
		return DSYNC_WASI_NOTDIR;
	if (path->data == NULL)
		return DSYNC_WASI_FAULT;
	if (path->size > PATH_SIZE_MAX)
		return DSYNC_WASI_NAMETOOLONG;
	if (path->size > 0 && path->data[0] == '/')
		return DSYNC_WASI_NOTCAPABLE;
	for (rest = *path; next_part(&rest, &part);) {
		if (dsync_text_view_is(part, ".."))
			return DSYNC_WASI_NOTCAPABLE;
	}
	return path->size == 0 ? DSYNC_WASI_NOENT : DSYNC_WASI_SUCCESS;
}

static const struct dsync_wasi_file *
find_file(struct dsync_guest *guest, struct dsync_view name)
{
	size_t i;

	for (i = 0; i < DSYNC_WASI_FILES; i++) {
		if (dsync_text_view_is(name, dsync_wasi_files[i].name))
			return dsync_wasi_exists(guest, &dsync_wasi_files[i]) ? &dsync_wasi_files[i] : NULL;
	}
	return NULL;
}

/* Finds what a path names, as a descriptor would have it. */
static int64_t
resolve(struct dsync_guest *guest, const wasmtime_val_raw_t *folder, const wasmtime_val_raw_t *at,
	struct dsync_guest_fd *found)
{
	const struct dsync_wasi_file *file;
	struct dsync_view path, part, name = { NULL, 0 };
	int64_t rc = check_path(guest, folder, at, &path);

	memset(found, 0, sizeof(*found));
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	while (name.size == 0 && next_part(&path, &part)) {
		if (!dsync_text_view_is(part, "."))
			name = part;
	}
	if (name.size == 0) {
		found->kind = DSYNC_FD_FOLDER;
		return DSYNC_WASI_SUCCESS;
	}

	file = find_file(guest, name);
	if (file == NULL)
		return DSYNC_WASI_NOENT;
	if (path.size > 0) /* a slash at the least: a file is asked to be a folder */
		return DSYNC_WASI_NOTDIR;
	found->kind = DSYNC_FD_FILE;
	found->source = file->source;
	return DSYNC_WASI_SUCCESS;
}

/* The lowest number that is free, as POSIX has it. */
static int64_t
store_fd(struct dsync_guest *guest, const struct dsync_guest_fd *fd, unsigned char *out)
{
	uint32_t i;

	for (i = 0; i < DSYNC_GUEST_FDS; i++) {
		if (guest->fds[i].kind != DSYNC_FD_CLOSED)
			continue;
		guest->fds[i] = *fd;
		dsync_wasi_put32(out, i);
		return DSYNC_WASI_SUCCESS;
	}
	return DSYNC_WASI_NFILE;
}

/* Of the rights that are asked for only writing counts: libcs ask for all that the folder passes on, less what the mode forbids. */
static int64_t
check_mode(const struct dsync_guest_fd *found, int32_t flags, uint64_t rights)
{
	const bool writes = (rights & DSYNC_WASI_RIGHT_WRITE) != 0;

	if (found->kind == DSYNC_FD_FILE && (flags & OPEN_DIRECTORY) != 0)
		return DSYNC_WASI_NOTDIR;
	if ((flags & (OPEN_CREATE | OPEN_TRUNCATE)) != 0)
		return DSYNC_WASI_ROFS;
	if (writes)
		return found->kind == DSYNC_FD_FOLDER ? DSYNC_WASI_ISDIR : DSYNC_WASI_ROFS;
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(path_open)
{
	const int32_t flags = v[4].i32;
	unsigned char *out = dsync_guest_range(guest, v[8].i32, 4);
	struct dsync_guest_fd found;
	int64_t rc;

	if ((v[1].i32 & ~LOOKUP_FLAGS) != 0 || (flags & ~OPEN_FLAGS) != 0 || (v[7].i32 & ~DSYNC_WASI_FDFLAGS) != 0)
		return dsync_wasi_fd(guest, v[0].i32) == NULL ? DSYNC_WASI_BADF : DSYNC_WASI_INVAL;
	rc = resolve(guest, &v[0], &v[2], &found);
	if (rc == DSYNC_WASI_NOENT && (flags & OPEN_CREATE) != 0)
		rc = DSYNC_WASI_ROFS;
	if (rc == DSYNC_WASI_SUCCESS)
		rc = check_mode(&found, flags, (uint64_t)v[5].i64);
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	found.flags = (uint32_t)v[7].i32;
	return store_fd(guest, &found, out);
}

DSYNC_WASI_FUNCTION(path_filestat_get)
{
	unsigned char *out = dsync_guest_range(guest, v[4].i32, DSYNC_WASI_FILESTAT_SIZE);
	struct dsync_guest_fd found;
	int64_t rc = resolve(guest, &v[0], &v[2], &found);

	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	if ((v[1].i32 & ~LOOKUP_FLAGS) != 0)
		return DSYNC_WASI_INVAL;
	return out == NULL ? DSYNC_WASI_FAULT : dsync_wasi_stat(guest, &found, out);
}

/* There are no links: what exists is none, which is what INVAL means. */
DSYNC_WASI_FUNCTION(path_readlink)
{
	struct dsync_guest_fd found;
	int64_t rc = resolve(guest, &v[0], &v[1], &found);

	return rc == DSYNC_WASI_SUCCESS ? DSYNC_WASI_INVAL : rc;
}

/* A path at which something would change, were it not for the folder being read-only. */
static int64_t
refuse_change(struct dsync_guest *guest, const wasmtime_val_raw_t *folder, const wasmtime_val_raw_t *at)
{
	struct dsync_view path;
	int64_t rc = check_path(guest, folder, at, &path);

	return rc == DSYNC_WASI_SUCCESS ? DSYNC_WASI_ROFS : rc;
}

DSYNC_WASI_FUNCTION(path_change)
{
	return refuse_change(guest, &v[0], &v[1]);
}

DSYNC_WASI_FUNCTION(path_filestat_set_times)
{
	int64_t rc = refuse_change(guest, &v[0], &v[2]);

	return rc == DSYNC_WASI_ROFS && !dsync_wasi_fstflags_are_sound(v[6].i32) ? DSYNC_WASI_INVAL : rc;
}

/* The old name, then the new one. */
DSYNC_WASI_FUNCTION(path_link)
{
	int64_t rc = refuse_change(guest, &v[0], &v[2]);

	return rc == DSYNC_WASI_ROFS ? refuse_change(guest, &v[4], &v[5]) : rc;
}

DSYNC_WASI_FUNCTION(path_rename)
{
	int64_t rc = refuse_change(guest, &v[0], &v[1]);

	return rc == DSYNC_WASI_ROFS ? refuse_change(guest, &v[3], &v[4]) : rc;
}

/* What the link would say is only text. */
DSYNC_WASI_FUNCTION(path_symlink)
{
	int64_t rc = refuse_change(guest, &v[2], &v[3]);

	return rc == DSYNC_WASI_ROFS && dsync_guest_range(guest, v[0].i32, (uint32_t)v[1].i32) == NULL
		? DSYNC_WASI_FAULT
		: rc;
}
