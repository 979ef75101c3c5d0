/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The file name of a Content-Disposition header (RFC 6266): filename="..." or a token.  The extended
 * form filename*= is not read; servers that send it send the plain one too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fetch.h"

#define NAME_MAX_SIZE 255u

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

char *
dsync_disposition_file_name(const char *header)
{
	static const char name[] = "filename=";
	const size_t name_size = sizeof(name) - 1;
	const char *p = parameter_end(header);
	const char *end;

	while (*p == ';') {
		for (p++; *p == ' ' || *p == '\t'; p++)
			;
		end = parameter_end(p);
		if ((size_t)(end - p) > name_size && dsync_text_equal_case(p, name_size, name, name_size)) {
			p += name_size;
			while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
				end--;
			if (end - p >= 2 && p[0] == '"' && end[-1] == '"')
				return plain_name(p + 1, (size_t)(end - p) - 2);
			return plain_name(p, (size_t)(end - p));
		}
		p = end;
	}
	return NULL;
}
