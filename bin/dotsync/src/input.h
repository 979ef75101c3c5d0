/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * input.h - files that a command reads whole: an updater, a context, a manifest; and the clock that
 * SOURCE_DATE_EPOCH stops.
 */
#ifndef DOTSYNC_INPUT_H
#define DOTSYNC_INPUT_H

#include <stdint.h>

#include "base/buffer.h"
#include "command.h"

/*
 * Reads a file, or standard input for "-", into `out`, which must be initialised and whose limit is the largest
 * size.  A failure's message names the file.
 */
int input_read(const char *path, struct dsync_buffer *out, struct dsync_error *err);

/* The same for an updater: a module that can be run (DSYNC_ERR_UPDATER), or the stub that says "none". */
int input_read_updater(const char *path, struct dsync_buffer *out, struct dsync_error *err);

/* What SOURCE_DATE_EPOCH says, or now; *given (may be NULL) tells which.  DSYNC_ERR_INVALID when it is no time. */
int input_time(int64_t *seconds, bool *given, struct dsync_error *err);

/* "1d", "90s"...: reports what is wrong with the value and returns -1. */
int input_duration(struct app *app, const char *option, const char *value, int64_t least, int64_t *seconds);

#endif
