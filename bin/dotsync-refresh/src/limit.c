/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "limit.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"

static uint64_t
manifest_allows(const struct dsync_run *run)
{
	return (uint64_t)dsync_manifest_max_payload(dsync_archive_manifest(run->archive));
}

uint64_t
dsync_limit_payload(const struct dsync_run *run)
{
	const uint64_t allowed = manifest_allows(run);

	return allowed < run->config.max_payload ? allowed : run->config.max_payload;
}

void
dsync_limit_finishing(struct dsync_run *run)
{
	run->finish_by_ms =
		run->job->background ? dsync_sys_monotonic_ms() + run->config.finish_timeout * 1000 : INT64_MAX;
}

static bool
is_late(const struct dsync_run *run)
{
	if (run->finish_by_ms == 0)
		return dsync_calls_time_left(&run->calls) <= 0;
	return dsync_sys_monotonic_ms() > run->finish_by_ms;
}

int
dsync_limit_passed(void *user, uint64_t done, uint64_t total)
{
	struct dsync_run *run = user;

	(void)done;
	(void)total;
	if (!run->late)
		run->late = is_late(run);
	return run->late || dsync_caller_is_cancelled(run->caller);
}

int
dsync_limit_fail_time(const struct dsync_run *run, struct dsync_error *err)
{
	const struct dsync_error *fault = &run->calls.fault;
	int rc;

	if (fault->code == DSYNC_ERR_TIMEOUT) {
		*err = *fault;
		return fault->code;
	}
	rc = dsync_error_set(err, DSYNC_ERR_TIMEOUT, "timeout", "the updater took longer than it may");
	dsync_error_at_entry(err, "policy.timeout", sizeof("policy.timeout") - 1);
	dsync_error_expected(
		err, "%lld s, and what the network's bytes add", (long long)(run->calls.timeout_ms / 1000));
	dsync_error_hint(err, "dotsync set FILE --timeout gives it more");
	return rc;
}

static int
fail_finishing(const struct dsync_run *run, struct dsync_error *err)
{
	int rc;

	rc = dsync_error_set(err, DSYNC_ERR_TIMEOUT, "timeout", "putting the new version together took too long");
	dsync_error_at_entry(err, "refresh.finish_timeout", sizeof("refresh.finish_timeout") - 1);
	dsync_error_expected(err, "%" PRId64 " s in the background", run->config.finish_timeout);
	dsync_error_hint(err, "dotsync refresh FILE has no such limit; config.toml can give more");
	return rc;
}

int
dsync_limit_tell(const struct dsync_run *run, struct dsync_error *err)
{
	if (err->code == DSYNC_ERR_CANCELLED && run->late)
		return run->finish_by_ms == 0 ? dsync_limit_fail_time(run, err) : fail_finishing(run, err);
	if (err->code == DSYNC_ERR_LIMIT && err->hint[0] == '\0' && strcmp(err->entry, DSYNC_ENTRY_PAYLOAD) == 0) {
		if (run->config.max_payload < manifest_allows(run))
			dsync_error_hint(err, "[refresh] max_payload in config.toml is the limit of this machine");
		else
			dsync_error_hint(err, "dotsync set FILE --set policy.max_payload=BYTES allows more");
	}
	return err->code;
}
