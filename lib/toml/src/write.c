/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TOML text for values of ours.
 */
#include "toml/edit.h"

#include "base/text.h"

#include <string.h>

/* The letter of a short escape, or 0. */
static char
short_escape(unsigned char byte)
{
	static const char values[] = "\b\t\n\f\r\"\\";
	static const char names[] = "btnfr\"\\";
	const char *found = byte != 0 ? strchr(values, byte) : NULL;

	return found != NULL ? names[found - values] : '\0';
}

static void
write_byte(struct dsync_buffer *out, unsigned char byte)
{
	char name = short_escape(byte);

	if (name != '\0') {
		dsync_buffer_append_byte(out, '\\');
		dsync_buffer_append_byte(out, (unsigned char)name);
	} else if (byte < 0x20 || byte == 0x7f) {
		dsync_buffer_printf(out, "\\u%04X", byte);
	} else {
		dsync_buffer_append_byte(out, byte);
	}
}

int
dsync_toml_write_string(struct dsync_buffer *out, const char *text, size_t size)
{
	size_t i;

	if (!dsync_text_is_utf8(text, size))
		return DSYNC_ERR_INVALID;
	dsync_buffer_append_byte(out, '"');
	for (i = 0; i < size; i++)
		write_byte(out, (unsigned char)text[i]);
	dsync_buffer_append_byte(out, '"');
	return dsync_buffer_error(out);
}
