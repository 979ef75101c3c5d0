/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * manifest_internal.h - what the manifest_*.c files share.
 *
 * Everything that a manifest may hold stands in one table of keys
 * (manifest_keys.c).  The reader fills `struct manifest_values` by it, the JSON
 * writer lists it, and a new key is one more row and one more field.
 */
#ifndef FORMAT_MANIFEST_INTERNAL_H
#define FORMAT_MANIFEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/manifest.h"
#include "toml/toml.h"

struct manifest_list {
	const char **items; /* NULL when empty; the array is the manifest's */
	size_t count;
};

/* The typed meaning of the text.  Strings lie in the manifest's own memory, NULL when absent. */
struct manifest_values {
	const char *version;
	const char *content_type;
	const char *display_ext; /* without its dot */
	int variant;

	const char *name;
	const char *description;
	const char *created_by;
	int64_t created_at;
	const char *hash_algo;

	int64_t ttl;
	int64_t timeout;
	int network_scope;
	int update;
	int64_t stale_while_revalidate;
	int64_t stale_if_error;
	bool fail_closed;
	int64_t max_payload;

	struct manifest_list allow_hosts;
	struct manifest_list allow_env;
	int read_role;
	int write_role;
	int execute_role;

	const char *owner_capsule;
	bool write_allowed;
	const char *creator;
	struct manifest_list team;

	bool verification_enabled;
	const char *vm_type;
	const char *proof_type;

	bool encryption_enabled;
	const char *encryption_algorithm;

	struct manifest_list capabilities;

	bool has_signature;
	const char *signature_payload_hash;
	bool has_publisher;
	int publisher_require; /* -1 when absent */
	const char *archive_id;
};

struct dsync_manifest {
	char *text; /* a NUL after text_size bytes, then room for the strings of `values` */
	size_t text_size;
	struct dsync_toml *doc; /* of the text */
	struct manifest_values values;
};

enum manifest_table {
	TABLE_ROOT,
	TABLE_SYNC,
	TABLE_META,
	TABLE_POLICY,
	TABLE_PERMISSIONS,
	TABLE_OWNERSHIP,
	TABLE_VERIFICATION,
	TABLE_ENCRYPTION,
	TABLE_ENCRYPTION_META,
	TABLE_CAPABILITIES,
	TABLE_SIGNATURE,
	TABLE_PUBLISHER,
	TABLE_DOTSYNC,
	TABLE_OWNER_CHAIN,
	TABLE_COUNT
};

/* What a value becomes: the type of its field in struct manifest_values. */
enum manifest_store {
	STORE_TEXT,    /* const char * */
	STORE_WORD,    /* int: the place in the kind's list of words */
	STORE_TIME,    /* int64_t: seconds since 1970 */
	STORE_INTEGER, /* int64_t */
	STORE_FLAG,    /* bool */
	STORE_LIST,    /* struct manifest_list */
	STORE_TABLE,   /* bool: it is there */
	STORE_TABLES   /* bool: an array of tables is there */
};

/* What a value must be. */
struct manifest_kind {
	enum manifest_store store;
	const char *expected;                        /* for messages */
	int64_t minimum;                             /* of an integer */
	const char *const *words;                    /* the only strings allowed, NULL-terminated; or NULL */
	bool (*fits)(const char *text, size_t size); /* the strings allowed; or NULL */
};

#define MANIFEST_NOWHERE SIZE_MAX

struct manifest_key {
	enum manifest_table table;
	const char *name;
	size_t name_size;
	const struct manifest_kind *kind;
	bool required;
	size_t place;             /* offset in struct manifest_values, or NOWHERE: only checked */
	enum manifest_table rows; /* of a table: where the rows of its keys are */
};

/* All keys, grouped by table; the end is the row without a name. */
extern const struct manifest_key dsync__manifest_keys[];
extern const struct manifest_values dsync__manifest_defaults;

/* "policy", "encryption.meta"; "" for the root. */
const char *dsync__manifest_table_name(enum manifest_table table);

/* The first row of a table; its rows stand together. */
const struct manifest_key *dsync__manifest_table_keys(enum manifest_table table);

/* The row of a key among those of its table, or NULL when it is unknown to us. */
const struct manifest_key *dsync__manifest_key_find(const struct manifest_key *keys, struct dsync_view name);

/* The place of a word in a list, or -1. */
int dsync__manifest_word_find(const char *const *words, const char *text, size_t size);

/* Rules for the contents of strings. */
bool dsync__manifest_is_media_type(const char *text, size_t size);
bool dsync__manifest_is_extension(const char *text, size_t size); /* with or without its dot */
bool dsync__manifest_is_time(const char *text, size_t size);
bool dsync__manifest_is_did_key(const char *text, size_t size);
bool dsync__manifest_is_archive_id(const char *text, size_t size);

/*
 * Fills the values from the document; `strings` has room for as many bytes as
 * the text has.  On failure the lists made so far are left for the manifest's destroy.
 */
int dsync__manifest_read(
	struct manifest_values *values, const struct dsync_toml *doc, char *strings, struct dsync_error *err);

#endif
