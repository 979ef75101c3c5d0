/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * freshen.h - what reading an archive does for its freshness: cat and extract.
 *
 *	freshen_before(app, file, mode, &status);     with --refresh=wait: bring it up to date first
 *	...                                           open it, deliver the data
 *	freshen_after(app, file, archive, mode);      when it is stale: start one refresh in the background
 *
 * Data come first: nothing here keeps them from being delivered, save an expired archive that says so
 * itself (policy.fail_closed).
 */
#ifndef DOTSYNC_FRESHEN_H
#define DOTSYNC_FRESHEN_H

#include "command.h"

struct dsync_archive;

enum freshen_mode { FRESHEN_BACKGROUND, FRESHEN_WAIT, FRESHEN_NEVER };

#define FRESHEN_OPTION \
	{ \
		"refresh", 0, "HOW", "background (default), wait or never" \
	}

/* Reads the argument of --refresh; 0, or -1 after reporting. */
int freshen_parse(struct app *app, const char *text, enum freshen_mode *mode);

/* The exit status of a refresh that was waited for; EXIT_DONE when there was none. */
int freshen_before(struct app *app, const char *file, enum freshen_mode mode);

/* May it be read?  EXIT_DONE, or EXIT_STALE after reporting. */
int freshen_permit(struct app *app, const char *file, struct dsync_archive *archive);

void freshen_after(struct app *app, const char *file, struct dsync_archive *archive, enum freshen_mode mode);

#endif
