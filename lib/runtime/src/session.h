/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * session.h - what the files of a session share: its settings, and how each action is done here or by another program.
 */
#ifndef RUNTIME_SESSION_H
#define RUNTIME_SESSION_H

#include "base/buffer.h"
#include "dotsync/archive.h"
#include "dotsync/session.h"
#include "runtime/grants.h"
#include "runtime/session.h"

struct dsync_session {
	char *path;
	struct dsync_context *context;
	bool owns_context;
	struct dsync_archive *archive;

	enum dsync_role role;
	char *member; /* NULL: not said */
	enum dsync_session_mode mode;
	bool has_bounds;
	struct dsync_bounds bounds;
	unsigned granted; /* DSYNC_POLICY_GRANT() */
	bool narrow_hosts, narrow_env;
	struct dsync_strings hosts, env;
	struct dsync_session_limits limits;
	bool guest; /* asked over the protocol: the user's stored grants decide what an updater may do */

	struct dsync_session_host host; /* program NULL: in this process */
	char *host_program;

	struct dsync_buffer text;     /* what the last read handed out, where it is no mapping */
	struct dsync_archive *staged; /* what produce handed out */
};

/* Forgets the views that were handed out. */
void dsync__session_forget(struct dsync_session *session);

/* session_run.c: runs the updater; `fd` is what is pushed, or -1.  The outcome is staged. */
struct dsync_outcome *dsync__session_run(struct dsync_session *session, int fd, struct dsync_error *err);

/* session_run.c: the updater sees the payload, and unless it fails that is the archive's. */
int dsync__session_push(struct dsync_session *session, struct dsync_view payload, struct dsync_error *err);

/* guest_client.c: has the other program do it; what it hands back (decoded) replaces session->text. */
int dsync__guest_call(
	struct dsync_session *session, enum dsync_action action, struct dsync_view input, struct dsync_error *err);

#endif
