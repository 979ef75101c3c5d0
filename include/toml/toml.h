/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * toml.h - a strict TOML 1.0 reader (toml.io/en/v1.0.0) that remembers where everything stood.
 *
 *	struct dsync_toml *doc = dsync_toml_parse(text, size, &err);
 *	uint32_t policy = dsync_toml_child(doc, DSYNC_TOML_ROOT, "policy");
 *	uint32_t ttl = dsync_toml_child(doc, policy, "ttl");
 *	if (ttl != DSYNC_TOML_NONE && dsync_toml_integer(doc, ttl, &value) < 0)
 *		...
 *
 * A document is a flat array of nodes; node 0 is the root table.  A node is a
 * table, an array, or a value, knows its key (inside tables), its line, and its
 * bytes in the text.  The document borrows the text: the caller keeps it alive and
 * unchanged.  Strings and keys without escapes are views of that text, the others
 * live in the document.  Parsing allocates a small, fixed number of times, uses
 * no recursion, and refuses nesting deeper than DSYNC_TOML_DEPTH_MAX.
 *
 * Every function accepts DSYNC_TOML_NONE as a node and treats it as absent.
 */
#ifndef TOML_TOML_H
#define TOML_TOML_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

#define DSYNC_TOML_ROOT 0u
#define DSYNC_TOML_NONE UINT32_MAX
#define DSYNC_TOML_DEPTH_MAX 80

enum dsync_toml_type {
	DSYNC_TOML_ABSENT, /* of DSYNC_TOML_NONE */
	DSYNC_TOML_TABLE,
	DSYNC_TOML_ARRAY,
	DSYNC_TOML_STRING,
	DSYNC_TOML_INTEGER,
	DSYNC_TOML_FLOAT,
	DSYNC_TOML_BOOLEAN,
	DSYNC_TOML_DATETIME, /* with offset */
	DSYNC_TOML_DATETIME_LOCAL,
	DSYNC_TOML_DATE_LOCAL,
	DSYNC_TOML_TIME_LOCAL,
};

struct dsync_toml;

/* Bytes of the text: [start, end). */
struct dsync_toml_range {
	uint32_t start;
	uint32_t end;
};

/*
 * Parses a whole document of less than 2^31 - 16 bytes (DSYNC_ERR_LIMIT otherwise); a leading byte
 * order mark is skipped and counts in offsets but not in columns.  On failure returns NULL with
 * DSYNC_ERR_SYNTAX, rule "toml", line, column, byte offset, what was expected and what was found.
 * A newline in a string of several lines is one LF, whatever the text has.
 */
struct dsync_toml *dsync_toml_parse(const char *text, size_t size, struct dsync_error *err);
void dsync_toml_free(struct dsync_toml *doc);

enum dsync_toml_type dsync_toml_type(const struct dsync_toml *doc, uint32_t node);

/* "a string", "an integer"...: for messages. */
const char *dsync_toml_type_name(enum dsync_toml_type type);

/* The child of a table with this key (compared as bytes after unescaping), or NONE. */
uint32_t dsync_toml_child(const struct dsync_toml *doc, uint32_t table, const char *key);

/* Children of a table or array in the order of the text; NONE after the last. */
uint32_t dsync_toml_first(const struct dsync_toml *doc, uint32_t node);
uint32_t dsync_toml_next(const struct dsync_toml *doc, uint32_t node);
uint32_t dsync_toml_count(const struct dsync_toml *doc, uint32_t node);

/* The node's own key, unescaped; empty for array elements and the root.  Valid as long as document and text are. */
struct dsync_view dsync_toml_key(const struct dsync_toml *doc, uint32_t node);

/*
 * Typed values; DSYNC_ERR_INVALID when the node has another type.  The string is valid as long as document and
 * text are.
 */
int dsync_toml_string(const struct dsync_toml *doc, uint32_t node, struct dsync_view *value);
int dsync_toml_integer(const struct dsync_toml *doc, uint32_t node, int64_t *value);
int dsync_toml_float(const struct dsync_toml *doc, uint32_t node, double *value);
int dsync_toml_boolean(const struct dsync_toml *doc, uint32_t node, bool *value);

/*
 * The bytes of a value as written (quotes included); for tables of their header (or braces); empty for the
 * root, for tables that dotted keys or longer headers made, and for arrays of tables (their elements have headers).
 */
struct dsync_view dsync_toml_raw(const struct dsync_toml *doc, uint32_t node);

/* From 1: where the key (or array element) stands. */
uint32_t dsync_toml_line(const struct dsync_toml *doc, uint32_t node);
uint32_t dsync_toml_column(const struct dsync_toml *doc, uint32_t node);

/* The bytes of dsync_toml_raw(), and of the key's own part as written (empty for array elements). */
struct dsync_toml_range dsync_toml_value_range(const struct dsync_toml *doc, uint32_t node);
struct dsync_toml_range dsync_toml_key_range(const struct dsync_toml *doc, uint32_t node);

/*
 * For a table made by a [header]: from the header to the end of its last own key/value line (newline included),
 * so that a new key can be put there.  {0, 0} for other tables; for the root, its leading key/values.
 */
struct dsync_toml_range dsync_toml_body_range(const struct dsync_toml *doc, uint32_t table);

#endif
