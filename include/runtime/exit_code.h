/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * exit_code.h - what a program's exit status says about an error.
 *
 *	0 done   1 this machine   3 stale or expired   4 consent needed   5 unsigned   6 clock   7 equivocation
 *	8 not a valid archive or updater   9 signature refused   11 locked   75 failed this time, worth trying again
 *
 * The numbers that no error stands for: 2 is usage, 10 says "changed".
 */
#ifndef RUNTIME_EXIT_CODE_H
#define RUNTIME_EXIT_CODE_H

#include "dotsync/refresh.h"

/* Of a DSYNC_ERR_* code; 0 for 0, 1 for numbers that are none. */
int dsync_exit_code(int error_code);

/*
 * Of what came of a refresh: the same, but a limit that was passed is a server's or an updater's doing, hence 75; so is a
 * protocol that was violated, by one of our programs that was killed or went wrong.  1 also when all went well with the archive and
 * an error stands beside that: the plain file of the option `to` could not be written (rule "to"), the command of the option `exec`
 * failed (rule "exec"), or what was written may not survive a crash.  That an archive is held is no error here.
 */
int dsync_exit_code_result(enum dsync_outcome_kind kind, const struct dsync_error *error);
int dsync_exit_code_outcome(const struct dsync_outcome *outcome);

#endif
