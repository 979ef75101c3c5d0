/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * outcome.h - make the object that callers get out of a result.
 */
#ifndef RUNTIME_OUTCOME_H
#define RUNTIME_OUTCOME_H

#include "runtime/client.h"

/*
 * Takes over `result` and `client` (NULL unless the result is staged), also when it fails; `path` as the caller named the archive.
 */
struct dsync_outcome *dsync__outcome_create(
	const char *path, struct dsync_result *result, struct dsync_client *client, struct dsync_error *err);

/* The new version while it waits for a decision, opened for the caller; NULL with DSYNC_ERR_STATE when nothing is staged. */
struct dsync_archive *dsync__outcome_open_staged(const struct dsync_outcome *outcome, struct dsync_error *err);

/* Appends the object of dsync_outcome_json(). */
int dsync__outcome_write(const char *path, const struct dsync_result *result, struct dsync_buffer *out);

#endif
