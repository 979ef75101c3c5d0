/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * builtin.h - our own updaters, compiled to wasm when dotsync was built and carried inside its programs.
 *
 * `create --from` puts one into the archive; an archive made by another build may carry another compilation of the same source, which
 * is then an updater like any other.
 */
#ifndef RUNTIME_BUILTIN_H
#define RUNTIME_BUILTIN_H

#include <stddef.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

/* The updater on dotsync.v1 that reads its URLs from context.json; lives as long as the program. */
struct dsync_view dsync_builtin_http(void);

/* The longest URL that fits into the host updater, without its NUL. */
#define DSYNC_BUILTIN_URL_MAX 4095u

/* A copy (free() it) of the host updater that fetches `url`; DSYNC_ERR_LIMIT when it is too long. */
int dsync_builtin_make_host(const char *url, unsigned char **wasm, size_t *size, struct dsync_error *err);

/* The name of the updater of ours that this is ("http"; "http-host" whatever its URL), or NULL. */
const char *dsync_builtin_name(const unsigned char *wasm, size_t size);

#endif
