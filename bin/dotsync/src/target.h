/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * target.h - where a new archive goes: a file that must not be there yet, or standard output for "-".
 */
#ifndef DOTSYNC_TARGET_H
#define DOTSYNC_TARGET_H

#include "command.h"

/* Tells the reports when standard output is taken by the archive; EXIT_USAGE when that is a terminal. */
int target_stream(struct app *app, const char *output);

bool target_is_free(const char *output);

/* EXIT_DONE, or the status of "exists already" after reporting it: better now than after the work. */
int target_check(struct app *app, const char *output, bool force);

#endif
