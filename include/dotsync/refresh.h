/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * refresh.h - bring an archive up to date in another process, without waiting for it.
 *
 *	struct dsync_refresh *r = dsync_refresh_start(NULL, "psl.dat.sync", NULL, &err);
 *	... poll dsync_refresh_fd(r) for reading; when it is readable:
 *	while ((rc = dsync_refresh_dispatch(r, &err)) == 0)
 *		... poll again ...
 *	struct dsync_outcome *outcome = dsync_refresh_finish(r, &err);
 *	...
 *	dsync_outcome_destroy(outcome);
 *
 * The work is done by dotsync-refresh, joined by one socket: this process loads no HTTP client, starts no
 * thread, needs no SIGCHLD.  Closing a refresh before its outcome cancels it; the archive is then as it was.
 * Callbacks come only from inside dispatch, run and finish.
 */
#ifndef DOTSYNC_REFRESH_H
#define DOTSYNC_REFRESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dotsync/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_context;
struct dsync_outcome;
struct dsync_refresh;

enum dsync_event_kind {
	DSYNC_EVENT_STARTED,  /* the lock is ours, the updater is about to run */
	DSYNC_EVENT_WAITING,  /* somebody else refreshes this archive; we share the result */
	DSYNC_EVENT_PROGRESS, /* done, total (0: unknown) bytes */
	DSYNC_EVENT_REQUEST,  /* text: "GET https://... 200" */
	DSYNC_EVENT_REFUSED,  /* text: why a request did not come to an answer: refused by policy, or failed */
	DSYNC_EVENT_LOG,      /* level, text: what the updater said, escaped */
	DSYNC_EVENT_SANDBOX,  /* text: "seccomp=P1 landlock=7(fs,net,abstract,signal) ns=..." */
};

struct dsync_event {
	enum dsync_event_kind kind;
	uint64_t done;
	uint64_t total;
	int level;        /* enum dsync_log_level */
	const char *text; /* "" where there is none; lives until the callback returns */
};
typedef void dsync_event_callback(void *user, const struct dsync_event *event);

struct dsync_refresh_options {
	size_t size;         /* set by the initialiser */
	bool force;          /* also when fresh, held back by backoff, or held */
	bool dry_run;        /* everything but the swap */
	bool explain;        /* say what would be done; no socket, no change */
	bool stage;          /* stop before the swap: dsync_outcome_commit() or _discard() decides */
	const char *to;      /* keep this plain file equal to the payload: see below */
	const char *check;   /* before a swap: shell command that sees $DOTSYNC_STAGED and may refuse */
	const char *exec;    /* after a swap: shell command */
	const char *sandbox; /* "strict", "default", "degraded"; NULL: the configuration's */
	const char *record;  /* an empty folder: every answer to the updater's requests is kept there */
	const char *
		replay; /* a folder of such answers: they are given, and no network is asked; not together with record */
	dsync_event_callback *event;
	void *event_user;
};
#define DSYNC_REFRESH_OPTIONS_INIT \
	{ \
		.size = sizeof(struct dsync_refresh_options) \
	}

/*
 * With `to`, whenever the archive is well afterwards (UPDATED, UNCHANGED, FRESH, HELD; by whose work does not matter), the plain
 * file is replaced by the payload if it is missing or has other bytes.  If that fails the kind stays what it is, and the outcome's
 * error has the rule "to" and the path as its entry.
 *
 * Options may be NULL.  NULL with DSYNC_ERR_SANDBOX when the helper program is missing or foreign; one of another build says so in its outcome,
 * which is FAILED with the same code.
 */
struct dsync_refresh *dsync_refresh_start(struct dsync_context *context, const char *path,
	const struct dsync_refresh_options *options, struct dsync_error *err);

/* Readable when there is something to dispatch; stays the refresh's. */
int dsync_refresh_fd(const struct dsync_refresh *refresh);

/* Handles what is there without waiting: 0 go on polling, 1 the outcome is there, negative an error (the refresh is over). */
int dsync_refresh_dispatch(struct dsync_refresh *refresh, struct dsync_error *err);

/* Waits for the outcome, hands it over and frees the refresh.  NULL with the error when there is none. */
struct dsync_outcome *dsync_refresh_finish(struct dsync_refresh *refresh, struct dsync_error *err);

/* Gives up: the helper stops, the archive is as it was; frees the refresh.  NULL is allowed. */
void dsync_refresh_cancel(struct dsync_refresh *refresh);

/* start and finish in one. */
struct dsync_outcome *dsync_refresh_run(struct dsync_context *context, const char *path,
	const struct dsync_refresh_options *options, struct dsync_error *err);

/*
 * Starts one in the background and forgets it: own session, descriptors on /dev/null, a bounded number
 * per user.  0 also when one is running already or no slot is free: somebody will come by again.  1 when one was started.
 */
int dsync_refresh_background(struct dsync_context *context, const char *path, struct dsync_error *err);

enum dsync_outcome_kind {
	DSYNC_OUTCOME_UPDATED,
	DSYNC_OUTCOME_UNCHANGED,
	DSYNC_OUTCOME_FRESH, /* nothing was due */
	DSYNC_OUTCOME_NO_UPDATER,
	DSYNC_OUTCOME_FAILED, /* dsync_outcome_error() says why; data untouched */
	DSYNC_OUTCOME_CONSENT_NEEDED,
	DSYNC_OUTCOME_HELD,
	DSYNC_OUTCOME_DRY_RUN, /* would have updated */
	DSYNC_OUTCOME_EXPLAINED,
};
const char *dsync_outcome_kind_name(enum dsync_outcome_kind kind); /* "updated", "consent-needed" ... */

void dsync_outcome_destroy(struct dsync_outcome *outcome);
enum dsync_outcome_kind dsync_outcome_kind(const struct dsync_outcome *outcome);

/* Why it failed, or what did not work after the swap and for `to`; code 0 otherwise. Lives as long as the outcome. */
const struct dsync_error *dsync_outcome_error(const struct dsync_outcome *outcome);

/* With the option `explain`: lines for people; "" otherwise. Lives as long as the outcome. */
const char *dsync_outcome_explanation(const struct dsync_outcome *outcome);

const char *dsync_outcome_generation(const struct dsync_outcome *outcome); /* now in place; "" when not known */
uint64_t dsync_outcome_payload_size(const struct dsync_outcome *outcome);
bool dsync_outcome_shared(const struct dsync_outcome *outcome); /* somebody else's refresh gave this result */

/*
 * With the option `stage` and the kind UPDATED: put it in place now, or forget it.  A shared outcome is in place already; committing it
 * is no error, and discarding it does nothing.
 */
int dsync_outcome_commit(struct dsync_outcome *outcome, struct dsync_error *err);
void dsync_outcome_discard(struct dsync_outcome *outcome);

/* The whole outcome as one JSON object, as `dotsync refresh --json` prints it; lives as long as the outcome. */
const char *dsync_outcome_json(const struct dsync_outcome *outcome);

#ifdef __cplusplus
}
#endif
#endif
