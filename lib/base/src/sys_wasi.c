/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The seam inside a WebAssembly host (wasm32-wasi): no modes, owners, locks,
 * attributes or mappings.  A "mapping" is a copy in memory; the host runs one program
 * a file, so a lock is always free.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

/* The most that one getentropy call gives. */
#define ENTROPY_SIZE 256

int
dsync_sys_fallocate(int fd, uint64_t offset, uint64_t size)
{
	(void)fd, (void)offset, (void)size;
	return -EOPNOTSUPP;
}

int
dsync_sys_fchmod(int fd, mode_t mode)
{
	(void)fd, (void)mode;
	return -ENOSYS;
}

int
dsync_sys_fchown(int fd, uid_t uid, gid_t gid)
{
	(void)fd, (void)uid, (void)gid;
	return -ENOSYS;
}

int
dsync_sys_start_writeback(int fd, uint64_t offset, uint64_t size)
{
	(void)fd, (void)offset, (void)size;
	return -EOPNOTSUPP;
}

int
dsync_sys_link_fd(int fd, int dirfd, const char *path)
{
	(void)fd, (void)dirfd, (void)path;
	return -ENOSYS;
}

/* A file without known holes is one stretch of data with a hole at its end. */
int64_t
dsync_sys_seek_hole(int fd, uint64_t offset)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return offset < (uint64_t)st.st_size ? st.st_size : -ENXIO;
}

int64_t
dsync_sys_seek_data(int fd, uint64_t offset)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return offset < (uint64_t)st.st_size ? (int64_t)offset : -ENXIO;
}

int
dsync_sys_clone_range(int src, uint64_t src_offset, uint64_t size, int dst, uint64_t dst_offset)
{
	(void)src, (void)src_offset, (void)size, (void)dst, (void)dst_offset;
	return -EOPNOTSUPP;
}

ssize_t
dsync_sys_copy_range(int src, uint64_t src_offset, int dst, uint64_t dst_offset, size_t size)
{
	(void)src, (void)src_offset, (void)dst, (void)dst_offset, (void)size;
	return -ENOSYS;
}

int
dsync_sys_lock(int fd)
{
	(void)fd;
	return 0;
}

int
dsync_sys_unlock(int fd)
{
	(void)fd;
	return 0;
}

int
dsync_sys_is_locked(int fd)
{
	(void)fd;
	return 0;
}

int
dsync_sys_access_at(int dirfd, const char *path, int mode)
{
	(void)dirfd, (void)path, (void)mode;
	return -ENOSYS;
}

int
dsync_sys_umask(void)
{
	return -ENOSYS;
}

int
dsync_sys_dup(int fd)
{
	(void)fd;
	return -ENOSYS;
}

ssize_t
dsync_sys_getxattr(int fd, const char *name, void *value, size_t size)
{
	(void)fd, (void)name, (void)value, (void)size;
	return -EOPNOTSUPP;
}

int
dsync_sys_setxattr(int fd, const char *name, const void *value, size_t size)
{
	(void)fd, (void)name, (void)value, (void)size;
	return -EOPNOTSUPP;
}

int
dsync_sys_removexattr(int fd, const char *name)
{
	(void)fd, (void)name;
	return -EOPNOTSUPP;
}

ssize_t
dsync_sys_listxattr(int fd, char *names, size_t size)
{
	(void)fd, (void)names, (void)size;
	return -EOPNOTSUPP;
}

void *
dsync_sys_mmap(int fd, uint64_t offset, size_t size, int *err_no)
{
	unsigned char *copy;
	int rc;

	if (size == 0) {
		*err_no = EINVAL;
		return NULL;
	}
	copy = calloc(1, size); /* what lies past the end of the file reads as zero */
	if (copy == NULL) {
		*err_no = ENOMEM;
		return NULL;
	}
	rc = dsync_sys_pread_all(fd, copy, size, offset);
	if (rc < 0 && rc != -ENODATA) {
		*err_no = -rc;
		free(copy);
		return NULL;
	}
	return copy;
}

int
dsync_sys_munmap(void *address, size_t size)
{
	(void)size;
	free(address);
	return 0;
}

int64_t
dsync_sys_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
dsync_sys_random(void *buf, size_t size)
{
	unsigned char *place = buf;

	while (size > 0) {
		size_t part = size < ENTROPY_SIZE ? size : ENTROPY_SIZE;

		if (getentropy(place, part) < 0)
			return -errno;
		place += part;
		size -= part;
	}
	return 0;
}

uid_t
dsync_sys_euid(void)
{
	return 0;
}
