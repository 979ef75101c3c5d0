/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * context.h - what the runtime reads from a context.
 *
 * A public function that was given NULL calls dsync_context_resolve() first and works with the result.
 */
#ifndef RUNTIME_CONTEXT_H
#define RUNTIME_CONTEXT_H

#include "dotsync/context.h"

/* `context` itself, or for NULL a new default one that the caller destroys when *owned is true. */
struct dsync_context *dsync_context_resolve(struct dsync_context *context, bool *owned, struct dsync_error *err);

/* Absolute paths without a trailing slash, NULL where there is none; live as long as the context. */
const char *dsync_context_config_dir(const struct dsync_context *context);
const char *dsync_context_state_dir(const struct dsync_context *context);
const char *dsync_context_cache_dir(const struct dsync_context *context);
const char *dsync_context_machine_dir(const struct dsync_context *context);
const char *dsync_context_helper_dir(const struct dsync_context *context);
bool dsync_context_offline(const struct dsync_context *context);

/* The folder, or DSYNC_ERR_NOT_FOUND that names the variable to set. */
int dsync_context_need_config_dir(const struct dsync_context *context, const char **dir, struct dsync_error *err);
int dsync_context_need_state_dir(const struct dsync_context *context, const char **dir, struct dsync_error *err);
int dsync_context_need_cache_dir(const struct dsync_context *context, const char **dir, struct dsync_error *err);

void dsync_context_log(const struct dsync_context *context, enum dsync_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
