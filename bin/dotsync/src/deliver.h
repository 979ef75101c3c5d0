/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * deliver.h - payload to standard output.
 *
 * Read with pread, so that a file that is cut off meanwhile is an error and never a crash.
 */
#ifndef DOTSYNC_DELIVER_H
#define DOTSYNC_DELIVER_H

#include "command.h"

struct dsync_archive;
struct range;

/*
 * Writes the range (not set: all, and then the checksum is compared at the end).  Returns the exit status
 * after reporting; a reader that has seen enough and closed the pipe got what it wanted.
 */
int deliver_payload(struct app *app, const char *file, const struct dsync_archive *archive, const struct range *range);

#endif
