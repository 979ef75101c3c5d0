/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * unpack.h - from what a server sends to the payload: sum up, decompress, take one member out.
 *
 *	unpack_open(&u, answer, steps, count, with_sum);
 *	copied = unpack_copy(&u, member);
 *	... unpack_reason(&u), unpack_sum(&u, sum) ...
 *	unpack_close(&u);
 *
 * Copying goes to the very end of the answer, whatever was wanted of it, so that a cut-off or forged rest is found and the
 * sum is that of all published bytes.  Nothing stays in memory; archives are read once, in order.
 */
#ifndef GUEST_UNPACK_H
#define GUEST_UNPACK_H

#include <stdint.h>

#include "sums.h"

#define UNPACK_STEPS_MAX 4
#define UNPACK_REASON_SIZE 384
#define UNPACK_REFUSED (-100) /* beside the numbers of dotsync.h: the reason is in words */

enum { UNPACK_TAR = 100, UNPACK_ZIP = 101 }; /* steps beside DOTSYNC_GZIP, _ZSTD and _XZ; the last ones */

struct unpack {
	int32_t streams[UNPACK_STEPS_MAX + 2]; /* from the answer up */
	int32_t count;
	int32_t archive; /* UNPACK_TAR, UNPACK_ZIP or 0 */
	int32_t has_sum;
	char reason[UNPACK_REASON_SIZE];
};

/* 0, or a number of dotsync.h; close() either way. */
int32_t unpack_open(struct unpack *u, int32_t answer, const int32_t *steps, int32_t count, int32_t with_sum);
void unpack_close(struct unpack *u);

/* Appends to the new payload; the bytes, a number of dotsync.h, or UNPACK_REFUSED.  `member` is that of an archive. */
int64_t unpack_copy(struct unpack *u, const char *member);

/* Passes over everything, for its sum; 0 or an error. */
int64_t unpack_skip(struct unpack *u);

/* Why the last call failed, where more than its number is known, else "". */
const char *unpack_reason(struct unpack *u);

void unpack_sum(const struct unpack *u, unsigned char sum[SUM_SIZE]);

/* --- for tar.c and zip.c, which read the stream on top --- */

int64_t unpack_tar(struct unpack *u, const char *member);
int64_t unpack_zip(struct unpack *u, const char *member);

int32_t unpack_top(const struct unpack *u);

/* Exactly so many bytes; 0, an error, or UNPACK_REFUSED when they are not there. */
int64_t unpack_read(struct unpack *u, void *out, int32_t size);
int64_t unpack_pass(struct unpack *u, int64_t size);

/* Takes over what a stream knows of its failure, if there was one and nothing is known yet. */
void unpack_blame(struct unpack *u, int32_t stream);

/* Says why; UNPACK_REFUSED. */
int64_t unpack_refuse(struct unpack *u, const char *what, const char *name);

/* Names of members that were not wanted, as many as fit; the reason when none was the right one. */
void unpack_note(struct unpack *u, const char *name, int32_t size);
int64_t unpack_refuse_missing(struct unpack *u, const char *member);

#endif
