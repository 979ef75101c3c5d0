/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every key of manifest.toml at a glance: its type, its range, its default and where it goes. */
#include <string.h>

#include "base/text.h"
#include "manifest_internal.h"

static const char *const versions[] = { "1.0", "1.1", "1.2", "1.3", NULL };
static const char *const hash_algos[] = { "blake3", NULL };

/* In the order of the enumerations in dotsync/manifest.h. */
static const char *const variants[] = { "plain", "vault", "app", "data", NULL };
static const char *const scopes[] = { "none", "local", "wan", NULL };
static const char *const updates[] = { "background", "manual", "never", NULL };
static const char *const roles[] = { "owner", "member", "public", NULL };
static const char *const requires[] = { "none", "attested", "publisher", NULL };

/* What values may be.                        stored as       expected                              minimum, words, rule */
static const struct manifest_kind text_kind = { STORE_TEXT, "a string", 0, NULL, NULL };
static const struct manifest_kind texts_kind = { STORE_LIST, "a list of strings", 0, NULL, NULL };
static const struct manifest_kind flag_kind = { STORE_FLAG, "true or false", 0, NULL, NULL };
static const struct manifest_kind seconds_kind = { STORE_INTEGER, "a whole number of seconds, 0 or more", 0, NULL,
	NULL };
static const struct manifest_kind timeout_kind = { STORE_INTEGER, "a whole number of seconds, 1 or more", 1, NULL,
	NULL };
static const struct manifest_kind bytes_kind = { STORE_INTEGER, "a whole number of bytes, 1 or more", 1, NULL, NULL };
static const struct manifest_kind count_kind = { STORE_INTEGER, "a whole number, 1 or more", 1, NULL, NULL };
static const struct manifest_kind table_kind = { STORE_TABLE, "a table", 0, NULL, NULL };
static const struct manifest_kind tables_kind = { STORE_TABLES, "an array of tables", 0, NULL, NULL };

static const struct manifest_kind version_kind = { STORE_TEXT, "one of \"1.0\", \"1.1\", \"1.2\", \"1.3\"", 0, versions,
	NULL };
static const struct manifest_kind hash_kind = { STORE_TEXT, "\"blake3\"", 0, hash_algos, NULL };
static const struct manifest_kind variant_kind = { STORE_WORD, "one of \"plain\", \"vault\", \"app\", \"data\"", 0,
	variants, NULL };
static const struct manifest_kind scope_kind = { STORE_WORD, "one of \"none\", \"local\", \"wan\"", 0, scopes, NULL };
static const struct manifest_kind update_kind = { STORE_WORD, "one of \"background\", \"manual\", \"never\"", 0,
	updates, NULL };
static const struct manifest_kind role_kind = { STORE_WORD, "one of \"owner\", \"member\", \"public\"", 0, roles,
	NULL };
static const struct manifest_kind require_kind = { STORE_WORD, "one of \"none\", \"attested\", \"publisher\"", 0,
	requires, NULL };

static const struct manifest_kind media_kind = { STORE_TEXT, "a media type in visible ASCII, such as \"text/csv\"", 0,
	NULL, dsync__manifest_is_media_type };
static const struct manifest_kind extension_kind = { STORE_TEXT, "1 to 32 letters, digits or . _ - +, such as \"csv\"",
	0, NULL, dsync__manifest_is_extension };
static const struct manifest_kind time_kind = { STORE_TIME,
	"an RFC 3339 time in quotes, such as \"2026-01-31T12:00:00Z\"", 0, NULL, dsync__manifest_is_time };
static const struct manifest_kind dids_kind = { STORE_LIST, "a list of did:key strings, such as \"did:key:z6Mk...\"", 0,
	NULL, dsync__manifest_is_did_key };
static const struct manifest_kind id_kind = { STORE_TEXT, "32 lower-case hex digits", 0, NULL,
	dsync__manifest_is_archive_id };

#define REQUIRED true
#define OPTIONAL false
#define PLACE(field) offsetof(struct manifest_values, field)
#define NOWHERE MANIFEST_NOWHERE

#define KEY(table, name, kind, required, place) \
	{ \
		TABLE_##table, name, sizeof(name) - 1, &kind##_kind, required, place, TABLE_ROOT \
	}
#define SUBTABLE(table, name, kind, place, rows) \
	{ \
		TABLE_##table, name, sizeof(name) - 1, &kind##_kind, OPTIONAL, place, TABLE_##rows \
	}

const struct manifest_key dsync__manifest_keys[] = {
	SUBTABLE(ROOT, "sync", table, NOWHERE, SYNC),
	SUBTABLE(ROOT, "meta", table, NOWHERE, META),
	SUBTABLE(ROOT, "policy", table, NOWHERE, POLICY),
	SUBTABLE(ROOT, "permissions", table, NOWHERE, PERMISSIONS),
	SUBTABLE(ROOT, "ownership", table, NOWHERE, OWNERSHIP),
	SUBTABLE(ROOT, "verification", table, NOWHERE, VERIFICATION),
	SUBTABLE(ROOT, "encryption", table, NOWHERE, ENCRYPTION),
	SUBTABLE(ROOT, "capabilities", table, NOWHERE, CAPABILITIES),
	SUBTABLE(ROOT, "signature", table, PLACE(has_signature), SIGNATURE),
	SUBTABLE(ROOT, "publisher", table, PLACE(has_publisher), PUBLISHER),
	SUBTABLE(ROOT, "dotsync", table, NOWHERE, DOTSYNC),
	SUBTABLE(ROOT, "owner_chain", tables, NOWHERE, OWNER_CHAIN),

	KEY(SYNC, "version", version, REQUIRED, PLACE(version)),
	KEY(SYNC, "content_type", media, REQUIRED, PLACE(content_type)),
	KEY(SYNC, "display_ext", extension, REQUIRED, PLACE(display_ext)),
	KEY(SYNC, "variant", variant, OPTIONAL, PLACE(variant)),

	KEY(META, "name", text, OPTIONAL, PLACE(name)),
	KEY(META, "description", text, OPTIONAL, PLACE(description)),
	KEY(META, "created_by", text, REQUIRED, PLACE(created_by)),
	KEY(META, "created_at", time, REQUIRED, PLACE(created_at)),
	KEY(META, "hash_algo", hash, REQUIRED, PLACE(hash_algo)),

	KEY(POLICY, "ttl", seconds, OPTIONAL, PLACE(ttl)),
	KEY(POLICY, "timeout", timeout, OPTIONAL, PLACE(timeout)),
	KEY(POLICY, "network_scope", scope, OPTIONAL, PLACE(network_scope)),
	KEY(POLICY, "update", update, OPTIONAL, PLACE(update)),
	KEY(POLICY, "stale_while_revalidate", seconds, OPTIONAL, PLACE(stale_while_revalidate)),
	KEY(POLICY, "stale_if_error", seconds, OPTIONAL, PLACE(stale_if_error)),
	KEY(POLICY, "fail_closed", flag, OPTIONAL, PLACE(fail_closed)),
	KEY(POLICY, "max_payload", bytes, OPTIONAL, PLACE(max_payload)),

	KEY(PERMISSIONS, "allow_hosts", texts, OPTIONAL, PLACE(allow_hosts)),
	KEY(PERMISSIONS, "allow_env", texts, OPTIONAL, PLACE(allow_env)),
	KEY(PERMISSIONS, "read", role, OPTIONAL, PLACE(read_role)),
	KEY(PERMISSIONS, "write", role, OPTIONAL, PLACE(write_role)),
	KEY(PERMISSIONS, "execute", role, OPTIONAL, PLACE(execute_role)),

	KEY(OWNERSHIP, "owner_capsule", text, OPTIONAL, PLACE(owner_capsule)),
	KEY(OWNERSHIP, "write_allowed", flag, OPTIONAL, PLACE(write_allowed)),
	KEY(OWNERSHIP, "creator", text, OPTIONAL, PLACE(creator)),
	KEY(OWNERSHIP, "team", dids, OPTIONAL, PLACE(team)),

	KEY(VERIFICATION, "enabled", flag, OPTIONAL, PLACE(verification_enabled)),
	KEY(VERIFICATION, "vm_type", text, OPTIONAL, PLACE(vm_type)),
	KEY(VERIFICATION, "proof_type", text, OPTIONAL, PLACE(proof_type)),

	KEY(ENCRYPTION, "enabled", flag, OPTIONAL, PLACE(encryption_enabled)),
	KEY(ENCRYPTION, "algorithm", text, OPTIONAL, PLACE(encryption_algorithm)),
	SUBTABLE(ENCRYPTION, "meta", table, NOWHERE, ENCRYPTION_META),
	KEY(ENCRYPTION_META, "keys", texts, OPTIONAL, NOWHERE),
	KEY(ENCRYPTION_META, "recipients", texts, OPTIONAL, NOWHERE),
	KEY(ENCRYPTION_META, "kdf", text, OPTIONAL, NOWHERE),
	KEY(ENCRYPTION_META, "hint", text, OPTIONAL, NOWHERE),

	KEY(CAPABILITIES, "values", texts, OPTIONAL, PLACE(capabilities)),

	/* Trust tables: typed here, judged by lib/trust. */
	KEY(SIGNATURE, "algo", text, OPTIONAL, NOWHERE),
	KEY(SIGNATURE, "manifest_hash", text, OPTIONAL, NOWHERE),
	KEY(SIGNATURE, "payload_hash", text, OPTIONAL, PLACE(signature_payload_hash)),
	KEY(SIGNATURE, "timestamp", text, OPTIONAL, NOWHERE),
	KEY(SIGNATURE, "value", text, OPTIONAL, NOWHERE),

	KEY(PUBLISHER, "keys", dids, OPTIONAL, NOWHERE),
	KEY(PUBLISHER, "threshold", count, OPTIONAL, NOWHERE),
	KEY(PUBLISHER, "require", require, OPTIONAL, PLACE(publisher_require)),
	KEY(PUBLISHER, "expires_max", seconds, OPTIONAL, NOWHERE),
	KEY(PUBLISHER, "url", text, OPTIONAL, NOWHERE),

	KEY(DOTSYNC, "archive_id", id, OPTIONAL, PLACE(archive_id)),
	KEY(DOTSYNC, "seq", count, OPTIONAL, NOWHERE),

	KEY(OWNER_CHAIN, "from", text, OPTIONAL, NOWHERE),
	KEY(OWNER_CHAIN, "to", text, OPTIONAL, NOWHERE),
	KEY(OWNER_CHAIN, "seq", count, OPTIONAL, NOWHERE),
	KEY(OWNER_CHAIN, "sig_from", text, OPTIONAL, NOWHERE),
	KEY(OWNER_CHAIN, "sig_to", text, OPTIONAL, NOWHERE),

	{ TABLE_COUNT, NULL, 0, NULL, OPTIONAL, NOWHERE, TABLE_ROOT },
};

/* What is not named here is NULL, 0, false or an empty list. */
const struct manifest_values dsync__manifest_defaults = {
	.variant = DSYNC_VARIANT_PLAIN,
	.name = "",
	.description = "",
	.ttl = DSYNC_MANIFEST_TTL_DEFAULT,
	.timeout = DSYNC_MANIFEST_TIMEOUT_DEFAULT,
	.network_scope = DSYNC_NETWORK_WAN,
	.update = DSYNC_UPDATE_BACKGROUND,
	.stale_while_revalidate = DSYNC_MANIFEST_UNLIMITED,
	.stale_if_error = DSYNC_MANIFEST_UNLIMITED,
	.max_payload = DSYNC_MANIFEST_MAX_PAYLOAD_DEFAULT,
	.read_role = DSYNC_ROLE_PUBLIC,
	.write_role = DSYNC_ROLE_OWNER,
	.execute_role = DSYNC_ROLE_OWNER,
	.publisher_require = -1,
};

const char *
dsync__manifest_table_name(enum manifest_table table)
{
	static const char *const names[TABLE_COUNT] = {
		[TABLE_ROOT] = "",
		[TABLE_SYNC] = "sync",
		[TABLE_META] = "meta",
		[TABLE_POLICY] = "policy",
		[TABLE_PERMISSIONS] = "permissions",
		[TABLE_OWNERSHIP] = "ownership",
		[TABLE_VERIFICATION] = "verification",
		[TABLE_ENCRYPTION] = "encryption",
		[TABLE_ENCRYPTION_META] = "encryption.meta",
		[TABLE_CAPABILITIES] = "capabilities",
		[TABLE_SIGNATURE] = "signature",
		[TABLE_PUBLISHER] = "publisher",
		[TABLE_DOTSYNC] = "dotsync",
		[TABLE_OWNER_CHAIN] = "owner_chain",
	};

	return names[table];
}

const struct manifest_key *
dsync__manifest_table_keys(enum manifest_table table)
{
	const struct manifest_key *key = dsync__manifest_keys;

	while (key->table != table && key->name != NULL)
		key++;
	return key;
}

const struct manifest_key *
dsync__manifest_key_find(const struct manifest_key *keys, struct dsync_view name)
{
	const struct manifest_key *key;

	for (key = keys; key->table == keys->table && key->name != NULL; key++) {
		if (key->name_size == name.size && memcmp(key->name, name.data, name.size) == 0)
			return key;
	}
	return NULL;
}

int
dsync__manifest_word_find(const char *const *words, const char *text, size_t size)
{
	int i;

	for (i = 0; words[i] != NULL; i++) {
		if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0)
			return i;
	}
	return -1;
}

static const char *
word_name(const char *const *words, int word)
{
	int i;

	for (i = 0; words[i] != NULL; i++) {
		if (i == word)
			return words[i];
	}
	return "?";
}

const char *
dsync_variant_name(enum dsync_variant variant)
{
	return word_name(variants, (int)variant);
}

const char *
dsync_network_scope_name(enum dsync_network_scope scope)
{
	return word_name(scopes, (int)scope);
}

const char *
dsync_update_mode_name(enum dsync_update_mode mode)
{
	return word_name(updates, (int)mode);
}

const char *
dsync_role_name(enum dsync_role role)
{
	return word_name(roles, (int)role);
}

const char *
dsync_publisher_require_name(enum dsync_publisher_require require)
{
	return word_name(requires, (int)require);
}
