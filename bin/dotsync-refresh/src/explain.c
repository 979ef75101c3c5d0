/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a refresh would do, and which line allows it; no socket is opened and nothing is changed. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/trust.h"
#include "limit.h"
#include "run.h"

static void
explain_due(const struct dsync_run *run, struct dsync_buffer *out)
{
	const struct dsync_judgement *j = &run->judgement;
	char duration[DSYNC_TEXT_HUMAN_SIZE];
	char time[DSYNC_TIME_TEXT_SIZE];

	if (j->freshness.base == DSYNC_FRESHNESS_NO_TIME) {
		dsync_buffer_append_text(out, "freshness: stale (no time in it can be believed)\n");
	} else {
		dsync_text_human_duration(duration, j->freshness.age);
		dsync_time_format(time, j->freshness.fresh_until);
		dsync_buffer_printf(out, "freshness: %s, %s old, fresh until %s (policy.ttl = %" PRId64 ")\n",
			j->freshness.is_stale ? "stale" : "fresh", duration, time,
			dsync_manifest_ttl(dsync_archive_manifest(run->archive)));
	}
	if (j->state.failures > 0)
		dsync_buffer_printf(
			out, "last attempt: failed (%u in a row): %s\n", j->state.failures, j->state.last_error);
	if (j->state.next_attempt != DSYNC_STATE_NO_TIME) {
		dsync_time_format(time, j->state.next_attempt);
		dsync_buffer_printf(out, "next attempt: not before %s\n", time);
	}
	if (j->state.held)
		dsync_buffer_append_text(out, "held: yes\n");
}

static bool
contains(const struct dsync_strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

static void
explain_list(struct dsync_buffer *out, const char *key, const struct dsync_strings *asked,
	const struct dsync_strings *missing, bool once)
{
	size_t i;

	for (i = 0; i < asked->count; i++) {
		const char *verdict = "granted on this machine";

		if (contains(missing, asked->items[i]))
			verdict = once ? "granted for this run" : "NOT granted";
		dsync_buffer_printf(out, "  %s: ", key);
		dsync_text_escape_append(out, asked->items[i], strlen(asked->items[i]));
		dsync_buffer_printf(out, " (permissions.%s): %s\n", key, verdict);
	}
}

/* They are refused even where the entry is granted. */
static void
explain_private(struct dsync_buffer *out, const struct dsync_strings *missing)
{
	size_t i;

	for (i = 0; i < missing->count; i++) {
		dsync_buffer_append_text(out, "  private address ");
		dsync_text_escape_append(out, missing->items[i], strlen(missing->items[i]));
		dsync_buffer_append_text(out, ": NOT granted (`dotsync grant FILE --private HOST`)\n");
	}
}

static void
explain_updater(const struct dsync_run *run, struct dsync_buffer *out)
{
	const struct dsync_manifest *m = dsync_archive_manifest(run->archive);
	const struct dsync_judgement *j = &run->judgement;
	const uint64_t payload_max = dsync_limit_payload(run);
	char hash[DSYNC_HASH_TEXT_SIZE];
	size_t i;

	dsync_hash_format(hash, j->updater.hash);
	dsync_buffer_printf(out, "updater: %s, contract %s, %s\n",
		j->updater.builtin != NULL ? j->updater.builtin : "foreign", dsync_contract_name(j->updater.contract),
		hash);
	dsync_buffer_printf(out, "it asks for:%s\n",
		j->consent.asked_hosts.count + j->consent.asked_env.count == 0 ? " nothing but to run" : "");
	explain_list(out, "allow_hosts", &j->consent.asked_hosts, &j->consent.missing_hosts, run->job->session_grant);
	explain_list(out, "allow_env", &j->consent.asked_env, &j->consent.missing_env, run->job->session_grant);
	for (i = 0; i < j->consent.granted_private.count; i++) {
		dsync_buffer_append_text(out, "  private addresses of ");
		dsync_text_escape_append(
			out, j->consent.granted_private.items[i], strlen(j->consent.granted_private.items[i]));
		dsync_buffer_append_text(out, ": granted on this machine\n");
	}
	explain_private(out, &j->consent.missing_private);
	dsync_buffer_printf(out, "network: %s (policy.network_scope), redirects are followed to granted hosts only\n",
		dsync_network_scope_name(dsync_manifest_network_scope(m)));
	dsync_buffer_printf(out,
		"limits: %" PRId64 " s and what the network's bytes add (policy.timeout), %u requests, %" PRIu64
		" bytes of payload (%s)\n",
		dsync_manifest_timeout(m), DSYNC_BROKER_REQUESTS_MAX, payload_max,
		payload_max < (uint64_t)dsync_manifest_max_payload(m) ? "max_payload of config.toml"
								      : "policy.max_payload");
}

static void
explain_trust(const struct dsync_run *run, struct dsync_buffer *out)
{
	struct dsync_trust *trust = dsync_trust_check(run->archive, DSYNC_TRUST_FOR_READING, NULL);

	if (trust != NULL)
		dsync_buffer_printf(out, "trust: %s; a new version needs %s\n",
			dsync_trust_state_name(dsync_trust_state(trust)),
			dsync_manifest_publisher_require(dsync_archive_manifest(run->archive)) ==
					DSYNC_REQUIRE_PUBLISHER
				? "the publisher's signature"
				: "nobody's signature");
	dsync_trust_free(trust);
}

static const char *
conclusion(const struct dsync_run *run)
{
	switch (run->judgement.verdict) {
	case DSYNC_VERDICT_GO:
		return "a refresh would run the updater now";
	case DSYNC_VERDICT_NO_UPDATER:
		return "a refresh would do nothing: there is no updater";
	case DSYNC_VERDICT_FRESH:
		return "a refresh would do nothing: it is fresh; --force runs the updater all the same";
	case DSYNC_VERDICT_HELD:
		return "a refresh would do nothing: the archive is held";
	case DSYNC_VERDICT_COOLING:
		return "a refresh would not try again yet";
	case DSYNC_VERDICT_CONSENT:
		return "a refresh would stop and ask for consent first";
	case DSYNC_VERDICT_OFFLINE:
		return "a refresh would do nothing: the network is not to be used";
	default:
		return "a refresh would be refused";
	}
}

char *
dsync_explain(const struct dsync_run *run)
{
	struct dsync_buffer out;
	char *text = NULL;

	dsync_buffer_init(&out, DSYNC_JOB_SIZE_MAX / 3);
	explain_due(run, &out);
	if (run->judgement.updater.present)
		explain_updater(run, &out);
	explain_trust(run, &out);
	dsync_buffer_append_text(&out, conclusion(run));
	if (run->judgement.verdict == DSYNC_VERDICT_FORBIDDEN)
		dsync_buffer_printf(&out, ": %s (%s)", run->judgement.error.message, run->judgement.error.entry);
	if (dsync_buffer_text(&out) != NULL)
		text = strdup(dsync_buffer_text(&out));
	else if (dsync_buffer_error(&out) == DSYNC_ERR_LIMIT)
		text = strdup("it asks for more than can be listed here; see its manifest");
	dsync_buffer_finish(&out);
	return text;
}
