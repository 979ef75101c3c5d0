/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The file name of a Content-Disposition header (RFC 6266): filename*=UTF-8''..., which is the name that people are meant to
 * see (RFC 8187), else filename="..." or a token.  Servers that send both give the second to those who cannot read the first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fetch.h"

#define NAME_MAX_SIZE 255u

static int
digit(char c)
{
	unsigned char lower = (unsigned char)dsync_text_lower((unsigned char)c);

	if (lower >= '0' && lower <= '9')
		return lower - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A name that may be given to a file: no folder, no hidden file, nothing that moves a cursor. */
static char *
plain_name(const char *text, size_t size)
{
	size_t i;

	if (size == 0 || size > NAME_MAX_SIZE || text[0] == '.' || !dsync_text_is_utf8(text, size))
		return NULL;
	for (i = 0; i < size; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == '/' || text[i] == '\\' ||
			text[i] == '"')
			return NULL;
	}
	return strndup(text, size);
}

/* The end of a parameter that starts here: the next semicolon outside quotes. */
static const char *
parameter_end(const char *p)
{
	bool quoted = false;

	for (; *p != '\0' && (quoted || *p != ';'); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1] != '\0')
			p++;
	}
	return p;
}

/* The value of a parameter, without the blanks around it; false when it has another name. */
static bool
take_value(const char *p, const char *end, const char *name, struct dsync_view *value)
{
	const size_t size = strlen(name);

	if ((size_t)(end - p) <= size || !dsync_text_equal_case(p, size, name, size))
		return false;
	p += size;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	value->data = (const unsigned char *)p;
	value->size = (size_t)(end - p);
	return true;
}

/* UTF-8'LANGUAGE'TEXT with %XX: no other character set is read, and a name that is not right is none. */
static char *
extended_name(struct dsync_view value)
{
	static const char charset[] = "UTF-8'";
	const char *p = (const char *)value.data, *end = p + value.size;
	char name[NAME_MAX_SIZE];
	size_t size = 0;

	if (value.size < sizeof(charset) - 1 ||
		!dsync_text_equal_case(p, sizeof(charset) - 1, charset, sizeof(charset) - 1))
		return NULL;
	p += sizeof(charset) - 1;
	p = memchr(p, '\'', (size_t)(end - p));
	if (p == NULL)
		return NULL;
	for (p++; p < end; p++) {
		if (size == sizeof(name))
			return NULL;
		if (*p == '%') {
			if (end - p < 3 || digit(p[1]) < 0 || digit(p[2]) < 0)
				return NULL;
			name[size++] = (char)(digit(p[1]) * 16 + digit(p[2]));
			p += 2;
		} else {
			name[size++] = *p;
		}
	}
	return plain_name(name, size);
}

static char *
quoted_name(struct dsync_view value)
{
	const char *text = (const char *)value.data;

	if (value.size >= 2 && text[0] == '"' && text[value.size - 1] == '"')
		return plain_name(text + 1, value.size - 2);
	return plain_name(text, value.size);
}

char *
dsync_disposition_file_name(const char *header)
{
	const char *p = parameter_end(header);
	char *plain = NULL, *extended = NULL;
	struct dsync_view value;
	const char *end;

	while (*p == ';') {
		for (p++; *p == ' ' || *p == '\t'; p++)
			;
		end = parameter_end(p);
		if (extended == NULL && take_value(p, end, "filename*=", &value))
			extended = extended_name(value);
		else if (plain == NULL && take_value(p, end, "filename=", &value))
			plain = quoted_name(value);
		p = end;
	}
	if (extended == NULL)
		return plain;
	free(plain);
	return extended;
}
