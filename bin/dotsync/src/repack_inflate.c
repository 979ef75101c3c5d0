/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "repack_inflate.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/sys.h"

#define PIECE_SIZE 65536

struct inflate {
	int fd;
	const struct dsync_zip_entry *entry;
	z_stream stream;
	uint64_t taken; /* of the stored bytes */
	uint64_t given; /* of the inflated ones */
	bool ended;
	unsigned char piece[PIECE_SIZE];
};

int
inflate_open(struct inflate **out, int fd, const struct dsync_zip_entry *entry, struct dsync_error *err)
{
	struct inflate *in = calloc(1, sizeof(*in));

	*out = NULL;
	if (in == NULL)
		return dsync_error_set_memory(err);
	in->fd = fd;
	in->entry = entry;
	if (inflateInit2(&in->stream, -MAX_WBITS) != Z_OK) { /* raw: ZIP has no header around it */
		free(in);
		return dsync_error_set_memory(err);
	}
	*out = in;
	return 0;
}

void
inflate_close(struct inflate *in)
{
	if (in == NULL)
		return;
	inflateEnd(&in->stream);
	free(in);
}

static int
refuse(const struct inflate *in, const char *what, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_CORRUPT, "Z28", "%s", what);
	dsync_error_at_entry(err, in->entry->name, strlen(in->entry->name));
	dsync_error_at_offset(err, in->entry->data_offset);
	dsync_error_expected(
		err, "%" PRIu64 " bytes of %" PRIu64 " stored ones", in->entry->size, in->entry->stored_size);
	dsync_error_found(err, "%" PRIu64 " of %" PRIu64, in->given, in->taken - in->stream.avail_in);
	return DSYNC_ERR_CORRUPT;
}

static int
refill(struct inflate *in, struct dsync_error *err)
{
	uint64_t left = in->entry->stored_size - in->taken;
	size_t size = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;
	int rc;

	if (in->stream.avail_in > 0 || size == 0)
		return 0;
	rc = dsync_sys_pread_all(in->fd, in->piece, size, in->entry->data_offset + in->taken);
	if (rc == -ENODATA)
		return dsync_error_set(err, DSYNC_ERR_CHANGED, "", "the file was cut off while it was read");
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot read the payload");
	in->taken += size;
	in->stream.next_in = in->piece;
	in->stream.avail_in = (uInt)size;
	return 0;
}

static int
step(struct inflate *in, void *buf, size_t size, struct dsync_error *err)
{
	int rc;

	rc = refill(in, err);
	if (rc < 0)
		return rc;
	in->stream.next_out = buf;
	in->stream.avail_out = (uInt)size;
	rc = inflate(&in->stream, Z_NO_FLUSH);
	in->given += size - in->stream.avail_out;
	if (rc == Z_MEM_ERROR)
		return dsync_error_set_memory(err);
	in->ended = rc == Z_STREAM_END;
	if (in->given > in->entry->size)
		return refuse(in, "the compressed data hold more than was said", err);
	if (rc == Z_BUF_ERROR)
		return refuse(in, "the compressed data are cut off", err);
	if (rc != Z_OK && rc != Z_STREAM_END)
		return refuse(in, "the compressed data are damaged", err);
	if (in->ended && (in->given != in->entry->size || in->taken - in->stream.avail_in != in->entry->stored_size))
		return refuse(in, "the compressed data end too early", err);
	return 0;
}

int64_t
inflate_read(struct inflate *in, void *buf, size_t size, struct dsync_error *err)
{
	uint64_t before = in->given;
	int rc;

	if (size > UINT_MAX)
		size = UINT_MAX;
	while (!in->ended && in->given == before) {
		rc = step(in, buf, size, err);
		if (rc < 0)
			return rc;
	}
	return (int64_t)(in->given - before);
}
