/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "plain.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "format/layout.h"

#define PIECE_SIZE 65536u
#define KERNEL_PIECE_SIZE (64u << 20)
#define NAME_SIZE 64

/* Bytes that could be shared from the start of the payload. */
static uint64_t
share_blocks(const struct dsync_extent *source, int fd)
{
	uint64_t blocks = source->size - source->size % DSYNC_PAYLOAD_ALIGNMENT;

	if (blocks == 0 || source->offset % DSYNC_PAYLOAD_ALIGNMENT != 0)
		return 0;
	return dsync_sys_clone_range(source->fd, source->offset, blocks, fd, 0) == 0 ? blocks : 0;
}

static int
copy_by_hand(const struct dsync_extent *source, uint64_t at, uint64_t end, int fd)
{
	unsigned char *piece = malloc(PIECE_SIZE);
	int rc = piece != NULL ? 0 : -ENOMEM;

	while (rc == 0 && at < end) {
		size_t size = end - at < PIECE_SIZE ? (size_t)(end - at) : PIECE_SIZE;

		rc = dsync_sys_pread_all(source->fd, piece, size, source->offset + at);
		if (rc == 0)
			rc = dsync_sys_pwrite_all(fd, piece, size, at);
		at += size;
	}
	free(piece);
	return rc;
}

/* [at, end) of the payload, which has no hole. */
static int
copy_data(const struct dsync_extent *source, uint64_t at, uint64_t end, int fd)
{
	while (at < end) {
		size_t size = end - at < KERNEL_PIECE_SIZE ? (size_t)(end - at) : KERNEL_PIECE_SIZE;
		ssize_t n = dsync_sys_copy_range(source->fd, source->offset + at, fd, at, size);

		if (n == -ENOSPC || n == -EDQUOT || n == -EIO || n == -EFBIG)
			return (int)n;
		if (n <= 0)
			return copy_by_hand(source, at, end, fd);
		at += (uint64_t)n;
	}
	return 0;
}

static int
copy_payload(const struct dsync_extent *source, int fd)
{
	const uint64_t end = source->offset + source->size;
	uint64_t at = source->offset + share_blocks(source, fd);
	int64_t data, hole;
	int rc;

	while (at < end) {
		data = dsync_sys_seek_data(source->fd, at);
		if (data == -ENXIO || data >= (int64_t)end)
			break;
		if (data < 0)
			data = (int64_t)at; /* holes are unknown here */
		hole = dsync_sys_seek_hole(source->fd, (uint64_t)data);
		if (hole < 0 || hole > (int64_t)end)
			hole = (int64_t)end;
		rc = copy_data(source, (uint64_t)data - source->offset, (uint64_t)hole - source->offset, fd);
		if (rc < 0)
			return rc;
		at = (uint64_t)hole;
	}
	return dsync_sys_ftruncate(fd, source->size);
}

int
dsync_plain_make(int folder, const char *name, const struct dsync_extent *source, struct dsync_error *err)
{
	int fd, rc;

	rc = dsync_sys_unlinkat(folder, name);
	if (rc < 0 && rc != -ENOENT)
		return dsync_error_set_errno(err, -rc, "cannot remove the left-over %s", name);
	fd = dsync_sys_openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return dsync_error_set_errno(err, -fd, "cannot make %s", name);
	rc = copy_payload(source, fd);
	if (rc < 0) {
		dsync_sys_close(fd);
		dsync_sys_unlinkat(folder, name);
		return dsync_error_set_errno(err, -rc, "cannot write %s", name);
	}
	return fd;
}

/* A name for the copy in the making that is the same next time, so that a left-over is found and removed. */
static void
name_next(const char *name, char next[NAME_SIZE])
{
	unsigned char digest[DSYNC_HASH_SIZE];
	char digits[17];

	dsync_hash(digest, name, strlen(name));
	dsync_text_hex_encode(digits, digest, 8);
	snprintf(next, NAME_SIZE, ".dotsync-%s.next", digits);
}

/* The mode that the copy gets: the replaced file's, without setuid and setgid. */
static mode_t
mode_for(int folder, const char *name)
{
	struct stat st;
	int mask;

	if (dsync_sys_fstatat(folder, name, &st, true) == 0 && S_ISREG(st.st_mode))
		return st.st_mode & 0777;
	mask = dsync_sys_umask();
	return mask >= 0 ? (mode_t)(0666 & ~mask) : 0644;
}

static int
replace_in(int folder, const char *name, const struct dsync_extent *source, struct dsync_error *err)
{
	char next[NAME_SIZE];
	int fd, rc;

	name_next(name, next);
	fd = dsync_plain_make(folder, next, source, err);
	if (fd < 0)
		return fd;
	rc = dsync_sys_fchmod(fd, mode_for(folder, name));
	if (rc == 0)
		rc = dsync_sys_fsync(fd);
	dsync_sys_close(fd);
	if (rc == 0)
		rc = dsync_sys_renameat(folder, next, folder, name);
	if (rc < 0) {
		dsync_sys_unlinkat(folder, next);
		return dsync_error_set_errno(err, -rc, "cannot replace %s", name);
	}
	dsync_sys_fsync(folder); /* a copy that a power failure takes back is made anew */
	return 0;
}

int
dsync_plain_replace(const char *path, const struct dsync_extent *source, struct dsync_error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder_path;
	int folder, rc;

	if (slash == NULL || slash[1] == '\0')
		return dsync_error_set(err, DSYNC_ERR_INVALID, "to", "%s does not name a file", path);
	folder_path = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (folder_path == NULL)
		return dsync_error_set_memory(err);
	folder = dsync_sys_openat(DSYNC_SYS_CWD, folder_path, O_RDONLY | O_DIRECTORY, 0);
	if (folder < 0) {
		rc = dsync_error_set_errno(err, -folder, "cannot open the folder of %s", path);
	} else {
		rc = replace_in(folder, slash + 1, source, err);
		dsync_sys_close(folder);
	}
	free(folder_path);
	return rc;
}
