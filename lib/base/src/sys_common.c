/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whole reads and writes on top of the seam.  They stand in a file of their own so
 * that the calls they make go through the linker, where tests step in between.
 */
#include <errno.h>

#include "base/sys.h"

int
dsync_sys_pread_all(int fd, void *buf, size_t size, uint64_t offset)
{
	unsigned char *place = buf;

	while (size > 0) {
		ssize_t got = dsync_sys_pread(fd, place, size, offset);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return -ENODATA;
		place += got;
		offset += (size_t)got;
		size -= (size_t)got;
	}
	return 0;
}

int
dsync_sys_pwrite_all(int fd, const void *buf, size_t size, uint64_t offset)
{
	const unsigned char *place = buf;

	while (size > 0) {
		ssize_t put = dsync_sys_pwrite(fd, place, size, offset);

		if (put < 0)
			return (int)put;
		if (put == 0)
			return -EIO; /* POSIX leaves it open; better than trying for ever */
		place += put;
		offset += (size_t)put;
		size -= (size_t)put;
	}
	return 0;
}

int
dsync_sys_write_all(int fd, const void *buf, size_t size)
{
	const unsigned char *place = buf;

	while (size > 0) {
		ssize_t put = dsync_sys_write(fd, place, size);

		if (put < 0)
			return (int)put;
		if (put == 0)
			return -EIO;
		place += put;
		size -= (size_t)put;
	}
	return 0;
}
