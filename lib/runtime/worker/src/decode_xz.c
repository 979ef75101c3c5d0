/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>

#include <lzma.h>

#include "decode.h"
#include "decode_engine.h"

static void *
open_xz(void)
{
	static const lzma_stream begin = LZMA_STREAM_INIT;
	lzma_stream *xz = malloc(sizeof(*xz));

	if (xz == NULL)
		return NULL;
	*xz = begin;
	if (lzma_stream_decoder(xz, DSYNC_DECODE_MEMORY_MAX, LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK) !=
		LZMA_OK) {
		free(xz);
		return NULL;
	}
	return xz;
}

static void
close_xz(void *state)
{
	lzma_end(state);
	free(state);
}

static enum dsync_decode_step
step(void *state, struct dsync_decode_piece *piece)
{
	lzma_stream *xz = state;
	lzma_ret rc;

	xz->next_in = piece->in;
	xz->avail_in = piece->in_size;
	xz->next_out = piece->out;
	xz->avail_out = piece->out_size;
	rc = lzma_code(xz, piece->last ? LZMA_FINISH : LZMA_RUN);
	piece->used = piece->in_size - xz->avail_in;
	piece->made = piece->out_size - xz->avail_out;
	switch (rc) {
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* nothing could be done with what there was */
		return DSYNC_STEP_MORE;
	case LZMA_STREAM_END:
		return DSYNC_STEP_END;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR:
		return DSYNC_STEP_MEMORY;
	case LZMA_UNSUPPORTED_CHECK:
		piece->why = "its check is of an unknown kind";
		return DSYNC_STEP_BAD;
	default:
		return DSYNC_STEP_BAD;
	}
}

const struct dsync_decode_engine dsync_decode_xz = { "xz", false, open_xz, close_xz, step };
