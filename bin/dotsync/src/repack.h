/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * repack.h - what the parts of `dotsync repack` share: cmd_repack.c has the options and the person, repack_entries.c
 * the entries, repack_inflate.c a compressed payload.
 */
#ifndef DOTSYNC_REPACK_H
#define DOTSYNC_REPACK_H

#include <stdint.h>

#include "command.h"
#include "report.h"
#include "zip/loose.h"

struct dsync_builder;
struct inflate;

/* One run: where it reads, what it found. */
struct repack {
	struct app *app;
	const char *in;
	int fd; /* of it */
	struct dsync_zip *zip;
	/* the payload, handed out piece by piece */
	const struct dsync_zip_entry *payload;
	struct inflate *inflate; /* NULL: stored, read where it lies */
	uint64_t done;
	uint32_t crc;
	struct dsync_error fault; /* of the source, which can only return a code */
	struct progress progress;
};

/* The last entry of this name, which is the one that counts, and how many there are; NULL when there is none. */
const struct dsync_zip_entry *repack_last_of(const struct dsync_zip *zip, const char *name, size_t *count);

/*
 * Hands every entry that can be carried over to the builder.  The payload is read while the builder writes: a fault
 * is in r->fault then.
 */
int repack_fill(struct repack *r, struct dsync_builder *b, struct dsync_error *err);

#endif
