/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dotsync/vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "vfs_name.h"

struct entry {
	struct dsync_archive *archive; /* referenced */
	char display_name[DSYNC_DISPLAY_NAME_SIZE];
	char *path;
	struct dsync_extent extent;
	bool read_only;
};

struct dsync_vfs {
	struct entry *entries;
	size_t count;
};

/* The last part of a path; of one without any, the text itself. */
static const char *
file_name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* "MOUNT/NAME", to be freed; a mount path may end in slashes. */
static char *
join(const char *mount_path, const char *name)
{
	size_t mount_size = strlen(mount_path);
	size_t size;
	char *path;

	while (mount_size > 0 && mount_path[mount_size - 1] == '/')
		mount_size--;
	size = mount_size + 1 + strlen(name) + 1;
	path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%.*s/%s", (int)mount_size, mount_path, name);
	return path;
}

static void
choose_name(struct entry *entry, const struct dsync_vfs_config *config)
{
	const struct dsync_manifest *manifest = dsync_archive_manifest(entry->archive);
	const char *file_name = file_name_of(dsync_archive_path(entry->archive));
	const char *extension = config->show_original_extension ? dsync_manifest_display_ext(manifest) : "";
	const char *title = dsync_manifest_name(manifest);

	if (file_name[0] == '\0' && title[0] == '\0')
		file_name = DSYNC_ENTRY_PAYLOAD;
	if (title[0] != '\0' && (config->name_from == DSYNC_VFS_NAME_FROM_MANIFEST || file_name[0] == '\0'))
		dsync__vfs_name_of_title(entry->display_name, title, extension);
	else
		dsync__vfs_name_of_file(entry->display_name, file_name, extension);
}

static int
fill_entry(struct entry *entry, struct dsync_archive *archive, const struct dsync_vfs_config *config,
	struct dsync_error *err)
{
	entry->archive = dsync_archive_ref(archive);
	entry->extent = dsync_archive_payload_extent(archive);
	entry->read_only = config->read_only;
	choose_name(entry, config);
	entry->path = join(config->mount_path != NULL ? config->mount_path : "/", entry->display_name);
	return entry->path != NULL ? 0 : dsync_error_set_memory(err);
}

struct dsync_vfs *
dsync_vfs_from_archive(struct dsync_archive *archive, const struct dsync_vfs_config *config, struct dsync_error *err)
{
	static const struct dsync_vfs_config defaults = DSYNC_VFS_CONFIG_INIT;
	struct dsync_vfs *vfs = calloc(1, sizeof(*vfs));

	if (vfs == NULL)
		goto no_memory;
	vfs->entries = calloc(1, sizeof(*vfs->entries));
	if (vfs->entries == NULL)
		goto no_memory;
	vfs->count = 1;
	if (fill_entry(&vfs->entries[0], archive, config != NULL ? config : &defaults, err) < 0)
		goto no_memory;
	return vfs;

no_memory:
	dsync_vfs_destroy(vfs);
	dsync_error_set_memory(err);
	return NULL;
}

void
dsync_vfs_destroy(struct dsync_vfs *vfs)
{
	size_t i;

	if (vfs == NULL)
		return;
	for (i = 0; i < vfs->count; i++) {
		dsync_archive_unref(vfs->entries[i].archive);
		free(vfs->entries[i].path);
	}
	free(vfs->entries);
	free(vfs);
}

size_t
dsync_vfs_entry_count(const struct dsync_vfs *vfs)
{
	return vfs->count;
}

const char *
dsync_vfs_entry_name(const struct dsync_vfs *vfs, size_t index)
{
	(void)vfs, (void)index; /* each archive shows one of its entries */
	return DSYNC_ENTRY_PAYLOAD;
}

const char *
dsync_vfs_entry_display_name(const struct dsync_vfs *vfs, size_t index)
{
	return vfs->entries[index].display_name;
}

const char *
dsync_vfs_entry_content_type(const struct dsync_vfs *vfs, size_t index)
{
	return dsync_manifest_content_type(dsync_archive_manifest(vfs->entries[index].archive));
}

const char *
dsync_vfs_entry_archive_path(const struct dsync_vfs *vfs, size_t index)
{
	return dsync_archive_path(vfs->entries[index].archive);
}

const char *
dsync_vfs_entry_path(const struct dsync_vfs *vfs, size_t index)
{
	return vfs->entries[index].path;
}

uint64_t
dsync_vfs_entry_offset(const struct dsync_vfs *vfs, size_t index)
{
	return vfs->entries[index].extent.offset;
}

uint64_t
dsync_vfs_entry_size(const struct dsync_vfs *vfs, size_t index)
{
	return vfs->entries[index].extent.size;
}

bool
dsync_vfs_entry_read_only(const struct dsync_vfs *vfs, size_t index)
{
	return vfs->entries[index].read_only;
}

struct dsync_archive *
dsync_vfs_entry_archive(const struct dsync_vfs *vfs, size_t index)
{
	return vfs->entries[index].archive;
}
