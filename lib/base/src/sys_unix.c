/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The part of the seam that Linux and the other Unix systems share and WASI lacks. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"

int
dsync_sys_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

int
dsync_sys_fchmod(int fd, mode_t mode)
{
	int rc;

	do {
		rc = fchmod(fd, mode);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

int
dsync_sys_fchown(int fd, uid_t uid, gid_t gid)
{
	int rc;

	do {
		rc = fchown(fd, uid, gid);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

void *
dsync_sys_mmap(int fd, uint64_t offset, size_t size, int *err_no)
{
	void *address = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, (off_t)offset);

	if (address == MAP_FAILED) {
		*err_no = errno;
		return NULL;
	}
	return address;
}

int
dsync_sys_munmap(void *address, size_t size)
{
	return munmap(address, size) < 0 ? -errno : 0;
}

uid_t
dsync_sys_euid(void)
{
	return geteuid();
}

int
dsync_sys_access_at(int dirfd, const char *path, int mode)
{
	return faccessat(dirfd == DSYNC_SYS_CWD ? AT_FDCWD : dirfd, path, mode, AT_EACCESS) < 0 ? -errno : 0;
}
