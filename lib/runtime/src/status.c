/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dotsync/status.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/trust.h"
#include "format/commit.h"
#include "format/freshness.h"
#include "format/layout.h"
#include "runtime/attest.h"
#include "runtime/context.h"
#include "runtime/grants.h"
#include "runtime/state.h"

/* What the words are made of. */
struct facts {
	const struct dsync_manifest *manifest;
	struct dsync_state state;
	struct dsync_freshness freshness;
	bool has_updater;
	bool refused; /* by policy.update or a trust layer */
	bool held;
	bool failing;
	bool refreshing;
	bool granted;
	bool writable;
};

static const char *const words[] = {
	[DSYNC_STATE_FRESH] = "fresh",
	[DSYNC_STATE_STALE] = "stale",
	[DSYNC_STATE_REFRESHING] = "refreshing",
	[DSYNC_STATE_FAILING] = "failing",
	[DSYNC_STATE_EXPIRED] = "expired",
	[DSYNC_STATE_CONSENT_NEEDED] = "consent-needed",
	[DSYNC_STATE_NO_UPDATER] = "no-updater",
	[DSYNC_STATE_HELD] = "held",
	[DSYNC_STATE_UNWRITABLE] = "unwritable",
	[DSYNC_STATE_EMPTY] = "empty",
	[DSYNC_STATE_LOCKED] = "locked",
	[DSYNC_STATE_CLOCK_SUSPECT] = "clock-suspect",
};

const char *
dsync_state_word_name(enum dsync_state_word word)
{
	return (size_t)word < sizeof(words) / sizeof(words[0]) ? words[word] : "?";
}

static void
judge_freshness(const struct dsync_archive *archive, int64_t now, struct facts *facts)
{
	struct dsync_freshness_input input = {
		.now = now,
		.created_at = dsync_manifest_created_at(facts->manifest),
		.attest_base = DSYNC_FRESHNESS_NO_TIME,
		.state_base = facts->state.base,
		.ttl = dsync_manifest_ttl(facts->manifest),
	};
	struct dsync_attest attest;

	if (dsync_attest_load(archive, &attest) == 0)
		input.attest_base = attest.base;
	dsync_freshness_judge(&input, &facts->freshness);
}

static bool
is_refused(struct dsync_archive *archive, const struct dsync_manifest *manifest)
{
	struct dsync_trust *trust;

	if (dsync_manifest_update(manifest) == DSYNC_UPDATE_NEVER)
		return true;
	trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_REFRESH, NULL);
	dsync_trust_free(trust);
	return trust == NULL;
}

/* Commit wants the owner or root, and makes its staging file in the folder. */
static bool
is_writable(const struct dsync_archive *archive, const char *path)
{
	char resolved[PATH_MAX];
	struct stat st;
	char *slash;

	if (dsync_sys_fstat(dsync_archive_fd(archive), &st) < 0)
		return false;
	if (dsync_sys_euid() != 0 && dsync_sys_euid() != st.st_uid)
		return false;
	if (realpath(path, resolved) == NULL || (slash = strrchr(resolved, '/')) == NULL)
		return false;
	slash[slash == resolved ? 1 : 0] = '\0';
	return dsync_sys_access_at(DSYNC_SYS_CWD, resolved, W_OK | X_OK) == 0;
}

/* What cannot be found out is not granted; only a lack of memory is passed on. */
static int
ask_consent(const struct dsync_context *context, const struct dsync_archive *archive, int64_t now, bool *granted,
	struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_consent consent;
	char text[512];
	int rc;

	*granted = false;
	rc = dsync_consent_judge(context, archive, now, &consent, &fault);
	if (rc == DSYNC_ERR_NO_MEMORY)
		return dsync_error_set_memory(err);
	if (rc < 0) {
		dsync_error_format(&fault, text, sizeof(text));
		dsync_context_log(context, DSYNC_LOG_WARNING, "grants cannot be judged: %s", text);
		return 0;
	}
	*granted = consent.granted;
	dsync_consent_finish(&consent);
	return 0;
}

static int
gather(const struct dsync_context *context, struct dsync_archive *archive, const char *path, int64_t now,
	struct facts *facts, struct dsync_error *err)
{
	int rc;

	memset(facts, 0, sizeof(*facts));
	facts->manifest = dsync_archive_manifest(archive);
	rc = dsync_state_load(context, archive, path, &facts->state, err);
	if (rc < 0)
		return rc;
	judge_freshness(archive, now, facts);
	facts->has_updater = dsync_archive_has_updater(archive);
	facts->refused = is_refused(archive, facts->manifest);
	facts->held =
		facts->state.held && (facts->state.held_until == DSYNC_STATE_NO_TIME || facts->state.held_until > now);
	facts->failing = facts->state.failures > 0 || facts->state.last_code != 0;
	if (path == NULL)
		return 0;
	facts->refreshing = dsync_commit_is_locked(path) > 0;
	facts->writable = is_writable(archive, path);
	/* Asking means hashing the updater: only where the answer matters. */
	if (facts->freshness.is_stale && facts->has_updater && !facts->refused)
		return ask_consent(context, archive, now, &facts->granted, err);
	return 0;
}

static bool
is_over(const struct facts *facts, int64_t grace)
{
	int64_t limit = dsync_time_add(dsync_manifest_ttl(facts->manifest), grace);

	return grace != DSYNC_MANIFEST_UNLIMITED && facts->freshness.age > limit;
}

/* Of a clock that is not believed nothing expires. */
static bool
is_expired(const struct facts *facts)
{
	if (facts->freshness.clock_suspect)
		return false;
	return is_over(facts, dsync_manifest_stale_while_revalidate(facts->manifest)) ||
		(facts->failing && is_over(facts, dsync_manifest_stale_if_error(facts->manifest)));
}

static bool
is_empty(const struct dsync_archive *archive, const struct dsync_manifest *manifest)
{
	struct dsync_archive_entry entry;

	return dsync_manifest_has_publisher(manifest) && dsync_archive_payload_size(archive) == 0 &&
		dsync_archive_find(archive, DSYNC_ENTRY_RELEASE, &entry) < 0;
}

static enum dsync_state_word
choose_word(const struct dsync_archive *archive, const char *path, const struct facts *facts, bool expired)
{
	bool stale = facts->freshness.is_stale;

	if (dsync_manifest_variant(facts->manifest) == DSYNC_VARIANT_VAULT ||
		dsync_manifest_encryption_enabled(facts->manifest))
		return DSYNC_STATE_LOCKED;
	if (is_empty(archive, facts->manifest))
		return DSYNC_STATE_EMPTY;
	if (facts->held)
		return DSYNC_STATE_HELD;
	if (!facts->has_updater)
		return DSYNC_STATE_NO_UPDATER;
	if (facts->refreshing)
		return DSYNC_STATE_REFRESHING;
	if (stale && path != NULL && !facts->refused && !facts->granted)
		return DSYNC_STATE_CONSENT_NEEDED;
	if (expired)
		return DSYNC_STATE_EXPIRED;
	if (facts->failing)
		return DSYNC_STATE_FAILING;
	if (stale && path != NULL && !facts->refused && !facts->writable)
		return DSYNC_STATE_UNWRITABLE;
	if (facts->freshness.clock_suspect)
		return DSYNC_STATE_CLOCK_SUSPECT;
	return stale ? DSYNC_STATE_STALE : DSYNC_STATE_FRESH;
}

/* When a reader would start one. */
static int64_t
next_refresh(const struct facts *facts, const char *path)
{
	int64_t next = facts->freshness.fresh_until;

	if (!facts->has_updater || facts->refused || dsync_manifest_update(facts->manifest) != DSYNC_UPDATE_BACKGROUND)
		return DSYNC_STATUS_NO_TIME;
	if (path != NULL && !facts->writable)
		return DSYNC_STATUS_NO_TIME;
	if (path != NULL && facts->freshness.is_stale && !facts->granted)
		return DSYNC_STATUS_NO_TIME;
	if (facts->held && facts->state.held_until == DSYNC_STATE_NO_TIME)
		return DSYNC_STATUS_NO_TIME;
	if (facts->held && facts->state.held_until > next)
		next = facts->state.held_until;
	if (facts->state.next_attempt > next)
		next = facts->state.next_attempt;
	return next;
}

static bool
is_due(const struct dsync_context *context, const struct facts *facts, const char *path, int64_t now)
{
	int64_t next = next_refresh(facts, path);

	return path != NULL && facts->freshness.is_stale && next != DSYNC_STATUS_NO_TIME && next <= now &&
		!facts->refreshing && !dsync_context_offline(context);
}

/* That a host may not be asked is told with the host, which is the entry that was expected. */
static void
describe_failure(const struct dsync_state *state, char *out, size_t size)
{
	if (strncmp(state->last_expected, "an entry ", 9) == 0)
		snprintf(out, size, "%s: expected %s", state->last_error, state->last_expected);
	else
		snprintf(out, size, "%s", state->last_error);
}

static void
fill(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	const struct facts *facts, struct dsync_status *status)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];

	status->expired = is_expired(facts);
	status->state = choose_word(archive, path, facts, status->expired);
	status->stale = facts->freshness.is_stale;
	status->readable = !(status->expired && dsync_manifest_fail_closed(facts->manifest));
	status->refresh_due = is_due(context, facts, path, status->now);
	status->held = facts->held;
	status->age = facts->freshness.age;
	status->ttl = dsync_manifest_ttl(facts->manifest);
	status->fresh_until = facts->freshness.fresh_until;
	status->next_refresh = next_refresh(facts, path);
	status->last_attempt = facts->state.last_attempt;
	status->last_code = facts->state.last_code;
	status->failures = facts->state.failures;
	status->payload_size = dsync_archive_payload_size(archive);
	dsync_archive_generation(archive, generation);
	dsync_generation_format(status->generation, generation);
	describe_failure(&facts->state, status->last_error, sizeof(status->last_error));
}

int
dsync_status_read(struct dsync_context *context, struct dsync_archive *archive, const char *path,
	struct dsync_status *status, struct dsync_error *err)
{
	struct dsync_status found = DSYNC_STATUS_INIT;
	struct dsync_context *used;
	size_t size = status->size;
	struct facts facts;
	bool owned;
	int rc;

	if (size == 0 || size > sizeof(found))
		return dsync_error_set(
			err, DSYNC_ERR_INVALID, "", "the status was not initialised with DSYNC_STATUS_INIT");
	used = dsync_context_resolve(context, &owned, err);
	if (used == NULL)
		return DSYNC_ERR_NO_MEMORY;
	found.now = dsync_sys_now();
	rc = gather(used, archive, path, found.now, &facts, err);
	if (rc == 0) {
		fill(used, archive, path, &facts, &found);
		memcpy(status, &found, size);
		status->size = size;
	}
	if (owned)
		dsync_context_destroy(used);
	return rc;
}
