/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

/* The comma before a value that is not the first of its object or array, and its name. */
static void
put_name(struct dsync_buffer *out, const char *name)
{
	unsigned char last = out->size > 0 ? out->data[out->size - 1] : '\n';

	if (last != '{' && last != '[' && last != '\n')
		dsync_buffer_append_byte(out, ',');
	if (name != NULL) {
		dsync_text_json_append(out, name, strlen(name));
		dsync_buffer_append_byte(out, ':');
	}
}

void
dsync_json_open(struct dsync_buffer *out, const char *name)
{
	put_name(out, name);
	dsync_buffer_append_byte(out, '{');
}

void
dsync_json_close(struct dsync_buffer *out)
{
	dsync_buffer_append_byte(out, '}');
}

void
dsync_json_open_array(struct dsync_buffer *out, const char *name)
{
	put_name(out, name);
	dsync_buffer_append_byte(out, '[');
}

void
dsync_json_close_array(struct dsync_buffer *out)
{
	dsync_buffer_append_byte(out, ']');
}

void
dsync_json_put_bool(struct dsync_buffer *out, const char *name, bool value)
{
	put_name(out, name);
	dsync_buffer_append_text(out, value ? "true" : "false");
}

void
dsync_json_put_integer(struct dsync_buffer *out, const char *name, int64_t value)
{
	put_name(out, name);
	dsync_buffer_printf(out, "%" PRId64, value);
}

void
dsync_json_put_unsigned(struct dsync_buffer *out, const char *name, uint64_t value)
{
	put_name(out, name);
	dsync_buffer_printf(out, "%" PRIu64, value);
}

void
dsync_json_put_null(struct dsync_buffer *out, const char *name)
{
	put_name(out, name);
	dsync_buffer_append_text(out, "null");
}

void
dsync_json_put_text(struct dsync_buffer *out, const char *name, const char *value)
{
	if (value != NULL)
		dsync_json_put_bytes(out, name, value, strlen(value));
}

void
dsync_json_put_bytes(struct dsync_buffer *out, const char *name, const void *data, size_t size)
{
	put_name(out, name);
	dsync_text_json_append(out, data, size);
}

void
dsync_json_put_hex(struct dsync_buffer *out, const char *name, const unsigned char *data, size_t size)
{
	char digits[3];
	size_t i;

	put_name(out, name);
	dsync_buffer_append_byte(out, '"');
	for (i = 0; i < size; i++) {
		dsync_text_hex_encode(digits, data + i, 1);
		dsync_buffer_append_text(out, digits);
	}
	dsync_buffer_append_byte(out, '"');
}

void
dsync_json_put_time(struct dsync_buffer *out, const char *name, int64_t seconds)
{
	char text[DSYNC_TIME_TEXT_SIZE];

	dsync_time_format(text, seconds);
	dsync_json_put_text(out, name, text);
}

void
dsync_json_put_raw(struct dsync_buffer *out, const char *name, const char *json, size_t size)
{
	put_name(out, name);
	dsync_buffer_append(out, json, size);
}
