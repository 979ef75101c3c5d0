/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "judge.h"

#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/trust.h"

/* What is known of this archive's past: the record of its generation, and what travels inside it. */
static int
load_past(const struct dsync_context *context, const struct dsync_job *job, struct dsync_archive *archive,
	struct dsync_judgement *j, struct dsync_error *err)
{
	const struct dsync_manifest *m = dsync_archive_manifest(archive);
	struct dsync_freshness_input input;
	int rc;

	rc = dsync_state_load(context, archive, job->path, &j->state, err);
	if (rc < 0)
		return rc;
	j->has_attest = dsync_attest_load(archive, &j->attest) == 0;
	if (j->has_attest && j->attest.payload_size != dsync_archive_payload_size(archive))
		j->has_attest = false; /* of another payload: somebody put this one in by hand */

	input.now = j->now;
	input.created_at = dsync_manifest_created_at(m);
	input.attest_base = j->has_attest ? j->attest.base : DSYNC_FRESHNESS_NO_TIME;
	input.state_base = j->state.base;
	input.ttl = dsync_manifest_ttl(m);
	dsync_freshness_judge(&input, &j->freshness);
	return 0;
}

static bool
is_forbidden(struct dsync_archive *archive, struct dsync_judgement *j)
{
	struct dsync_trust *trust;

	if (dsync_manifest_update(dsync_archive_manifest(archive)) == DSYNC_UPDATE_NEVER) {
		dsync_error_set(&j->error, DSYNC_ERR_POLICY, "policy", "the manifest forbids every update");
		dsync_error_at_entry(&j->error, "policy.update", sizeof("policy.update") - 1);
		dsync_error_found(&j->error, "\"never\"");
		dsync_error_hint(&j->error, "its owner may change that: dotsync set FILE --set policy.update=manual");
		return true;
	}
	trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_REFRESH, &j->error);
	dsync_trust_free(trust);
	return trust == NULL;
}

static bool
is_held(struct dsync_judgement *j)
{
	char until[DSYNC_TIME_TEXT_SIZE];

	if (!j->state.held || (j->state.held_until != DSYNC_STATE_NO_TIME && j->state.held_until <= j->now))
		return false;
	dsync_error_set(&j->error, DSYNC_ERR_HELD, "", "the archive is held as it is");
	if (j->state.held_until != DSYNC_STATE_NO_TIME) {
		dsync_time_format(until, j->state.held_until);
		dsync_error_found(&j->error, "held until %s", until);
	}
	dsync_error_hint(&j->error, "dotsync unhold lets it go; --force refreshes it once");
	return true;
}

static bool
is_cooling(struct dsync_judgement *j)
{
	char next[DSYNC_TIME_TEXT_SIZE];

	if (j->state.next_attempt == DSYNC_STATE_NO_TIME || j->state.next_attempt <= j->now)
		return false;
	dsync_time_format(next, j->state.next_attempt);
	dsync_error_set(&j->error, j->state.last_code < 0 ? j->state.last_code : DSYNC_ERR_NETWORK, "backoff",
		"not tried again yet: the last attempt failed");
	if (j->state.last_error[0] != '\0')
		dsync_error_found(&j->error, "%s", j->state.last_error);
	dsync_error_hint(&j->error, "the next attempt is due at %s; --force tries now", next);
	return true;
}

static bool
needs_consent(const struct dsync_job *job, struct dsync_judgement *j)
{
	if (j->consent.granted || job->session_grant)
		return false;
	dsync_consent_refuse(&j->consent, &j->error);
	return true;
}

static bool
is_offline(const struct dsync_job *job, struct dsync_judgement *j)
{
	if (!job->offline)
		return false;
	dsync_error_set(&j->error, DSYNC_ERR_NETWORK, "offline", "not tried: the network is not to be used");
	dsync_error_hint(&j->error, "leave out --offline, or unset DOTSYNC_OFFLINE");
	return true;
}

static enum dsync_verdict
decide(const struct dsync_job *job, struct dsync_archive *archive, struct dsync_judgement *j)
{
	const struct dsync_manifest *m = dsync_archive_manifest(archive);

	if (!dsync_archive_has_updater(archive))
		return DSYNC_VERDICT_NO_UPDATER;
	if (is_forbidden(archive, j))
		return DSYNC_VERDICT_FORBIDDEN;
	if (!job->force && is_held(j))
		return DSYNC_VERDICT_HELD;
	if (!job->force && !j->freshness.is_stale)
		return DSYNC_VERDICT_FRESH;
	if (job->background && dsync_manifest_update(m) == DSYNC_UPDATE_MANUAL)
		return DSYNC_VERDICT_FRESH; /* nothing that would be due without somebody asking */
	if (!job->force && is_cooling(j))
		return DSYNC_VERDICT_COOLING;
	if (needs_consent(job, j))
		return DSYNC_VERDICT_CONSENT;
	if (is_offline(job, j))
		return DSYNC_VERDICT_OFFLINE;
	return DSYNC_VERDICT_GO;
}

int
dsync_judge(const struct dsync_context *context, const struct dsync_job *job, struct dsync_archive *archive,
	struct dsync_judgement *j, struct dsync_error *err)
{
	int rc;

	memset(j, 0, sizeof(*j));
	dsync_state_init(&j->state);
	j->now = dsync_sys_now();
	rc = load_past(context, job, archive, j, err);
	if (rc == 0)
		rc = dsync_updater_inspect_archive(archive, &j->updater, err);
	if (rc == 0)
		rc = dsync_consent_judge(context, archive, j->now, &j->consent, err);
	if (rc == 0 && j->updater.present && memcmp(j->updater.hash, j->consent.updater, sizeof(j->updater.hash)) != 0)
		rc = dsync_error_set(err, DSYNC_ERR_CHANGED, "updater", "the updater was changed while it was judged");
	if (rc == 0)
		j->verdict = decide(job, archive, j);
	return rc;
}

void
dsync_judgement_finish(struct dsync_judgement *j)
{
	dsync_consent_finish(&j->consent);
}
