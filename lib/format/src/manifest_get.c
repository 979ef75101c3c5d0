/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a manifest says, key by key. */
#include <string.h>

#include "manifest_internal.h"

#define SEAL_PREFIX "seal:"

static const char *
item(const struct manifest_list *list, size_t index)
{
	return index < list->count ? list->items[index] : NULL;
}

/* [sync] */
const char *
dsync_manifest_version(const struct dsync_manifest *m)
{
	return m->values.version;
}

const char *
dsync_manifest_content_type(const struct dsync_manifest *m)
{
	return m->values.content_type;
}

const char *
dsync_manifest_display_ext(const struct dsync_manifest *m)
{
	return m->values.display_ext;
}

enum dsync_variant
dsync_manifest_variant(const struct dsync_manifest *m)
{
	return (enum dsync_variant)m->values.variant;
}

/* [meta] */
const char *
dsync_manifest_name(const struct dsync_manifest *m)
{
	return m->values.name;
}

const char *
dsync_manifest_description(const struct dsync_manifest *m)
{
	return m->values.description;
}

const char *
dsync_manifest_created_by(const struct dsync_manifest *m)
{
	return m->values.created_by;
}

int64_t
dsync_manifest_created_at(const struct dsync_manifest *m)
{
	return m->values.created_at;
}

/* [policy] */
int64_t
dsync_manifest_ttl(const struct dsync_manifest *m)
{
	return m->values.ttl;
}

int64_t
dsync_manifest_timeout(const struct dsync_manifest *m)
{
	return m->values.timeout;
}

int64_t
dsync_manifest_stale_while_revalidate(const struct dsync_manifest *m)
{
	return m->values.stale_while_revalidate;
}

int64_t
dsync_manifest_stale_if_error(const struct dsync_manifest *m)
{
	return m->values.stale_if_error;
}

int64_t
dsync_manifest_max_payload(const struct dsync_manifest *m)
{
	return m->values.max_payload;
}

bool
dsync_manifest_fail_closed(const struct dsync_manifest *m)
{
	return m->values.fail_closed;
}

enum dsync_network_scope
dsync_manifest_network_scope(const struct dsync_manifest *m)
{
	return (enum dsync_network_scope)m->values.network_scope;
}

enum dsync_update_mode
dsync_manifest_update(const struct dsync_manifest *m)
{
	return (enum dsync_update_mode)m->values.update;
}

/* [permissions] */
size_t
dsync_manifest_allow_host_count(const struct dsync_manifest *m)
{
	return m->values.allow_hosts.count;
}

const char *
dsync_manifest_allow_host(const struct dsync_manifest *m, size_t index)
{
	return item(&m->values.allow_hosts, index);
}

size_t
dsync_manifest_allow_env_count(const struct dsync_manifest *m)
{
	return m->values.allow_env.count;
}

const char *
dsync_manifest_allow_env(const struct dsync_manifest *m, size_t index)
{
	return item(&m->values.allow_env, index);
}

enum dsync_role
dsync_manifest_read_role(const struct dsync_manifest *m)
{
	return (enum dsync_role)m->values.read_role;
}

enum dsync_role
dsync_manifest_write_role(const struct dsync_manifest *m)
{
	return (enum dsync_role)m->values.write_role;
}

enum dsync_role
dsync_manifest_execute_role(const struct dsync_manifest *m)
{
	return (enum dsync_role)m->values.execute_role;
}

/* [ownership] */
const char *
dsync_manifest_owner_capsule(const struct dsync_manifest *m)
{
	return m->values.owner_capsule;
}

const char *
dsync_manifest_creator(const struct dsync_manifest *m)
{
	return m->values.creator;
}

bool
dsync_manifest_write_allowed(const struct dsync_manifest *m)
{
	return m->values.write_allowed;
}

size_t
dsync_manifest_team_count(const struct dsync_manifest *m)
{
	return m->values.team.count;
}

const char *
dsync_manifest_team(const struct dsync_manifest *m, size_t index)
{
	return item(&m->values.team, index);
}

/* [verification] */
bool
dsync_manifest_verification_enabled(const struct dsync_manifest *m)
{
	return m->values.verification_enabled;
}

const char *
dsync_manifest_vm_type(const struct dsync_manifest *m)
{
	return m->values.vm_type;
}

const char *
dsync_manifest_proof_type(const struct dsync_manifest *m)
{
	return m->values.proof_type;
}

/* [encryption] */
bool
dsync_manifest_encryption_enabled(const struct dsync_manifest *m)
{
	return m->values.encryption_enabled;
}

const char *
dsync_manifest_encryption_algorithm(const struct dsync_manifest *m)
{
	return m->values.encryption_algorithm;
}

/* [capabilities] */
size_t
dsync_manifest_capability_count(const struct dsync_manifest *m)
{
	return m->values.capabilities.count;
}

const char *
dsync_manifest_capability(const struct dsync_manifest *m, size_t index)
{
	return item(&m->values.capabilities, index);
}

/* trust tables */
bool
dsync_manifest_has_signature(const struct dsync_manifest *m)
{
	return m->values.has_signature;
}

const char *
dsync_manifest_signature_payload_hash(const struct dsync_manifest *m)
{
	return m->values.signature_payload_hash;
}

const char *
dsync_manifest_archive_id(const struct dsync_manifest *m)
{
	return m->values.archive_id;
}

bool
dsync_manifest_has_publisher(const struct dsync_manifest *m)
{
	return m->values.has_publisher;
}

bool
dsync_manifest_has_seal(const struct dsync_manifest *m)
{
	const struct manifest_list *capabilities = &m->values.capabilities;
	size_t i;

	for (i = 0; i < capabilities->count; i++) {
		if (strncmp(capabilities->items[i], SEAL_PREFIX, sizeof(SEAL_PREFIX) - 1) == 0)
			return true;
	}
	return false;
}

/* Who names publishers and does not say what they are for means them. */
enum dsync_publisher_require
dsync_manifest_publisher_require(const struct dsync_manifest *m)
{
	if (m->values.publisher_require >= 0)
		return (enum dsync_publisher_require)m->values.publisher_require;
	return m->values.has_publisher ? DSYNC_REQUIRE_PUBLISHER : DSYNC_REQUIRE_NONE;
}
