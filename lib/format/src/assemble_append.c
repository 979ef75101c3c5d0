/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The payload's bytes, from memory, a file, a pipe, a callback, the base. */
#include <errno.h>
#include <string.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"

/* How much the kernel copies before progress is told. */
#define STRETCH_SIZE (UINT64_C(64) << 20)

/* The two halves of the work on one piece. */
struct piece {
	struct dsync_assembly *a;
	const unsigned char *data;
	size_t size;
	dsync_builder_source *source; /* of the next piece; NULL: there is none */
	void *user;
	unsigned char *next;
	int64_t next_size;            /* as the source said */
	int rc;                       /* of writing */
};

static void
hash_piece(void *arg)
{
	struct piece *p = arg;

	dsync__assembly_hash(p->a, p->data, p->size);
}

static void
write_piece(void *arg)
{
	struct piece *p = arg;

	p->rc = dsync_sys_pwrite_all(p->a->fd, p->data, p->size, p->a->place + p->a->size);
	p->next_size = 0;
	if (p->rc == 0 && p->source != NULL)
		p->next_size = p->source(p->user, p->next, DSYNC__PIECE_SIZE);
}

/* Hashes and writes one piece, side by side if the caller lent us a thread. */
static int
put_piece(struct dsync_assembly *a, struct piece *p, struct dsync_error *err)
{
	int rc;

	rc = dsync__assembly_check_room(a, p->size > UINT64_MAX - a->size ? UINT64_MAX : a->size + p->size, err);
	if (rc < 0)
		return rc;
	if (a->parallel != NULL) {
		a->parallel(a->parallel_user, hash_piece, p, write_piece, p);
	} else {
		hash_piece(p);
		write_piece(p);
	}
	if (p->rc < 0) {
		dsync__assembly_forget_hashes(a);
		return dsync_error_set_errno(err, -p->rc, "cannot write the payload");
	}
	a->size += p->size;
	a->is_base_payload = false;
	return dsync__assembly_report(a, err);
}

int
dsync_assembly_append(struct dsync_assembly *a, const void *data, size_t size, struct dsync_error *err)
{
	struct piece piece = { .a = a, .data = data, .size = size };
	int rc = 0;

	if (size == 0)
		return 0;
	if (a->crc_size < a->size)
		rc = dsync__assembly_catch_up(a, true, err);
	return rc == 0 ? put_piece(a, &piece, err) : rc;
}

int
dsync__assembly_append_source(struct dsync_assembly *a, dsync_builder_source *source, void *user, struct dsync_error *err)
{
	struct piece p = { .a = a, .source = source, .user = user };
	unsigned char *current = a->pieces;
	int64_t size;
	int rc = 0;

	if (a->crc_size < a->size)
		rc = dsync__assembly_catch_up(a, true, err);
	if (rc < 0)
		return rc;
	size = source(user, current, DSYNC__PIECE_SIZE);
	while (size > 0) {
		p.data = current;
		p.size = (size_t)size;
		p.next = current == a->pieces ? a->pieces + DSYNC__PIECE_SIZE : a->pieces;
		rc = put_piece(a, &p, err);
		if (rc < 0)
			return rc;
		current = p.next;
		size = p.next_size;
	}
	return size < 0 ? (int)size : 0;
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

	memset(a->pieces, 0, DSYNC__PIECE_SIZE);
	while (rc == 0 && size > 0) {
		size_t piece = size < DSYNC__PIECE_SIZE ? (size_t)size : DSYNC__PIECE_SIZE;

		dsync__assembly_hash(a, a->pieces, piece);
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
	struct dsync__copy copy = { fd, 0, a->fd, a->place + a->size, size, a->pieces };
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

/* The rest of the base's range that could not be shared. */
static int
copy_base(struct dsync_assembly *a, uint64_t offset, uint64_t end, struct dsync_error *err)
{
	uint64_t payload = a->base->payload->data_offset;
	int rc;

	rc = reserve_data(a, a->base->fd, payload + offset, payload + end, err);
	while (rc == 0 && offset < end) {
		uint64_t size = end - offset < STRETCH_SIZE ? end - offset : STRETCH_SIZE;
		struct dsync__copy copy = { a->base->fd, payload + offset, a->fd, a->place + a->size, size, a->pieces };

		rc = dsync__copy_bytes(&copy, err);
		if (rc == 0) {
			a->size += size;
			offset += size;
			rc = dsync__assembly_report(a, err);
		}
	}
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
