/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * UTF-8 as in RFC 3629.  The number of bytes follows from the first one; what the
 * shortest form and the surrogates forbid is checked on the decoded number, so that
 * the rules stand here once and in the words of the standard.
 */
#include "base/text.h"
#include "internal.h"

#define LAST_CHARACTER 0x10FFFFu

/* Length of the sequence that starts with this byte and the bits it carries; 0 when none does. */
static size_t
sequence_start(unsigned char first, uint32_t *bits)
{
	if (first < 0x80) {
		*bits = first;
		return 1;
	}
	if (first >= 0xC0 && first < 0xE0) {
		*bits = first & 0x1Fu;
		return 2;
	}
	if (first >= 0xE0 && first < 0xF0) {
		*bits = first & 0x0Fu;
		return 3;
	}
	if (first >= 0xF0 && first < 0xF8) {
		*bits = first & 0x07u;
		return 4;
	}
	return 0;
}

size_t
dsync__text_utf8_decode(const unsigned char *text, size_t size, uint32_t *character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t value;
	size_t length;
	size_t i;

	if (size == 0)
		return 0;
	length = sequence_start(text[0], &value);
	if (length == 0 || length > size)
		return 0;
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3Fu);
	}
	if (value < smallest[length] || value > LAST_CHARACTER)
		return 0;
	if (value >= 0xD800 && value <= 0xDFFF)
		return 0;
	*character = value;
	return length;
}

size_t
dsync__text_utf8_cut(const char *text, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t start = size;
	uint32_t bits;

	while (start > 0 && size - start < 3 && (bytes[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return size;
	start--; /* now at the first byte of the last character */
	return sequence_start(bytes[start], &bits) > size - start ? start : size;
}

bool
dsync_text_is_utf8(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint32_t character;
	size_t length;

	while (size > 0) {
		length = dsync__text_utf8_decode(bytes, size, &character);
		if (length == 0)
			return false;
		bytes += length;
		size -= length;
	}
	return true;
}
