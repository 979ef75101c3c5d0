/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * identity.h - be nobody: no root, no capabilities, no namespaces of the machine, no way back.
 *
 * Called in this order, single-threaded, before limits, Landlock and seccomp.  Functions
 * that return int give 0 or a negative errno; each re-reads from the kernel what it
 * set, so that what is reported is what holds.
 */
#ifndef WORKER_IDENTITY_H
#define WORKER_IDENTITY_H

#include <stdint.h>
#include <sys/types.h>

/* As root: all ids become one that is no account's (65534 where that is not mapped), without groups.  For others: nothing.  -EPERM when an id is still 0. */
int dsync_identity_drop_root(void);

/* Closes all descriptors but 0-3 and leaves the working directory. */
int dsync_identity_close_files(void);

/* Enters as many new namespaces as it may; returns DSYNC_NS_* bits of those entered. */
uint32_t dsync_identity_enter_namespaces(void);

/* Empties the effective, permitted, inheritable and ambient sets, and the bounding set where that is allowed. */
int dsync_identity_drop_capabilities(void);

/* The end of `parent` ends this process; -ESRCH when it is gone already.  Not dumpable, no new privileges. */
int dsync_identity_bind(pid_t parent);

#endif
