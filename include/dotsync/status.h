/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * status.h - how fresh an archive is, and what happens next.
 *
 * Costs a few small reads of the archive and beside it; asks no network and creates nothing.
 *
 * One word says most of it, the first of these that holds:
 *	locked          a vault, whose key this call has not
 *	empty           a publisher's archive that was never filled
 *	held            somebody said hold
 *	no-updater      nothing will ever refresh it
 *	refreshing      somebody is at it right now
 *	consent-needed  stale, and its updater asks for more than was granted
 *	expired         older than ttl + stale_while_revalidate, or failing and older than ttl + stale_if_error
 *	failing         the last attempt failed
 *	unwritable      stale, and this user cannot replace the file
 *	clock-suspect   every time that is known lies in the future
 *	stale, fresh
 */
#ifndef DOTSYNC_STATUS_H
#define DOTSYNC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_context;

enum dsync_state_word {
	DSYNC_STATE_FRESH,
	DSYNC_STATE_STALE,
	DSYNC_STATE_REFRESHING,
	DSYNC_STATE_FAILING, /* the last attempt failed */
	DSYNC_STATE_EXPIRED, /* stale_while_revalidate or stale_if_error is over */
	DSYNC_STATE_CONSENT_NEEDED,
	DSYNC_STATE_NO_UPDATER,
	DSYNC_STATE_HELD,
	DSYNC_STATE_UNWRITABLE, /* this user cannot replace the file */
	DSYNC_STATE_EMPTY,      /* a head that was not filled yet */
	DSYNC_STATE_LOCKED,     /* a vault without its key */
	DSYNC_STATE_CLOCK_SUSPECT,
};

/* "fresh", "consent-needed", ... */
const char *dsync_state_word_name(enum dsync_state_word word);

#define DSYNC_STATUS_NO_TIME INT64_MIN

struct dsync_status {
	size_t size; /* set by the initialiser */
	enum dsync_state_word state;
	bool stale;       /* age >= ttl, whatever the word says */
	bool readable;    /* false only when fail_closed and expired */
	bool refresh_due; /* a reader should start a background refresh now */
	bool held;
	int64_t now;
	int64_t age; /* seconds; INT64_MAX when no base can be believed */
	int64_t ttl;
	int64_t fresh_until;  /* times: seconds since 1970 */
	int64_t next_refresh; /* when one is due if somebody reads it then; NO_TIME: none will come by itself */
	int64_t last_attempt; /* NO_TIME: none known */
	int last_code;        /* DSYNC_ERR_* of the last attempt, 0 when it went well */
	uint32_t failures;    /* in a row */
	uint64_t payload_size;
	char generation[33];  /* hexadecimal; names the version */
	char last_error[256]; /* for people; "" when none */
	bool expired;         /* whatever the word says */
};
#define DSYNC_STATUS_INIT \
	{ \
		.size = sizeof(struct dsync_status) \
	}

/*
 * Of an open archive; `path` is where it is (NULL: not known, then nothing outside the archive is looked at: it is never refreshing,
 * consent-needed or unwritable, and no refresh is due).
 */
int dsync_status_read(struct dsync_context *context, struct dsync_archive *archive, const char *path,
	struct dsync_status *status, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
