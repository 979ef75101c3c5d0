/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * status_text.h - a freshness status for people and for programs: status, info, verify.
 */
#ifndef DOTSYNC_STATUS_TEXT_H
#define DOTSYNC_STATUS_TEXT_H

#include "base/buffer.h"
#include "dotsync/status.h"
#include "report.h"

/* Good, mild or bad. */
enum colour status_colour(const struct dsync_status *status);

/* "2 h 5 min old", or "of unknown age". */
void status_append_age(struct dsync_buffer *out, const struct dsync_status *status);

/* What happens next, and what went wrong last: "next refresh in 55 min"; nothing where there is nothing to say. */
struct dsync_consent;
void status_append_next(/* `consent` may be NULL where the state is another one than consent-needed */
	struct dsync_buffer *out, const struct dsync_status *status, const struct dsync_consent *consent);

/* The members that `status --json` promises, into an open object. */
void status_put_json(struct dsync_buffer *out, const struct dsync_status *status);

#endif
