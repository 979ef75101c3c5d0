/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * lock.h - the lock-down, in its order.
 *
 *	1  check      started as it should be: nothing in the environment, null device on 0-2, socket on 3
 *	2  begin      not root; no other descriptors; namespaces (as many as may be had); no capabilities;
 *	              resource limits; bound to the parent, not dumpable, no new privileges
 *	   the caller makes its channel, the engine and its timer: they install handlers and take memory
 *	3  end        Landlock; seccomp
 *	4  freeze     once the compiled code is in place: nothing becomes executable any more
 *
 * Single-threaded throughout.  Between begin and end nothing comes in from outside.
 * Steps that must hold fail the whole; namespaces and Landlock are reported as they are,
 * and the host decides whether that is enough.
 */
#ifndef WORKER_LOCK_H
#define WORKER_LOCK_H

#include <stddef.h>
#include <sys/types.h>

#include "runtime/frame.h"

#define DSYNC_LOCK_TEXT_SIZE 160

/* NULL, or what is wrong, as a sentence for the person who typed the command. */
const char *dsync_lock_check(char **environment);

/* 0, or a negative errno and in `text` (DSYNC_LOCK_TEXT_SIZE bytes) which step failed.  Both fill what they did into `ready`. */
int dsync_lock_begin(const struct dsync_frame_job *job, pid_t parent, struct dsync_frame_ready *ready, char *text);
int dsync_lock_end(const struct dsync_frame_job *job, struct dsync_frame_ready *ready, char *text);

int dsync_lock_freeze(void);

#endif
