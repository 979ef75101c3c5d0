/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * seccomp.h - which system calls are left after the lock.
 *
 * Three filters, each a constant array, the same in source for both machines:
 *
 *	compile   what the engine needs to compile a module; nothing can be added later
 *	run       the same, and one more seccomp(2) call, for
 *	freeze    loaded on top once the compiled code is in place: no memory becomes executable
 *	          any more, and no further filter
 *
 * Whatever is not allowed ends the process (SECCOMP_RET_KILL_PROCESS), another
 * architecture or the x32 numbers included.  There are no errno answers: nothing that runs
 * after the lock asks for what it does not get, so a kill is always evidence.
 * doc/seccomp.txt lists the arrays as loaded; test/sandbox compares and evaluates them.
 */
#ifndef WORKER_SECCOMP_H
#define WORKER_SECCOMP_H

#include <stddef.h>

#include <linux/filter.h>

enum dsync_seccomp_kind { DSYNC_SECCOMP_COMPILE, DSYNC_SECCOMP_RUN, DSYNC_SECCOMP_FREEZE };
enum dsync_seccomp_machine { DSYNC_SECCOMP_X86_64, DSYNC_SECCOMP_AARCH64 };

#define DSYNC_SECCOMP_KINDS 3
#define DSYNC_SECCOMP_MACHINES 2

/* In the arrays this number stands for the process's own id, the only one that tgkill(2) may name. */
#define DSYNC_SECCOMP_OWN_PID 0xfffff001u

struct dsync_seccomp_filter {
	const struct sock_filter *code;
	size_t size; /* in instructions */
};

/* The array as it stands in the program, for listings and tests. */
struct dsync_seccomp_filter dsync_seccomp_filter(enum dsync_seccomp_machine machine, enum dsync_seccomp_kind kind);

/* Loads a filter of this machine, for good; 0 or a negative errno.  no_new_privs must be set. */
int dsync_seccomp_load(enum dsync_seccomp_kind kind);

#endif
