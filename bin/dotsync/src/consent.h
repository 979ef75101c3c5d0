/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * consent.h - shows what an archive's updater asks for, asks the person in front of it, and remembers the answer.
 */
#ifndef DOTSYNC_CONSENT_H
#define DOTSYNC_CONSENT_H

#include <stdio.h>

#include "command.h"
#include "runtime/grants.h"

struct dsync_archive;
struct dsync_buffer;

/* Is there somebody who can see a question and answer it? */
bool consent_can_ask(const struct app *app);

/*
 * Who asks for what: owner, updater, hosts, variables, limits, and how that differs from what was granted; what is not granted yet
 * is marked.
 */
void
consent_show(FILE *stream, const char *file, const struct dsync_archive *archive, const struct dsync_consent *consent);

/* Asks "QUESTION [y/N]"; only "y" and "yes" are yes. */
bool consent_ask(const char *question);

/* Makes a grant of what is asked, until `expires`; stored with dsync_grants_store(), to be finished by the caller. */
int consent_make_grant(
	const struct dsync_consent *consent, int64_t expires, struct dsync_grant *grant, struct dsync_error *err);

/*
 * Adds the private addresses that the replaced updater might reach, of hosts that are asked as before: for who replaces the updater
 * of an archive in person, since that an owner is the same is only the archive's word.
 */
int consent_keep_private(const struct dsync_consent *consent, struct dsync_grant *grant, struct dsync_error *err);

/* Says of each asked host that is a private address, and not granted as such, that it is not reached, and what to type. */
void consent_note_private(struct app *app, const char *file, const struct dsync_consent *consent);

/*
 * Reads the argument of --secret into the list, and with `keep` makes sure that its value is there (dsync_secret_keep());
 * 0, or -1 after reporting.
 */
int consent_add_secret(struct app *app, struct dsync_secrets *list, const char *text, bool keep);

/* A line for each kind of thing that was granted. */
void consent_show_grant(FILE *stream, const struct dsync_grant *grant);

/* Members "owner", "updater", "hosts", "env", "private", "secrets", "expires", "expired" of an open object. */
void consent_put_grant(struct dsync_buffer *out, const struct dsync_grant *grant);
void consent_put_strings(struct dsync_buffer *out, const char *name, const struct dsync_strings *list);

/* Member "consent" of an open object: why the updater may run or not, and what is missing. */
void consent_put_state(struct dsync_buffer *out, const struct dsync_consent *consent);

/* Appends the reason as the beginning of a sentence, "its grant has expired; ", or nothing where there is no better one than none. */
void consent_append_reason(struct dsync_buffer *out, const struct dsync_consent *consent);

#endif
