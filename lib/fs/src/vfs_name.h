/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * vfs_name.h - the name a person sees, always one that a file can have.
 */
#ifndef FS_VFS_NAME_H
#define FS_VFS_NAME_H

#include "dotsync/vfs.h"

/*
 * Writes `stem` and then `ending` as one safe name: '/' and control characters become '_', what is no UTF-8 too; names that mean
 * something else ("", ".", "..") get a '_'; what is over 255 bytes is cut from the stem, between two characters.
 */
void dsync__vfs_name_make_safe(char out[DSYNC_DISPLAY_NAME_SIZE], const char *stem, const char *ending);

/* Of an archive's file name: without ".sync", with the extension when there is none yet. */
void dsync__vfs_name_of_file(char out[DSYNC_DISPLAY_NAME_SIZE], const char *file_name, const char *display_ext);

/* Of meta.name, a title in which a dot need not begin an extension: it is added unless it is there. */
void dsync__vfs_name_of_title(char out[DSYNC_DISPLAY_NAME_SIZE], const char *title, const char *display_ext);

#endif
