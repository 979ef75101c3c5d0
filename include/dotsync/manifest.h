/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * manifest.h - manifest.toml: what an archive is, whose it is, how long it stays
 * fresh and what its updater may do.  doc/format.md describes every key.
 *
 * A manifest is its text plus the typed meaning of it.  Setters change the text key by key and
 * keep every other byte, unknown keys and comments included.
 *
 *	struct dsync_manifest *m = dsync_manifest_create("text/csv", "csv", &err);
 *	dsync_manifest_set_string(m, "meta", "name", "Exchange rates", &err);
 *	dsync_manifest_set_integer(m, "policy", "ttl", 3600, &err);
 *
 * Strings handed out are NUL-terminated UTF-8 (a NUL in a value is an error when
 * parsing) and live until the next setter or the end of the manifest.  One thread at a time while it is changed;
 * an unchanged manifest may be read by many.
 */
#ifndef DOTSYNC_MANIFEST_H
#define DOTSYNC_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DSYNC_MANIFEST_SIZE_MAX (256u * 1024u)

#define DSYNC_MANIFEST_TTL_DEFAULT 3600
#define DSYNC_MANIFEST_TIMEOUT_DEFAULT 30
#define DSYNC_MANIFEST_MAX_PAYLOAD_DEFAULT (INT64_C(4) << 30)
#define DSYNC_MANIFEST_UNLIMITED INT64_MAX /* stale_while_revalidate, stale_if_error when absent */

enum dsync_variant { DSYNC_VARIANT_PLAIN, DSYNC_VARIANT_VAULT, DSYNC_VARIANT_APP, DSYNC_VARIANT_DATA };
enum dsync_network_scope { DSYNC_NETWORK_NONE, DSYNC_NETWORK_LOCAL, DSYNC_NETWORK_WAN };
enum dsync_update_mode { DSYNC_UPDATE_BACKGROUND, DSYNC_UPDATE_MANUAL, DSYNC_UPDATE_NEVER };
enum dsync_role { DSYNC_ROLE_OWNER, DSYNC_ROLE_MEMBER, DSYNC_ROLE_PUBLIC };
enum dsync_publisher_require { DSYNC_REQUIRE_NONE, DSYNC_REQUIRE_ATTESTED, DSYNC_REQUIRE_PUBLISHER };

/* The words that the manifest uses, such as "vault"; "?" for other numbers. */
const char *dsync_variant_name(enum dsync_variant variant);
const char *dsync_network_scope_name(enum dsync_network_scope scope);
const char *dsync_update_mode_name(enum dsync_update_mode mode);
const char *dsync_role_name(enum dsync_role role);
const char *dsync_publisher_require_name(enum dsync_publisher_require require);

struct dsync_manifest;

/*
 * Makes a manifest with every key that writers must emit: version 1.3, the given media type and extension, created_by "dotsync" (any name when
 * unsigned), created_at = now, hash_algo, ttl and timeout.  Free with destroy.
 */
struct dsync_manifest *
dsync_manifest_create(const char *content_type, const char *display_ext, struct dsync_error *err);

/*
 * Reads a manifest; the text is copied.  DSYNC_ERR_SYNTAX for TOML, DSYNC_ERR_MANIFEST for a wrong type, a missing required
 * key or a value out of range: rule "manifest", entry = the key ("policy.ttl"), line, expected and found.
 */
struct dsync_manifest *dsync_manifest_parse(const void *text, size_t size, struct dsync_error *err);
struct dsync_manifest *dsync_manifest_dup(const struct dsync_manifest *m, struct dsync_error *err);
void dsync_manifest_destroy(struct dsync_manifest *m);

/* The TOML text, byte for byte; valid until the next setter. */
struct dsync_view dsync_manifest_text(const struct dsync_manifest *m);

/* [sync] */
const char *dsync_manifest_version(const struct dsync_manifest *m);
const char *dsync_manifest_content_type(const struct dsync_manifest *m);
const char *dsync_manifest_display_ext(const struct dsync_manifest *m); /* without its dot */
enum dsync_variant dsync_manifest_variant(const struct dsync_manifest *m);

/* [meta]; name and description are "" when absent */
const char *dsync_manifest_name(const struct dsync_manifest *m);
const char *dsync_manifest_description(const struct dsync_manifest *m);
const char *dsync_manifest_created_by(const struct dsync_manifest *m);
int64_t dsync_manifest_created_at(const struct dsync_manifest *m); /* seconds since 1970 */

/* [policy]; seconds and bytes */
int64_t dsync_manifest_ttl(const struct dsync_manifest *m);
int64_t dsync_manifest_timeout(const struct dsync_manifest *m);
int64_t dsync_manifest_stale_while_revalidate(const struct dsync_manifest *m); /* UNLIMITED when absent */
int64_t dsync_manifest_stale_if_error(const struct dsync_manifest *m);         /* UNLIMITED when absent */
int64_t dsync_manifest_max_payload(const struct dsync_manifest *m);
bool dsync_manifest_fail_closed(const struct dsync_manifest *m);
enum dsync_network_scope dsync_manifest_network_scope(const struct dsync_manifest *m);
enum dsync_update_mode dsync_manifest_update(const struct dsync_manifest *m);

/* [permissions] */
size_t dsync_manifest_allow_host_count(const struct dsync_manifest *m);
const char *dsync_manifest_allow_host(const struct dsync_manifest *m, size_t index);
size_t dsync_manifest_allow_env_count(const struct dsync_manifest *m);
const char *dsync_manifest_allow_env(const struct dsync_manifest *m, size_t index);
enum dsync_role dsync_manifest_read_role(const struct dsync_manifest *m);
enum dsync_role dsync_manifest_write_role(const struct dsync_manifest *m);
enum dsync_role dsync_manifest_execute_role(const struct dsync_manifest *m);

/* [ownership]; strings are NULL when absent */
const char *dsync_manifest_owner_capsule(const struct dsync_manifest *m);
const char *dsync_manifest_creator(const struct dsync_manifest *m);
bool dsync_manifest_write_allowed(const struct dsync_manifest *m);
size_t dsync_manifest_team_count(const struct dsync_manifest *m);
const char *dsync_manifest_team(const struct dsync_manifest *m, size_t index);

/* [verification], [encryption]; strings are NULL when absent */
bool dsync_manifest_verification_enabled(const struct dsync_manifest *m);
const char *dsync_manifest_vm_type(const struct dsync_manifest *m);
const char *dsync_manifest_proof_type(const struct dsync_manifest *m);
bool dsync_manifest_encryption_enabled(const struct dsync_manifest *m);
const char *dsync_manifest_encryption_algorithm(const struct dsync_manifest *m);

/* [capabilities] */
size_t dsync_manifest_capability_count(const struct dsync_manifest *m);
const char *dsync_manifest_capability(const struct dsync_manifest *m, size_t index);

/* Trust tables, typed but not judged here. */
bool dsync_manifest_has_signature(const struct dsync_manifest *m); /* a [signature] table */
bool dsync_manifest_has_seal(const struct dsync_manifest *m);      /* a capability that starts with "seal:" */
const char *dsync_manifest_signature_payload_hash(const struct dsync_manifest *m); /* NULL when absent */
bool dsync_manifest_has_publisher(const struct dsync_manifest *m);                 /* a [publisher] table */
enum dsync_publisher_require dsync_manifest_publisher_require(
	const struct dsync_manifest *m); /* NONE without [publisher], PUBLISHER in one that does not say */
const char *dsync_manifest_archive_id(const struct dsync_manifest *m); /* NULL when absent */

/*
 * Change one key and keep the rest; unknown tables and keys are allowed too.  The new text is parsed before it takes effect:
 * on failure the manifest is as it was.  A signed or sealed manifest refuses every setter with DSYNC_ERR_STATE.  Text that is not UTF-8 and a
 * raw value that is no TOML value are DSYNC_ERR_INVALID; a value that the key does not allow is DSYNC_ERR_MANIFEST; removing what
 * is not there succeeds.  `table` is a dotted path, "" the root.
 */
int dsync_manifest_set_string(
	struct dsync_manifest *m, const char *table, const char *key, const char *value, struct dsync_error *err);
int dsync_manifest_set_integer(
	struct dsync_manifest *m, const char *table, const char *key, int64_t value, struct dsync_error *err);
int dsync_manifest_set_boolean(
	struct dsync_manifest *m, const char *table, const char *key, bool value, struct dsync_error *err);
int dsync_manifest_set_strings(struct dsync_manifest *m, const char *table, const char *key, const char *const *values,
	size_t count, struct dsync_error *err);

/* The value is TOML text, such as "[1, 2]". */
int dsync_manifest_set_raw(
	struct dsync_manifest *m, const char *table, const char *key, const char *value, struct dsync_error *err);
int dsync_manifest_remove(struct dsync_manifest *m, const char *table, const char *key, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
