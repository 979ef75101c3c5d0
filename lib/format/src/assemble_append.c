/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The payload's bytes, from memory, a file, a pipe, a callback, the base. */
#include <errno.h>
#include <string.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"

/* After so many bytes the disk is set to work, beside ours; also what the kernel copies before progress is told. */
#define STRETCH_SIZE (UINT64_C(16) << 20)

#define SOURCE_PIECE (64u * 1024u) /* divides DSYNC_ASSEMBLY_PIECE_MAX */

/* Counts bytes that are in place. */
static int
advance(struct dsync_assembly *a, uint64_t size, struct dsync_error *err)
{
	uint64_t start = a->size - a->size % STRETCH_SIZE;

	a->size += size;
	a->is_base_payload = false;
	if (a->size - start >= STRETCH_SIZE)
		dsync_sys_start_writeback(a->fd, a->place + start, a->size - start);
	return dsync__assembly_report(a, err);
}

size_t
dsync_assembly_piece(const struct dsync_assembly *a)
{
	return DSYNC__PIECE_SIZE - (size_t)((a->place + a->size) % DSYNC__PIECE_SIZE);
}

/* Hashes and writes one piece while it is in the processor's cache. */
static int
put_piece(struct dsync_assembly *a, const void *data, size_t size, struct dsync_error *err)
{
	int rc;

	rc = dsync__assembly_check_room(a, size > UINT64_MAX - a->size ? UINT64_MAX : a->size + size, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_pwrite_all(a->fd, data, size, a->place + a->size);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot write the payload");
	dsync__assembly_hash(a, data, size);
	return advance(a, size, err);
}

int
dsync_assembly_append(struct dsync_assembly *a, const void *data, size_t size, struct dsync_error *err)
{
	const unsigned char *place = data;
	int rc = 0;

	if (a->crc_size < a->size)
		rc = dsync__assembly_catch_up(a, true, err);
	while (rc == 0 && size > 0) {
		size_t piece = dsync_assembly_piece(a);

		piece = size < piece ? size : piece;
		rc = put_piece(a, place, piece, err);
		place += piece;
		size -= piece;
	}
	return rc;
}

/*
 * What is read, summed and written in one go should stay in a core's own cache: with larger pieces a copy in memory takes a tenth longer.
 * A disk would like them larger by about as much, but there is more time to lose there.
 */
static size_t
source_piece(const struct dsync_assembly *a)
{
	return SOURCE_PIECE - (size_t)((a->place + a->size) % SOURCE_PIECE);
}

int
dsync__assembly_append_source(
	struct dsync_assembly *a, dsync_builder_source *source, void *user, struct dsync_error *err)
{
	int64_t size;
	int rc = 0;

	if (a->crc_size < a->size)
		rc = dsync__assembly_catch_up(a, true, err);
	while (rc == 0) {
		size = source(user, a->piece, source_piece(a));
		if (size <= 0)
			return (int)size;
		rc = put_piece(a, a->piece, (size_t)size, err);
	}
	return rc;
}

/* A stretch of a file, or a pipe, as a source. */
struct feed {
	int fd;
	bool is_pipe;
	uint64_t offset;
	uint64_t stop;
	int rc; /* negative errno of a failed read */
};

static int64_t
read_feed(void *user, void *buf, size_t size)
{
	struct feed *f = user;
	ssize_t got;

	if (f->is_pipe) {
		got = dsync_sys_read(f->fd, buf, size);
	} else {
		if (size > f->stop - f->offset)
			size = (size_t)(f->stop - f->offset);
		got = size > 0 ? dsync_sys_pread(f->fd, buf, size, f->offset) : 0;
		if (got == 0 && size > 0)
			got = -ENODATA;
	}
	if (got < 0) {
		f->rc = (int)got;
		return DSYNC_ERR_SYSTEM;
	}
	f->offset += (uint64_t)got;
	return got;
}

static int
refuse_changed(struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_CHANGED, "", "the payload's file changed while it was read");

	dsync_error_hint(err, "try again when nobody writes it");
	return rc;
}

static int
append_feed(struct dsync_assembly *a, struct feed *f, struct dsync_error *err)
{
	int rc = dsync__assembly_append_source(a, read_feed, f, err);

	if (f->rc == -ENODATA)
		return refuse_changed(err);
	if (f->rc < 0)
		return dsync_error_set_errno(err, -f->rc, "cannot read the payload");
	return rc;
}

/* A hole: nothing to write, zeros to hash. */
static int
append_hole(struct dsync_assembly *a, uint64_t size, struct dsync_error *err)
{
	int rc = dsync__assembly_check_room(a, a->size + size, err);

	memset(a->piece, 0, DSYNC__PIECE_SIZE);
	while (rc == 0 && size > 0) {
		size_t piece = size < DSYNC__PIECE_SIZE ? (size_t)size : DSYNC__PIECE_SIZE;

		dsync__assembly_hash(a, a->piece, piece);
		a->size += piece;
		size -= piece;
		rc = dsync__assembly_report(a, err);
	}
	return rc;
}

/* Makes the file as long as the payload, where that ends in a hole. */
static int
extend(struct dsync_assembly *a, struct dsync_error *err)
{
	struct stat st;
	int rc;

	rc = dsync_sys_fstat(a->fd, &st);
	if (rc == 0 && (uint64_t)st.st_size < a->place + a->size)
		rc = dsync_sys_ftruncate(a->fd, a->place + a->size);
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot make the new file as long as the payload") : 0;
}

/* Reserves disk for the data, not the holes, of [offset, end) of a file, so that a full disk is found before the work. */
static int
reserve_data(struct dsync_assembly *a, int fd, uint64_t offset, uint64_t end, struct dsync_error *err)
{
	uint64_t base = a->place + a->size - offset;
	uint64_t start, stop;
	int rc;

	while (offset < end) {
		rc = dsync__copy_next_data(fd, offset, end, &start, &stop, err);
		if (rc < 0)
			return rc;
		rc = start < stop ? dsync_sys_fallocate(a->fd, base + start, stop - start) : 0;
		if (rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG)
			return dsync_error_set_errno(err, -rc, "no room for the payload");
		offset = stop;
	}
	return 0;
}

/* [offset, end) of a file, read and hashed as it goes. */
static int
append_stretches(struct dsync_assembly *a, int fd, uint64_t offset, uint64_t end, struct dsync_error *err)
{
	uint64_t start, stop;
	int rc;

	rc = reserve_data(a, fd, offset, end, err);
	while (rc == 0 && offset < end) {
		rc = dsync__copy_next_data(fd, offset, end, &start, &stop, err);
		if (rc == 0 && start > offset)
			rc = append_hole(a, start - offset, err);
		if (rc == 0 && stop > start) {
			struct feed f = { .fd = fd, .offset = start, .stop = stop };

			rc = append_feed(a, &f, err);
		}
		offset = stop;
	}
	return rc == 0 ? extend(a, err) : rc;
}

static int
append_file(struct dsync_assembly *a, int fd, const struct stat *before, struct dsync_error *err)
{
	uint64_t size = (uint64_t)before->st_size;
	struct dsync__copy copy = { fd, 0, a->fd, a->place + a->size, size, a->piece };
	uint64_t shared;
	struct stat after;
	int rc;

	rc = dsync__assembly_check_room(a, size > UINT64_MAX - a->size ? UINT64_MAX : a->size + size, err);
	if (rc < 0)
		return rc;
	shared = dsync__copy_share(&copy);
	a->size += shared;
	a->is_base_payload = a->is_base_payload && shared == 0;
	rc = dsync__assembly_catch_up(a, true, err);
	if (rc == 0)
		rc = append_stretches(a, fd, shared, size, err);
	if (rc < 0)
		return rc;

	rc = dsync_sys_fstat(fd, &after);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the payload's file");
	if (after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
		after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return refuse_changed(err);
	return 0;
}

int
dsync_assembly_append_fd(struct dsync_assembly *a, int fd, struct dsync_error *err)
{
	struct feed pipe = { .fd = fd, .is_pipe = true };
	struct stat st;
	int rc;

	rc = dsync_sys_fstat(fd, &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the payload's file");
	if (S_ISREG(st.st_mode) && st.st_size > 0) /* some of /proc say 0 and are not empty */
		return append_file(a, fd, &st, err);
	return append_feed(a, &pipe, err);
}

/* What lies behind the end of a file reads as a hole, so a base that was cut is told by its size alone. */
static int
check_base_size(const struct dsync_assembly *a, uint64_t end, struct dsync_error *err)
{
	struct stat st;
	int rc;

	rc = dsync_sys_fstat(a->base->fd, &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the older version");
	if ((uint64_t)st.st_size >= end)
		return 0;
	return dsync_error_set(err, DSYNC_ERR_CHANGED, "Z30", "the archive became shorter while it was read");
}

/* The rest of the base's range that could not be shared. */
static int
copy_base(struct dsync_assembly *a, uint64_t offset, uint64_t end, struct dsync_error *err)
{
	uint64_t payload = a->base->payload->data_offset;
	int rc;

	rc = reserve_data(a, a->base->fd, payload + offset, payload + end, err);
	while (rc == 0 && offset < end) {
		uint64_t size = end - offset < STRETCH_SIZE ? end - offset : STRETCH_SIZE;
		struct dsync__copy copy = { a->base->fd, payload + offset, a->fd, a->place + a->size, size, a->piece };

		rc = dsync__copy_bytes(&copy, err);
		if (rc == 0)
			rc = advance(a, size, err);
		offset += size;
	}
	if (rc == 0)
		rc = check_base_size(a, payload + end, err);
	return rc == 0 ? extend(a, err) : rc;
}

int
dsync_assembly_append_base(struct dsync_assembly *a, uint64_t offset, uint64_t size, struct dsync_error *err)
{
	struct dsync__copy copy = { .dst = a->fd, .dst_offset = a->place + a->size, .size = size };
	bool whole;
	uint64_t shared;
	int rc;

	if (a->base == NULL)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "there is no older version to take from");
	if (offset > a->base->payload->size || size > a->base->payload->size - offset)
		return dsync_error_set(err, DSYNC_ERR_BOUNDS, "", "outside of the older version's payload");
	rc = dsync__assembly_check_room(a, size > UINT64_MAX - a->size ? UINT64_MAX : a->size + size, err);
	if (rc < 0)
		return rc;

	whole = a->size == 0 && size == a->base->payload->size;
	copy.src = a->base->fd;
	copy.src_offset = a->base->payload->data_offset + offset;
	shared = dsync__copy_share(&copy);
	a->size += shared;
	rc = copy_base(a, offset + shared, offset + size, err);
	if (rc < 0)
		return rc;
	a->is_base_payload = whole || (size == 0 && a->is_base_payload);
	if (whole) {
		a->crc = a->base->payload->crc32;
		a->crc_size = a->size;
	}
	return 0;
}
