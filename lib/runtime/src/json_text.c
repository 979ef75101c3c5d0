/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* JSON as it stands: pieces of a text that was parsed before, so that nothing here has to be checked twice. */
#include <string.h>

#include "json.h"

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
skip_space(struct dsync_view text, size_t at)
{
	while (at < text.size && is_space(text.data[at]))
		at++;
	return at;
}

/* From its opening quote to behind the closing one. */
static size_t
skip_string(struct dsync_view text, size_t at)
{
	for (at++; at < text.size && text.data[at] != '"'; at++) {
		if (text.data[at] == '\\')
			at++;
	}
	return at < text.size ? at + 1 : text.size;
}

static size_t
skip_value(struct dsync_view text, size_t at)
{
	size_t depth = 0;

	do {
		switch (text.data[at]) {
		case '"':
			at = skip_string(text, at);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			break;
		case ',':
			if (depth == 0)
				return at;
			break;
		}
		at++;
	} while (at < text.size && (depth > 0 || strchr(",]} \t\r\n", text.data[at]) == NULL));
	return at;
}

/* The value of one member of an object. */
static bool
find_member(struct dsync_view text, const char *name, struct dsync_view *value)
{
	const size_t name_size = strlen(name);
	size_t at = skip_space(text, 0), end, start;
	bool found;

	if (at == text.size || text.data[at] != '{')
		return false;
	for (at = skip_space(text, at + 1); at < text.size && text.data[at] == '"'; at = skip_space(text, at)) {
		end = skip_string(text, at);
		found = end - at == name_size + 2 && memcmp(text.data + at + 1, name, name_size) == 0;
		start = skip_space(text, end);
		start = skip_space(text, start + 1); /* behind the colon */
		if (start >= text.size)
			return false;
		at = skip_value(text, start);
		if (found) {
			value->data = text.data + start;
			value->size = at - start;
			return true;
		}
		at = skip_space(text, at);
		if (at == text.size || text.data[at] != ',')
			return false;
		at++;
	}
	return false;
}

bool
dsync__json_find(struct dsync_view text, const char *const *names, struct dsync_view *value)
{
	for (*value = text; *names != NULL; names++) {
		if (!find_member(*value, *names, value))
			return false;
	}
	return true;
}

int
dsync__json_compact(struct dsync_buffer *out, struct dsync_view text)
{
	size_t at = 0, end;

	while (at < text.size) {
		end = at;
		if (text.data[at] == '"')
			end = skip_string(text, at);
		else
			while (end < text.size && text.data[end] != '"' && !is_space(text.data[end]))
				end++;
		dsync_buffer_append(out, text.data + at, end - at);
		at = skip_space(text, end);
	}
	return dsync_buffer_error(out);
}
