/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dotsync/error.h"

#define SMALLEST_CAPACITY 64

void
dsync_buffer_init(struct dsync_buffer *b, size_t limit)
{
	memset(b, 0, sizeof(*b));
	b->limit = limit;
}

void
dsync_buffer_finish(struct dsync_buffer *b)
{
	if (b == NULL)
		return;
	free(b->data);
	dsync_buffer_init(b, b->limit);
}

void
dsync_buffer_clear(struct dsync_buffer *b)
{
	b->size = 0;
	b->failed = 0;
}

int
dsync_buffer_error(const struct dsync_buffer *b)
{
	return b->failed;
}

/* Gives the buffer at least `needed` bytes of memory, doubling so that appending stays linear. */
static int
grow(struct dsync_buffer *b, size_t needed)
{
	unsigned char *data;
	size_t capacity = b->capacity;

	if (needed <= capacity)
		return 0;
	if (capacity < SMALLEST_CAPACITY)
		capacity = SMALLEST_CAPACITY;
	while (capacity < needed) {
		if (capacity > SIZE_MAX / 2)
			capacity = needed;
		else
			capacity *= 2;
	}

	data = realloc(b->data, capacity);
	if (data == NULL)
		return DSYNC_ERR_NO_MEMORY;
	b->data = data;
	b->capacity = capacity;
	return 0;
}

unsigned char *
dsync_buffer_reserve(struct dsync_buffer *b, size_t size)
{
	size_t needed;

	if (b->failed != 0)
		return NULL;
	if (b->size > b->limit || size > b->limit - b->size) {
		b->failed = DSYNC_ERR_LIMIT;
		return NULL;
	}

	/* One byte at least: the place for nothing is not NULL either. */
	needed = b->size + (size > 0 ? size : b->size < SIZE_MAX);
	b->failed = grow(b, needed);
	if (b->failed != 0)
		return NULL;
	return b->data + b->size;
}

void
dsync_buffer_added(struct dsync_buffer *b, size_t size)
{
	if (b->failed != 0)
		return;
	assert(size <= b->capacity - b->size);
	assert(size <= b->limit - b->size);
	b->size += size;
}

int
dsync_buffer_append(struct dsync_buffer *b, const void *data, size_t size)
{
	unsigned char *place;

	if (size == 0)
		return b->failed;
	place = dsync_buffer_reserve(b, size);
	if (place == NULL)
		return b->failed;
	memcpy(place, data, size);
	dsync_buffer_added(b, size);
	return 0;
}

int
dsync_buffer_append_text(struct dsync_buffer *b, const char *text)
{
	return dsync_buffer_append(b, text, strlen(text));
}

int
dsync_buffer_append_byte(struct dsync_buffer *b, unsigned char byte)
{
	return dsync_buffer_append(b, &byte, 1);
}

int
dsync_buffer_append_zeros(struct dsync_buffer *b, size_t count)
{
	unsigned char *place;

	if (count == 0)
		return b->failed;
	place = dsync_buffer_reserve(b, count);
	if (place == NULL)
		return b->failed;
	memset(place, 0, count);
	dsync_buffer_added(b, count);
	return 0;
}

/* Appends the `size` lowest bytes of a number, lowest first. */
static int
append_little_endian(struct dsync_buffer *b, uint64_t value, size_t size)
{
	unsigned char bytes[sizeof(value)];
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	return dsync_buffer_append(b, bytes, size);
}

int
dsync_buffer_append_u16le(struct dsync_buffer *b, uint16_t value)
{
	return append_little_endian(b, value, sizeof(value));
}

int
dsync_buffer_append_u32le(struct dsync_buffer *b, uint32_t value)
{
	return append_little_endian(b, value, sizeof(value));
}

int
dsync_buffer_append_u64le(struct dsync_buffer *b, uint64_t value)
{
	return append_little_endian(b, value, sizeof(value));
}

/* The formatted text needs room for vsnprintf's NUL, which does not count against the limit. */
static int __attribute__((format(printf, 3, 0)))
append_formatted(struct dsync_buffer *b, size_t length, const char *format, va_list args)
{
	if (length == 0)
		return b->failed;
	if (dsync_buffer_reserve(b, length) == NULL)
		return b->failed;
	b->failed = grow(b, b->size + length + 1);
	if (b->failed != 0)
		return b->failed;
	vsnprintf((char *)b->data + b->size, length + 1, format, args);
	dsync_buffer_added(b, length);
	return 0;
}

int
dsync_buffer_printf(struct dsync_buffer *b, const char *format, ...)
{
	va_list args;
	int length;
	int rc;

	if (b->failed != 0)
		return b->failed;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0) {
		b->failed = DSYNC_ERR_LIMIT; /* longer than an int can say */
		return b->failed;
	}

	va_start(args, format);
	rc = append_formatted(b, (size_t)length, format, args);
	va_end(args);
	return rc;
}

struct dsync_view
dsync_buffer_view(const struct dsync_buffer *b)
{
	static const unsigned char nothing[1];
	struct dsync_view view;

	view.data = b->data != NULL ? b->data : nothing;
	view.size = b->size;
	return view;
}

const char *
dsync_buffer_text(struct dsync_buffer *b)
{
	if (b->failed != 0)
		return NULL;
	if (b->size == SIZE_MAX || grow(b, b->size + 1) < 0) {
		b->failed = DSYNC_ERR_NO_MEMORY;
		return NULL;
	}
	b->data[b->size] = '\0';
	return (const char *)b->data;
}

unsigned char *
dsync_buffer_take(struct dsync_buffer *b, size_t *size)
{
	unsigned char *data = NULL;

	*size = 0;
	if (b->failed == 0 && b->size > 0) {
		data = b->data;
		*size = b->size;
		b->data = NULL;
	}
	dsync_buffer_finish(b);
	return data;
}
