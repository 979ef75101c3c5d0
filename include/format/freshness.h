/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * freshness.h - how old is it, and is that old enough to ask again?
 *
 * Pure arithmetic on seconds; no clock, no file.  Nothing a clock or a manifest
 * says can make an archive fresh for ever or overflow: a base in the future counts as none, age is never negative,
 * and the next refresh is never later than now + ttl.
 */
#ifndef FORMAT_FRESHNESS_H
#define FORMAT_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

#define DSYNC_FRESHNESS_NO_TIME INT64_MIN

struct dsync_freshness_input {
	int64_t now;
	int64_t created_at;  /* meta.created_at */
	int64_t attest_base; /* from sync.attest, or NO_TIME */
	int64_t state_base;  /* from the state record when it belongs to this generation, or NO_TIME */
	int64_t ttl;
};

struct dsync_freshness {
	int64_t base; /* the newest of the three that is not later than now; NO_TIME when all lie in the future */
	int64_t age;  /* now - base, at least 0; INT64_MAX without a base */
	int64_t fresh_until; /* base + ttl, at most now + ttl; now without a base */
	bool is_stale;       /* age >= ttl; ttl 0 is always stale, and so is what has no base */
	bool clock_suspect;  /* every base lies in the future */
};

void dsync_freshness_judge(const struct dsync_freshness_input *input, struct dsync_freshness *out);

#endif
