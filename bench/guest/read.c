/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reads the old payload from one end to the other. */
#include "dotsync.h"

#define PIECE (1 << 20)

static unsigned char piece[PIECE];

void
run(void)
{
	int64_t at = 0, got;

	while ((got = dotsync_read(DOTSYNC_PAYLOAD, at, piece, PIECE)) > 0)
		at += got;
	dotsync_finish(got == 0 && at == dotsync_size(DOTSYNC_PAYLOAD) ? DOTSYNC_UNCHANGED : DOTSYNC_FAILED, 0, "", 0);
}
