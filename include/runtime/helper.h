/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * helper.h - start a helper program of ours and nobody else's.
 *
 * The program is opened, checked (regular file, owner root or this user, not writable by others, ELF) and executed
 * through that descriptor with posix_spawn: descriptors 0-2 on /dev/null, 3 the socket, all others closed,
 * signals at their defaults, own session.  PATH and environment decide nothing.  The build id is compared when the helper reports.
 */
#ifndef RUNTIME_HELPER_H
#define RUNTIME_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "dotsync/error.h"

struct dsync_context;

struct dsync_helper {
	pid_t pid;
	int pidfd;  /* -1 where the kernel has none */
	int socket; /* SOCK_SEQPACKET, close-on-exec, ours */
};

struct dsync_helper_options {
	const char *const *arguments;   /* after argv[0], NULL-terminated; NULL: none */
	const char *const *environment; /* NULL: empty */
	bool detach;                    /* double start: the helper is nobody's child, pid stays -1 */
};

/* `name` is a file of the context's helper folder: "dotsync-refresh", "dotsync-worker". DSYNC_ERR_SANDBOX when it is missing or not to be trusted. */
int dsync_helper_start(const struct dsync_context *context, const char *name,
	const struct dsync_helper_options *options, struct dsync_helper *helper, struct dsync_error *err);

/* Kills (SIGKILL) if still running, waits, closes.  Returns the wait status, 0 when it was detached or not ours to wait for (SIGCHLD ignored). */
int dsync_helper_stop(struct dsync_helper *helper);

/* Waits up to `timeout_ms` for the end; 1 ended (status filled), 0 not yet. */
int dsync_helper_wait(struct dsync_helper *helper, int timeout_ms, int *status);

#endif
