/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest_process.h - one run of another program: a text in, what it says out, and it is gone.
 */
#ifndef RUNTIME_GUEST_PROCESS_H
#define RUNTIME_GUEST_PROCESS_H

#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/error.h"

struct dsync_guest_process {
	const char *const *arguments; /* the program first; looked for in PATH when it has no slash */
	char *const *environment;
	struct dsync_view input; /* then its standard input ends */
	uint64_t timeout_ms;     /* for all of it */
};

/*
 * Fills both buffers, which have limits: more on standard output is DSYNC_ERR_LIMIT, more on standard error is dropped.  Whatever happens,
 * the program and what it started in its process group are killed and waited for.  0 with the wait status; NOT_FOUND when it cannot be
 * started, TIMEOUT.
 */
int dsync__guest_process_run(const struct dsync_guest_process *process, struct dsync_buffer *out,
	struct dsync_buffer *errors, int *status, struct dsync_error *err);

#endif
