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
	for (i = 0; rc == 0 && i < consent->asked_env.count; i++) {
		if (!dsync__strings_contain(&consent->granted_env, consent->asked_env.items[i]))
			rc = dsync_grant_add(&consent->missing_env, consent->asked_env.items[i], err);
	}
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
		rc = add_all(&consent->granted_hosts, &grant->hosts, err);
		if (rc == 0)
			rc = add_all(&consent->granted_env, &grant->env, err);
		if (rc == 0)
			rc = add_all(&consent->granted_private, &grant->private_hosts, err);
	}
	return rc;
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
	dsync_grants_free(grants);
	if (rc < 0) {
		dsync_consent_finish(consent);
		return rc;
	}
	consent->granted = any && consent->missing_hosts.count == 0 && consent->missing_env.count == 0;
	return 0;
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
	memset(consent, 0, sizeof(*consent));
}
