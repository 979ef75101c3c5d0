/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * repack_inflate.h - a Deflated entry of any size, piece by piece.
 *
 * The library's own reader inflates from memory to memory, which suits entries that are small.  A payload that somebody
 * compressed may be of any size; here it takes constant memory.
 *
 *	rc = inflate_open(&in, fd, entry, &err);
 *	while ((n = inflate_read(in, buf, size, &err)) > 0)
 *		...
 *	inflate_close(in);
 */
#ifndef DOTSYNC_REPACK_INFLATE_H
#define DOTSYNC_REPACK_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "zip/reader.h"

struct inflate;

/* The descriptor and the entry must stay until close. */
int inflate_open(struct inflate **in, int fd, const struct dsync_zip_entry *entry, struct dsync_error *err);

/*
 * The next bytes; 0 at the end, which is reached only when the stream ended exactly at both sizes that the directory
 * says (Z28).  The checksum is the caller's to compare.
 */
int64_t inflate_read(struct inflate *in, void *buf, size_t size, struct dsync_error *err);

void inflate_close(struct inflate *in);

#endif
