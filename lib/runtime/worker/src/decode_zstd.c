/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <zstd.h>
#include <zstd_errors.h>

#include "decode.h"
#include "decode_engine.h"

static void *
open_zstd(void)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();

	if (z != NULL && ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, DSYNC_DECODE_WINDOW_LOG))) {
		ZSTD_freeDCtx(z);
		return NULL;
	}
	return z;
}

static void
close_zstd(void *state)
{
	ZSTD_freeDCtx(state);
}

static enum dsync_decode_step
step(void *state, struct dsync_decode_piece *piece)
{
	ZSTD_inBuffer in = { piece->in, piece->in_size, 0 };
	ZSTD_outBuffer out = { piece->out, piece->out_size, 0 };
	size_t left = ZSTD_decompressStream(state, &out, &in);

	piece->used = in.pos;
	piece->made = out.pos;
	if (!ZSTD_isError(left))
		return left == 0 ? DSYNC_STEP_END : DSYNC_STEP_MORE;
	piece->why = ZSTD_getErrorName(left);
	switch (ZSTD_getErrorCode(left)) {
	case ZSTD_error_frameParameter_windowTooLarge:
	case ZSTD_error_memory_allocation:
		return DSYNC_STEP_MEMORY;
	default:
		return DSYNC_STEP_BAD;
	}
}

const struct dsync_decode_engine dsync_decode_zstd = { "zstd", true, open_zstd, close_zstd, step };
