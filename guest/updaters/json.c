/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "json.h"

#define DEPTH_MAX 32

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Past the closing quote of the string that starts at `p`, or 0. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && ++p == end)
			return 0;
		if ((unsigned char)*p < 0x20)
			return 0;
	}
	return 0;
}

/* Past an object or array; brackets are counted, not matched: the host stored what a person gave, and only we read it. */
static const char *
skip_nested(const char *p, const char *end)
{
	int32_t depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			if (p == 0)
				return 0;
			continue;
		}
		if (*p == '{' || *p == '[') {
			if (++depth > DEPTH_MAX)
				return 0;
		} else if (*p == '}' || *p == ']') {
			if (--depth == 0)
				return p + 1;
		}
		p++;
	}
	return 0;
}

static const char *
skip_value(const char *p, const char *end)
{
	if (p == end)
		return 0;
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_nested(p, end);
	while (p < end && *p != ',' && *p != '}' && *p != ']' && *p != ' ' && *p != '\t' && *p != '\n' && *p != '\r')
		p++;
	return p;
}

int32_t
json_walk_init(struct json_walk *walk, struct json_span text, char open)
{
	if (text.size <= 0)
		return -1;
	walk->end = text.data + text.size;
	walk->next = skip_space(text.data, walk->end);
	walk->close = open == '{' ? '}' : ']';
	walk->first = 1;
	if (walk->next == walk->end || *walk->next != open)
		return -1;
	walk->next++;
	return 0;
}

/* The name of a member and its colon; `p` is at the quote. */
static const char *
take_name(const char *p, const char *end, struct json_span *name)
{
	const char *after;

	if (p == end || *p != '"')
		return 0;
	after = skip_string(p, end);
	if (after == 0)
		return 0;
	name->data = p + 1;
	name->size = (int32_t)(after - p - 2);
	p = skip_space(after, end);
	if (p == end || *p != ':')
		return 0;
	return skip_space(p + 1, end);
}

int32_t
json_walk_next(struct json_walk *walk, struct json_span *name, struct json_span *value)
{
	const char *p = skip_space(walk->next, walk->end);
	const char *after;

	if (p < walk->end && *p == walk->close)
		return 0;
	if (!walk->first) {
		if (p == walk->end || *p != ',')
			return -1;
		p = skip_space(p + 1, walk->end);
	}
	name->data = p;
	name->size = 0;
	if (walk->close == '}')
		p = take_name(p, walk->end, name);
	after = p != 0 ? skip_value(p, walk->end) : 0;
	if (after == 0 || after == p)
		return -1;
	value->data = p;
	value->size = (int32_t)(after - p);
	walk->next = after;
	walk->first = 0;
	return 1;
}

static char
plain_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	default:
		return c == '"' || c == '\\' || c == '/' ? c : 0;
	}
}

int32_t
json_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The number of four digits, or -1. */
static int32_t
four_digits(const char *p, const char *end)
{
	int32_t code = 0, i, digit;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		digit = json_hex_digit(p[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

/* The character of "XXXX" or "XXXX\\uXXXX" at *p, which moves past it; or -1. */
static int32_t
unicode_escape(const char **p, const char *end)
{
	int32_t code = four_digits(*p, end), low;

	*p += 4;
	if (code <= 0 || (code >= 0xdc00 && code < 0xe000))
		return -1;
	if (code < 0xd800 || code >= 0xe000)
		return code;
	if (end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return -1;
	low = four_digits(*p + 2, end);
	*p += 6;
	return low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : -1;
}

/* A character as UTF-8; how many bytes. */
static int32_t
put_utf8(int32_t code, char out[4])
{
	static const int32_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
	int32_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3, i;

	for (i = more; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(code | lead[more]);
	return more + 1;
}

int32_t
json_string(struct json_span value, char *out, int32_t size)
{
	const char *p, *end;
	int32_t length = 0, c;

	if (value.size < 2 || value.data[0] != '"' || value.data[value.size - 1] != '"')
		return -1;
	p = value.data + 1;
	end = value.data + value.size - 1;
	while (p < end) {
		c = (unsigned char)*p++;
		if (c == '\\' && p == end)
			return -1;
		if (c == '\\' && *p == 'u') {
			p++;
			c = unicode_escape(&p, end);
			if (c == -1 || length + 4 >= size)
				return -1;
			length += put_utf8(c, out + length);
			continue;
		} else if (c == '\\') {
			c = plain_escape(*p++);
		}
		if (c == 0 || length + 1 >= size)
			return -1;
		out[length++] = (char)c;
	}
	out[length] = '\0';
	return length;
}

int32_t
json_is(struct json_span span, const char *text)
{
	int32_t i;

	for (i = 0; i < span.size; i++) {
		if (text[i] == '\0' || span.data[i] != text[i])
			return 0;
	}
	return text[i] == '\0';
}
