/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * freshen.h - what reading an archive does for its freshness: cat and extract.
 *
 *	return freshen_read(app, file, mode, deliver, user);
 *
 * With --refresh=wait it is brought up to date first; then it is opened and the data are delivered; then, when it is stale, one refresh
 * is started in the background.
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

/* Delivers the data of an archive that may be read; returns the exit status after reporting. */
typedef int freshen_reader(struct app *app, const char *file, struct dsync_archive *archive, void *user);

/* The worst of the exit statuses of the reader and of a refresh that was waited for. */
int freshen_read(struct app *app, const char *file, enum freshen_mode mode, freshen_reader *read, void *user);

#endif
