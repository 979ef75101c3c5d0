/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/cursor.h"

#include <assert.h>
#include <string.h>

#include "dotsync/error.h"

static const unsigned char nothing[1];

void
dsync_cursor_init(struct dsync_cursor *c, const void *data, size_t size, uint64_t base)
{
	assert(data != NULL || size == 0);

	c->data = data != NULL ? data : nothing;
	c->size = size;
	c->position = 0;
	c->base = base;
}

size_t
dsync_cursor_left(const struct dsync_cursor *c)
{
	return c->size - c->position;
}

uint64_t
dsync_cursor_offset(const struct dsync_cursor *c)
{
	return c->base + c->position;
}

int
dsync_cursor_seek(struct dsync_cursor *c, size_t offset)
{
	if (offset > c->size)
		return DSYNC_ERR_BOUNDS;
	c->position = offset;
	return 0;
}

int
dsync_cursor_skip(struct dsync_cursor *c, size_t size)
{
	if (size > dsync_cursor_left(c))
		return DSYNC_ERR_BOUNDS;
	c->position += size;
	return 0;
}

/* Reads `size` bytes (1 to 8) as one little-endian number. */
static int
read_little_endian(struct dsync_cursor *c, size_t size, uint64_t *value)
{
	const unsigned char *bytes;
	size_t i;

	if (size > dsync_cursor_left(c))
		return DSYNC_ERR_BOUNDS;

	bytes = c->data + c->position;
	*value = 0;
	for (i = size; i > 0; i--)
		*value = *value << 8 | bytes[i - 1];
	c->position += size;
	return 0;
}

int
dsync_cursor_u8(struct dsync_cursor *c, uint8_t *value)
{
	uint64_t wide;

	if (read_little_endian(c, sizeof(*value), &wide) < 0)
		return DSYNC_ERR_BOUNDS;
	*value = (uint8_t)wide;
	return 0;
}

int
dsync_cursor_u16le(struct dsync_cursor *c, uint16_t *value)
{
	uint64_t wide;

	if (read_little_endian(c, sizeof(*value), &wide) < 0)
		return DSYNC_ERR_BOUNDS;
	*value = (uint16_t)wide;
	return 0;
}

int
dsync_cursor_u32le(struct dsync_cursor *c, uint32_t *value)
{
	uint64_t wide;

	if (read_little_endian(c, sizeof(*value), &wide) < 0)
		return DSYNC_ERR_BOUNDS;
	*value = (uint32_t)wide;
	return 0;
}

int
dsync_cursor_u64le(struct dsync_cursor *c, uint64_t *value)
{
	return read_little_endian(c, sizeof(*value), value);
}

int
dsync_cursor_take(struct dsync_cursor *c, size_t size, struct dsync_view *view)
{
	if (size > dsync_cursor_left(c))
		return DSYNC_ERR_BOUNDS;
	view->data = c->data + c->position;
	view->size = size;
	c->position += size;
	return 0;
}

int
dsync_cursor_copy(struct dsync_cursor *c, void *out, size_t size)
{
	if (size > dsync_cursor_left(c))
		return DSYNC_ERR_BOUNDS;
	if (size > 0)
		memcpy(out, c->data + c->position, size);
	c->position += size;
	return 0;
}
