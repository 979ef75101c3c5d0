/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * files.h - the archives that a command was given.
 *
 * "-" is standard input, which must be a file that can be read anywhere in, not a pipe.
 */
#ifndef DOTSYNC_FILES_H
#define DOTSYNC_FILES_H

#include <stdbool.h>

#include "command.h"

struct dsync_archive;

/*
 * Does the work for each operand and returns the worst status; one that fails does not keep the others from being
 * done.  Without operands the usage was wrong.
 */
typedef int files_work(struct app *app, const char *file, void *user);
int files_each(struct app *app, int argc, char **argv, int first, files_work *work, void *user);

/* The same for a command that takes exactly one. */
int files_one(struct app *app, int argc, char **argv, int first, files_work *work, void *user);

struct dsync_archive *files_open(const char *file, struct dsync_error *err);

/*
 * Does the path lead to the archive itself, be it through a link?  The bytes of a payload put there would be all that
 * is left of the archive.
 */
bool files_is_itself(const char *file, const char *path);

/* Where the archive lies, for what is kept beside it; NULL for standard input. */
const char *files_place(const char *file);

#endif
