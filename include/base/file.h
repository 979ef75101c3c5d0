/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * file.h - small files of our own: grants, state, caches, configuration.
 *
 * They are read whole with a limit and written atomically: a temporary in the
 * same folder, fsync, rename, fsync of the folder.  A reader sees the old or the
 * new text, never part of one.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/buffer.h"
#include "dotsync/error.h"

/*
 * Appends the whole file to `out`, whose limit is the size limit (DSYNC_ERR_LIMIT).  Only
 * regular files (DSYNC_ERR_INVALID otherwise); a missing one is DSYNC_ERR_NOT_FOUND.  After a
 * failure `out` may hold a part: clear it.
 */
int dsync_file_read(int dirfd, const char *path, struct dsync_buffer *out, struct dsync_error *err);

/*
 * Replaces (or makes) the file atomically and durably with exactly mode `mode`; a symbolic link is
 * replaced, not followed.  On failure the old file stands and no temporary is left behind, save
 * DSYNC_ERR_DURABILITY: the new one is in place, but its folder could not be synced.
 */
int dsync_file_write(int dirfd, const char *path, const void *data, size_t size, mode_t mode, struct dsync_error *err);

/* Makes a folder and its missing parents, mode 0700; one that exists is left as it is. */
int dsync_file_make_folder(const char *path, struct dsync_error *err);

#endif
