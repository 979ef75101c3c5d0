/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The seam on a Unix system of which nothing but POSIX (and flock) is known.  What
 * it lacks is answered with -ENOSYS or -EOPNOTSUPP; callers have another way.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

int
dsync_sys_fallocate(int fd, uint64_t offset, uint64_t size)
{
	(void)fd, (void)offset, (void)size;
	return -EOPNOTSUPP;
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

/*
 * flock, not fcntl: POSIX locks belong to the process and vanish when any of its
 * descriptors of the file is closed; those of flock belong to the description.
 */
int
dsync_sys_lock(int fd)
{
	int rc;

	do {
		rc = flock(fd, LOCK_EX | LOCK_NB);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return 0;
}

int
dsync_sys_unlock(int fd)
{
	return flock(fd, LOCK_UN) < 0 ? -errno : 0;
}

/* flock can only be asked by trying. */
int
dsync_sys_is_locked(int fd)
{
	int rc = dsync_sys_lock(fd);

	if (rc == 0)
		dsync_sys_unlock(fd);
	return rc == -EAGAIN ? 1 : rc;
}

int
dsync_sys_umask(void)
{
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
	int rc = 0;
	int fd;

	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (size > 0 && rc == 0) {
		ssize_t got = read(fd, place, size);

		if (got > 0) {
			place += got;
			size -= (size_t)got;
		} else if (got == 0) {
			rc = -EIO;
		} else if (errno != EINTR) {
			rc = -errno;
		}
	}
	close(fd);
	return rc;
}
