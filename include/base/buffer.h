/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * buffer.h - bytes that grow, up to a limit.
 *
 * The caller holds the struct; init and finish bracket its life.  Appending
 * remembers its first failure (out of memory, limit), does nothing from then on,
 * and dsync_buffer_error() says so once at the end, so that code that builds a text
 * needs no check a line.  Views of the contents live until the next append.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdint.h>

#include "dotsync/view.h"

struct dsync_buffer {
	unsigned char *data; /* NULL while nothing was appended */
	size_t size;
	size_t capacity;
	size_t limit; /* size never exceeds it */
	int failed;   /* 0, DSYNC_ERR_NO_MEMORY or DSYNC_ERR_LIMIT */
};

#define DSYNC_BUFFER_UNLIMITED ((size_t)-1)

void dsync_buffer_init(struct dsync_buffer *b, size_t limit);

/* Frees; the struct may be initialised again.  A zeroed struct is fine too. */
void dsync_buffer_finish(struct dsync_buffer *b);

/* Forgets the contents and any failure, keeps the memory. */
void dsync_buffer_clear(struct dsync_buffer *b);

/* 0, or the first failure. */
int dsync_buffer_error(const struct dsync_buffer *b);

/* `data` must not lie in the buffer itself; it may be NULL when size is 0. */
int dsync_buffer_append(struct dsync_buffer *b, const void *data, size_t size);
int dsync_buffer_append_text(struct dsync_buffer *b, const char *text);
int dsync_buffer_append_byte(struct dsync_buffer *b, unsigned char byte);
int dsync_buffer_append_zeros(struct dsync_buffer *b, size_t count);
int dsync_buffer_append_u16le(struct dsync_buffer *b, uint16_t value);
int dsync_buffer_append_u32le(struct dsync_buffer *b, uint32_t value);
int dsync_buffer_append_u64le(struct dsync_buffer *b, uint64_t value);
int dsync_buffer_printf(struct dsync_buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Makes room for `size` more bytes and returns where they go, or NULL after a failure; they
 * count once dsync_buffer_added() is called (with `size` or less).
 */
unsigned char *dsync_buffer_reserve(struct dsync_buffer *b, size_t size);
void dsync_buffer_added(struct dsync_buffer *b, size_t size);

/* The contents, valid until the next append; data is never NULL. */
struct dsync_view dsync_buffer_view(const struct dsync_buffer *b);

/* The contents as a NUL-terminated string, or NULL after any failure; valid until the next append. */
const char *dsync_buffer_text(struct dsync_buffer *b);

/* Hands the memory to the caller (free() it) and leaves the buffer empty; NULL when nothing was appended or it failed. */
unsigned char *dsync_buffer_take(struct dsync_buffer *b, size_t *size);

#endif
