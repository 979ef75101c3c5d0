/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * command.h - the shell commands around a swap: --check before it, --exec after it.
 *
 * They run with sh -c in the caller's working folder and environment, with one more variable that says which file is meant; input is empty,
 * and of what they print the last line is kept for the message.  A command that is in the way when
 * the caller cancels is ended with everything that it started.
 */
#ifndef REFRESH_COMMAND_H
#define REFRESH_COMMAND_H

#include "caller.h"

struct dsync_command {
	const char *what;        /* "check", "exec": for messages */
	const char *text;        /* for sh -c */
	const char *working_dir; /* NULL: / */
	const char *variable;    /* name of the variable */
	const char *value;
};

/* 0 when it exited with 0; DSYNC_ERR_REJECTED with its status and last line, DSYNC_ERR_CANCELLED, DSYNC_ERR_SYSTEM. */
int dsync_command_run(const struct dsync_command *command, struct dsync_caller *caller, struct dsync_error *err);

#endif
