/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * staging.h - the new payload while it grows in the staging file.
 *
 * A thin hand over an assembly (format/assemble.h) that remembers two things: whether the updater wrote anything at
 * all, and the first fault, which is what a person wants to be told ("no space left"), not the code that the guest made of it.
 */
#ifndef REFRESH_STAGING_H
#define REFRESH_STAGING_H

#include <stdbool.h>

#include "format/assemble.h"

struct dsync_staging {
	struct dsync_assembly *assembly;
	struct dsync_archive *base;
	dsync_builder_progress *progress; /* may be NULL */
	void *progress_user;
	bool written;             /* even if no bytes */
	struct dsync_error fault; /* code 0: none */
};

/* `fd` is the commit's staging file; the base is borrowed. */
int dsync_staging_begin(struct dsync_staging *s, int fd, struct dsync_archive *base, uint64_t payload_size_max,
	struct dsync_error *err);
void dsync_staging_finish(struct dsync_staging *s);

/* Told now and then while bytes are copied, read back or compared; non-zero ends that with DSYNC_ERR_CANCELLED. */
void dsync_staging_set_progress(struct dsync_staging *s, dsync_builder_progress *progress, void *user);

int dsync_staging_append(struct dsync_staging *s, const void *data, size_t size);
int dsync_staging_append_base(struct dsync_staging *s, uint64_t offset, uint64_t size);
int dsync_staging_write_at(struct dsync_staging *s, uint64_t offset, const void *data, size_t size);

/* Says that so many bytes are coming, so that a full disk is found before they are fetched. */
int dsync_staging_expect(struct dsync_staging *s, uint64_t size);
int dsync_staging_discard(struct dsync_staging *s);
uint64_t dsync_staging_size(const struct dsync_staging *s);

/* 1 when the new payload has the very bytes of the old one, 0 when not, or a negative code. */
int dsync_staging_is_same(struct dsync_staging *s, struct dsync_error *err);

#endif
