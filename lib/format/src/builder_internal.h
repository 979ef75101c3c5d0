/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * builder_internal.h - what a builder has collected.
 */
#ifndef FORMAT_BUILDER_INTERNAL_H
#define FORMAT_BUILDER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dotsync/builder.h"
#include "dotsync/error.h"
#include "format/builder.h"
#include "zip/zip.h"

struct dsync_archive;
struct dsync_manifest;

enum dsync__payload_kind {
	DSYNC__PAYLOAD_BASE, /* nothing was set */
	DSYNC__PAYLOAD_BYTES,
	DSYNC__PAYLOAD_FD,
	DSYNC__PAYLOAD_SOURCE,
};

struct dsync__builder_entry {
	char *name;
	unsigned char *data; /* NULL: removed */
	size_t size;
};

struct dsync_builder {
	struct dsync_error error;        /* the first one of a setter; code 0: none */
	struct dsync_archive *base;      /* referenced, or NULL */
	struct dsync_manifest *manifest; /* NULL: the base's */

	enum dsync__payload_kind kind;
	unsigned char *bytes;         /* BYTES */
	size_t size;                  /* BYTES */
	int fd;                       /* FD, else -1 */
	dsync_builder_source *source; /* SOURCE */
	void *source_user;

	size_t entry_count; /* all but manifest and payload */
	struct dsync__builder_entry entries[DSYNC_ZIP_ENTRIES_MAX];

	bool has_profile; /* else as the base */
	enum dsync_profile profile;
	int64_t time;
	mode_t mode;
	dsync_builder_progress *progress;
	void *progress_user;
	dsync_builder_before_publish *before_publish; /* or NULL */
	void *before_publish_user;
};

#endif
