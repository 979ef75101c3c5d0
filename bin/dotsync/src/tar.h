/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * tar.h - the members of a tar payload, where they lie: ustar, with the long names and sizes of GNU tar and of pax.
 */
#ifndef DOTSYNC_TAR_H
#define DOTSYNC_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"

struct dsync_archive;

struct tar_member {
	const char *name; /* untrusted bytes; lives until the callback returns */
	uint64_t offset;  /* of its data in the payload */
	uint64_t size;
	const char *type; /* "file", "folder", "link", "other" */
};
typedef void tar_callback(void *user, const struct tar_member *member);

/* Is the payload said to be a tar file? */
bool tar_is_one(const struct dsync_archive *archive);

/* Calls for each member; DSYNC_ERR_CORRUPT with the offset in the payload where it is no tar file any more. */
int tar_list(const struct dsync_archive *archive, tar_callback *callback, void *user, struct dsync_error *err);

#endif
