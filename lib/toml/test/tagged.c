/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The JSON is trusted: it is read in step with the document, without a tree of its
 * own.  A table is {"key": ...}, an array [...], a value {"type": "...", "value": "..."}.
 */
#include "tagged.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096

struct json {
	const char *at;
	const struct dsync_toml *doc;
};

struct text {
	char bytes[TEXT_MAX]; /* with a NUL behind it; may hold others */
	size_t size;
};

static bool compare(struct json *j, uint32_t node);

static bool
differ(const struct json *j, const char *what)
{
	fprintf(stderr, "%s, before: %.60s\n", what, j->at);
	return false;
}

static char
peek(struct json *j)
{
	j->at += strspn(j->at, " \t\r\n");
	return *j->at;
}

static bool
take(struct json *j, char byte)
{
	if (peek(j) != byte)
		return false;
	j->at++;
	return true;
}

static unsigned
read_hex4(struct json *j)
{
	char digits[5] = { 0 };

	memcpy(digits, j->at, 4);
	j->at += 4;
	return (unsigned)strtoul(digits, NULL, 16);
}

static void
add_character(struct text *t, unsigned code)
{
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4, i;

	for (i = size; i-- > 0; code >>= 6)
		t->bytes[t->size + i] = (char)(i > 0 ? 0x80 | (code & 0x3f) : leads[size] | code);
	t->size += size;
}

static void
read_escape(struct json *j, struct text *t)
{
	static const char names[] = "bfnrt\"\\/", values[] = "\b\f\n\r\t\"\\/";
	char name = *j->at++;
	unsigned code;

	if (name != 'u') {
		t->bytes[t->size++] = values[strchr(names, name) - names];
		return;
	}
	code = read_hex4(j);
	if (code >= 0xd800 && code < 0xdc00) {
		j->at += 2;
		code = 0x10000 + ((code - 0xd800) << 10) + (read_hex4(j) - 0xdc00);
	}
	add_character(t, code);
}

static bool
read_string(struct json *j, struct text *t)
{
	t->size = 0;
	if (!take(j, '"'))
		return differ(j, "not a JSON string");
	while (*j->at != '"') {
		if (t->size + 5 > TEXT_MAX)
			return differ(j, "JSON string too long");
		if (*j->at != '\\') {
			t->bytes[t->size++] = *j->at++;
		} else {
			j->at++;
			read_escape(j, t);
		}
	}
	j->at++;
	t->bytes[t->size] = '\0';
	return true;
}

/* Dates and times: one spelling of `T` and `Z`, no zeros at the end of a fraction. */
static void
normalise_time(struct text *t)
{
	size_t from, to = 0, point = SIZE_MAX;

	for (from = 0; from < t->size; from++) {
		char byte = t->bytes[from];

		if (byte == 't' || byte == ' ')
			byte = 'T';
		if (byte == 'z')
			byte = 'Z';
		if (byte == '.')
			point = to;
		else if (point != SIZE_MAX && (byte < '0' || byte > '9')) {
			while (t->bytes[to - 1] == '0' || t->bytes[to - 1] == '.')
				to--;
			point = SIZE_MAX;
		}
		t->bytes[to++] = byte;
	}
	while (point != SIZE_MAX && to > point && (t->bytes[to - 1] == '0' || t->bytes[to - 1] == '.'))
		to--;
	t->size = to;
}

static bool
equal_time(const struct dsync_toml *doc, uint32_t node, struct text *expected)
{
	struct dsync_view raw = dsync_toml_raw(doc, node);
	struct text found;

	memcpy(found.bytes, raw.data, raw.size);
	found.size = raw.size;
	normalise_time(&found);
	normalise_time(expected);
	return found.size == expected->size && memcmp(found.bytes, expected->bytes, found.size) == 0;
}

static bool
equal_float(const struct dsync_toml *doc, uint32_t node, const char *expected)
{
	double value, wanted = strtod(expected, NULL);

	if (dsync_toml_float(doc, node, &value) < 0)
		return false;
	return value == wanted || (value != value && wanted != wanted);
}

static bool
equal_string(const struct dsync_toml *doc, uint32_t node, const struct text *expected)
{
	struct dsync_view value;

	return dsync_toml_string(doc, node, &value) == 0 && value.size == expected->size &&
		memcmp(value.data, expected->bytes, value.size) == 0;
}

static bool
equal_integer(const struct dsync_toml *doc, uint32_t node, const char *expected)
{
	char text[32];
	int64_t value;

	if (dsync_toml_integer(doc, node, &value) < 0)
		return false;
	snprintf(text, sizeof(text), "%" PRId64, value);
	return strcmp(text, expected) == 0;
}

static bool
equal_boolean(const struct dsync_toml *doc, uint32_t node, const char *expected)
{
	bool value;

	return dsync_toml_boolean(doc, node, &value) == 0 && value == (strcmp(expected, "true") == 0);
}

static bool
equal_scalar(const struct dsync_toml *doc, uint32_t node, const char *type, struct text *expected)
{
	static const struct {
		const char *name;
		enum dsync_toml_type type;
	} times[] = {
		{ "datetime", DSYNC_TOML_DATETIME },
		{ "datetime-local", DSYNC_TOML_DATETIME_LOCAL },
		{ "date-local", DSYNC_TOML_DATE_LOCAL },
		{ "time-local", DSYNC_TOML_TIME_LOCAL },
	};
	size_t i;

	if (strcmp(type, "string") == 0)
		return equal_string(doc, node, expected);
	if (strcmp(type, "integer") == 0)
		return equal_integer(doc, node, expected->bytes);
	if (strcmp(type, "float") == 0)
		return equal_float(doc, node, expected->bytes);
	if (strcmp(type, "bool") == 0)
		return equal_boolean(doc, node, expected->bytes);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strcmp(type, times[i].name) == 0)
			return dsync_toml_type(doc, node) == times[i].type && equal_time(doc, node, expected);
	return false;
}

static bool
compare_scalar(struct json *j, uint32_t node)
{
	struct text name, type, value;

	if (!take(j, '{') || !read_string(j, &name) || !take(j, ':') || !read_string(j, &type) || !take(j, ',') ||
		!read_string(j, &name) || !take(j, ':') || !read_string(j, &value) || !take(j, '}'))
		return differ(j, "not a tagged value");
	return equal_scalar(j->doc, node, type.bytes, &value) || differ(j, "another value or type");
}

static bool
compare_array(struct json *j, uint32_t node)
{
	uint32_t element = dsync_toml_first(j->doc, node);

	take(j, '[');
	while (!take(j, ']')) {
		if (!compare(j, element))
			return false;
		element = dsync_toml_next(j->doc, element);
		take(j, ',');
	}
	return element == DSYNC_TOML_NONE || differ(j, "more elements");
}

static uint32_t
find_child(const struct dsync_toml *doc, uint32_t table, const struct text *key)
{
	uint32_t child = dsync_toml_first(doc, table);
	struct dsync_view name;

	for (; child != DSYNC_TOML_NONE; child = dsync_toml_next(doc, child)) {
		name = dsync_toml_key(doc, child);
		if (name.size == key->size && memcmp(name.data, key->bytes, name.size) == 0)
			break;
	}
	if (strlen(key->bytes) == key->size && dsync_toml_child(doc, table, key->bytes) != child)
		return DSYNC_TOML_NONE;
	return child;
}

static bool
compare_table(struct json *j, uint32_t node)
{
	uint32_t count = 0;
	struct text key;

	take(j, '{');
	while (!take(j, '}')) {
		if (!read_string(j, &key) || !take(j, ':') || !compare(j, find_child(j->doc, node, &key)))
			return false;
		take(j, ',');
		count++;
	}
	return count == dsync_toml_count(j->doc, node) || differ(j, "more keys");
}

static bool
compare(struct json *j, uint32_t node)
{
	enum dsync_toml_type type = dsync_toml_type(j->doc, node);

	peek(j);
	if (type == DSYNC_TOML_ARRAY)
		return *j->at == '[' ? compare_array(j, node) : differ(j, "an array");
	if (type == DSYNC_TOML_TABLE)
		return *j->at == '{' ? compare_table(j, node) : differ(j, "a table");
	return compare_scalar(j, node);
}

bool
tagged_equal(const struct dsync_toml *doc, const char *json)
{
	struct json j = { json, doc };

	return compare(&j, DSYNC_TOML_ROOT) && (peek(&j) == '\0' || differ(&j, "the end"));
}
