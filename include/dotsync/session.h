/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * session.h - one caller's dealings with one archive: its role, what it granted, one run of the updater.
 *
 * A role is a claim that is checked against the manifest's permissions before anything
 * runs; it never gives more than this process may do anyway.
 *
 *	struct dsync_session *session = dsync_session_open("example.sync", NULL, &err);
 *	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
 *	dsync_session_grant_execution(session);
 *	struct dsync_outcome *outcome = dsync_session_execute(session, &err);    staged, not yet visible
 *	if (outcome != NULL && dsync_outcome_kind(outcome) == DSYNC_OUTCOME_UPDATED)
 *		dsync_outcome_commit(outcome, &err);
 *	dsync_outcome_destroy(outcome);
 *	dsync_session_close(session);
 */
#ifndef DOTSYNC_SESSION_H
#define DOTSYNC_SESSION_H

#include "dotsync/error.h"
#include "dotsync/manifest.h"
#include "dotsync/refresh.h"
#include "dotsync/view.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_context;
struct dsync_session;

/* `context` may be NULL. A new session has the role PUBLIC and may not execute. */
struct dsync_session *dsync_session_open(const char *path, struct dsync_context *context, struct dsync_error *err);
void dsync_session_close(struct dsync_session *session);

void dsync_session_set_role(struct dsync_session *session, enum dsync_role role);

/* The caller allows this session to run the updater with what its manifest asks for; lasts as long as the session, stored nowhere. */
void dsync_session_grant_execution(struct dsync_session *session);
void dsync_session_revoke_execution(struct dsync_session *session);

/* The archive as it was at open; borrowed. */
struct dsync_archive *dsync_session_archive(const struct dsync_session *session);

/* DSYNC_ERR_PERMISSION when role and manifest do not allow reading. */
int dsync_session_read_payload(struct dsync_session *session, struct dsync_view *payload, struct dsync_error *err);

/*
 * Runs the updater now and stages its result.  DSYNC_ERR_PERMISSION when role or grant do not allow it, DSYNC_ERR_STATE without an updater.
 * A run that failed is an outcome (kind FAILED), not an error.
 */
struct dsync_outcome *dsync_session_execute(struct dsync_session *session, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
