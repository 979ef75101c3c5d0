/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * archive_host.h - an answer that is an archive, and what the built-in updater takes out of it; without an updater around it.
 *
 *	dsync_buffer_append(&answer, ...);
 *	answer_check(UNPACK_TAR, "plain", "member", "its data", NULL);
 */
#ifndef GUEST_TEST_ARCHIVE_HOST_H
#define GUEST_TEST_ARCHIVE_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "updaters/unpack.h"

extern struct dsync_buffer answer; /* initialise it first */

extern char payload[4096]; /* what was taken out last */
extern size_t payload_size;
extern struct unpack unpacked; /* with the reason, when it was nothing */

/* What unpack_copy() said. */
int64_t answer_take_out(int32_t step, const char *member);

/* Ends the test unless this comes out, or with `expected` NULL nothing, for a reason with this text in it. */
void answer_check(int32_t step, const char *what, const char *member, const char *expected, const char *reason);

#endif
