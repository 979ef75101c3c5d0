/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "wasi_world.h"

#include "ticks.h"

#define VECTORS_MAX 1024
#define VECTOR_SIZE 8
#define LOG_INFO 1

int64_t
dsync_wasi_error(int64_t value)
{
	switch (value) {
	case DSYNC_GUEST_ERR_FAULT:
		return DSYNC_WASI_FAULT;
	case DSYNC_GUEST_ERR_INVAL:
		return DSYNC_WASI_INVAL;
	case DSYNC_GUEST_ERR_NOENT:
		return DSYNC_WASI_NOENT;
	case DSYNC_GUEST_ERR_DENIED:
		return DSYNC_WASI_ACCES;
	case DSYNC_GUEST_ERR_LIMIT:
		return DSYNC_WASI_FBIG;
	default:
		return DSYNC_WASI_IO;
	}
}

/* The guest's vectors: addresses and sizes, all checked before any byte moves. */
struct vectors {
	const unsigned char *data; /* in the guest's memory */
	uint32_t count;
	uint64_t total;
};

static uint32_t
vector_size(const struct vectors *vectors, uint32_t i)
{
	return dsync_wasi_get32(vectors->data + (uint64_t)i * VECTOR_SIZE + 4);
}

static unsigned char *
vector_data(struct dsync_guest *guest, const struct vectors *vectors, uint32_t i)
{
	int32_t address = (int32_t)dsync_wasi_get32(vectors->data + (uint64_t)i * VECTOR_SIZE);

	return dsync_guest_range(guest, address, vector_size(vectors, i));
}

static int64_t
take_vectors(struct dsync_guest *guest, const wasmtime_val_raw_t *v, struct vectors *vectors)
{
	uint32_t i;

	vectors->count = (uint32_t)v[1].i32;
	vectors->total = 0;
	if (vectors->count > VECTORS_MAX)
		return DSYNC_WASI_INVAL;
	vectors->data = dsync_guest_range(guest, v[0].i32, (uint64_t)vectors->count * VECTOR_SIZE);
	if (vectors->data == NULL)
		return DSYNC_WASI_FAULT;
	for (i = 0; i < vectors->count; i++) {
		if (vector_data(guest, vectors, i) == NULL)
			return DSYNC_WASI_FAULT;
		vectors->total += vector_size(vectors, i);
	}
	return vectors->total <= UINT32_MAX ? DSYNC_WASI_SUCCESS : DSYNC_WASI_INVAL;
}

/*
 * What is read may land on the vectors themselves: each is checked again when its turn comes, and one that is no longer
 * inside the memory ends the reading.
 */
static int64_t
read_at(struct dsync_guest *guest, const struct dsync_guest_fd *fd, const struct vectors *vectors, uint64_t offset,
	uint64_t *done)
{
	unsigned char *out;
	uint32_t i, size;
	int64_t n;

	*done = 0;
	if (fd->source < 0)
		return DSYNC_WASI_SUCCESS;
	for (i = 0; i < vectors->count && !dsync_ticks_expired(); i++) {
		size = vector_size(vectors, i);
		out = vector_data(guest, vectors, i);
		if (out == NULL)
			break;
		n = dsync_guest_read(guest, DSYNC_CALL_READ, fd->source, offset + *done, out, size);
		if (n < 0)
			return *done > 0 ? DSYNC_WASI_SUCCESS : dsync_wasi_error(n);
		*done += (uint64_t)n;
		if ((uint64_t)n < size)
			break;
	}
	return DSYNC_WASI_SUCCESS;
}

/* What is open but cannot do what is asked: a folder says so, everything else was not opened for it. */
static int64_t
refuse_fd(const struct dsync_guest_fd *fd)
{
	return fd != NULL && fd->kind == DSYNC_FD_FOLDER ? DSYNC_WASI_ISDIR : DSYNC_WASI_BADF;
}

static bool
is_readable(const struct dsync_guest_fd *fd)
{
	return fd != NULL && (fd->kind == DSYNC_FD_INPUT || fd->kind == DSYNC_FD_FILE);
}

static bool
is_writable(const struct dsync_guest_fd *fd)
{
	return fd != NULL && (fd->kind == DSYNC_FD_OUTPUT || fd->kind == DSYNC_FD_LOG);
}

DSYNC_WASI_FUNCTION(fd_read)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[3].i32, 4);
	struct vectors vectors;
	uint64_t done;
	int64_t rc;

	if (!is_readable(fd))
		return refuse_fd(fd);
	rc = take_vectors(guest, v + 1, &vectors);
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	rc = read_at(guest, fd, &vectors, fd->position, &done);
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	fd->position += done;
	dsync_wasi_put32(out, (uint32_t)done);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_pread)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[4].i32, 4);
	struct vectors vectors;
	uint64_t done;
	int64_t rc;

	if (!is_readable(fd))
		return refuse_fd(fd);
	if (fd->kind != DSYNC_FD_FILE)
		return DSYNC_WASI_SPIPE;
	rc = take_vectors(guest, v + 1, &vectors);
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	if (v[3].i64 < 0 || v[3].i64 > INT64_MAX - UINT32_MAX)
		return DSYNC_WASI_INVAL;
	rc = read_at(guest, fd, &vectors, (uint64_t)v[3].i64, &done);
	if (rc == DSYNC_WASI_SUCCESS)
		dsync_wasi_put32(out, (uint32_t)done);
	return rc;
}

/*
 * The log never fails; what is over its limit is counted.  A pushed payload's output is not stored.  After a write that failed
 * the guest's output is not whole, whatever it says afterwards.
 */
static int64_t
write_bytes(struct dsync_guest *guest, const struct dsync_guest_fd *fd, const unsigned char *data, uint32_t size)
{
	int64_t value;

	if (fd->kind == DSYNC_FD_LOG) {
		dsync_guest_log(guest, LOG_INFO, data, size);
		return 0;
	}
	if (size == 0 || guest->job.push)
		return 0;
	value = dsync_guest_send(guest, DSYNC_CALL_WRITE, data, size);
	if (value < 0) {
		guest->write_failed = true;
		return value;
	}
	guest->has_written = true;
	guest->written += size;
	return 0;
}

DSYNC_WASI_FUNCTION(fd_write)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[3].i32, 4);
	struct vectors vectors;
	uint32_t i;
	int64_t rc;

	if (!is_writable(fd))
		return DSYNC_WASI_BADF;
	rc = take_vectors(guest, v + 1, &vectors);
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	for (i = 0; i < vectors.count; i++) {
		if (dsync_ticks_expired())
			return DSYNC_WASI_INTR;
		rc = write_bytes(guest, fd, vector_data(guest, &vectors, i), vector_size(&vectors, i));
		if (rc < 0)
			return dsync_wasi_error(rc);
	}
	dsync_wasi_put32(out, (uint32_t)vectors.total);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_pwrite)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);

	if (fd != NULL && fd->kind == DSYNC_FD_FILE)
		return DSYNC_WASI_ROFS;
	return is_writable(fd) ? DSYNC_WASI_SPIPE : refuse_fd(fd);
}

/* Where the file's end is, for SEEK_END. */
static int64_t
seek_base(struct dsync_guest *guest, const struct dsync_guest_fd *fd, int32_t whence)
{
	switch (whence) {
	case 0:
		return 0;
	case 1:
		return (int64_t)fd->position;
	default:
		return dsync_guest_ask(guest, DSYNC_CALL_SIZE, fd->source, 0, 0, NULL, 0);
	}
}

DSYNC_WASI_FUNCTION(fd_seek)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[3].i32, 8);
	int64_t base, target;

	if (fd == NULL || fd->kind == DSYNC_FD_FOLDER)
		return refuse_fd(fd);
	if (fd->kind != DSYNC_FD_FILE)
		return DSYNC_WASI_SPIPE;
	if (v[2].i32 < 0 || v[2].i32 > 2)
		return DSYNC_WASI_INVAL;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	base = seek_base(guest, fd, v[2].i32);
	if (base < 0)
		return dsync_wasi_error(base);
	if (__builtin_add_overflow(base, v[1].i64, &target) || target < 0 || target > INT64_MAX - UINT32_MAX)
		return DSYNC_WASI_INVAL;
	fd->position = (uint64_t)target;
	dsync_wasi_put64(out, fd->position);
	return DSYNC_WASI_SUCCESS;
}

DSYNC_WASI_FUNCTION(fd_tell)
{
	struct dsync_guest_fd *fd = dsync_wasi_fd(guest, v[0].i32);
	unsigned char *out = dsync_guest_range(guest, v[1].i32, 8);

	if (fd == NULL || fd->kind == DSYNC_FD_FOLDER)
		return refuse_fd(fd);
	if (fd->kind != DSYNC_FD_FILE)
		return DSYNC_WASI_SPIPE;
	if (out == NULL)
		return DSYNC_WASI_FAULT;
	dsync_wasi_put64(out, fd->position);
	return DSYNC_WASI_SUCCESS;
}
