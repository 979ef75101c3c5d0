/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * deny.h - the system calls that a refresher does not make any more once its worker runs.
 *
 * A deny-list, not an allow-list as the worker has: what libcurl, the TLS library and the modules for names need differs from machine to
 * machine, what none of them needs does not.  Refused with EPERM are programs and processes, tracing and signals, name spaces and mounts,
 * the kernel's own affairs, other identities, System V memory, listening, and changing mode, owner, times and attributes of a file by its
 * path, which Landlock does not look at; of some calls only certain arguments:
 *
 *	clone          anything but a thread             (clone3 answers ENOSYS, which libc knows)
 *	mmap           memory both writable and executable, or executable without a file
 *	mprotect       making memory executable
 *	socket         other families than Unix, IPv4, IPv6 and netlink; raw ones of IPv4 and IPv6
 *	tgkill         other processes than this
 *	prlimit64      other processes than this
 *	ioctl          typing into a terminal, and whom a descriptor signals
 *	fcntl          whom a descriptor signals, and with what: a way to kill
 *
 * Another machine's calls (i386, x32) end the process.  doc/seccomp.txt lists the names; test/sandbox evaluates the array.
 */
#ifndef REFRESH_DENY_H
#define REFRESH_DENY_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/filter.h>

/* A sanitizer's leak checker is a process that shares this one's memory and traces it: it is left alone in such builds. */
#ifdef __SANITIZE_ADDRESS__ /* gcc says so itself */
#define DSYNC_DENY_LEAK_CHECKER 1
#endif
#if !defined(DSYNC_DENY_LEAK_CHECKER) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DSYNC_DENY_LEAK_CHECKER 1
#endif
#endif
#ifndef DSYNC_DENY_LEAK_CHECKER
#define DSYNC_DENY_LEAK_CHECKER 0
#endif

/* In the array this number stands for the process's own id. */
#define DSYNC_DENY_OWN_PID 0xfffff001u

struct dsync_deny_filter {
	const struct sock_filter *code;
	size_t size; /* 0: this machine is not known */
};

struct dsync_deny_call {
	const char *name;
	long number; /* negative: this machine has no such call */
};

/* The filter as it stands in the program, and the calls that are refused whatever their arguments. */
struct dsync_deny_filter dsync_deny_filter(void);
const struct dsync_deny_call *dsync_deny_calls(size_t *count);

/* Loads it, for good; no_new_privs must be set.  False when the kernel or the machine has no filters. */
bool dsync_deny_load(void);

#endif
