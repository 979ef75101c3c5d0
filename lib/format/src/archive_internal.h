/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * archive_internal.h - an open archive, as the files of this folder see it.
 */
#ifndef FORMAT_ARCHIVE_INTERNAL_H
#define FORMAT_ARCHIVE_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/view.h"
#include "zip/reader.h"

struct dsync_archive {
	atomic_uint references;
	int fd; /* ours */
	struct dsync_zip *zip;
	const struct dsync_zip_entry *payload; /* in zip */
	struct dsync_manifest *manifest;
	bool has_updater;
	struct dsync_view view; /* of the payload; data is NULL until it was mapped */
	void *map;              /* what to unmap: the view down to the start of its page; NULL for an empty payload */
	size_t map_size;
	char path[]; /* as given to open; "" from a descriptor */
};

/* True for the names that the format gives a meaning. */
bool dsync__archive_is_known(const char *name);

/* archive_entry.c: the entry's bytes, whole and checked, in memory of their own; at most `size_max` of them. */
int dsync__archive_read(const struct dsync_archive *archive, const struct dsync_zip_entry *entry, uint64_t size_max,
	unsigned char **data, size_t *size, struct dsync_error *err);

#endif
