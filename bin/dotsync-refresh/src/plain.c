/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "plain.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
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
#define CLAIM_WAIT_MS 60000 /* for somebody else who writes the same file */
#define CLAIM_PAUSE_MS 20

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

/* Is `fd` still the file of that name? */
static bool
has_name(int folder, const char *name, int fd)
{
	struct stat named, opened;

	return dsync_sys_fstatat(folder, name, &named, false) == 0 && dsync_sys_fstat(fd, &opened) == 0 &&
		named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/* Something has the copy's name: 0 when it is gone now, -EAGAIN when somebody is at work on it. */
static int
remove_left_over(int folder, const char *next)
{
	int fd = dsync_sys_openat(folder, next, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
	int rc;

	if (fd == -ENOENT)
		return 0;
	rc = fd >= 0 ? dsync_sys_lock(fd) : 0;
	if (rc != -EAGAIN && (fd < 0 || has_name(folder, next, fd)))
		rc = dsync_sys_unlinkat(folder, next);
	if (fd >= 0)
		dsync_sys_close(fd);
	return rc == -ENOENT ? 0 : rc;
}

/*
 * The copy in the making, empty and locked.  Several may want to bring one file up to date; a lock belongs to the inode, so
 * whoever gets it looks whether that one still has the name.
 */
static int
claim(int folder, const char *next)
{
	const int64_t deadline = dsync_sys_monotonic_ms() + CLAIM_WAIT_MS;
	int fd, rc;

	for (;;) {
		fd = dsync_sys_openat(folder, next, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (fd < 0 && fd != -EEXIST)
			return fd;
		if (fd >= 0) {
			rc = dsync_sys_lock(fd);
			if (rc != -EAGAIN &&
				has_name(folder, next, fd)) /* where nothing can be locked it has to do without */
				return fd;
			dsync_sys_close(fd);
			continue;
		}
		rc = remove_left_over(folder, next);
		if (rc == -EAGAIN && dsync_sys_monotonic_ms() < deadline)
			dsync_sys_sleep_ms(CLAIM_PAUSE_MS);
		else if (rc < 0)
			return rc;
	}
}

static int
replace_in(int folder, const char *name, const struct dsync_extent *source)
{
	char next[NAME_SIZE];
	int fd, rc;

	name_next(name, next);
	fd = claim(folder, next);
	if (fd < 0)
		return fd;
	rc = copy_payload(source, fd);
	if (rc == 0)
		rc = dsync_sys_fchmod(fd, mode_for(folder, name));
	if (rc == 0)
		rc = dsync_sys_fsync(fd);
	if (rc == 0)
		rc = dsync_sys_renameat(folder, next, folder, name);
	if (rc < 0)
		dsync_sys_unlinkat(folder, next);
	dsync_sys_close(fd); /* and with it the lock */
	if (rc == 0)
		dsync_sys_fsync(folder); /* a copy that a power failure takes back is made anew */
	return rc;
}

/* 1 when the file has these very bytes, 0 when not, or when it cannot be known. */
static int
compare(int fd, const struct dsync_extent *source)
{
	unsigned char *pieces = malloc((size_t)2 * PIECE_SIZE);
	uint64_t at = 0;
	struct stat st;
	bool same;

	same = pieces != NULL && dsync_sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(uint64_t)st.st_size == source->size;
	while (same && at < source->size) {
		size_t size = source->size - at < PIECE_SIZE ? (size_t)(source->size - at) : PIECE_SIZE;

		same = dsync_sys_pread_all(fd, pieces, size, at) == 0 &&
			dsync_sys_pread_all(source->fd, pieces + PIECE_SIZE, size, source->offset + at) == 0 &&
			memcmp(pieces, pieces + PIECE_SIZE, size) == 0;
		at += size;
	}
	free(pieces);
	return same;
}

static int
update_in(int folder, const char *name, const struct dsync_extent *source)
{
	int fd = dsync_sys_openat(folder, name, O_RDONLY | O_NONBLOCK, 0);
	int same = 0;

	if (fd >= 0) {
		same = compare(fd, source);
		dsync_sys_close(fd);
	}
	return same ? 0 : replace_in(folder, name, source);
}

int
dsync_plain_update(const char *path, const struct dsync_extent *source, struct dsync_error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder_path;
	int folder, rc;

	if (slash == NULL || slash[1] == '\0')
		return dsync_error_set(err, DSYNC_ERR_INVALID, "to", "%s does not name a file", path);
	folder_path = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	rc = folder =
		folder_path != NULL ? dsync_sys_openat(DSYNC_SYS_CWD, folder_path, O_RDONLY | O_DIRECTORY, 0) : -ENOMEM;
	if (folder >= 0) {
		rc = update_in(folder, slash + 1, source);
		dsync_sys_close(folder);
	}
	free(folder_path);
	if (rc >= 0)
		return 0;
	rc = dsync_error_set_errno(err, -rc, "the plain file is not up to date");
	if (err != NULL)
		memcpy(err->rule, "to", sizeof("to"));
	dsync_error_at_entry(err, path, strlen(path));
	dsync_error_hint(err, "the archive itself is well; the next refresh writes the file again");
	return rc;
}
