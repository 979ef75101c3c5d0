/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grants.h - a grant as the text of its file; the rest is in runtime/grants.h.
 */
#ifndef RUNTIME_GRANTS_FILE_H
#define RUNTIME_GRANTS_FILE_H

#include "base/buffer.h"
#include "runtime/grants.h"

#define DSYNC_GRANT_FILE_SIZE_MAX 65536u

/* Fills an empty grant; DSYNC_ERR_SYNTAX with key and line, and nothing to finish, when the text is no grant of this version. */
int dsync__grant_parse(const char *text, size_t size, struct dsync_grant *grant, struct dsync_error *err);

/* Appends the text; a string that is no UTF-8 is DSYNC_ERR_INVALID. */
int dsync__grant_write(const struct dsync_grant *grant, struct dsync_buffer *out);

void dsync__strings_finish(struct dsync_strings *list);
bool dsync__strings_contain(const struct dsync_strings *list, const char *text);

#endif
