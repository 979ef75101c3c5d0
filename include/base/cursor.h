/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cursor.h - read untrusted bytes without ever leaving them.
 *
 * A cursor is a view (start, length) and a position.  Every read either succeeds
 * whole or leaves the position and the outputs untouched and returns
 * DSYNC_ERR_BOUNDS.  `base` is the view's place in the file, which callers set so
 * that dsync_cursor_offset() names bytes that a person can find with a hex viewer.
 *
 *	struct dsync_cursor c;
 *	dsync_cursor_init(&c, tail, tail_size, file_size - tail_size);
 *	if (dsync_cursor_u32le(&c, &signature) < 0)
 *		...
 *
 * A cursor owns nothing and may be copied; one thread at a time.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdint.h>

#include "dotsync/view.h"

struct dsync_cursor {
	const unsigned char *data; /* start of the view */
	size_t size;               /* of the view, in bytes */
	size_t position;           /* 0 to size */
	uint64_t base;             /* where the view starts in its file */
};

/* Starts at the view's first byte.  `data` may be NULL only with size 0. */
void dsync_cursor_init(struct dsync_cursor *c, const void *data, size_t size, uint64_t base);

/* Bytes from the position to the end of the view. */
size_t dsync_cursor_left(const struct dsync_cursor *c);

/* The position as an offset in the file: base + position. */
uint64_t dsync_cursor_offset(const struct dsync_cursor *c);

/* Moves to `offset` bytes from the start of the view; the end itself is allowed. */
int dsync_cursor_seek(struct dsync_cursor *c, size_t offset);

/* Moves on by `size` bytes. */
int dsync_cursor_skip(struct dsync_cursor *c, size_t size);

/* Read one little-endian integer, wherever it lies (no alignment needed). */
int dsync_cursor_u8(struct dsync_cursor *c, uint8_t *value);
int dsync_cursor_u16le(struct dsync_cursor *c, uint16_t *value);
int dsync_cursor_u32le(struct dsync_cursor *c, uint32_t *value);
int dsync_cursor_u64le(struct dsync_cursor *c, uint64_t *value);

/*
 * Hands out the next `size` bytes as a view of the same memory: valid as long as
 * that memory is, not longer.  Size 0 is allowed and its data is never NULL.
 */
int dsync_cursor_take(struct dsync_cursor *c, size_t size, struct dsync_view *view);

/* Copies the next `size` bytes out. */
int dsync_cursor_copy(struct dsync_cursor *c, void *out, size_t size);

#endif
