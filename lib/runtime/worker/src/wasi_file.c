/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "wasi_world.h"

#include <string.h>

#include "base/text.h"

#define FOLDER "/sync"
#define FOLDER_FD 3
#define FOLDER_INODE 1
#define PATH_SIZE_MAX 4096

#define RIGHT_READ (UINT64_C(1) << 1)
#define RIGHT_SEEK (UINT64_C(1) << 2)
#define RIGHT_TELL (UINT64_C(1) << 5)
#define RIGHT_WRITE (UINT64_C(1) << 6)
#define RIGHT_OPEN (UINT64_C(1) << 13)
#define RIGHT_LIST (UINT64_C(1) << 14)
#define RIGHT_PATH_STAT (UINT64_C(1) << 18)
#define RIGHT_STAT (UINT64_C(1) << 21)
#define RIGHT_POLL (UINT64_C(1) << 27)
#define RIGHTS_FILE (RIGHT_READ | RIGHT_SEEK | RIGHT_TELL | RIGHT_STAT | RIGHT_POLL)
#define RIGHTS_FOLDER (RIGHT_OPEN | RIGHT_LIST | RIGHT_PATH_STAT | RIGHT_STAT)

#define OPEN_CREATE 1
#define OPEN_DIRECTORY 2
#define OPEN_TRUNCATE 8

#define ENTRY_SIZE 24
#define FILESTAT_SIZE 64
#define FDSTAT_SIZE 24

const struct dsync_wasi_file dsync_wasi_files[DSYNC_WASI_FILES] = {
	{ "payload", DSYNC_GUEST_SOURCE_PAYLOAD },
	{ "context.json", DSYNC_GUEST_SOURCE_CONTEXT },
	{ "manifest.toml", DSYNC_GUEST_SOURCE_MANIFEST },
};

void
dsync_wasi_put32(unsigned char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

void
dsync_wasi_put64(unsigned char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

uint32_t
dsync_wasi_get32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

uint64_t
dsync_wasi_get64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

void
dsync_wasi_put_filestat(unsigned char *at, enum dsync_wasi_filetype type, uint64_t inode, uint64_t size)
{
	memset(at, 0, FILESTAT_SIZE);
	dsync_wasi_put64(at + 8, inode);
	at[16] = (unsigned char)type;
	dsync_wasi_put64(at + 24, 1); /* links */
	dsync_wasi_put64(at + 32, size);
}

struct dsync_guest_fd *
dsync_wasi_fd(struct dsync_guest *guest, int32_t fd)
{
	if (fd < 0 || fd >= DSYNC_GUEST_FDS || guest->fds[fd].kind == DSYNC_FD_CLOSED)
		return NULL;
	return &guest->fds[fd];
}

DSYNC_WASI_FUNCTION(fd_close)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	memset(fd, 0, sizeof(*fd));
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_renumber)
{
	struct dsync_guest_fd *from = dsync_wasi_fd(guest, v[0].i32), *to = dsync_wasi_fd(guest, v[1].i32);

	if (from == NULL || to == NULL)
		return DSYNC_WASI_BADF;
	if (from == to)
		return DSYNC_WASI_SUCCESS;
	*to = *from;
	memset(from, 0, sizeof(*from));
	return DSYNC_WASI_SUCCESS;
}

static enum dsync_wasi_filetype
type_of(const struct dsync_guest_fd *fd)
{
	switch (fd->kind) {
	case DSYNC_FD_FOLDER:
		return DSYNC_WASI_DIRECTORY;
	case DSYNC_FD_FILE:
		return DSYNC_WASI_REGULAR_FILE;
	default:
		return DSYNC_WASI_CHARACTER_DEVICE;
	}
}

static uint64_t
rights_of(const struct dsync_guest_fd *fd)
{
	switch (fd->kind) {
	case DSYNC_FD_FOLDER:
		return RIGHTS_FOLDER;
	case DSYNC_FD_FILE:
		return RIGHTS_FILE;
	case DSYNC_FD_INPUT:
		return RIGHT_READ | RIGHT_STAT | RIGHT_POLL;
	default:
		return RIGHT_WRITE | RIGHT_STAT | RIGHT_POLL;
	}
}

DSYNC_WASI_FUNCTION(fd_fdstat_get)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[1].i32, FDSTAT_SIZE);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	memset(out, 0, FDSTAT_SIZE);
	out[0] = (unsigned char)type_of(fd);
	dsync_wasi_put64(out + 8, rights_of(fd));
	dsync_wasi_put64(out + 16, fd->kind == DSYNC_FD_FOLDER ? RIGHTS_FILE | RIGHTS_FOLDER : 0);
	return DSYNC_WASI_SUCCESS;
}

static uint64_t
inode_of(const struct dsync_guest_fd *fd)
{
	return fd->kind == DSYNC_FD_FILE      ? FOLDER_INODE + 1 + (uint64_t)fd->source
		: fd->kind == DSYNC_FD_FOLDER ? FOLDER_INODE
					      : 0;
}

static int64_t
stat_fd(struct dsync_guest *guest, const struct dsync_guest_fd *fd, unsigned char *out)
{
	int64_t size = 0;

	if (fd->kind == DSYNC_FD_FILE)
		size = dsync_guest_ask(guest, DSYNC_CALL_SIZE, fd->source, 0, 0, NULL, 0);
	if (size < 0)
		return dsync_wasi_error(size);
	dsync_wasi_put_filestat(out, type_of(fd), inode_of(fd), (uint64_t)size);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_filestat_get)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[1].i32, FILESTAT_SIZE);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	return out == NULL ? DSYNC_WASI_FAULT : stat_fd(guest, fd, out);
}

/* Programs ask for 3, 4 and so on until they hear BADF. */
static bool
is_preopened(struct dsync_guest *guest, int32_t fd)
{
	const struct dsync_guest_fd *f = dsync_wasi_fd(guest, fd);

	return fd == FOLDER_FD && f != NULL && f->kind == DSYNC_FD_FOLDER;
}

DSYNC_WASI_FUNCTION(fd_prestat_get)
{
	unsigned char *out = dsync_guest_range(guest, v[1].i32, 8);

	if (!is_preopened(guest, v[0].i32))
		return DSYNC_WASI_BADF;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	dsync_wasi_put32(out, 0);
	dsync_wasi_put32(out + 4, sizeof(FOLDER) - 1);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_prestat_dir_name)
{
	unsigned char *out = dsync_guest_range(guest, v[1].i32, sizeof(FOLDER) - 1);

	if (!is_preopened(guest, v[0].i32))
		return DSYNC_WASI_BADF;
	if ((uint32_t)v[2].i32 < sizeof(FOLDER) - 1)
		return DSYNC_WASI_NAMETOOLONG;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	memcpy(out, FOLDER, sizeof(FOLDER) - 1);
	return DSYNC_WASI_SUCCESS;
}

static bool
exists(struct dsync_guest *guest, const struct dsync_wasi_file *file)
{
	return dsync_guest_ask(guest, DSYNC_CALL_SIZE, file->source, 0, 0, NULL, 0) >= 0;
}

/* The last entry may be cut: that is how a guest learns that there are more. */
DSYNC_WASI_FUNCTION(fd_readdir)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	const uint32_t room = (uint32_t)v[2].i32;
	unsigned char *out = dsync_guest_range(guest, v[1].i32, room),
		      *used_out = dsync_guest_range(guest, v[4].i32, 4);
	unsigned char entry[ENTRY_SIZE + 16];
	uint32_t used = 0, n;
	uint64_t i;

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if (fd->kind != DSYNC_FD_FOLDER)
		return DSYNC_WASI_NOTDIR;
	if (out == NULL || used_out == NULL)
		return DSYNC_WASI_FAULT;

	for (i = (uint64_t)v[3].i64; i < DSYNC_WASI_FILES && used < room; i++) {
		const struct dsync_wasi_file *file = &dsync_wasi_files[i];
		const size_t name_size = strlen(file->name);

		if (!exists(guest, file))
			continue;
		memset(entry, 0, sizeof(entry));
		dsync_wasi_put64(entry, i + 1);
		dsync_wasi_put64(entry + 8, FOLDER_INODE + 1 + (uint64_t)file->source);
		dsync_wasi_put32(entry + 16, (uint32_t)name_size);
		entry[20] = DSYNC_WASI_REGULAR_FILE;
		memcpy(entry + ENTRY_SIZE, file->name, name_size);
		n = ENTRY_SIZE + (uint32_t)name_size;
		if (n > room - used)
			n = room - used;
		memcpy(out + used, entry, n);
		used += n;
	}
	dsync_wasi_put32(used_out, used);
	return DSYNC_WASI_SUCCESS;
}

/* Finds what a path below /sync names, as a descriptor would have it; nothing leads out. */
static int64_t
resolve(struct dsync_guest *guest, const wasmtime_val_raw_t *folder, const wasmtime_val_raw_t *path,
	struct dsync_guest_fd *found)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, folder->i32);
	struct dsync_view name = { dsync_guest_range(guest, path[0].i32, (uint32_t)path[1].i32),
		(uint32_t)path[1].i32 };
	size_t i;

	memset(found, 0, sizeof(*found));
	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if (fd->kind != DSYNC_FD_FOLDER)
		return DSYNC_WASI_NOTDIR;
	if (name.data == NULL)
		return DSYNC_WASI_FAULT;
	if (name.size > PATH_SIZE_MAX)
		return DSYNC_WASI_NAMETOOLONG;
	if (name.size > 0 && name.data[0] == '/')
		return DSYNC_WASI_NOTCAPABLE;

	while (name.size >= 2 && name.data[0] == '.' && name.data[1] == '/') {
		name.data += 2;
		name.size -= 2;
	}
	if (name.size == 0 || dsync_text_view_is(name, ".")) {
		found->kind = DSYNC_FD_FOLDER;
		return DSYNC_WASI_SUCCESS;
	}
	if (name.size >= 2 && memcmp(name.data, "..", 2) == 0 && (name.size == 2 || name.data[2] == '/'))
		return DSYNC_WASI_NOTCAPABLE;
	for (i = 0; i < DSYNC_WASI_FILES; i++) {
		if (!dsync_text_view_is(name, dsync_wasi_files[i].name) || !exists(guest, &dsync_wasi_files[i]))
			continue;
		found->kind = DSYNC_FD_FILE;
		found->source = dsync_wasi_files[i].source;
		return DSYNC_WASI_SUCCESS;
	}
	return memchr(name.data, '.', name.size) != NULL && memmem(name.data, name.size, "/..", 3) != NULL
		? DSYNC_WASI_NOTCAPABLE
		: DSYNC_WASI_NOENT;
}

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

DSYNC_WASI_FUNCTION(path_open)
{
	const int32_t flags = v[4].i32;
	unsigned char *out = dsync_guest_range(guest, v[8].i32, 4);
	struct dsync_guest_fd found;
	int64_t rc = resolve(guest, &v[0], &v[2], &found);

	if (out == NULL)
		return DSYNC_WASI_FAULT;
	if (rc == DSYNC_WASI_NOENT && (flags & OPEN_CREATE) != 0)
		return DSYNC_WASI_ROFS;
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	if (found.kind != DSYNC_FD_FOLDER && (flags & OPEN_DIRECTORY) != 0)
		return DSYNC_WASI_NOTDIR;
	/* Toolchains ask for every right when they open a folder; of a file, writing must be refused here. */
	if ((flags & (OPEN_CREATE | OPEN_TRUNCATE)) != 0 ||
		(found.kind == DSYNC_FD_FILE && ((uint64_t)v[5].i64 & RIGHT_WRITE) != 0))
		return DSYNC_WASI_ROFS;
	return store_fd(guest, &found, out);
}

DSYNC_WASI_FUNCTION(path_filestat_get)
{
	unsigned char *out = dsync_guest_range(guest, v[4].i32, FILESTAT_SIZE);
	struct dsync_guest_fd found;
	int64_t rc = resolve(guest, &v[0], &v[2], &found);

	if (out == NULL)
		return DSYNC_WASI_FAULT;
	return rc == DSYNC_WASI_SUCCESS ? stat_fd(guest, &found, out) : rc;
}
