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
 * A cursor owns nothing and may be copied; one thread at a time.  All of it stands in this header, so that the
 * compiler folds the checks of one record together: opening an archive is a few dozen of these reads.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

struct dsync_cursor {
	const unsigned char *data; /* start of the view */
	size_t size;               /* of the view, in bytes */
	size_t position;           /* 0 to size */
	uint64_t base;             /* where the view starts in its file */
};

/* Starts at the view's first byte.  `data` may be NULL only with size 0. */
static inline void
dsync_cursor_init(struct dsync_cursor *c, const void *data, size_t size, uint64_t base)
{
	assert(data != NULL || size == 0);

	c->data = data != NULL ? (const unsigned char *)data : (const unsigned char *)"";
	c->size = size;
	c->position = 0;
	c->base = base;
}

/* Bytes from the position to the end of the view. */
static inline size_t
dsync_cursor_left(const struct dsync_cursor *c)
{
	return c->size - c->position;
}

/* The position as an offset in the file: base + position. */
static inline uint64_t
dsync_cursor_offset(const struct dsync_cursor *c)
{
	return c->base + c->position;
}

/* Moves to `offset` bytes from the start of the view; the end itself is allowed. */
static inline int
dsync_cursor_seek(struct dsync_cursor *c, size_t offset)
{
	if (offset > c->size)
		return DSYNC_ERR_BOUNDS;
	c->position = offset;
	return 0;
}

/*
 * Hands out the next `size` bytes as a view of the same memory: valid as long as
 * that memory is, not longer.  Size 0 is allowed and its data is never NULL.
 */
static inline int
dsync_cursor_take(struct dsync_cursor *c, size_t size, struct dsync_view *view)
{
	if (size > dsync_cursor_left(c))
		return DSYNC_ERR_BOUNDS;
	view->data = c->data + c->position;
	view->size = size;
	c->position += size;
	return 0;
}

/* Moves on by `size` bytes. */
static inline int
dsync_cursor_skip(struct dsync_cursor *c, size_t size)
{
	struct dsync_view skipped;

	return dsync_cursor_take(c, size, &skipped);
}

/* Copies the next `size` bytes out. */
static inline int
dsync_cursor_copy(struct dsync_cursor *c, void *out, size_t size)
{
	struct dsync_view view;

	if (dsync_cursor_take(c, size, &view) < 0)
		return DSYNC_ERR_BOUNDS;
	if (size > 0)
		memcpy(out, view.data, size);
	return 0;
}

/* Read one little-endian integer, wherever it lies (no alignment needed). */
static inline int
dsync_cursor_u8(struct dsync_cursor *c, uint8_t *value)
{
	return dsync_cursor_copy(c, value, sizeof(*value));
}

static inline int
dsync_cursor_u16le(struct dsync_cursor *c, uint16_t *value)
{
	struct dsync_view v;

	if (dsync_cursor_take(c, sizeof(*value), &v) < 0)
		return DSYNC_ERR_BOUNDS;
	*value = (uint16_t)(v.data[0] | v.data[1] << 8);
	return 0;
}

static inline uint32_t
dsync__cursor_four(const unsigned char *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline int
dsync_cursor_u32le(struct dsync_cursor *c, uint32_t *value)
{
	struct dsync_view v;

	if (dsync_cursor_take(c, sizeof(*value), &v) < 0)
		return DSYNC_ERR_BOUNDS;
	*value = dsync__cursor_four(v.data);
	return 0;
}

static inline int
dsync_cursor_u64le(struct dsync_cursor *c, uint64_t *value)
{
	struct dsync_view v;

	if (dsync_cursor_take(c, sizeof(*value), &v) < 0)
		return DSYNC_ERR_BOUNDS;
	*value = dsync__cursor_four(v.data) | (uint64_t)dsync__cursor_four(v.data + 4) << 32;
	return 0;
}

#endif
