/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the strings of a manifest may hold. */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "manifest_internal.h"

#define EXTENSION_SIZE_MAX 32
#define ARCHIVE_ID_SIZE 32

/* RFC 9110, section 5.6.2. */
static bool
is_token_byte(unsigned char c)
{
	return dsync_text_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t
token_size(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size && is_token_byte((unsigned char)text[i]))
		i++;
	return i;
}

/* The value ends up in HTTP headers: nothing but visible ASCII and spaces, whatever the parameters are. */
static bool
is_visible(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

bool
dsync__manifest_is_media_type(const char *text, size_t size)
{
	size_t type;
	size_t subtype;
	size_t end;

	if (!is_visible(text, size))
		return false;
	type = token_size(text, size);
	if (type == 0 || type == size || text[type] != '/')
		return false;
	subtype = token_size(text + type + 1, size - type - 1);
	if (subtype == 0)
		return false;

	end = type + 1 + subtype;
	if (end == size)
		return true;
	while (end < size && text[end] == ' ')
		end++;
	return end < size && text[end] == ';';
}

bool
dsync__manifest_is_extension(const char *text, size_t size)
{
	size_t i;

	if (size > 0 && text[0] == '.') {
		text++;
		size--;
	}
	if (size > EXTENSION_SIZE_MAX) /* none at all is what the reference writes for a name without one */
		return false;
	for (i = 0; i < size; i++) {
		if (!dsync_text_is_alnum((unsigned char)text[i]) && memchr("._-+", text[i], 4) == NULL)
			return false;
	}
	return true;
}

bool
dsync__manifest_is_time(const char *text, size_t size)
{
	int64_t seconds;

	return dsync_time_parse(text, size, &seconds) == 0;
}

/* The form only: whether it names a key is for those who judge signatures. */
bool
dsync__manifest_is_did_key(const char *text, size_t size)
{
	static const char prefix[] = "did:key:z";
	size_t i;

	if (size <= sizeof(prefix) - 1 || memcmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (i = sizeof(prefix) - 1; i < size; i++) {
		if (!dsync_text_is_alnum((unsigned char)text[i]) || memchr("0OIl", text[i], 4) != NULL)
			return false;
	}
	return true;
}

bool
dsync__manifest_is_archive_id(const char *text, size_t size)
{
	unsigned char id[ARCHIVE_ID_SIZE / 2];

	return size == ARCHIVE_ID_SIZE && dsync_text_hex_decode(id, sizeof(id), text, size) == 0;
}
