/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "deny.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#define NO_CALL 0xfffff002u /* no machine has it */

#if defined(__x86_64__) && defined(__LP64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#else
#define MACHINE 0u /* not known: no filter */
#endif

/* Numbers that are the same on all machines, for headers that are older than the calls. */
#ifndef SYS_fsopen
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#define SYS_fspick 433
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* clang-format off */
#define CALLS_EVERYWHERE(X) \
	X(execve) X(execveat) X(process_vm_readv) X(process_vm_writev) X(process_madvise) X(process_mrelease) \
	X(kcmp) X(pidfd_open) X(pidfd_getfd) X(kill) X(tkill) X(rt_sigqueueinfo) X(rt_tgsigqueueinfo) \
	X(unshare) X(setns) X(chroot) X(pivot_root) X(mount) X(umount2) X(open_tree) X(move_mount) X(fsopen) X(fsconfig) \
	X(fsmount) X(fspick) X(mount_setattr) X(open_by_handle_at) X(name_to_handle_at) X(fanotify_init) X(mknodat) \
	X(setuid) X(setgid) X(setreuid) X(setregid) X(setresuid) X(setresgid) X(setfsuid) X(setfsgid) X(setgroups) X(capset) \
	X(bpf) X(perf_event_open) X(userfaultfd) X(io_uring_setup) X(io_uring_enter) X(io_uring_register) \
	X(add_key) X(request_key) X(keyctl) X(memfd_create) X(pkey_mprotect) X(personality) \
	X(shmget) X(shmat) X(semget) X(msgget) X(mq_open) X(listen) X(accept) X(accept4) \
	X(init_module) X(finit_module) X(delete_module) X(kexec_load) X(reboot) X(swapon) X(swapoff) X(acct) \
	X(quotactl) X(quotactl_fd) X(syslog) X(sethostname) X(setdomainname) X(vhangup) \
	X(settimeofday) X(clock_settime) X(adjtimex) X(clock_adjtime) X(migrate_pages) X(move_pages) X(setpriority) \
	X(sched_setscheduler) X(sched_setparam) X(sched_setattr) X(sched_setaffinity) X(ioprio_set) \
	X(fchmodat) X(fchmodat2) X(fchownat) X(utimensat) X(setxattr) X(lsetxattr) X(removexattr) X(lremovexattr)

#if DSYNC_DENY_LEAK_CHECKER
#define CALLS_OF_TRACERS(X)
#define CLONE_NEEDS 0x100u /* CLONE_VM */
#else
#define CALLS_OF_TRACERS(X) X(ptrace)
#define CLONE_NEEDS 0x10000u /* CLONE_THREAD */
#endif

#define CALLS_OF_X86(X) X(fork) X(vfork) X(mknod) X(iopl) X(ioperm) X(modify_ldt) X(uselib) X(kexec_file_load) \
	X(chmod) X(chown) X(lchown) X(utime) X(utimes) X(futimesat)

#ifdef __x86_64__
#define CALLS(X) CALLS_EVERYWHERE(X) CALLS_OF_X86(X)
#define ENTRY_OF_X86(name) { #name, SYS_##name },
#define X32_DIES BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), DIE,
#else
#define CALLS(X) CALLS_EVERYWHERE(X)
#define ENTRY_OF_X86(name) { #name, -1 },
#define X32_DIES
#endif

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LOAD_ARGUMENT(n) LOAD(offsetof(struct seccomp_data, args) + 8 * (n)) /* its low half: all are little-endian */
#define IF_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (yes), (no))
#define IF_ANY_BIT(mask, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (mask), (yes), (no))
#define MASK(mask) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (mask))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define DIE RETURN(SECCOMP_RET_KILL_PROCESS)
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ABSENT RETURN(SECCOMP_RET_ERRNO | ENOSYS)

#define WRITE_EXECUTE 6u
#define EXECUTE 4u
#define ANONYMOUS 0x20u
#define SOCKET_TYPE 0xfu /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
#define RAW 3u
#define TYPE_INTO_TERMINAL 0x5412u  /* TIOCSTI */
#define PASTE_INTO_TERMINAL 0x541cu /* TIOCLINUX */
#define OWN_FILE 0x8901u            /* FIOSETOWN: whom to signal about it */
#define OWN_SOCKET 0x8902u          /* SIOCSPGRP */

#define CALL_REFUSED(name) IF_EQUAL(SYS_##name, 0, 1), REFUSE,
#define CALL_IF(number, length) IF_EQUAL(number, 0, length)

static const struct sock_filter code[] = {
	LOAD(offsetof(struct seccomp_data, arch)), IF_EQUAL(MACHINE, 1, 0), DIE,
	LOAD(offsetof(struct seccomp_data, nr)), X32_DIES
	CALLS(CALL_REFUSED) CALLS_OF_TRACERS(CALL_REFUSED)
	IF_EQUAL(SYS_clone3, 0, 1), ABSENT,
	CALL_IF(SYS_clone, 4),
		LOAD_ARGUMENT(0), IF_ANY_BIT(CLONE_NEEDS, 0, 1), ALLOW, REFUSE,
	CALL_IF(SYS_mprotect, 4),
		LOAD_ARGUMENT(2), IF_ANY_BIT(EXECUTE, 1, 0), ALLOW, REFUSE,
	CALL_IF(SYS_mmap, 8),
		LOAD_ARGUMENT(2), IF_ANY_BIT(EXECUTE, 0, 4), MASK(WRITE_EXECUTE), IF_EQUAL(EXECUTE, 0, 3),
		LOAD_ARGUMENT(3), IF_ANY_BIT(ANONYMOUS, 1, 0), ALLOW, REFUSE,
	CALL_IF(SYS_socket, 10),
		LOAD_ARGUMENT(0), IF_EQUAL(AF_UNIX, 6, 0), IF_EQUAL(AF_NETLINK, 5, 0), IF_EQUAL(AF_INET, 1, 0),
		IF_EQUAL(AF_INET6, 0, 4), LOAD_ARGUMENT(1), MASK(SOCKET_TYPE), IF_EQUAL(RAW, 1, 0), ALLOW, REFUSE,
	CALL_IF(SYS_tgkill, 4),
		LOAD_ARGUMENT(0), IF_EQUAL(DSYNC_DENY_OWN_PID, 0, 1), ALLOW, REFUSE,
	CALL_IF(SYS_ioctl, 7),
		LOAD_ARGUMENT(1), IF_EQUAL(TYPE_INTO_TERMINAL, 4, 0), IF_EQUAL(PASTE_INTO_TERMINAL, 3, 0), IF_EQUAL(OWN_FILE, 2, 0),
		IF_EQUAL(OWN_SOCKET, 1, 0), ALLOW, REFUSE,
	CALL_IF(SYS_fcntl, 6),
		LOAD_ARGUMENT(1), IF_EQUAL(F_SETOWN, 3, 0), IF_EQUAL(F_SETOWN_EX, 2, 0), IF_EQUAL(F_SETSIG, 1, 0), ALLOW, REFUSE,
	CALL_IF(SYS_prlimit64, 5),
		LOAD_ARGUMENT(0), IF_EQUAL(0, 1, 0), IF_EQUAL(DSYNC_DENY_OWN_PID, 0, 1), ALLOW, REFUSE,
	ALLOW,
};
/* clang-format on */

#define SIZE (sizeof(code) / sizeof(code[0]))

#define ENTRY(name) { #name, SYS_##name },
static const struct dsync_deny_call calls[] = { CALLS_EVERYWHERE(ENTRY) ENTRY(ptrace) CALLS_OF_X86(ENTRY_OF_X86) };

struct dsync_deny_filter
dsync_deny_filter(void)
{
	return (struct dsync_deny_filter){ code, MACHINE != 0 ? SIZE : 0 };
}

const struct dsync_deny_call *
dsync_deny_calls(size_t *count)
{
	*count = sizeof(calls) / sizeof(calls[0]);
	return calls;
}

/* Without them the worker is ended by its number. */
static bool
has_process_descriptors(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool
dsync_deny_load(void)
{
	const bool keep_kill = !has_process_descriptors();
	struct sock_filter copy[SIZE];
	struct sock_fprog program = { .len = (unsigned short)SIZE, .filter = copy };
	size_t i;

	if (MACHINE == 0)
		return false;
	memcpy(copy, code, sizeof(copy));
	for (i = 0; i < SIZE; i++) {
		if (copy[i].code != (BPF_JMP | BPF_JEQ | BPF_K))
			continue;
		if (copy[i].k == DSYNC_DENY_OWN_PID)
			copy[i].k = (uint32_t)getpid();
		else if (copy[i].k == SYS_kill && keep_kill)
			copy[i].k = NO_CALL;
	}
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
