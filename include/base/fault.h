/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fault.h - make the n-th call of the seam fail; only in tests.
 *
 * A program that is linked with dsync_sys_fault has each call of sys.h that can fail,
 * and malloc, calloc and realloc in our own code, sent through a counter (the list is
 * lib/base/sys_calls.txt).  One fault at a time is armed; a sweep runs
 * the same work with n = 1, 2, 3... until the fault no longer comes up:
 *
 *	for (n = 1;; n++) {
 *		dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, n, false);
 *		rc = work();
 *		fired = dsync_fault_fired();
 *		dsync_fault_disarm();
 *		... check what must hold whatever happened ...
 *		if (!fired)
 *			break;
 *	}
 *
 * Calls are counted from arming on, and only those that the armed kind concerns and
 * the filter lets through.
 *
 * Whole programs take their fault from the environment, read before main():
 *
 *	DSYNC_FAULT=KIND:ERRNO:N[:persistent][:FILTER]
 *		KIND is error, short, memory, kill or stop; ERRNO a number or EIO, ENOSPC, EINTR, EACCES,
 *		EAGAIN, EDQUOT, EMFILE, ENOMEM, EOPNOTSUPP, EPERM, EROFS (only `error` looks at it); N the
 *		call, counted from 1, with 0 for none, which just counts; FILTER
 *		the name of one call without `dsync_sys_`.
 *	DSYNC_FAULT_COUNT=FILE
 *		the number of counted calls is written there when the program exits, as a
 *		decimal line; a killed program writes nothing.
 *
 * A value that cannot be read stops the program with status 125, so that a sweep
 * with a mistake cannot pass.  State is global; calls may come from any thread, arming
 * from one.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum dsync_fault_kind {
	DSYNC_FAULT_NONE,   /* nothing is counted */
	DSYNC_FAULT_ERROR,  /* a call of sys.h does nothing and returns the given errno */
	DSYNC_FAULT_SHORT,  /* pread, pwrite, read, write, copy_range do half, at least a byte */
	DSYNC_FAULT_MEMORY, /* malloc, calloc, realloc return NULL */
	DSYNC_FAULT_KILL,   /* SIGKILL before the call of sys.h; a write is half done first */
	DSYNC_FAULT_STOP    /* SIGSTOP before the call, so that a test can do something in between; SIGCONT goes on */
};

/*
 * Arms one fault for the n-th call from now (0: only count), and for all later ones when
 * `persistent`; forgets the filter and the count.  A close that fails still closes.
 */
void dsync_fault_arm(enum dsync_fault_kind kind, int sys_errno, uint64_t n, bool persistent);

/* Counts only calls of this name, such as "fsync" or "malloc"; it must live until disarming. */
void dsync_fault_only(const char *name);

void dsync_fault_disarm(void);

/* Calls counted since arming; stays after disarming. */
uint64_t dsync_fault_count(void);

/* True when the n-th call came since arming; stays after disarming. */
bool dsync_fault_fired(void);

#endif
