/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * loose.h - what the two files of the loose reader share.
 */
#ifndef ZIP_SRC_LOOSE_H
#define ZIP_SRC_LOOSE_H

#include "internal.h"
#include "zip/loose.h"

#define DSYNC__LOOSE_ENTRIES_MAX 4096u

struct dsync__loose {
	int fd;
	uint64_t file_size;
	dsync_zip_loose_note *note;
	void *user;
};

/* Where the directory is, once something was found that agrees with itself. */
struct dsync__loose_directory {
	uint64_t offset;
	uint64_t size;
	uint64_t count;
	uint64_t shift; /* what has to be added to every offset: bytes that somebody put in front */
};

void dsync__loose_note(const struct dsync__loose *loose, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* loose_end.c */
int dsync__loose_find_directory(
	const struct dsync__loose *loose, struct dsync__loose_directory *directory, struct dsync_error *err);

#endif
