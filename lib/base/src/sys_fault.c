/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Steps between a program and the seam.  The linker's --wrap=f sends every call of f to
 * __wrap_f here and gives us the true one as __real_f; that is why these names begin
 * with underscores, and why the list lib/base/sys_calls.txt must match this file.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/sys.h"
#include "fault_internal.h"

/* Before the call: the same moment as after the one before. */
static void
die(void)
{
	raise(SIGKILL);
}

static void
wait_here(const char *name)
{
	if (dsync__fault_due(DSYNC_FAULT_STOP, name))
		raise(SIGSTOP);
}

/* 0 to go on, or the negative errno that the call shall return; does not come back from a kill. */
static int
refuse(const char *name)
{
	wait_here(name);
	if (dsync__fault_due(DSYNC_FAULT_KILL, name))
		die();
	return dsync__fault_due(DSYNC_FAULT_ERROR, name) ? -dsync__fault_errno() : 0;
}

/* How much of `size` bytes a short call does. */
static size_t
shorten(const char *name, size_t size)
{
	return size > 1 && dsync__fault_due(DSYNC_FAULT_SHORT, name) ? size / 2 : size;
}

/* Declares the true call and begins ours. */
#define CALL(type, name, ...) \
	type __real_dsync_sys_##name(__VA_ARGS__); \
	type __wrap_dsync_sys_##name(__VA_ARGS__); \
	type __wrap_dsync_sys_##name(__VA_ARGS__)

/* The body of a call that either fails or happens. */
#define REFUSE_OR(name, ...) \
	{ \
		int rc = refuse(#name); \
\
		return rc < 0 ? rc : __real_dsync_sys_##name(__VA_ARGS__); \
	}

CALL(int, openat, int dirfd, const char *path, int flags, mode_t mode)
REFUSE_OR(openat, dirfd, path, flags, mode)

CALL(int, dup, int fd)
REFUSE_OR(dup, fd)

CALL(int, fstat, int fd, struct stat *st)
REFUSE_OR(fstat, fd, st)

CALL(int, fstatat, int dirfd, const char *path, struct stat *st, bool follow)
REFUSE_OR(fstatat, dirfd, path, st, follow)

CALL(int, ftruncate, int fd, uint64_t size)
REFUSE_OR(ftruncate, fd, size)

CALL(int, fallocate, int fd, uint64_t offset, uint64_t size)
REFUSE_OR(fallocate, fd, offset, size)

CALL(int, fsync, int fd)
REFUSE_OR(fsync, fd)

CALL(int, start_writeback, int fd, uint64_t offset, uint64_t size)
REFUSE_OR(start_writeback, fd, offset, size)

CALL(int, fchmod, int fd, mode_t mode)
REFUSE_OR(fchmod, fd, mode)

CALL(int, fchown, int fd, uid_t uid, gid_t gid)
REFUSE_OR(fchown, fd, uid, gid)

CALL(int, renameat, int old_dirfd, const char *old_path, int new_dirfd, const char *new_path)
REFUSE_OR(renameat, old_dirfd, old_path, new_dirfd, new_path)

CALL(int, linkat, int old_dirfd, const char *old_path, int new_dirfd, const char *new_path)
REFUSE_OR(linkat, old_dirfd, old_path, new_dirfd, new_path)

CALL(int, link_fd, int fd, int dirfd, const char *path)
REFUSE_OR(link_fd, fd, dirfd, path)

CALL(int, unlinkat, int dirfd, const char *path)
REFUSE_OR(unlinkat, dirfd, path)

CALL(int, mkdirat, int dirfd, const char *path, mode_t mode)
REFUSE_OR(mkdirat, dirfd, path, mode)

CALL(ssize_t, readlinkat, int dirfd, const char *path, char *buf, size_t size)
REFUSE_OR(readlinkat, dirfd, path, buf, size)

CALL(int64_t, seek_hole, int fd, uint64_t offset)
REFUSE_OR(seek_hole, fd, offset)

CALL(int64_t, seek_data, int fd, uint64_t offset)
REFUSE_OR(seek_data, fd, offset)

CALL(int, clone_range, int src, uint64_t src_offset, uint64_t size, int dst, uint64_t dst_offset)
REFUSE_OR(clone_range, src, src_offset, size, dst, dst_offset)

CALL(int, lock, int fd)
REFUSE_OR(lock, fd)

CALL(int, unlock, int fd)
REFUSE_OR(unlock, fd)

CALL(ssize_t, getxattr, int fd, const char *name, void *value, size_t size)
REFUSE_OR(getxattr, fd, name, value, size)

CALL(int, setxattr, int fd, const char *name, const void *value, size_t size)
REFUSE_OR(setxattr, fd, name, value, size)

CALL(int, removexattr, int fd, const char *name)
REFUSE_OR(removexattr, fd, name)

CALL(ssize_t, listxattr, int fd, char *names, size_t size)
REFUSE_OR(listxattr, fd, names, size)

CALL(int, random, void *buf, size_t size)
REFUSE_OR(random, buf, size)

CALL(ssize_t, pread, int fd, void *buf, size_t size, uint64_t offset)
{
	int rc = refuse("pread");

	return rc < 0 ? rc : __real_dsync_sys_pread(fd, buf, shorten("pread", size), offset);
}

CALL(ssize_t, read, int fd, void *buf, size_t size)
{
	int rc = refuse("read");

	return rc < 0 ? rc : __real_dsync_sys_read(fd, buf, shorten("read", size));
}

/* A kill in the middle of a write leaves half of it, as a real one may. */
CALL(ssize_t, pwrite, int fd, const void *buf, size_t size, uint64_t offset)
{
	wait_here("pwrite");
	if (dsync__fault_due(DSYNC_FAULT_KILL, "pwrite")) {
		__real_dsync_sys_pwrite(fd, buf, size / 2, offset);
		die();
	}
	if (dsync__fault_due(DSYNC_FAULT_ERROR, "pwrite"))
		return -dsync__fault_errno();
	return __real_dsync_sys_pwrite(fd, buf, shorten("pwrite", size), offset);
}

CALL(ssize_t, write, int fd, const void *buf, size_t size)
{
	wait_here("write");
	if (dsync__fault_due(DSYNC_FAULT_KILL, "write")) {
		__real_dsync_sys_write(fd, buf, size / 2);
		die();
	}
	if (dsync__fault_due(DSYNC_FAULT_ERROR, "write"))
		return -dsync__fault_errno();
	return __real_dsync_sys_write(fd, buf, shorten("write", size));
}

CALL(ssize_t, copy_range, int src, uint64_t src_offset, int dst, uint64_t dst_offset, size_t size)
{
	int rc = refuse("copy_range");

	if (rc < 0)
		return rc;
	return __real_dsync_sys_copy_range(src, src_offset, dst, dst_offset, shorten("copy_range", size));
}

/* The descriptor is gone even when the call fails, as on Linux. */
CALL(int, close, int fd)
{
	int failure = refuse("close");
	int rc = __real_dsync_sys_close(fd);

	return failure < 0 ? failure : rc;
}

CALL(void *, mmap, int fd, uint64_t offset, size_t size, int *err_no)
{
	int rc = refuse("mmap");

	if (rc < 0) {
		*err_no = -rc;
		return NULL;
	}
	return __real_dsync_sys_mmap(fd, offset, size, err_no);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
	return dsync__fault_due(DSYNC_FAULT_MEMORY, "malloc") ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
	return dsync__fault_due(DSYNC_FAULT_MEMORY, "calloc") ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *
__wrap_realloc(void *memory, size_t size)
{
	return dsync__fault_due(DSYNC_FAULT_MEMORY, "realloc") ? NULL : __real_realloc(memory, size);
}
