/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * path.h - paths that hold whatever the working folder becomes.
 */
#ifndef RUNTIME_PATH_H
#define RUNTIME_PATH_H

#include "dotsync/error.h"

/* A copy (free() it) that starts with '/'; nothing is resolved, so that a link may change its target later.  NULL stays NULL. */
int dsync_path_absolute(const char *path, char **absolute, struct dsync_error *err);

#endif
