/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Data that is pushed, not pulled: what somebody pushes becomes the payload; there is nowhere to ask for more. */
#include "dotsync.h"

void
run(void)
{
	if (dotsync_get(DOTSYNC_REASON) != DOTSYNC_PUSH) {
		dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
	} else if (dotsync_size(DOTSYNC_PUSHED) == 0) {
		dotsync_finish(DOTSYNC_UPDATED_EMPTY, 0, "", 0);
	} else if (dotsync_copy(DOTSYNC_PUSHED, 0, -1) > 0) {
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
	}
}
