/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grants.h - what updaters may do on this machine.
 *
 * A grant is a small TOML file outside every archive, keyed by the owner's name or key and the hash of sync.wasm: in
 * CONFIG/grants/ of the user, and in /etc/dotsync/grants.d/ of the machine.  What an updater may do is
 * what its manifest asks for AND what some grant allows.  Files are read as hostile, written atomically, mode 0600.
 */
#ifndef RUNTIME_GRANTS_H
#define RUNTIME_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "dotsync/error.h"

struct dsync_archive;
struct dsync_context;
struct dsync_grants;

enum dsync_grant_origin { DSYNC_GRANT_USER, DSYNC_GRANT_MACHINE };

/* A list of strings that the grant owns. */
struct dsync_strings {
	char **items;
	size_t count;
};

struct dsync_grant {
	enum dsync_grant_origin origin;
	char *path;                             /* of its file; NULL when not stored yet */
	char *owner;                            /* meta.created_by */
	unsigned char updater[DSYNC_HASH_SIZE]; /* BLAKE3 of sync.wasm */
	bool any_updater;                       /* machine grants may leave the hash out: any updater of that owner */
	struct dsync_strings hosts;
	struct dsync_strings env;
	struct dsync_strings private_hosts; /* whose private addresses may be reached */
	int64_t created;
	int64_t expires; /* INT64_MAX: never */
};

void dsync_grant_init(struct dsync_grant *grant);
void dsync_grant_finish(struct dsync_grant *grant);
int dsync_grant_add(struct dsync_strings *list, const char *text, struct dsync_error *err); /* once each */

/* All grants of user and machine; a damaged file is reported to the log and skipped (it grants nothing). */
int dsync_grants_load(const struct dsync_context *context, struct dsync_grants **grants, struct dsync_error *err);
void dsync_grants_free(struct dsync_grants *grants);
size_t dsync_grants_count(const struct dsync_grants *grants);
const struct dsync_grant *dsync_grants_at(const struct dsync_grants *grants, size_t index);

/* Stores (or widens: lists are merged) the user's grant of this owner and updater. */
int dsync_grants_store(const struct dsync_context *context, const struct dsync_grant *grant, struct dsync_error *err);

/* Removes the user's grants of this archive; returns how many, or a negative code. */
int dsync_grants_revoke(const struct dsync_context *context, const char *owner,
	const unsigned char updater[DSYNC_HASH_SIZE], struct dsync_error *err);

/* What an archive asks for, what it has, and what is missing. */
struct dsync_consent {
	char *owner;
	unsigned char updater[DSYNC_HASH_SIZE];
	struct dsync_strings asked_hosts, asked_env;
	struct dsync_strings granted_hosts, granted_env,
		granted_private; /* union over the grants that match and have not expired */
	struct dsync_strings missing_hosts, missing_env;
	bool granted; /* some grant matches and nothing is missing */
};

int dsync_consent_judge(const struct dsync_context *context, const struct dsync_archive *archive, int64_t now,
	struct dsync_consent *consent, struct dsync_error *err);
void dsync_consent_finish(struct dsync_consent *consent);

#endif
