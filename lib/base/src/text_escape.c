/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Untrusted text made safe: for terminals and messages, and as JSON strings. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "internal.h"

/* What one character becomes, with a NUL: "\u{10ffff}" at most, and eight digits as far as the compiler knows. */
#define PIECE_SIZE 16

/* True for characters that act on a terminal or reorder a line instead of showing themselves. */
static bool
is_active(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
		(c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* What the first character (or stray byte) of a text becomes; returns how many bytes it took. */
static size_t
escape_one(const unsigned char *text, size_t size, char piece[PIECE_SIZE])
{
	uint32_t character = 0;
	size_t length = dsync__text_utf8_decode(text, size, &character);

	if (length == 0) {
		snprintf(piece, PIECE_SIZE, "\\x%02x", (unsigned int)text[0]);
		return 1;
	}
	if (!is_active(character)) {
		memcpy(piece, text, length);
		piece[length] = '\0';
	} else if (character < 0x80) {
		snprintf(piece, PIECE_SIZE, "\\x%02x", (unsigned int)character);
	} else {
		snprintf(piece, PIECE_SIZE, "\\u{%04x}", (unsigned int)character);
	}
	return length;
}

size_t
dsync_text_escape(char *out, size_t out_size, const void *text, size_t size)
{
	const unsigned char *bytes = text;
	char piece[PIECE_SIZE];
	size_t written = 0;
	size_t length;

	if (out_size == 0)
		return 0;
	while (size > 0) {
		size_t used = escape_one(bytes, size, piece);

		length = strlen(piece);
		if (length > out_size - 1 - written)
			break;
		memcpy(out + written, piece, length);
		written += length;
		bytes += used;
		size -= used;
	}
	out[written] = '\0';
	return written;
}

int
dsync_text_escape_append(struct dsync_buffer *out, const void *text, size_t size)
{
	const unsigned char *bytes = text;
	char piece[PIECE_SIZE];

	while (size > 0 && dsync_buffer_error(out) == 0) {
		size_t used = escape_one(bytes, size, piece);

		dsync_buffer_append_text(out, piece);
		bytes += used;
		size -= used;
	}
	return dsync_buffer_error(out);
}

/* What the first character of a text becomes inside a JSON string; returns how many bytes it took. */
static size_t
json_one(const unsigned char *text, size_t size, char piece[PIECE_SIZE])
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* the character, its letter */
	uint32_t character = 0;
	size_t length = dsync__text_utf8_decode(text, size, &character);
	size_t i;

	if (length == 0) {
		strcpy(piece, "\xEF\xBF\xBD");
		return 1;
	}
	for (i = 0; i + 1 < sizeof(short_forms); i += 2) {
		if (character == (unsigned char)short_forms[i]) {
			snprintf(piece, PIECE_SIZE, "\\%c", short_forms[i + 1]);
			return 1;
		}
	}
	if (character < 0x20) {
		snprintf(piece, PIECE_SIZE, "\\u%04x", (unsigned int)character);
	} else {
		memcpy(piece, text, length);
		piece[length] = '\0';
	}
	return length;
}

int
dsync_text_json_append(struct dsync_buffer *out, const void *text, size_t size)
{
	const unsigned char *bytes = text;
	char piece[PIECE_SIZE];

	dsync_buffer_append_byte(out, '"');
	while (size > 0 && dsync_buffer_error(out) == 0) {
		size_t used = json_one(bytes, size, piece);

		dsync_buffer_append_text(out, piece);
		bytes += used;
		size -= used;
	}
	return dsync_buffer_append_byte(out, '"');
}
