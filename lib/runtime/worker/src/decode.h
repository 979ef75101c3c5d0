/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * decode.h - bytes of a source, decompressed or summed up while they pass.
 *
 * A decoding pulls from a function or from another decoding below it, takes from there exactly the bytes it
 * needs, and holds at most DSYNC_DECODE_BUFFER_SIZE bytes of its own output.
 *
 *	struct dsync_decode *d = dsync_decode_open(DSYNC_DECODE_GZIP, read, user);
 *	while ((n = dsync_decode_next(d, &view)) > 0)
 *		dsync_decode_take(d, use(view));
 *	if (n < 0)
 *		... dsync_decode_why(d) ...
 *	dsync_decode_close(d);
 *
 * The end is 0 only where the format says that it is the end: data that breaks off, and bytes behind the end, are errors.
 * Several gzip members, zstd frames and xz streams in a row are one stream, as for gzip, zstd and xz.  Nothing is
 * ever allocated on the word of the input beyond DSYNC_DECODE_MEMORY_MAX.  No system calls but for memory.
 */
#ifndef WORKER_DECODE_H
#define WORKER_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "dotsync/view.h"

#define DSYNC_DECODE_BUFFER_SIZE 61440u
#define DSYNC_DECODE_WINDOW_LOG 27 /* of zstd: what zstd itself takes without being asked */
#define DSYNC_DECODE_MEMORY_MAX ((UINT64_C(1) << DSYNC_DECODE_WINDOW_LOG) + (UINT64_C(4) << 20)) /* of one decoder */
#define DSYNC_DECODE_SUM_MAX 32u

/* Numbers of the guest contract dotsync.decode.v1. */
enum dsync_decode_kind {
	DSYNC_DECODE_PLAIN = 0,   /* as it is */
	DSYNC_DECODE_GZIP = 1,    /* RFC 1952 */
	DSYNC_DECODE_ZSTD = 2,    /* RFC 8878 */
	DSYNC_DECODE_XZ = 3,      /* the .xz format, not .lzma */
	DSYNC_DECODE_DEFLATE = 4, /* RFC 1951; ends with its last block, whatever follows */
	DSYNC_DECODE_SHA256 = 5,  /* as it is; the sum is of what was taken */
	DSYNC_DECODE_CRC32 = 6,   /* the same; 4 bytes, little-endian */
};

struct dsync_decode;

/* Up to `size` bytes from `offset` on, which only grows; 0 at the end, or a negative number of the guest contracts. */
typedef int64_t dsync_decode_read(void *user, uint64_t offset, unsigned char *out, size_t size);

/* NULL for an unknown kind or without memory. */
struct dsync_decode *dsync_decode_open(int32_t kind, dsync_decode_read *read, void *user);

/* The same over another one, which must outlive it.  What is taken from either is gone for the other. */
struct dsync_decode *dsync_decode_open_over(int32_t kind, struct dsync_decode *lower);

void dsync_decode_close(struct dsync_decode *d);

/*
 * The bytes that are next, at least one; 0 at the end; or the source's number, INVAL (not such data), LIMIT (wants too much
 * memory), which every further call repeats.  The view lives until the next call.
 */
int64_t dsync_decode_next(struct dsync_decode *d, struct dsync_view *view);

/* The same with at least `size` bytes (at most the buffer's size) where so many follow. */
int64_t dsync_decode_peek(struct dsync_decode *d, size_t size, struct dsync_view *view);

/* Passes over bytes of the last view. */
void dsync_decode_take(struct dsync_decode *d, size_t size);

/* Bytes taken so far. */
uint64_t dsync_decode_position(const struct dsync_decode *d);

/* The sum of what was taken so far; its size, 0 for kinds without one. */
size_t dsync_decode_sum(const struct dsync_decode *d, unsigned char out[DSYNC_DECODE_SUM_MAX]);

/* Why the data was refused, in words; "" where nothing was. */
const char *dsync_decode_why(const struct dsync_decode *d);

#endif
