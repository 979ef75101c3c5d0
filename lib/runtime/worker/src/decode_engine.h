/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * decode_engine.h - one compressed format, behind decode.c.
 *
 * An engine is fed pieces and writes pieces.  It never takes more input than the format has, so that what
 * follows stays for others.
 */
#ifndef WORKER_DECODE_ENGINE_H
#define WORKER_DECODE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

enum dsync_decode_step {
	DSYNC_STEP_MORE,   /* goes on */
	DSYNC_STEP_END,    /* the end of a member, frame or stream */
	DSYNC_STEP_BAD,    /* not such data; `why` says what */
	DSYNC_STEP_MEMORY, /* wants more memory than there is for it */
};

/* What one step may use and make, and what it did. */
struct dsync_decode_piece {
	const unsigned char *in;
	size_t in_size;
	bool last; /* no more input will come */
	unsigned char *out;
	size_t out_size;

	size_t used, made;
	const char *why; /* static text, or NULL */
};

struct dsync_decode_engine {
	const char *name;
	bool many; /* another may follow the end of one */
	void *(*open)(void);
	void (*close)(void *state);
	enum dsync_decode_step (*step)(void *state, struct dsync_decode_piece *piece);
};

extern const struct dsync_decode_engine dsync_decode_gzip;
extern const struct dsync_decode_engine dsync_decode_deflate;
extern const struct dsync_decode_engine dsync_decode_zstd;
extern const struct dsync_decode_engine dsync_decode_xz;

#endif
