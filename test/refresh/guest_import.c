/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An updater that wants what no host has. */
#include "dotsync.h"

DOTSYNC_IMPORT(launch) int64_t dotsync_launch(int32_t missiles);

void
run(void)
{
	dotsync_launch(1);
}
