/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The part of the seam that every system has, WASI included. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

/* A signal is no reason to fail. */
#define RETRY(rc, call) \
	do { \
		(rc) = (call); \
	} while ((rc) < 0 && errno == EINTR)

/* Our name for the current directory as the system's. */
static int
at(int dirfd)
{
	return dirfd == DSYNC_SYS_CWD ? AT_FDCWD : dirfd;
}

int
dsync_sys_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	int fd;

	RETRY(fd, openat(at(dirfd), path, flags | O_CLOEXEC, mode));
	return fd < 0 ? -errno : fd;
}

int
dsync_sys_close(int fd)
{
	/* Never again after EINTR: the descriptor is gone and its number may be somebody else's. */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int
dsync_sys_fstat(int fd, struct stat *st)
{
	return fstat(fd, st) < 0 ? -errno : 0;
}

int
dsync_sys_fstatat(int dirfd, const char *path, struct stat *st, bool follow)
{
	int rc;

	RETRY(rc, fstatat(at(dirfd), path, st, follow ? 0 : AT_SYMLINK_NOFOLLOW));
	return rc < 0 ? -errno : 0;
}

ssize_t
dsync_sys_pread(int fd, void *buf, size_t size, uint64_t offset)
{
	ssize_t got;

	RETRY(got, pread(fd, buf, size, (off_t)offset));
	return got < 0 ? -errno : got;
}

ssize_t
dsync_sys_pwrite(int fd, const void *buf, size_t size, uint64_t offset)
{
	ssize_t put;

	RETRY(put, pwrite(fd, buf, size, (off_t)offset));
	return put < 0 ? -errno : put;
}

ssize_t
dsync_sys_read(int fd, void *buf, size_t size)
{
	ssize_t got;

	RETRY(got, read(fd, buf, size));
	return got < 0 ? -errno : got;
}

ssize_t
dsync_sys_write(int fd, const void *buf, size_t size)
{
	ssize_t put;

	RETRY(put, write(fd, buf, size));
	return put < 0 ? -errno : put;
}

int
dsync_sys_ftruncate(int fd, uint64_t size)
{
	int rc;

	RETRY(rc, ftruncate(fd, (off_t)size));
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_fsync(int fd)
{
	int rc;

	RETRY(rc, fsync(fd));
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_renameat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path)
{
	int rc;

	RETRY(rc, renameat(at(old_dirfd), old_path, at(new_dirfd), new_path));
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_linkat(int old_dirfd, const char *old_path, int new_dirfd, const char *new_path)
{
	int rc;

	RETRY(rc, linkat(at(old_dirfd), old_path, at(new_dirfd), new_path, 0));
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_unlinkat(int dirfd, const char *path)
{
	int rc;

	RETRY(rc, unlinkat(at(dirfd), path, 0));
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_mkdirat(int dirfd, const char *path, mode_t mode)
{
	int rc;

	RETRY(rc, mkdirat(at(dirfd), path, mode));
	return rc < 0 ? -errno : 0;
}

ssize_t
dsync_sys_readlinkat(int dirfd, const char *path, char *buf, size_t size)
{
	ssize_t length;

	if (size == 0)
		return -ENAMETOOLONG;
	RETRY(length, readlinkat(at(dirfd), path, buf, size));
	if (length < 0)
		return -errno;
	if ((size_t)length == size) /* no room for the NUL, or cut */
		return -ENAMETOOLONG;
	buf[length] = '\0';
	return length;
}

int64_t
dsync_sys_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int64_t
dsync_sys_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
dsync_sys_sleep_ms(int64_t ms)
{
	struct timespec left;

	if (ms <= 0)
		return;
	left.tv_sec = (time_t)(ms / 1000);
	left.tv_nsec = (long)(ms % 1000 * 1000000);
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}
