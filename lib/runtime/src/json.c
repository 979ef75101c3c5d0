/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

/*
 * jansson descends by recursion up to its own limit of 2048, and takes fifty bytes and more for a value of two; ours are checked on
 * the text before it sees that.
 */
static bool
is_too_much(const char *text, size_t size, size_t depth_max, size_t values_max)
{
	size_t depth = 0, values = 0;
	bool quoted = false;
	size_t i;

	for (i = 0; i < size && depth <= depth_max && values <= values_max; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			depth++;
			values++;
		} else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
			depth--;
		} else if (text[i] == ',') {
			values++;
		}
	}
	return depth > depth_max || values > values_max;
}

static int
load(const void *text, size_t size, size_t flags, int code, json_t **value, struct dsync_error *err)
{
	json_error_t fault;

	memset(&fault, 0, sizeof(fault)); /* jansson leaves it alone when its first allocation fails */
	*value = json_loadb(text, size, JSON_REJECT_DUPLICATES | flags, &fault);
	if (*value != NULL)
		return 0;
	if (json_error_code(&fault) == json_error_out_of_memory || fault.text[0] == '\0')
		return dsync_error_set_memory(err);
	dsync_error_set(err, code, "json", "not JSON: %s", fault.text);
	if (fault.line > 0)
		dsync_error_at_line(err, (uint32_t)fault.line, fault.column > 0 ? (uint32_t)fault.column : 0);
	return code;
}

int
dsync__json_parse_value(const void *text, size_t size, size_t depth, json_t **value, struct dsync_error *err)
{
	*value = NULL;
	if (is_too_much(text, size, depth, SIZE_MAX))
		return dsync_error_set(err, DSYNC_ERR_LIMIT, "json", "nested deeper than %zu levels", depth);
	if (is_too_much(text, size, depth, DSYNC_JSON_VALUES_MAX))
		return dsync_error_set(
			err, DSYNC_ERR_LIMIT, "json", "more than %u values", (unsigned)DSYNC_JSON_VALUES_MAX);
	return load(
		text, size, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, DSYNC_ERR_SYNTAX, value, err);
}

int
dsync__json_parse(const void *text, size_t size, int code, json_t **object, struct dsync_error *err)
{
	int rc;

	*object = NULL;
	if (is_too_much(text, size, DSYNC_JSON_DEPTH_MAX, SIZE_MAX))
		return dsync_error_set(err, code, "json", "nested deeper than %d levels", DSYNC_JSON_DEPTH_MAX);
	rc = load(text, size, 0, code, object, err);
	if (rc < 0)
		return rc;
	if (json_is_object(*object))
		return 0;
	json_decref(*object);
	*object = NULL;
	return dsync_error_set(err, code, "json", "not a JSON object");
}

void
dsync__json_reader_init(struct dsync_json_reader *r, const json_t *object)
{
	memset(r, 0, sizeof(*r));
	r->object = object;
}

static void
fault(struct dsync_json_reader *r, const char *name)
{
	if (r->fault == NULL)
		r->fault = name;
}

/* The member if it is there, counted as taken. */
static json_t *
take(struct dsync_json_reader *r, const char *name)
{
	json_t *value = json_object_get(r->object, name);

	if (value != NULL)
		r->taken++;
	return value;
}

void
dsync__json_take_bool(struct dsync_json_reader *r, const char *name, bool *value)
{
	const json_t *member = take(r, name);

	if (member == NULL)
		return;
	if (json_is_boolean(member))
		*value = json_is_true(member);
	else
		fault(r, name);
}

void
dsync__json_take_integer(struct dsync_json_reader *r, const char *name, int64_t min, int64_t max, int64_t *value)
{
	const json_t *member = take(r, name);
	int64_t number;

	if (member == NULL)
		return;
	number = json_integer_value(member);
	if (json_is_integer(member) && number >= min && number <= max)
		*value = number;
	else
		fault(r, name);
}

/* The bytes of a string without a NUL inside, or NULL. */
static const char *
plain_text(const json_t *member)
{
	const char *text = json_string_value(member);

	return text != NULL && strlen(text) == json_string_length(member) ? text : NULL;
}

void
dsync__json_take_text(struct dsync_json_reader *r, const char *name, char **value)
{
	const json_t *member = take(r, name);
	const char *text;

	if (member == NULL)
		return;
	text = plain_text(member);
	if (text == NULL) {
		fault(r, name);
		return;
	}
	free(*value);
	*value = strdup(text);
	if (*value == NULL)
		r->no_memory = true;
}

void
dsync__json_take_buffer(struct dsync_json_reader *r, const char *name, char *out, size_t size)
{
	const json_t *member = take(r, name);
	const char *text;

	if (member == NULL)
		return;
	text = plain_text(member);
	if (text == NULL || strlen(text) >= size)
		fault(r, name);
	else
		memcpy(out, text, strlen(text) + 1);
}

void
dsync__json_take_hex(struct dsync_json_reader *r, const char *name, unsigned char *out, size_t size)
{
	const json_t *member = take(r, name);
	const char *text;

	if (member == NULL)
		return;
	text = plain_text(member);
	if (text == NULL || dsync_text_hex_decode(out, size, text, strlen(text)) < 0)
		fault(r, name);
}

/* What the digits stand for, allocated; NULL for a fault, or with r->no_memory set. */
static char *
decode_bytes(struct dsync_json_reader *r, const char *digits)
{
	const size_t size = strlen(digits) / 2;
	char *bytes = malloc(size + 1);

	if (bytes == NULL) {
		r->no_memory = true;
		return NULL;
	}
	bytes[size] = '\0';
	if (dsync_text_hex_decode((unsigned char *)bytes, size, digits, strlen(digits)) == 0 && strlen(bytes) == size &&
		!dsync_text_is_utf8(bytes, size))
		return bytes;
	free(bytes);
	return NULL;
}

void
dsync__json_take_bytes(struct dsync_json_reader *r, const char *name, const char *hex_name, char **value)
{
	const bool both = json_object_get(r->object, name) != NULL;
	const json_t *member = take(r, hex_name);
	const char *digits;
	char *bytes;

	if (member == NULL) {
		dsync__json_take_text(r, name, value);
		return;
	}
	digits = both ? NULL : plain_text(member);
	bytes = digits != NULL ? decode_bytes(r, digits) : NULL;
	if (bytes == NULL) {
		fault(r, hex_name);
		return;
	}
	free(*value);
	*value = bytes;
}

void
dsync__json_take_strings(struct dsync_json_reader *r, const char *name, struct dsync_strings *list)
{
	json_t *array = dsync__json_take_array(r, name);
	const char *text;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		text = plain_text(json_array_get(array, i));
		if (text == NULL) {
			fault(r, name);
			return;
		}
		if (dsync_grant_add(list, text, NULL) < 0)
			r->no_memory = true;
	}
}

json_t *
dsync__json_take_object(struct dsync_json_reader *r, const char *name)
{
	json_t *member = take(r, name);

	if (member != NULL && !json_is_object(member)) {
		fault(r, name);
		return NULL;
	}
	return member;
}

json_t *
dsync__json_take_array(struct dsync_json_reader *r, const char *name)
{
	json_t *member = take(r, name);

	if (member != NULL && !json_is_array(member)) {
		fault(r, name);
		return NULL;
	}
	return member;
}

int
dsync__json_reader_end(const struct dsync_json_reader *r, const char *what, struct dsync_error *err)
{
	if (r->no_memory)
		return dsync_error_set_memory(err);
	if (r->fault != NULL)
		return dsync_error_set(
			err, DSYNC_ERR_PROTOCOL, "json", "%s: \"%s\" has a wrong type or value", what, r->fault);
	if (r->taken != json_object_size(r->object))
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "%s has a member that is not known", what);
	return 0;
}

void
dsync__json_put_bytes(struct dsync_buffer *out, const char *name, const char *hex_name, const char *value)
{
	if (value == NULL || dsync_text_is_utf8(value, strlen(value)))
		dsync_json_put_text(out, name, value);
	else
		dsync_json_put_hex(out, hex_name, (const unsigned char *)value, strlen(value));
}

void
dsync__json_put_strings(struct dsync_buffer *out, const char *name, const struct dsync_strings *list)
{
	size_t i;

	if (list->count == 0)
		return;
	dsync_json_open_array(out, name);
	for (i = 0; i < list->count; i++)
		dsync_json_put_text(out, NULL, list->items[i]);
	dsync_json_close_array(out);
}
