/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * json.h - reading strict JSON objects: what the protocols of this module share.
 *
 * Reading: dsync__json_parse() demands one object without duplicate members, nothing after it, and
 * at most DSYNC_JSON_DEPTH_MAX levels; a struct dsync_json_reader then takes members by name, remembers the first fault, and
 * at the end refuses members that nobody took.
 *
 *	struct dsync_json_reader r;
 *	dsync__json_reader_init(&r, object);
 *	dsync__json_take_text(&r, "url", &job->url);
 *	dsync__json_take_bool(&r, "force", &job->force);
 *	rc = dsync__json_reader_end(&r, "job", err);
 *
 * A missing member leaves its output alone; a member of the wrong type is a fault.
 */
#ifndef RUNTIME_JSON_H
#define RUNTIME_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/error.h"
#include "runtime/grants.h"

#define DSYNC_JSON_DEPTH_MAX 16
#define DSYNC_JSON_VALUES_MAX 1000000 /* of dsync__json_parse_value(): they take 50 to 150 bytes of memory each */

struct dsync_json_reader {
	const json_t *object;
	size_t taken;      /* members that were taken */
	const char *fault; /* first member of a wrong type or value, or NULL */
	bool no_memory;
};

/* A new reference to one object in *object; `code` with the rule "json" when the text is none, or NO_MEMORY, and *object is NULL. */
int dsync__json_parse(const void *text, size_t size, int code, json_t **object, struct dsync_error *err);

/*
 * The same for any value, nested at most `depth` levels, of DSYNC_JSON_VALUES_MAX values in all; integers that are too large become
 * reals.  DSYNC_ERR_LIMIT when it is more, SYNTAX when it is no JSON.
 */
int dsync__json_parse_value(const void *text, size_t size, size_t depth, json_t **value, struct dsync_error *err);

/*
 * The text of a member's value as it stands, by names from the outside in up to NULL, in a text that was parsed; false when it is
 * not there or a name on the way is written with escapes.  What was parsed loses digits of numbers, this does not.
 */
bool dsync__json_find(struct dsync_view text, const char *const *names, struct dsync_view *value);

/* Appends a text that was parsed without white space between its tokens: in one line. */
int dsync__json_compact(struct dsync_buffer *out, struct dsync_view text);

void dsync__json_reader_init(struct dsync_json_reader *r, const json_t *object);
void dsync__json_take_bool(struct dsync_json_reader *r, const char *name, bool *value);
void dsync__json_take_integer(struct dsync_json_reader *r, const char *name, int64_t min, int64_t max, int64_t *value);
void dsync__json_take_text(struct dsync_json_reader *r, const char *name, char **value); /* a copy; free() it */
void dsync__json_take_buffer(
	struct dsync_json_reader *r, const char *name, char *out, size_t size); /* must fit with its NUL */
void dsync__json_take_hex(struct dsync_json_reader *r, const char *name, unsigned char *out, size_t size);
/* Bytes without a NUL: a text `name`, or, of what is no UTF-8, the digits `hex_name`; never both. */
void dsync__json_take_bytes(struct dsync_json_reader *r, const char *name, const char *hex_name, char **value);
void dsync__json_take_strings(struct dsync_json_reader *r, const char *name, struct dsync_strings *list);
json_t *dsync__json_take_object(struct dsync_json_reader *r, const char *name); /* borrowed, NULL when absent */
json_t *dsync__json_take_array(struct dsync_json_reader *r, const char *name);  /* borrowed, NULL when absent */

/* 0, or DSYNC_ERR_PROTOCOL that names the first fault or an unknown member of `what`. */
int dsync__json_reader_end(const struct dsync_json_reader *r, const char *what, struct dsync_error *err);

/* The opposite of take_bytes; NULL is left out. */
void dsync__json_put_bytes(struct dsync_buffer *out, const char *name, const char *hex_name, const char *value);

/* Writes a list as an array, for base/json.h; an empty one is left out. */
void dsync__json_put_strings(struct dsync_buffer *out, const char *name, const struct dsync_strings *list);

#endif
