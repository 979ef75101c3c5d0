/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * schedule.h - when to try again: exponential backoff with full jitter, Retry-After, cool-down.
 *
 * Pure arithmetic; the random number is the caller's.
 */
#ifndef RUNTIME_SCHEDULE_H
#define RUNTIME_SCHEDULE_H

#include <stdint.h>

#define DSYNC_SCHEDULE_DELAY_MIN 5     /* seconds */
#define DSYNC_SCHEDULE_DELAY_MAX 86400 /* one day */

/*
 * The time of the next attempt after `failures` (>= 1) failures in a row: now + a random number of seconds in [DELAY_MIN, min(DELAY_MAX, 10 * 2^(failures-1))],
 * but never before now + retry_after (-1: none; clamped to 7 days).
 */
int64_t dsync_schedule_retry(int64_t now, uint32_t failures, int64_t retry_after, uint64_t random);

#endif
