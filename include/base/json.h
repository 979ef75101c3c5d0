/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * json.h - write JSON (RFC 8259) into a buffer.
 *
 *	dsync_json_open(&out, NULL);
 *	dsync_json_put_text(&out, "file", path);
 *	dsync_json_put_integer(&out, "size", size);
 *	dsync_json_close(&out);
 *
 * Commas come by themselves.  A name is NULL for elements of arrays and for the outermost value.  Failures are
 * the buffer's (dsync_buffer_error()).  Reading JSON is the runtime's affair: this library parses none.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

void dsync_json_open(struct dsync_buffer *out, const char *name); /* an object */
void dsync_json_close(struct dsync_buffer *out);
void dsync_json_open_array(struct dsync_buffer *out, const char *name);
void dsync_json_close_array(struct dsync_buffer *out);

void dsync_json_put_bool(struct dsync_buffer *out, const char *name, bool value);
void dsync_json_put_integer(struct dsync_buffer *out, const char *name, int64_t value);
void dsync_json_put_unsigned(struct dsync_buffer *out, const char *name, uint64_t value);
void dsync_json_put_null(struct dsync_buffer *out, const char *name);

/* A string; NULL is left out. */
void dsync_json_put_text(struct dsync_buffer *out, const char *name, const char *value);

/* A string of `size` bytes; what is no UTF-8 becomes U+FFFD. */
void dsync_json_put_bytes(struct dsync_buffer *out, const char *name, const void *data, size_t size);

/* Lower-case hexadecimal. */
void dsync_json_put_hex(struct dsync_buffer *out, const char *name, const unsigned char *data, size_t size);

/* RFC 3339 in UTC. */
void dsync_json_put_time(struct dsync_buffer *out, const char *name, int64_t seconds);

/* A value that is JSON already. */
void dsync_json_put_raw(struct dsync_buffer *out, const char *name, const char *json, size_t size);

#endif
