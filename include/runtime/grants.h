/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grants.h - what updaters may do on this machine.
 *
 * A grant is a small TOML file outside every archive, keyed by the owner's name or key and the hash of sync.wasm: in
 * CONFIG/grants/ of the user, and in /etc/dotsync/grants.d/ of the machine.  What an updater may do is
 * what its manifest asks for AND what some grant allows.  Files are read as hostile, written atomically, mode 0600; one that
 * everybody may write grants nothing.  A grant may hold secrets (runtime/secret.h).
 */
#ifndef RUNTIME_GRANTS_H
#define RUNTIME_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "dotsync/error.h"
#include "runtime/secret.h"

struct dsync_archive;
struct dsync_context;
struct dsync_grants;

enum dsync_grant_origin { DSYNC_GRANT_USER, DSYNC_GRANT_MACHINE };

/* A list of strings that the grant owns. */
struct dsync_strings {
	char **items;
	size_t count;
};

/* Secrets that the list owns, one of each name. */
struct dsync_secrets {
	struct dsync_secret *items;
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
	struct dsync_secrets secrets;
	int64_t created;
	int64_t expires; /* INT64_MAX: never */
};

void dsync_grant_init(struct dsync_grant *grant);
void dsync_grant_finish(struct dsync_grant *grant);
int dsync_grant_add(struct dsync_strings *list, const char *text, struct dsync_error *err); /* once each */

/* Is there an entry for this one: the same but for case, and for the scheme where one of them has none? */
bool dsync_grant_has_host(const struct dsync_strings *list, const char *entry);

/* Adds a copy; one of the same name that is there already is replaced or, without `replace`, kept. */
int dsync_grant_add_secret(
	struct dsync_secrets *list, const struct dsync_secret *secret, bool replace, struct dsync_error *err);

/* Appends the text of the grant's file; a string that is no UTF-8 is DSYNC_ERR_INVALID. */
int dsync_grant_write(const struct dsync_grant *grant, struct dsync_buffer *out);

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

/* Why an updater may run, or may not. */
enum dsync_consent_state {
	DSYNC_CONSENT_GRANTED,
	DSYNC_CONSENT_NOTHING,  /* nothing was granted to any updater of this owner */
	DSYNC_CONSENT_EXPIRED,  /* it was granted, for a time that is over */
	DSYNC_CONSENT_REPLACED, /* another updater of this owner was */
	DSYNC_CONSENT_WIDER,    /* it was, but its manifest asks for more now */
};

/* What an archive asks for, what it has, and what is missing. */
struct dsync_consent {
	char *owner;
	unsigned char updater[DSYNC_HASH_SIZE];
	struct dsync_strings asked_hosts, asked_env;
	struct dsync_strings granted_hosts, granted_env,
		granted_private; /* union over the grants that match and have not expired */
	struct dsync_strings missing_hosts, missing_env;
	/* asked hosts that are private addresses themselves, and not granted as such: they are never reached */
	struct dsync_strings missing_private;
	struct dsync_secrets secrets; /* of the grants that match; the user's before the machine's */
	bool granted;                 /* some grant matches and nothing is missing */
	enum dsync_consent_state state;
	/* REPLACED: the grant that is most like what is asked now; EXPIRED: what was granted then */
	unsigned char before_updater[DSYNC_HASH_SIZE];
	struct dsync_strings before_hosts, before_env, before_private;
	int64_t before_created, before_expires;
};

const char *
dsync_consent_state_name(enum dsync_consent_state state); /* "granted", "nothing", "expired", "replaced", "wider" */

/* Says why it may not run, and how that differs from what was granted; a code of DSYNC_ERR_CONSENT, which is returned. */
int dsync_consent_refuse(const struct dsync_consent *consent, struct dsync_error *err);

int dsync_consent_judge(const struct dsync_context *context, const struct dsync_archive *archive, int64_t now,
	struct dsync_consent *consent, struct dsync_error *err);
void dsync_consent_finish(struct dsync_consent *consent);

#endif
