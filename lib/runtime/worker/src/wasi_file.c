/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "wasi_world.h"

#include <string.h>

#define FOLDER "/sync"
#define FOLDER_FD 3
#define ADVICE_MAX 5

/* Inodes: the folder, its files by source, then the streams by kind. */
#define INODE_FOLDER 1
#define INODE_FILE 2
#define INODE_STREAM 16
#define DEVICE 1

#define RIGHT_SEEK (UINT64_C(1) << 2)
#define RIGHT_TELL (UINT64_C(1) << 5)
#define RIGHT_STAT (UINT64_C(1) << 21)
#define RIGHT_POLL (UINT64_C(1) << 27)
#define RIGHTS_SYNC ((UINT64_C(1) << 0) | (UINT64_C(1) << 4))
#define RIGHTS_HINT ((UINT64_C(1) << 3) | (UINT64_C(1) << 7)) /* flags, advice */
#define RIGHTS_STREAM (RIGHTS_SYNC | RIGHTS_HINT | RIGHT_STAT | RIGHT_POLL)
#define RIGHTS_FILE (RIGHTS_STREAM | DSYNC_WASI_RIGHT_READ | RIGHT_SEEK | RIGHT_TELL)

/*
 * Of a folder: 9 path_create_directory to 18 path_filestat_get, 20 path_filestat_set_times, 21 and 23 its own, 24 to 26
 * path_symlink, path_remove_directory, path_unlink_file.  Libcs ask for no right that is not passed on here, and would then
 * open for writing what must be refused with ROFS; so all are, and the calls refuse.
 */
#define RIGHTS_FOLDER UINT64_C(0x07b7fe18)
#define RIGHTS_BELOW UINT64_C(0x0fffffff)

#define ENTRY_SIZE 24
#define ENTRY_NAME_MAX 16
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

/* Whoever may give advice is told that it was heard. */
DSYNC_WASI_FUNCTION(fd_advise)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if (fd->kind != DSYNC_FD_FILE && fd->kind != DSYNC_FD_FOLDER)
		return DSYNC_WASI_SPIPE;
	return v[3].i32 < 0 || v[3].i32 > ADVICE_MAX ? DSYNC_WASI_INVAL : DSYNC_WASI_SUCCESS;
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
		return DSYNC_WASI_UNKNOWN;
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
		return RIGHTS_STREAM | DSYNC_WASI_RIGHT_READ;
	default:
		return RIGHTS_STREAM | DSYNC_WASI_RIGHT_WRITE;
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
	out[2] = (unsigned char)fd->flags;
	dsync_wasi_put64(out + 8, rights_of(fd));
	dsync_wasi_put64(out + 16, fd->kind == DSYNC_FD_FOLDER ? RIGHTS_BELOW : 0);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_fdstat_set_flags)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if ((v[1].i32 & ~DSYNC_WASI_FDFLAGS) != 0)
		return DSYNC_WASI_INVAL;
	fd->flags = (uint32_t)v[1].i32;
	return DSYNC_WASI_SUCCESS;
}

uint64_t
dsync_wasi_inode(const struct dsync_guest_fd *fd)
{
	switch (fd->kind) {
	case DSYNC_FD_FOLDER:
		return INODE_FOLDER;
	case DSYNC_FD_FILE:
		return INODE_FILE + (uint64_t)fd->source;
	default:
		return INODE_STREAM + (uint64_t)fd->kind;
	}
}

/* device, inode, type, links, size, and three times, which nobody knows: 0 */
int64_t
dsync_wasi_stat(struct dsync_guest *guest, const struct dsync_guest_fd *fd, unsigned char *out)
{
	int64_t size = 0;

	if (fd->kind == DSYNC_FD_FILE)
		size = dsync_guest_ask(guest, DSYNC_CALL_SIZE, fd->source, 0, 0, NULL, 0);
	if (size < 0)
		return dsync_wasi_error(size);
	memset(out, 0, DSYNC_WASI_FILESTAT_SIZE);
	dsync_wasi_put64(out, DEVICE);
	dsync_wasi_put64(out + 8, dsync_wasi_inode(fd));
	out[16] = (unsigned char)type_of(fd);
	dsync_wasi_put64(out + 24, 1);
	dsync_wasi_put64(out + 32, (uint64_t)size);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_filestat_get)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[1].i32, DSYNC_WASI_FILESTAT_SIZE);

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	return out == NULL ? DSYNC_WASI_FAULT : dsync_wasi_stat(guest, fd, out);
}

/* Bits 0 and 1: the time of access as given, or now; 2 and 3: of the last change. */
bool
dsync_wasi_fstflags_are_sound(int32_t flags)
{
	return (flags & ~0xf) == 0 && (flags & 3) != 3 && (flags & 12) != 12;
}

DSYNC_WASI_FUNCTION(fd_filestat_set_times)
{
	if (dsync_wasi_fd(guest, v[0].i32) == NULL)
		return DSYNC_WASI_BADF;
	return dsync_wasi_fstflags_are_sound(v[3].i32) ? DSYNC_WASI_ROFS : DSYNC_WASI_INVAL;
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

bool
dsync_wasi_exists(struct dsync_guest *guest, const struct dsync_wasi_file *file)
{
	return dsync_guest_ask(guest, DSYNC_CALL_SIZE, file->source, 0, 0, NULL, 0) >= 0;
}

/* The entries are ".", "..", then the files; an entry's cookie is the number of the one after it. */
static bool
find_entry(struct dsync_guest *guest, uint64_t number, const char **name, struct dsync_guest_fd *what)
{
	memset(what, 0, sizeof(*what));
	what->kind = DSYNC_FD_FOLDER;
	*name = number == 0 ? "." : "..";
	if (number < 2)
		return true;
	what->kind = DSYNC_FD_FILE;
	what->source = dsync_wasi_files[number - 2].source;
	*name = dsync_wasi_files[number - 2].name;
	return dsync_wasi_exists(guest, &dsync_wasi_files[number - 2]);
}

/* Stores as much of an entry as there is room for; returns how much. */
static uint32_t
put_entry(unsigned char *out, uint32_t room, uint64_t number, const char *name, const struct dsync_guest_fd *what)
{
	unsigned char entry[ENTRY_SIZE + ENTRY_NAME_MAX] = { 0 };
	const uint32_t name_size = (uint32_t)strlen(name);
	const uint32_t size = ENTRY_SIZE + name_size < room ? ENTRY_SIZE + name_size : room;

	dsync_wasi_put64(entry, number + 1);
	dsync_wasi_put64(entry + 8, dsync_wasi_inode(what));
	dsync_wasi_put32(entry + 16, name_size);
	entry[20] = (unsigned char)type_of(what);
	memcpy(entry + ENTRY_SIZE, name, name_size);
	memcpy(out, entry, size);
	return size;
}

/* The last entry may be cut: that is how a guest learns that there are more. */
DSYNC_WASI_FUNCTION(fd_readdir)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	const uint32_t room = (uint32_t)v[2].i32;
	unsigned char *out = dsync_guest_range(guest, v[1].i32, room),
		      *used_out = dsync_guest_range(guest, v[4].i32, 4);
	struct dsync_guest_fd what;
	const char *name;
	uint32_t used = 0;
	uint64_t i;

	if (fd == NULL)
		return DSYNC_WASI_BADF;
	if (fd->kind != DSYNC_FD_FOLDER)
		return DSYNC_WASI_NOTDIR;
	if (out == NULL || used_out == NULL)
		return DSYNC_WASI_FAULT;

	for (i = (uint64_t)v[3].i64; i < DSYNC_WASI_FILES + 2 && used < room; i++) {
		if (find_entry(guest, i, &name, &what))
			used += put_entry(out + used, room - used, i, name, &what);
	}
	dsync_wasi_put32(used_out, used);
	return DSYNC_WASI_SUCCESS;
}
