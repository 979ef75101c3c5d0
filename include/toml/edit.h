/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * edit.h - change one key of a TOML text and keep every other byte.
 *
 *	dsync_toml_edit_set(&out, text, size, "policy", "ttl", "3600", &err);
 *
 * Comments, order, line ends, byte order mark and unknown keys survive.  A key is named by its table's
 * dotted path ("" is the root) and its own name; both are names as they mean, without quotes and escapes, so a
 * table whose name has a dot in it cannot be named.  The value is TOML text, made with the dsync_toml_write
 * functions or checked by the caller; the result is parsed again before it is handed out.
 */
#ifndef TOML_EDIT_H
#define TOML_EDIT_H

#include "base/buffer.h"
#include "dotsync/error.h"

/*
 * Appends the edited document to `out`, or nothing on failure.  Replaces the value where the key is, else adds it
 * where its table stands (a line at the end of its body, an entry between its braces), else adds the table: before
 * `[signature]` and the comments right above it when that table is there, otherwise at the end.
 * DSYNC_ERR_INVALID when the key is a table, the path leads through something that is none, or `value` is not
 * exactly one TOML value (no comment, no blanks around it); DSYNC_ERR_SYNTAX when the document is no TOML.
 */
int dsync_toml_edit_set(struct dsync_buffer *out, const char *text, size_t size, const char *table, const char *key,
	const char *value, struct dsync_error *err);

/* Removes the key's line (or lines, or entry between braces); nothing when it is not there.  Fails as set does. */
int dsync_toml_edit_remove(struct dsync_buffer *out, const char *text, size_t size, const char *table, const char *key,
	struct dsync_error *err);

/*
 * Appends a basic string with its quotes and escapes (never \e, never a newline); the input must be UTF-8, else
 * DSYNC_ERR_INVALID.
 */
int dsync_toml_write_string(struct dsync_buffer *out, const char *text, size_t size);

#endif
