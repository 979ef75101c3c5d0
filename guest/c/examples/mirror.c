/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A copy of one page: what most updaters are. */
#include "dotsync.h"

#define REQUEST "GET https://example.com/data.txt\nAccept: text/plain"

void
run(void)
{
	int64_t answer = dotsync_fetch(REQUEST, sizeof(REQUEST) - 1, 0, 0, DOTSYNC_CONDITIONAL);
	int64_t status = answer < 0 ? answer : dotsync_status((int32_t)answer);

	if (status == 304)
		dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
	else if (status == 200 && dotsync_copy((int32_t)answer, 0, -1) > 0)
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
}
