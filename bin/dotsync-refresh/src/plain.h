/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plain.h - a payload as a plain file, for programs that open a path.
 *
 * Blocks are shared where the file system can, else copied inside the kernel; holes stay holes.
 */
#ifndef REFRESH_PLAIN_H
#define REFRESH_PLAIN_H

#include <stdint.h>

#include "dotsync/archive.h"
#include "dotsync/error.h"

/*
 * Makes `folder`/`name` anew (a left-over of that name is removed first) with these bytes; returns its descriptor, open for
 * reading and writing, or a negative code with nothing left behind.
 */
int dsync_plain_make(int folder, const char *name, const struct dsync_extent *source, struct dsync_error *err);

/*
 * Brings the file at `path` to these bytes: nothing is done when it has them, else it is replaced atomically.  Its mode
 * is kept, a new one's is what the umask leaves of 0666.  An error has the rule "to" and the path as its entry.
 */
int dsync_plain_update(const char *path, const struct dsync_extent *source, struct dsync_error *err);

#endif
