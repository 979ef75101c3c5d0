/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * helper_process.h - a started helper as a process: waiting for it, ending it.
 *
 * The caller's program may ignore SIGCHLD or reap every child; then there is nothing to wait for, which is no failure.
 */
#ifndef RUNTIME_HELPER_PROCESS_H
#define RUNTIME_HELPER_PROCESS_H

#include "runtime/helper.h"

/* Fills pid and pidfd of a child that was just started. */
void dsync__helper_adopt(struct dsync_helper *helper, pid_t pid);

/* Waits for a child that is about to end. */
void dsync__helper_reap(pid_t pid);

#endif
