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

/* grant_secret.c: the tables [[secret]] of a file; reading returns 0 or a code, with NO_MEMORY alone said in `err`. */
struct dsync_toml;
int
dsync__secrets_read(const struct dsync_toml *doc, uint32_t array, struct dsync_secrets *list, struct dsync_error *err);
void dsync__secrets_write(const struct dsync_secrets *list, struct dsync_buffer *out);
void dsync__secrets_finish(struct dsync_secrets *list);

/* A string value without a NUL inside as a copy in place of *text; INVALID when it is none. */
int dsync__grant_read_text(const struct dsync_toml *doc, uint32_t node, char **text, struct dsync_error *err);
void dsync__grant_write_text(struct dsync_buffer *out, const char *key, const char *value);

void dsync__strings_finish(struct dsync_strings *list);
bool dsync__strings_contain(const struct dsync_strings *list, const char *text);

#endif
