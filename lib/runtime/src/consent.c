/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * consent.c - what an archive's updater asks for, against what was granted.
 *
 * Host entries are compared as text without case; whether one concrete request is allowed is
 * the broker's question, which asks both lists again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "broker/address.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "grants.h"

static bool
matches(const struct dsync_grant *grant, const struct dsync_consent *consent, int64_t now)
{
	if (grant->expires <= now || strcmp(grant->owner, consent->owner) != 0)
		return false;
	if (grant->any_updater)
		return grant->origin == DSYNC_GRANT_MACHINE;
	return memcmp(grant->updater, consent->updater, DSYNC_HASH_SIZE) == 0;
}

static int
add_all(struct dsync_strings *into, const struct dsync_strings *from, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < from->count && rc == 0; i++)
		rc = dsync_grant_add(into, from->items[i], err);
	return rc;
}

/* The owner, the updater's hash, and what the manifest asks for. */
static int
describe(const struct dsync_archive *archive, struct dsync_consent *consent, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = dsync_archive_manifest(archive);
	unsigned char *wasm;
	size_t i, size;
	int rc;

	consent->owner = strdup(dsync_manifest_created_by(manifest));
	if (consent->owner == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_archive_read_entry(archive, DSYNC_ENTRY_UPDATER, DSYNC_UPDATER_SIZE_MAX, &wasm, &size, err);
	if (rc == 0) {
		dsync_hash(consent->updater, wasm, size);
		free(wasm);
	} else if (rc == DSYNC_ERR_NOT_FOUND) {
		rc = 0; /* no updater: an all-zero hash, which no grant has */
	}
	for (i = 0; rc == 0 && i < dsync_manifest_allow_host_count(manifest); i++)
		rc = dsync_grant_add(&consent->asked_hosts, dsync_manifest_allow_host(manifest, i), err);
	for (i = 0; rc == 0 && i < dsync_manifest_allow_env_count(manifest); i++)
		rc = dsync_grant_add(&consent->asked_env, dsync_manifest_allow_env(manifest, i), err);
	return rc;
}

static bool
contains_case(const struct dsync_strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (dsync_text_equal_case(list->items[i], strlen(list->items[i]), text, strlen(text)))
			return true;
	}
	return false;
}

static int
find_missing(struct dsync_consent *consent, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < consent->asked_hosts.count; i++) {
		if (!contains_case(&consent->granted_hosts, consent->asked_hosts.items[i]))
			rc = dsync_grant_add(&consent->missing_hosts, consent->asked_hosts.items[i], err);
	}
	for (i = 0; rc == 0 && i < consent->asked_hosts.count; i++) {
		const char *host = consent->asked_hosts.items[i];

		if (dsync_address_entry_is_private(host) && !dsync_grant_has_host(&consent->granted_private, host))
			rc = dsync_grant_add(&consent->missing_private, host, err);
	}
	for (i = 0; rc == 0 && i < consent->asked_env.count; i++) {
		if (!dsync__strings_contain(&consent->granted_env, consent->asked_env.items[i]))
			rc = dsync_grant_add(&consent->missing_env, consent->asked_env.items[i], err);
	}
	return rc;
}

static int
take_grant(const struct dsync_grant *grant, struct dsync_consent *consent, struct dsync_error *err)
{
	size_t i;
	int rc;

	rc = add_all(&consent->granted_hosts, &grant->hosts, err);
	if (rc == 0)
		rc = add_all(&consent->granted_env, &grant->env, err);
	if (rc == 0)
		rc = add_all(&consent->granted_private, &grant->private_hosts, err);
	for (i = 0; rc == 0 && i < grant->secrets.count; i++)
		rc = dsync_grant_add_secret(
			&consent->secrets, &grant->secrets.items[i], grant->origin == DSYNC_GRANT_USER, err);
	return rc;
}

static int
collect(const struct dsync_grants *grants, int64_t now, struct dsync_consent *consent, bool *any,
	struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	*any = false;
	for (i = 0; rc == 0 && i < dsync_grants_count(grants); i++) {
		const struct dsync_grant *grant = dsync_grants_at(grants, i);

		if (!matches(grant, consent, now))
			continue;
		*any = true;
		rc = take_grant(grant, consent, err);
	}
	return rc;
}

/* How much of what is asked now an older grant had allowed. */
static size_t
likeness(const struct dsync_grant *grant, const struct dsync_consent *consent)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < consent->asked_hosts.count; i++)
		count += contains_case(&grant->hosts, consent->asked_hosts.items[i]);
	for (i = 0; i < consent->asked_env.count; i++)
		count += dsync__strings_contain(&grant->env, consent->asked_env.items[i]);
	return count;
}

/*
 * The grant that used to let this archive be refreshed: of this very updater when it has expired, else of another updater of
 * the same owner, the one that is most like what is asked, of equals the newest.  An owner may have many archives, so it is a
 * guess, and only shown.
 */
static const struct dsync_grant *
find_before(const struct dsync_grants *grants, int64_t now, const struct dsync_consent *consent)
{
	const struct dsync_grant *best = NULL;
	size_t i, like, best_like = 0;

	for (i = 0; i < dsync_grants_count(grants); i++) {
		const struct dsync_grant *grant = dsync_grants_at(grants, i);

		if (strcmp(grant->owner, consent->owner) != 0)
			continue;
		like = likeness(grant, consent);
		if (matches(grant, consent, INT64_MIN)) {
			if (grant->expires <= now)
				return grant;
		} else if (!grant->any_updater && grant->expires > now &&
			(best == NULL || like > best_like || (like == best_like && grant->created > best->created))) {
			best = grant;
			best_like = like;
		}
	}
	return best;
}

static int
take_before(const struct dsync_grant *grant, struct dsync_consent *consent, struct dsync_error *err)
{
	int rc;

	memcpy(consent->before_updater, grant->updater, sizeof(consent->before_updater));
	consent->before_created = grant->created;
	consent->before_expires = grant->expires;
	rc = add_all(&consent->before_hosts, &grant->hosts, err);
	if (rc == 0)
		rc = add_all(&consent->before_private, &grant->private_hosts, err);
	return rc == 0 ? add_all(&consent->before_env, &grant->env, err) : rc;
}

static int
find_state(const struct dsync_grants *grants, int64_t now, bool any, struct dsync_consent *consent,
	struct dsync_error *err)
{
	const struct dsync_grant *before;

	consent->granted = any && consent->missing_hosts.count == 0 && consent->missing_env.count == 0;
	consent->state = consent->granted ? DSYNC_CONSENT_GRANTED : DSYNC_CONSENT_WIDER;
	if (any)
		return 0;
	consent->state = DSYNC_CONSENT_NOTHING;
	before = find_before(grants, now, consent);
	if (before == NULL)
		return 0;
	consent->state = before->expires <= now ? DSYNC_CONSENT_EXPIRED : DSYNC_CONSENT_REPLACED;
	return take_before(before, consent, err);
}

int
dsync_consent_judge(const struct dsync_context *context, const struct dsync_archive *archive, int64_t now,
	struct dsync_consent *consent, struct dsync_error *err)
{
	struct dsync_grants *grants = NULL;
	bool any = false;
	int rc;

	memset(consent, 0, sizeof(*consent));
	rc = describe(archive, consent, err);
	if (rc == 0)
		rc = dsync_grants_load(context, &grants, err);
	if (rc == 0)
		rc = collect(grants, now, consent, &any, err);
	if (rc == 0)
		rc = find_missing(consent, err);
	if (rc == 0)
		rc = find_state(grants, now, any, consent, err);
	dsync_grants_free(grants);
	if (rc < 0)
		dsync_consent_finish(consent);
	return rc;
}

const char *
dsync_consent_state_name(enum dsync_consent_state state)
{
	static const char *const names[] = { "granted", "nothing", "expired", "replaced", "wider" };

	return names[state];
}

/* The first of what is missing stands for all. */
static void
expect_missing(const struct dsync_consent *c, struct dsync_error *err)
{
	const char *more = c->missing_hosts.count + c->missing_env.count > 1 ? " and others" : "";

	if (c->missing_hosts.count > 0)
		dsync_error_expected(err, "a grant for %s%s", c->missing_hosts.items[0], more);
	else if (c->missing_env.count > 0)
		dsync_error_expected(err, "a grant for the variable %s%s", c->missing_env.items[0], more);
}

/* "blake3:" and 16 digits, enough to tell two apart by eye. */
static void
compare_updaters(const struct dsync_consent *c, struct dsync_error *err)
{
	char now[DSYNC_HASH_TEXT_SIZE], before[DSYNC_HASH_TEXT_SIZE];

	dsync_hash_format(now, c->updater);
	dsync_hash_format(before, c->before_updater);
	dsync_error_expected(err, "a grant for %.23s", now);
	dsync_error_found(err, "one for %.23s", before);
}

int
dsync_consent_refuse(const struct dsync_consent *c, struct dsync_error *err)
{
	static const char *const messages[] = {
		[DSYNC_CONSENT_GRANTED] = "the updater may run",
		[DSYNC_CONSENT_NOTHING] = "the updater has not been allowed to run on this machine",
		[DSYNC_CONSENT_EXPIRED] = "what the updater was granted has expired",
		[DSYNC_CONSENT_REPLACED] = "the updater is another one than was allowed to run",
		[DSYNC_CONSENT_WIDER] = "the updater asks for more than was granted",
	};
	char until[DSYNC_TIME_TEXT_SIZE];

	dsync_error_set(err, DSYNC_ERR_CONSENT, "grants", "%s", messages[c->state]);
	if (c->state == DSYNC_CONSENT_REPLACED)
		compare_updaters(c, err);
	else
		expect_missing(c, err);
	if (c->state == DSYNC_CONSENT_EXPIRED) {
		dsync_time_format(until, c->before_expires);
		dsync_error_found(err, "one until %s", until);
	}
	dsync_error_hint(err, "dotsync grant FILE shows what it asks for, and asks you");
	return DSYNC_ERR_CONSENT;
}

void
dsync_consent_finish(struct dsync_consent *consent)
{
	free(consent->owner);
	dsync__strings_finish(&consent->asked_hosts);
	dsync__strings_finish(&consent->asked_env);
	dsync__strings_finish(&consent->granted_hosts);
	dsync__strings_finish(&consent->granted_env);
	dsync__strings_finish(&consent->granted_private);
	dsync__strings_finish(&consent->missing_hosts);
	dsync__strings_finish(&consent->missing_env);
	dsync__strings_finish(&consent->missing_private);
	dsync__strings_finish(&consent->before_private);
	dsync__strings_finish(&consent->before_hosts);
	dsync__strings_finish(&consent->before_env);
	dsync__secrets_finish(&consent->secrets);
	memset(consent, 0, sizeof(*consent));
}
