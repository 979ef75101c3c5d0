/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Three ways from file to file, cheapest first: share the blocks (reflink), let
 * the kernel copy, read and write.  Holes are found first, so that none of the three
 * fills them.
 */
#include <errno.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"
#include "format/layout.h"

/* What one call is asked to copy, so that signals and progress are not kept waiting. */
#define KERNEL_PIECE_SIZE (64u * 1024u * 1024u)

uint64_t
dsync__copy_share(const struct dsync__copy *copy)
{
	uint64_t blocks = copy->size - copy->size % DSYNC_PAYLOAD_ALIGNMENT;

	if (blocks == 0 || copy->src_offset % DSYNC_PAYLOAD_ALIGNMENT != 0 ||
		copy->dst_offset % DSYNC_PAYLOAD_ALIGNMENT != 0)
		return 0;
	/* Any failure only means that this pair of files cannot. */
	return dsync_sys_clone_range(copy->src, copy->src_offset, blocks, copy->dst, copy->dst_offset) == 0 ? blocks
													    : 0;
}

int
dsync__copy_next_data(int fd, uint64_t offset, uint64_t end, uint64_t *start, uint64_t *stop, struct dsync_error *err)
{
	int64_t data = dsync_sys_seek_data(fd, offset);
	int64_t hole;

	*start = *stop = end;
	if (data == -ENXIO)
		return 0;
	if (data == -EINVAL || data == -ENOTSUP || data == -ENOSYS) { /* holes are unknown here */
		*start = offset;
		return 0;
	}
	if (data < 0)
		return dsync_error_set_errno(err, (int)-data, "cannot find the holes of the file");
	if ((uint64_t)data >= end)
		return 0;
	*start = (uint64_t)data;
	hole = dsync_sys_seek_hole(fd, *start);
	if (hole < 0)
		return dsync_error_set_errno(err, (int)-hole, "cannot find the holes of the file");
	if ((uint64_t)hole < end)
		*stop = (uint64_t)hole;
	return 0;
}

static int
copy_by_hand(const struct dsync__copy *copy, uint64_t done, uint64_t stop, struct dsync_error *err)
{
	while (done < stop) {
		size_t size = stop - done < DSYNC__PIECE_SIZE ? (size_t)(stop - done) : DSYNC__PIECE_SIZE;
		int rc;

		rc = dsync_sys_pread_all(copy->src, copy->buf, size, copy->src_offset + done);
		if (rc == -ENODATA)
			return dsync_error_set(
				err, DSYNC_ERR_CHANGED, "", "the file became shorter while it was copied");
		if (rc < 0)
			return dsync_error_set_errno(err, -rc, "cannot read the file that is copied");
		rc = dsync_sys_pwrite_all(copy->dst, copy->buf, size, copy->dst_offset + done);
		if (rc < 0)
			return dsync_error_set_errno(err, -rc, "cannot write the copy");
		done += size;
	}
	return 0;
}

/* Failures that say "not these two files" or "not in this kernel", not "not at all". */
static bool
is_unsupported(ssize_t rc)
{
	return rc == -ENOSYS || rc == -ENOTSUP || rc == -EOPNOTSUPP || rc == -EINVAL || rc == -EXDEV || rc == -EBADF ||
		rc == -EPERM;
}

/* [done, stop) of the stretch, all of it data. */
static int
copy_data(const struct dsync__copy *copy, uint64_t done, uint64_t stop, struct dsync_error *err)
{
	while (done < stop) {
		uint64_t left = stop - done;
		ssize_t copied;

		copied = dsync_sys_copy_range(copy->src, copy->src_offset + done, copy->dst, copy->dst_offset + done,
			left < KERNEL_PIECE_SIZE ? (size_t)left : KERNEL_PIECE_SIZE);
		/* Some file systems answer 0 where there is more; reading tells. */
		if (copied == 0 || is_unsupported(copied))
			return copy_by_hand(copy, done, stop, err);
		if (copied < 0)
			return dsync_error_set_errno(err, (int)-copied, "cannot copy inside the kernel");
		done += (uint64_t)copied;
	}
	return 0;
}

int
dsync__copy_bytes(const struct dsync__copy *copy, struct dsync_error *err)
{
	uint64_t end = copy->src_offset + copy->size;
	uint64_t offset = copy->src_offset;
	uint64_t start, stop;
	int rc;

	while (offset < end) {
		rc = dsync__copy_next_data(copy->src, offset, end, &start, &stop, err);
		if (rc == 0)
			rc = copy_data(copy, start - copy->src_offset, stop - copy->src_offset, err);
		if (rc < 0)
			return rc;
		offset = stop;
	}
	return 0;
}
