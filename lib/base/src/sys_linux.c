/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The part of the seam that only Linux does this way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"

/* A signal is no reason to fail. */
#define RETRY(rc, call) \
	do { \
		(rc) = (call); \
	} while ((rc) < 0 && errno == EINTR)

/* FICLONERANGE of <linux/fs.h>, which a C library need not come with; the kernel never changes it. */
struct clone_range {
	int64_t src_fd;
	uint64_t src_offset;
	uint64_t src_length;
	uint64_t dst_offset;
};
#define CLONE_RANGE _IOW(0x94, 13, struct clone_range)

int
dsync_sys_fallocate(int fd, uint64_t offset, uint64_t size)
{
	int rc;

	RETRY(rc, fallocate(fd, 0, (off_t)offset, (off_t)size));
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_start_writeback(int fd, uint64_t offset, uint64_t size)
{
	return sync_file_range(fd, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE) < 0 ? -errno : 0;
}

int
dsync_sys_link_fd(int fd, int dirfd, const char *path)
{
	char name[64];
	int rc;

	RETRY(rc, linkat(fd, "", dirfd, path, AT_EMPTY_PATH));
	if (rc == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM)
		return -errno;

	/* Older kernels want a capability for that and let everybody go through /proc. */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	RETRY(rc, linkat(AT_FDCWD, name, dirfd, path, AT_SYMLINK_FOLLOW));
	return rc < 0 ? -errno : 0;
}

int64_t
dsync_sys_seek_hole(int fd, uint64_t offset)
{
	off_t found = lseek(fd, (off_t)offset, SEEK_HOLE);

	return found < 0 ? -errno : found;
}

int64_t
dsync_sys_seek_data(int fd, uint64_t offset)
{
	off_t found = lseek(fd, (off_t)offset, SEEK_DATA);

	return found < 0 ? -errno : found;
}

int
dsync_sys_clone_range(int src, uint64_t src_offset, uint64_t size, int dst, uint64_t dst_offset)
{
	struct clone_range range = { src, src_offset, size, dst_offset };
	int rc;

	RETRY(rc, ioctl(dst, CLONE_RANGE, &range));
	return rc < 0 ? -errno : 0;
}

ssize_t
dsync_sys_copy_range(int src, uint64_t src_offset, int dst, uint64_t dst_offset, size_t size)
{
	off_t from = (off_t)src_offset;
	off_t to = (off_t)dst_offset;
	ssize_t copied;

	RETRY(copied, copy_file_range(src, &from, dst, &to, size, 0));
	return copied < 0 ? -errno : copied;
}

/* Sets or drops the lock on the whole file, however long it grows. */
static int
set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	int rc;

	RETRY(rc, fcntl(fd, F_OFD_SETLK, &lock));
	if (rc < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	return 0;
}

int
dsync_sys_lock(int fd)
{
	return set_lock(fd, F_WRLCK);
}

int
dsync_sys_unlock(int fd)
{
	return set_lock(fd, F_UNLCK);
}

int
dsync_sys_is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	return lock.l_type != F_UNLCK;
}

/* "Umask:\t0022" is the second line there. */
int
dsync_sys_umask(void)
{
	char status[4096];
	const char *line;
	ssize_t got;
	int fd;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOSYS;
	RETRY(got, read(fd, status, sizeof(status) - 1));
	close(fd);
	if (got <= 0)
		return -ENOSYS;
	status[got] = '\0';
	line = strstr(status, "\nUmask:");
	return line != NULL ? (int)strtol(line + strlen("\nUmask:"), NULL, 8) & 0777 : -ENOSYS;
}

ssize_t
dsync_sys_getxattr(int fd, const char *name, void *value, size_t size)
{
	ssize_t length = fgetxattr(fd, name, value, size);

	return length < 0 ? -errno : length;
}

int
dsync_sys_setxattr(int fd, const char *name, const void *value, size_t size)
{
	return fsetxattr(fd, name, value, size, 0) < 0 ? -errno : 0;
}

int
dsync_sys_removexattr(int fd, const char *name)
{
	return fremovexattr(fd, name) < 0 ? -errno : 0;
}

ssize_t
dsync_sys_listxattr(int fd, char *names, size_t size)
{
	ssize_t length = flistxattr(fd, names, size);

	return length < 0 ? -errno : length;
}

int64_t
dsync_sys_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
dsync_sys_random(void *buf, size_t size)
{
	unsigned char *place = buf;

	while (size > 0) {
		ssize_t got;

		RETRY(got, getrandom(place, size, 0));
		if (got < 0)
			return -errno;
		place += got;
		size -= (size_t)got;
	}
	return 0;
}
