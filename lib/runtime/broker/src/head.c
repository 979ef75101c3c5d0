/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The head of an answer, line by line as curl hands it over.  Caps are counted here, and
 * a message whose length can be read in two ways is refused: curl itself takes the last of
 * two Content-Length fields.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "internal.h"

static int __attribute__((format(printf, 2, 3))) refuse(struct dsync_response *r, const char *format, ...)
{
	char what[DSYNC_ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	if (vsnprintf(what, sizeof(what), format, args) < 0)
		what[0] = '\0';
	va_end(args);
	dsync_error_set(&r->fault, DSYNC_ERR_NETWORK, "http", "the server's answer is refused: %s", what);
	dsync_error_at_entry(&r->fault, r->url.text, strlen(r->url.text));
	return DSYNC_ERR_NETWORK;
}

/* Its index, or field_count when absent. */
static size_t
find_field(const struct dsync_response *r, const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < r->field_count; i++) {
		if (dsync_text_equal_case(r->fields[i].name, strlen(r->fields[i].name), name, size))
			break;
	}
	return i;
}

const struct dsync__field *
dsync__response_field(const struct dsync_response *r, const char *name, size_t size)
{
	size_t i = find_field(r, name, size);

	return i < r->field_count ? &r->fields[i] : NULL;
}

void
dsync__response_drop_fields(struct dsync_response *r)
{
	size_t i;

	for (i = 0; i < r->field_count; i++) {
		free(r->fields[i].name);
		free(r->fields[i].value);
	}
	r->field_count = 0;
}

bool
dsync__response_without_body(const struct dsync_response *r)
{
	return r->method == METHOD_HEAD || r->status == 204 || r->status == 304;
}

static int
out_of_memory(struct dsync_response *r)
{
	return dsync_error_set_memory(&r->fault);
}

/* Control characters become blanks, which is what RFC 9110 section 5.5 leaves of them. */
static void
copy_value(char *out, struct dsync_view value)
{
	size_t i;

	for (i = 0; i < value.size; i++)
		out[i] = value.data[i] >= 0x20 && value.data[i] != 0x7F ? (char)value.data[i] : ' ';
	out[value.size] = '\0';
}

static int
new_field(struct dsync_response *r, struct dsync_view name, struct dsync_view value)
{
	struct dsync__field *field;

	if (r->field_count == DSYNC__FIELDS_MAX)
		return refuse(r, "more than %u header fields", DSYNC__FIELDS_MAX);
	field = &r->fields[r->field_count];
	field->count = 1;
	field->name = strndup((const char *)name.data, name.size);
	field->value = malloc(value.size + 1);
	if (field->name == NULL || field->value == NULL) {
		free(field->name);
		free(field->value);
		return out_of_memory(r);
	}
	copy_value(field->value, value);
	r->field_count++;
	return 0;
}

static int
add_field(struct dsync_response *r, struct dsync_view name, struct dsync_view value)
{
	size_t index = find_field(r, (const char *)name.data, name.size);
	struct dsync__field *field = &r->fields[index];
	size_t old;
	char *joined;

	if (index == r->field_count)
		return new_field(r, name, value);
	old = strlen(field->value);
	joined = realloc(field->value, old + 2 + value.size + 1);
	if (joined == NULL)
		return out_of_memory(r);
	memcpy(joined + old, ", ", 2);
	copy_value(joined + old + 2, value);
	field->value = joined;
	field->count++;
	return 0;
}

/* The two fields that say where the body ends. */
static int
read_framing(struct dsync_response *r, struct dsync_view name, struct dsync_view value)
{
	const char *text = (const char *)value.data;
	uint64_t length;

	if (dsync_text_equal_case((const char *)name.data, name.size, "transfer-encoding", 17)) {
		if (r->chunked || !dsync_text_equal_case(text, value.size, "chunked", 7))
			return refuse(r, "a Transfer-Encoding other than one \"chunked\"");
		r->chunked = true;
	}
	if (dsync_text_equal_case((const char *)name.data, name.size, "content-length", 14)) {
		if (dsync_text_parse_u64(text, value.size, &length) < 0 || length > INT64_MAX)
			return refuse(r, "a Content-Length that is no number");
		if (r->length >= 0 && r->length != (int64_t)length)
			return refuse(r, "two different Content-Length fields");
		r->length = (int64_t)length;
	}
	if (r->chunked && r->length >= 0)
		return refuse(r, "Content-Length and Transfer-Encoding together");
	return 0;
}

/* Cookies are the server's to set on somebody else. */
static bool
is_kept(struct dsync_view name)
{
	const char *text = (const char *)name.data;

	return name.size > 0 && !dsync_text_equal_case(text, name.size, "set-cookie", 10) &&
		!dsync_text_equal_case(text, name.size, "set-cookie2", 11);
}

static struct dsync_view
trim(struct dsync_view v)
{
	while (v.size > 0 && (v.data[0] == ' ' || v.data[0] == '\t')) {
		v.data++;
		v.size--;
	}
	while (v.size > 0 && (v.data[v.size - 1] == ' ' || v.data[v.size - 1] == '\t'))
		v.size--;
	return v;
}

static int
read_field(struct dsync_response *r, struct dsync_view line)
{
	const unsigned char *colon = memchr(line.data, ':', line.size);
	struct dsync_view name, value;
	int rc;

	if (colon == NULL || line.data[0] == ' ' || line.data[0] == '\t')
		return 0; /* no field; a folded line adds nothing to one that we would use */
	name.data = line.data;
	name.size = (size_t)(colon - line.data);
	value.data = colon + 1;
	value.size = line.size - name.size - 1;
	value = trim(value);
	rc = read_framing(r, name, value);
	if (rc < 0)
		return rc;
	return is_kept(name) ? add_field(r, name, value) : 0;
}

/* "HTTP/1.1 200 OK": three digits behind the first blank. */
static int
read_status(struct dsync_response *r, struct dsync_view line)
{
	const unsigned char *blank = memchr(line.data, ' ', line.size);
	uint64_t status;

	if (blank == NULL || line.data + line.size - blank < 4 ||
		dsync_text_parse_u64((const char *)blank + 1, 3, &status) < 0 || status < 100)
		return refuse(r, "a status line that is none");
	if (status == 101)
		return refuse(r, "a switch to another protocol");
	r->status = (int)status;
	return 0;
}

/* In what is compressed nobody would see a secret that is given back; and nobody asked for it. */
static int
check_encoding(struct dsync_response *r)
{
	const struct dsync__field *encoding = dsync__response_field(r, "Content-Encoding", 16);

	if (r->guard == NULL || encoding == NULL ||
		dsync_text_equal_case(encoding->value, strlen(encoding->value), "identity", 8))
		return 0;
	return refuse(r, "an encoded body, in which the secret that was sent could not be seen");
}

static int
end_head(struct dsync_response *r)
{
	if (r->status >= 200) {
		if (check_encoding(r) < 0)
			return DSYNC_ERR_NETWORK;
		r->head_done = true;
		return 0;
	}
	if (++r->interim > DSYNC__INTERIM_MAX)
		return refuse(r, "more than %u interim answers", DSYNC__INTERIM_MAX);
	dsync__response_drop_fields(r);
	r->status = 0;
	r->length = -1;
	r->chunked = false;
	return 0;
}

static int
read_line(struct dsync_response *r, struct dsync_view line)
{
	if (line.size > DSYNC__HEAD_LINE_MAX)
		return refuse(r, "a header line of more than %u bytes", DSYNC__HEAD_LINE_MAX);
	if (dsync__guard_finds(r->guard, line.data, line.size))
		return dsync__guard_refuse(r);
	r->head_bytes += line.size;
	if (r->head_bytes > DSYNC__HEAD_BYTES_MAX)
		return refuse(r, "more than %u bytes of headers", DSYNC__HEAD_BYTES_MAX);
	if (r->head_done)
		return 0; /* trailers */
	while (line.size > 0 && (line.data[line.size - 1] == '\n' || line.data[line.size - 1] == '\r'))
		line.size--;
	if (r->status == 0)
		return read_status(r, line);
	return line.size > 0 ? read_field(r, line) : end_head(r);
}

size_t
dsync__head_receive(char *data, size_t one, size_t size, void *user)
{
	struct dsync_view line = { (const unsigned char *)data, one * size };
	struct dsync_response *r = user;
	const bool had_head = r->head_done;

	if (r->fault.code != 0 || read_line(r, line) < 0)
		return 0; /* curl gives up */
	if (!had_head && dsync__tape_keep_head(r, line.data, line.size) < 0)
		return 0;
	return line.size;
}
