/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "format/freshness.h"

#include "base/time.h"

/* The newest of what is known and not later than now; NO_TIME is earlier than all. */
static int64_t
newest_base(const struct dsync_freshness_input *input)
{
	const int64_t candidates[] = { input->created_at, input->attest_base, input->state_base };
	int64_t base = DSYNC_FRESHNESS_NO_TIME;
	unsigned i;

	for (i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (candidates[i] <= input->now && candidates[i] > base)
			base = candidates[i];
	}
	return base;
}

static bool
knows_any_base(const struct dsync_freshness_input *input)
{
	return input->created_at != DSYNC_FRESHNESS_NO_TIME || input->attest_base != DSYNC_FRESHNESS_NO_TIME ||
		input->state_base != DSYNC_FRESHNESS_NO_TIME;
}

void
dsync_freshness_judge(const struct dsync_freshness_input *input, struct dsync_freshness *out)
{
	int64_t ttl = input->ttl > 0 ? input->ttl : 0;

	out->base = newest_base(input);
	if (out->base == DSYNC_FRESHNESS_NO_TIME) {
		out->age = INT64_MAX;
		out->fresh_until = input->now;
		out->is_stale = true;
		out->clock_suspect = knows_any_base(input);
		return;
	}

	out->age = dsync_time_sub(input->now, out->base);
	out->fresh_until = dsync_time_add(out->base, ttl);
	out->is_stale = out->age >= ttl;
	out->clock_suspect = false;
}
