/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * timing.h - microseconds for the report of where a run's time went; nothing is decided by them.
 */
#ifndef REFRESH_TIMING_H
#define REFRESH_TIMING_H

#include <stdint.h>
#include <time.h>

static inline int64_t
dsync_timing_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
