/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * vfs.h - archives as files with ordinary names.
 *
 *	struct dsync_vfs_config config = DSYNC_VFS_CONFIG_INIT;
 *	config.mount_path = "/mnt";
 *	struct dsync_vfs *vfs = dsync_vfs_from_archive(archive, &config, &err);
 *	for (size_t i = 0; i < dsync_vfs_entry_count(vfs); i++)
 *		printf("%s: %s\n", dsync_vfs_entry_display_name(vfs, i), dsync_vfs_entry_path(vfs, i));
 *
 * The display name is the archive's file name without ".sync", with display_ext added when the stem has no extension yet.  Every entry holds a snapshot:
 * its archive stays open as long as the vfs.  One thread at a time.
 */
#ifndef DOTSYNC_VFS_H
#define DOTSYNC_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dotsync/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_vfs;

enum dsync_vfs_name_from { DSYNC_VFS_NAME_FROM_FILE, DSYNC_VFS_NAME_FROM_MANIFEST };

struct dsync_vfs_config {
	size_t size;            /* set by the initialiser */
	const char *mount_path; /* prefix of virtual paths; NULL: "/" */
	bool read_only;
	bool show_original_extension; /* add display_ext to a stem without one; without it "report.sync" is "report" */
	enum dsync_vfs_name_from name_from;
};
#define DSYNC_VFS_CONFIG_INIT \
	{ \
		.size = sizeof(struct dsync_vfs_config), .read_only = true, .show_original_extension = true \
	}

/* Of one archive (referenced); its file name is the one it was opened with. */
struct dsync_vfs *
dsync_vfs_from_archive(struct dsync_archive *archive, const struct dsync_vfs_config *config, struct dsync_error *err);
void dsync_vfs_destroy(struct dsync_vfs *vfs);

size_t dsync_vfs_entry_count(const struct dsync_vfs *vfs);

/* All strings live as long as the vfs; `index` is below the count. */
const char *dsync_vfs_entry_name(const struct dsync_vfs *vfs, size_t index); /* inside the archive: "payload" */
const char *dsync_vfs_entry_display_name(const struct dsync_vfs *vfs, size_t index);
const char *dsync_vfs_entry_content_type(const struct dsync_vfs *vfs, size_t index);
const char *dsync_vfs_entry_archive_path(const struct dsync_vfs *vfs, size_t index);
const char *dsync_vfs_entry_path(const struct dsync_vfs *vfs, size_t index); /* mount_path/display name */
uint64_t dsync_vfs_entry_offset(const struct dsync_vfs *vfs, size_t index);
uint64_t dsync_vfs_entry_size(const struct dsync_vfs *vfs, size_t index);
bool dsync_vfs_entry_read_only(const struct dsync_vfs *vfs, size_t index);

/* The snapshot behind the entry; borrowed. */
struct dsync_archive *dsync_vfs_entry_archive(const struct dsync_vfs *vfs, size_t index);

/* The display name of an archive's file name: what vfs, mount and `extract` use.  `out` has 256 bytes. */
#define DSYNC_DISPLAY_NAME_SIZE 256
int dsync_vfs_display_name(
	char out[DSYNC_DISPLAY_NAME_SIZE], const char *file_name, const char *display_ext, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
