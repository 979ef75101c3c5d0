/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* gzip, and the bare deflate of ZIP members. */
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "decode_engine.h"

#define WINDOW_BITS 15
#define WITH_GZIP 16

struct inflater {
	z_stream stream;
	bool ended; /* a member: what comes next begins another */
};

static void *
open_bits(int bits)
{
	struct inflater *z = calloc(1, sizeof(*z));

	if (z != NULL && inflateInit2(&z->stream, bits) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static void *
open_gzip(void)
{
	return open_bits(WINDOW_BITS + WITH_GZIP);
}

static void *
open_deflate(void)
{
	return open_bits(-WINDOW_BITS);
}

static void
close_inflater(void *state)
{
	struct inflater *z = state;

	inflateEnd(&z->stream);
	free(z);
}

static enum dsync_decode_step
step(void *state, struct dsync_decode_piece *piece)
{
	struct inflater *z = state;
	int rc;

	if (z->ended)
		inflateReset(&z->stream);
	z->ended = false;
	z->stream.next_in = piece->in;
	z->stream.avail_in = (uInt)piece->in_size;
	z->stream.next_out = piece->out;
	z->stream.avail_out = (uInt)piece->out_size;
	rc = inflate(&z->stream, Z_NO_FLUSH);
	piece->used = piece->in_size - z->stream.avail_in;
	piece->made = piece->out_size - z->stream.avail_out;
	piece->why = z->stream.msg;
	switch (rc) {
	case Z_OK:
	case Z_BUF_ERROR: /* nothing could be done with what there was */
		return DSYNC_STEP_MORE;
	case Z_STREAM_END:
		z->ended = true;
		return DSYNC_STEP_END;
	case Z_MEM_ERROR:
		return DSYNC_STEP_MEMORY;
	default:
		return DSYNC_STEP_BAD;
	}
}

const struct dsync_decode_engine dsync_decode_gzip = { "gzip", true, open_gzip, close_inflater, step };
const struct dsync_decode_engine dsync_decode_deflate = { "deflate", false, open_deflate, close_inflater, step };
