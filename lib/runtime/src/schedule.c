/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/schedule.h"

#include "base/time.h"

#define FIRST_WINDOW 10 /* seconds, doubled at each failure */
#define RETRY_AFTER_MAX (INT64_C(7) * 86400)

/* The seconds within which the next attempt falls, at random. */
static int64_t
window(uint32_t failures)
{
	uint32_t doublings = failures > 0 ? failures - 1 : 0;

	if (doublings > 13) /* 10 * 2^14 is past a day */
		return DSYNC_SCHEDULE_DELAY_MAX;
	return (int64_t)FIRST_WINDOW << doublings;
}

int64_t
dsync_schedule_retry(int64_t now, uint32_t failures, int64_t retry_after, uint64_t random)
{
	int64_t last = window(failures);
	int64_t delay;

	if (last > DSYNC_SCHEDULE_DELAY_MAX)
		last = DSYNC_SCHEDULE_DELAY_MAX;
	delay = DSYNC_SCHEDULE_DELAY_MIN + (int64_t)(random % (uint64_t)(last - DSYNC_SCHEDULE_DELAY_MIN + 1));

	if (retry_after > RETRY_AFTER_MAX)
		retry_after = RETRY_AFTER_MAX;
	if (delay < retry_after)
		delay = retry_after;
	return dsync_time_add(now, delay);
}
