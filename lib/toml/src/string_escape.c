/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The text of a string as it is put together.
 *
 * While its pieces lie one after the other in the document's text, the string is a
 * view of it; the first escape moves it into the document's own memory.  That has
 * room: nothing that is added there is longer than what it was written as.
 */
#include "scan.h"

#include <string.h>

static void
make_own(struct dsync__toml_parser *p, struct dsync__toml_text *out)
{
	struct dsync_toml *doc = p->doc;

	if (out->own)
		return;
	memcpy(doc->own + doc->own_size, doc->text + out->at, out->size);
	out->at = doc->own_size;
	out->own = true;
	doc->own_size += out->size;
}

static void
add_own(struct dsync__toml_parser *p, struct dsync__toml_text *out, const unsigned char *bytes, size_t size)
{
	make_own(p, out);
	memcpy(p->doc->own + p->doc->own_size, bytes, size);
	p->doc->own_size += (uint32_t)size;
	out->size += (uint32_t)size;
}

/* Adds the bytes [from, to) of the text. */
void
dsync__toml_string_add(struct dsync__toml_parser *p, struct dsync__toml_text *out, size_t from, size_t to)
{
	if (from == to)
		return;
	if (!out->own && out->size == 0)
		out->at = (uint32_t)from;
	if (!out->own && (size_t)out->at + out->size == from)
		out->size += (uint32_t)(to - from);
	else
		add_own(p, out, p->doc->text + from, to - from);
}

static size_t
utf8_encode(unsigned char out[4], uint32_t code)
{
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	size_t i;

	for (i = size - 1; i > 0; i--) {
		out[i] = (unsigned char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (unsigned char)(leads[size] | code);
	return size;
}

static int
hex_value(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static int
unicode_escape(struct dsync__toml_parser *p, struct dsync__toml_text *out, int digits)
{
	size_t start = p->c.position;
	unsigned char bytes[4];
	uint32_t code = 0;
	int i, value;

	for (i = 0; i < digits; i++) {
		value = hex_value(scan_peek(p));
		if (value < 0)
			return dsync__toml_fail(p, p->c.position, "an escape is cut short",
				digits == 4 ? "four hexadecimal digits" : "eight hexadecimal digits");
		code = code << 4 | (uint32_t)value;
		p->c.position++;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return dsync__toml_fail(
			p, start, "an escape names no character", "a Unicode scalar value up to 10FFFF, no surrogate");
	add_own(p, out, bytes, utf8_encode(bytes, code));
	return 0;
}

/* The position is behind the backslash. */
int
dsync__toml_string_escape(struct dsync__toml_parser *p, struct dsync__toml_text *out)
{
	static const char names[] = "btnfr\"\\";
	static const unsigned char values[] = "\b\t\n\f\r\"\\";
	int byte = scan_peek(p);
	const char *name;

	if (byte == 'u' || byte == 'U') {
		p->c.position++;
		return unicode_escape(p, out, byte == 'u' ? 4 : 8);
	}
	name = byte > 0 ? strchr(names, byte) : NULL;
	if (name == NULL)
		return dsync__toml_fail(p, p->c.position, "an unknown escape", "one of b t n f r \" \\ u U");
	p->c.position++;
	add_own(p, out, &values[name - names], 1);
	return 0;
}
