/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-decode.h - the contract dotsync.decode.v1: decompress and sum up what an updater receives.
 *
 * An import module beside dotsync.v1 (dotsync.h), for C compiled to wasm32.  A stream stands over a source of dotsync.v1 (an
 * answer of which nothing was read, the old payload, the context) or over another stream, and is read in order:
 *
 *	int64_t packed = dotsync_decode_open(answer, DOTSYNC_SHA256);
 *	int64_t plain = dotsync_decode_open(packed, DOTSYNC_GZIP);
 *	if (dotsync_decode_copy(plain, -1) > 0 && dotsync_decode_sum(packed, sum, 32) == 32 && is_right(sum))
 *		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
 *
 * The work is done by dotsync, in the updater's own cage and on its own time.  A stream takes from below exactly the bytes that it needs:
 * behind a deflate stream that has ended, the stream below it goes on with what follows.  Numbers of errors are those of dotsync.h;
 * DOTSYNC_INVAL where the data is not what the stream is for, breaks off before its end, or is followed by something else; DOTSYNC_LIMIT
 * where it wants more memory than a decoder may take (128 MiB).  An error of the source comes through as it is.
 */
#ifndef DOTSYNC_GUEST_DECODE_H
#define DOTSYNC_GUEST_DECODE_H

#include <stdint.h>

enum {
	DOTSYNC_PLAIN = 0,   /* as it is, for peek() and position() */
	DOTSYNC_GZIP = 1,    /* several members in a row are one stream */
	DOTSYNC_ZSTD = 2,    /* several frames likewise; windows up to 128 MiB */
	DOTSYNC_XZ = 3,      /* several streams likewise */
	DOTSYNC_DEFLATE = 4, /* bare, as in ZIP; ends with its last block, whatever follows */
	DOTSYNC_SHA256 = 5,  /* as it is, and summed up */
	DOTSYNC_CRC32 = 6    /* the same; as in ZIP, little-endian */
};

#ifdef __wasm__
#define DOTSYNC_DECODE_IMPORT(name) __attribute__((import_module("dotsync.decode.v1"), import_name(#name))) extern
#else
#define DOTSYNC_DECODE_IMPORT(name) extern
#endif

/* A stream; its number is 1073741824 or more.  DOTSYNC_INVAL for an unknown source or kind, DOTSYNC_LIMIT past 8 open ones. */
DOTSYNC_DECODE_IMPORT(open) int64_t dotsync_decode_open(int32_t source, int32_t kind);

/* The next bytes, less than `size` only before the end or an error; 0 at the end. */
DOTSYNC_DECODE_IMPORT(read) int64_t dotsync_decode_read(int32_t stream, void *out, int32_t size);

/* The same bytes without passing over them; `size` is at most 61440. */
DOTSYNC_DECODE_IMPORT(peek) int64_t dotsync_decode_peek(int32_t stream, void *out, int32_t size);

/* Appends the next bytes to the new payload; len -1: all.  Returns their number, or the error, after which some of them may have been appended. */
DOTSYNC_DECODE_IMPORT(copy) int64_t dotsync_decode_copy(int32_t stream, int64_t len);

/* Passes over bytes; len -1: all. */
DOTSYNC_DECODE_IMPORT(skip) int64_t dotsync_decode_skip(int32_t stream, int64_t len);

/* Bytes that were read, copied and passed over so far. */
DOTSYNC_DECODE_IMPORT(position) int64_t dotsync_decode_position(int32_t stream);

/* The sum of those bytes, of a stream that sums up: copies at most `cap` bytes, returns the full length. */
DOTSYNC_DECODE_IMPORT(sum) int64_t dotsync_decode_sum(int32_t stream, void *out, int32_t cap);

/* Why the data was refused, for people, without a NUL; copies at most `cap` bytes, returns the full length, 0 where nothing was. */
DOTSYNC_DECODE_IMPORT(why) int64_t dotsync_decode_why(int32_t stream, char *out, int32_t cap);

/* Ends a stream, though not its source; DOTSYNC_STATE while another stands on it.  Numbers are not used again. */
DOTSYNC_DECODE_IMPORT(close) int64_t dotsync_decode_close(int32_t stream);

#endif
