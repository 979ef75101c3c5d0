/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * session.h - one caller's dealings with one archive: its role, what it was granted, what it does.
 *
 * A role is a claim that is checked against the manifest's permissions before anything
 * runs; it never gives more than this process may do anyway.  doc/contracts/guest-protocol.md has the whole table.
 *
 *	struct dsync_session *session = dsync_session_open("example.sync", NULL, &err);
 *	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
 *	dsync_session_grant_execution(session);
 *	struct dsync_outcome *outcome = dsync_session_execute(session, &err);    staged, not yet visible
 *	if (outcome != NULL && dsync_outcome_kind(outcome) == DSYNC_OUTCOME_UPDATED)
 *		dsync_outcome_commit(outcome, &err);
 *	dsync_outcome_destroy(outcome);
 *	dsync_session_close(session);
 *
 * Setters are judged when something is done, not before.  Views live until the session's next call that does something, or its end.
 */
#ifndef DOTSYNC_SESSION_H
#define DOTSYNC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

enum dsync_action {
	DSYNC_ACTION_READ_PAYLOAD,
	DSYNC_ACTION_READ_CONTEXT,
	DSYNC_ACTION_WRITE_PAYLOAD,
	DSYNC_ACTION_WRITE_CONTEXT,
	DSYNC_ACTION_EXECUTE_WASM,
	DSYNC_ACTION_UPDATE_PAYLOAD,
};
#define DSYNC_ACTION_COUNT 6

const char *dsync_action_name(enum dsync_action action); /* "ReadPayload"...; "?" for other numbers */

/* What an error means to a session's caller: the words of the guest protocol. */
enum dsync_session_problem {
	DSYNC_SESSION_PERMISSION_DENIED,
	DSYNC_SESSION_INVALID_REQUEST,
	DSYNC_SESSION_EXECUTION_FAILED,
	DSYNC_SESSION_HOST_UNAVAILABLE,
	DSYNC_SESSION_PROTOCOL_ERROR,
	DSYNC_SESSION_IO_ERROR,
};
enum dsync_session_problem dsync_session_problem(const struct dsync_error *err);
const char *dsync_session_problem_name(enum dsync_session_problem problem); /* "PermissionDenied"... */

/* `context` may be NULL. A new session is headless, has the role PUBLIC and may read. */
struct dsync_session *dsync_session_open(const char *path, struct dsync_context *context, struct dsync_error *err);
void dsync_session_close(struct dsync_session *session);

void dsync_session_set_role(struct dsync_session *session, enum dsync_role role);

/*
 * Who a MEMBER is: a name of ownership.team (copied; NULL: not said).  A member whom the team does not have, or of an
 * archive that names members when it is not said, counts as public.  DSYNC_ERR_NO_MEMORY at most.
 */
int dsync_session_set_member(struct dsync_session *session, const char *name, struct dsync_error *err);

/* A widget needs bounds of positive size, a headless session must have none. */
enum dsync_session_mode { DSYNC_MODE_HEADLESS, DSYNC_MODE_WIDGET };
struct dsync_bounds {
	uint32_t x, y, width, height;
};
void dsync_session_set_mode(struct dsync_session *session, enum dsync_session_mode mode);
void dsync_session_set_bounds(struct dsync_session *session, const struct dsync_bounds *bounds); /* NULL: none */

/* What this session may do; UPDATE_PAYLOAD goes with WRITE_PAYLOAD.  Lasts as long as the session, stored nowhere. */
void dsync_session_grant(struct dsync_session *session, enum dsync_action action);
void dsync_session_revoke(struct dsync_session *session, enum dsync_action action);

/* The caller allows this session to run the updater with what its manifest asks for. */
void dsync_session_grant_execution(struct dsync_session *session);
void dsync_session_revoke_execution(struct dsync_session *session);

/*
 * The updater gets only those hosts and variables of the manifest that stand in these lists too, letter by letter (copied; empty
 * lists: none at all).  Without a call: all that the manifest asks for.
 */
int
dsync_session_set_hosts(struct dsync_session *session, const char *const *hosts, size_t count, struct dsync_error *err);
int
dsync_session_set_env(struct dsync_session *session, const char *const *names, size_t count, struct dsync_error *err);

/* Limits of one run; 0: the archive's own.  They only ever lower those. */
struct dsync_session_limits {
	size_t size;          /* set by the initialiser */
	uint64_t cpu_ms;      /* what it may compute */
	uint64_t memory_size; /* of its linear memory, bytes */
	uint64_t time_ms;     /* on the wall; what the network brings extends it, as it does policy.timeout */
};
#define DSYNC_SESSION_LIMITS_INIT \
	{ \
		sizeof(struct dsync_session_limits), 0, 0, 0 \
	}
void dsync_session_set_limits(struct dsync_session *session, const struct dsync_session_limits *limits);

/*
 * From here on another program does it all: `PROGRAM guest FILE` is started for each action, asked in one line of the guest protocol,
 * and ended.  It does what it likes with the rights of this user; what the session may not do is not asked for.
 */
enum dsync_guest_protocol { DSYNC_GUEST_V1, DSYNC_GUEST_JSON_RPC };
struct dsync_session_host {
	size_t size;         /* set by the initialiser */
	const char *program; /* looked for in PATH when it has no slash */
	enum dsync_guest_protocol protocol;
	uint64_t timeout_ms;      /* for one answer; then the program is killed */
	uint64_t answer_size_max; /* bytes of one answer */
};
#define DSYNC_SESSION_HOST_INIT \
	{ \
		sizeof(struct dsync_session_host), NULL, DSYNC_GUEST_V1, 60000, UINT64_C(96) << 20 \
	}
int
dsync_session_set_host(struct dsync_session *session, const struct dsync_session_host *host, struct dsync_error *err);

/* The archive as it was when the session opened it, wrote it or was told to look again; borrowed. */
struct dsync_archive *dsync_session_archive(const struct dsync_session *session);

/* Opens the archive anew, if somebody has put another version in place. */
int dsync_session_reload(struct dsync_session *session, struct dsync_error *err);

/* 0 when role, manifest and grants allow this action now, else what doing it would say. */
int dsync_session_check(const struct dsync_session *session, enum dsync_action action, struct dsync_error *err);

/* DSYNC_ERR_PERMISSION when it is not allowed. */
int dsync_session_read_payload(struct dsync_session *session, struct dsync_view *payload, struct dsync_error *err);

/* The updater's parameters, JSON; a view of size 0 when there are none. */
int dsync_session_read_context(struct dsync_session *session, struct dsync_view *context, struct dsync_error *err);

/* Another payload, or other parameters (any JSON value), in the archive's file: all or nothing. */
int dsync_session_write_payload(struct dsync_session *session, const void *data, size_t size, struct dsync_error *err);
int dsync_session_write_context(struct dsync_session *session, const void *json, size_t size, struct dsync_error *err);

/*
 * Pushes a payload: it becomes the archive's, and before that, if the session may execute and there is an updater, that sees it in push
 * mode and may refuse it by failing.  What the updater writes itself is not kept.
 */
int dsync_session_update_payload(struct dsync_session *session, const void *data, size_t size, struct dsync_error *err);

/*
 * Runs the updater now and stages its result.  DSYNC_ERR_PERMISSION when role or grant do not allow it, DSYNC_ERR_STATE without an updater.
 * A run that failed is an outcome (kind FAILED), not an error.
 */
struct dsync_outcome *dsync_session_execute(struct dsync_session *session, struct dsync_error *err);

/* Runs the updater and hands out the payload as it would leave it; changes nothing.  A run that failed is an error. */
int dsync_session_produce(struct dsync_session *session, struct dsync_view *payload, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
