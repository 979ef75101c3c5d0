/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * session.h - what a server of the guest protocol needs of a session beyond dotsync/session.h.
 */
#ifndef RUNTIME_SESSION_SERVER_H
#define RUNTIME_SESSION_SERVER_H

#include "dotsync/session.h"

/*
 * Whoever asks is on the other side of a pipe: a consumer only reads, and an updater may do what this user's
 * grants say, never what the request says.
 */
void dsync_session_serve(struct dsync_session *session);

/* Takes back every grant, those of a new session too. */
void dsync_session_revoke_all(struct dsync_session *session);

/* The payload as dsync_session_produce() would hand it out, as an archive of its own, and what came of the run; to be unreferenced. */
struct dsync_archive *
dsync_session_stage(struct dsync_session *session, enum dsync_outcome_kind *kind, struct dsync_error *err);

#endif
