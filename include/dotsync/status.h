/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * status.h - how fresh an archive is, and what happens next.
 *
 * Costs one open of the archive and one small read beside it; asks no network and creates nothing.
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
	DSYNC_STATE_FAILING,        /* the last attempt failed */
	DSYNC_STATE_EXPIRED,        /* stale_while_revalidate or stale_if_error is over, or the publisher's date */
	DSYNC_STATE_CONSENT_NEEDED,
	DSYNC_STATE_NO_UPDATER,
	DSYNC_STATE_HELD,
	DSYNC_STATE_UNWRITABLE,     /* this user cannot replace the file */
	DSYNC_STATE_EMPTY,          /* a head that was not filled yet */
	DSYNC_STATE_LOCKED,         /* a vault without its key */
	DSYNC_STATE_CLOCK_SUSPECT,
};

/* "fresh", "consent-needed", ... */
const char *dsync_state_word_name(enum dsync_state_word word);

#define DSYNC_STATUS_NO_TIME INT64_MIN

struct dsync_status {
	size_t size;              /* set by the initialiser */
	enum dsync_state_word state;
	bool stale;               /* age >= ttl, whatever the word says */
	bool readable;            /* false only when fail_closed and expired */
	bool refresh_due;         /* a reader should start a background refresh now */
	bool held;
	int64_t now;
	int64_t age;              /* seconds; INT64_MAX when no base can be believed */
	int64_t ttl;
	int64_t fresh_until;      /* times: seconds since 1970 */
	int64_t next_refresh;     /* NO_TIME: none will come */
	int64_t last_attempt;     /* NO_TIME: none known */
	int last_code;            /* DSYNC_ERR_* of the last attempt, 0 when it went well */
	uint32_t failures;        /* in a row */
	uint64_t payload_size;
	char generation[33];      /* hexadecimal */
	char last_error[256];     /* for people; "" when none */
};
#define DSYNC_STATUS_INIT { .size = sizeof(struct dsync_status) }

/* Of an open archive; `path` is where it is (NULL: not known, then nothing outside the archive is looked at). */
int dsync_status_read(struct dsync_context *context, struct dsync_archive *archive, const char *path, struct dsync_status *status,
		      struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
