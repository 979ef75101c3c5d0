/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * policy.h - may this be done?  Decided before anything is, by one table (policy.c).
 *
 * A question holds all that the answer depends on; nothing else is looked at, so that every answer can be tried.
 */
#ifndef RUNTIME_POLICY_H
#define RUNTIME_POLICY_H

#include "dotsync/session.h"

struct dsync_policy_question {
	enum dsync_action action;
	bool guest; /* it came over the guest protocol */
	enum dsync_session_mode mode;
	bool has_bounds; /* of positive size */
	bool bad_bounds; /* there are some, without a size */

	enum dsync_role role; /* as claimed */
	bool is_member;       /* ownership.team does not speak against the claim to be one */
	unsigned granted;     /* DSYNC_POLICY_GRANT() of each action that was granted */

	enum dsync_role read, write, execute; /* the manifest's: the least role that may */
	bool write_allowed;                   /* ownership.write_allowed */
	bool is_signed;                       /* signed or sealed */
	bool has_updater;
};

#define DSYNC_POLICY_GRANT(action) (1u << (action))

/* The role that counts. */
enum dsync_role dsync_policy_role(const struct dsync_policy_question *q);

/* 0, or the code and the message of the first row that refuses. */
int dsync_policy_decide(const struct dsync_policy_question *q, struct dsync_error *err);

/* Takes the manifest's part of a question from an archive. */
struct dsync_archive;
void dsync_policy_describe(struct dsync_policy_question *q, struct dsync_archive *archive);

/* Does the team have this member?  `name` may be NULL: then true where the archive names none. */
bool dsync_policy_is_member(const struct dsync_manifest *m, const char *name);

#endif
