/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Hexadecimal and base64; one input, one meaning. */
#include "base/text.h"
#include "dotsync/error.h"

static const char hex_digits[] = "0123456789abcdef";

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
dsync_text_hex_encode(char *out, const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		*out++ = hex_digits[data[i] >> 4];
		*out++ = hex_digits[data[i] & 15];
	}
	*out = '\0';
}

/* The value of a lower-case digit, or -1. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
dsync_text_hex_decode(unsigned char *out, size_t size, const char *text, size_t text_size)
{
	size_t i;

	if (text_size % 2 != 0 || text_size / 2 != size)
		return DSYNC_ERR_SYNTAX;
	for (i = 0; i < text_size; i++) {
		if (hex_value(text[i]) < 0)
			return DSYNC_ERR_SYNTAX;
	}
	for (i = 0; i < size; i++)
		out[i] = (unsigned char)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	return 0;
}

/* Writes the four digits of up to three bytes. */
static void
encode_group(unsigned char *out, const unsigned char *data, size_t size)
{
	uint32_t bits = (uint32_t)data[0] << 16;

	if (size > 1)
		bits |= (uint32_t)data[1] << 8;
	if (size > 2)
		bits |= data[2];

	out[0] = (unsigned char)base64_digits[bits >> 18 & 63];
	out[1] = (unsigned char)base64_digits[bits >> 12 & 63];
	out[2] = size > 1 ? (unsigned char)base64_digits[bits >> 6 & 63] : '=';
	out[3] = size > 2 ? (unsigned char)base64_digits[bits & 63] : '=';
}

int
dsync_text_base64_encode(struct dsync_buffer *out, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	while (size > 0) {
		size_t group = size < 3 ? size : 3;
		unsigned char *place = dsync_buffer_reserve(out, 4);

		if (place == NULL)
			break;
		encode_group(place, bytes, group);
		dsync_buffer_added(out, 4);
		bytes += group;
		size -= group;
	}
	return dsync_buffer_error(out);
}

/* The value of a base64 digit, or -1. */
static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Decodes `digits` (2 to 4) base64 digits into digits - 1 bytes; the bits left over must be zero. */
static int
decode_group(unsigned char *out, const char *text, size_t digits)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		int value = i < digits ? base64_value(text[i]) : 0;

		if (value < 0)
			return DSYNC_ERR_SYNTAX;
		bits = bits << 6 | (uint32_t)value;
	}
	if ((digits == 2 && (bits & 0xFFFF) != 0) || (digits == 3 && (bits & 0xFF) != 0))
		return DSYNC_ERR_SYNTAX;
	for (i = 0; i + 1 < digits; i++)
		out[i] = (unsigned char)(bits >> (16 - 8 * i));
	return 0;
}

int
dsync_text_base64_decode(struct dsync_buffer *out, const char *text, size_t size)
{
	unsigned char *place;
	size_t digits = size;
	size_t i;

	if (size % 4 != 0)
		return DSYNC_ERR_SYNTAX;
	if (size == 0)
		return dsync_buffer_error(out);
	while (size - digits < 2 && text[digits - 1] == '=')
		digits--;

	place = dsync_buffer_reserve(out, digits / 4 * 3 + (digits % 4 > 0 ? digits % 4 - 1 : 0));
	if (place == NULL)
		return dsync_buffer_error(out);
	for (i = 0; i < digits; i += 4) {
		size_t group = digits - i < 4 ? digits - i : 4;

		if (decode_group(place + i / 4 * 3, text + i, group) < 0)
			return DSYNC_ERR_SYNTAX;
	}
	dsync_buffer_added(out, digits / 4 * 3 + (digits % 4 > 0 ? digits % 4 - 1 : 0));
	return 0;
}
