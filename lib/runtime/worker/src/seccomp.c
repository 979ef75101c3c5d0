/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "seccomp.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

/* System call numbers of both machines, so that each can show the other's filters. */
enum {
	X86_64_read = 0,
	X86_64_write = 1,
	X86_64_mmap = 9,
	X86_64_mprotect = 10,
	X86_64_munmap = 11,
	X86_64_brk = 12,
	X86_64_rt_sigaction = 13,
	X86_64_rt_sigprocmask = 14,
	X86_64_rt_sigreturn = 15,
	X86_64_mremap = 25,
	X86_64_madvise = 28,
	X86_64_getpid = 39,
	X86_64_sigaltstack = 131,
	X86_64_gettid = 186,
	X86_64_futex = 202,
	X86_64_restart_syscall = 219,
	X86_64_clock_gettime = 228,
	X86_64_exit_group = 231,
	X86_64_tgkill = 234,
	X86_64_seccomp = 317,

	AARCH64_read = 63,
	AARCH64_write = 64,
	AARCH64_exit_group = 94,
	AARCH64_futex = 98,
	AARCH64_clock_gettime = 113,
	AARCH64_restart_syscall = 128,
	AARCH64_tgkill = 131,
	AARCH64_sigaltstack = 132,
	AARCH64_rt_sigaction = 134,
	AARCH64_rt_sigprocmask = 135,
	AARCH64_rt_sigreturn = 139,
	AARCH64_getpid = 172,
	AARCH64_gettid = 178,
	AARCH64_brk = 214,
	AARCH64_munmap = 215,
	AARCH64_mremap = 216,
	AARCH64_mmap = 222,
	AARCH64_mprotect = 226,
	AARCH64_madvise = 233,
	AARCH64_seccomp = 277,
};

/* Values of arguments, the same on both machines; literal, because headers show only their own machine's. */
#define READ_WRITE 0x3u            /* PROT_READ | PROT_WRITE */
#define X86_64_READ_EXECUTE 0x5u   /* PROT_READ | PROT_EXEC */
#define AARCH64_READ_EXECUTE 0x15u /* and PROT_BTI */
#define EXECUTE 0x4u
#define PRIVATE_ANONYMOUS 0x22u /* MAP_PRIVATE | MAP_ANONYMOUS */
#define PLACEMENT 0x24010u      /* MAP_FIXED | MAP_NORESERVE | MAP_STACK: may accompany it */
#define MAY_MOVE 0x1u           /* MREMAP_MAYMOVE */
#define DONT_NEED 4u            /* MADV_DONTNEED */
#define WAIT_PRIVATE 128u       /* FUTEX_WAIT, FUTEX_WAKE and FUTEX_WAIT_BITSET, private */
#define WAKE_PRIVATE 129u
#define WAIT_BITSET_PRIVATE 137u
#define CLOCKS 12u      /* ids below it name no other process */
#define ABORT_SIGNAL 6u /* SIGABRT */
#define ILLEGAL 4u      /* SIGILL, SIGBUS, SIGFPE, SIGSEGV */
#define BUS 7u
#define ARITHMETIC 8u
#define SEGMENT 11u
#define SET_FILTER 1u /* SECCOMP_SET_MODE_FILTER */

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LOAD_NUMBER LOAD(offsetof(struct seccomp_data, nr))
#define LOAD_MACHINE LOAD(offsetof(struct seccomp_data, arch))
#define LOAD_ARGUMENT(n) LOAD(offsetof(struct seccomp_data, args) + 8 * (n)) /* its low half, both are little-endian */
#define IF_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define IF_AT_LEAST(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (yes), (no))
#define IF_ANY_BIT(mask, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (mask), (yes), (no))
#define MASK(mask) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (mask))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* A call that is allowed whatever its arguments; the others test them and end in ALLOW or KILL. */
#define CALL(number) IF_EQUAL(number, 0, 1), ALLOW
#define CALL_IF(number, length) IF_EQUAL(number, 0, length)

/* clang-format off */

/* What engine and libc use all the time, the frames first. */
#define BASE(M) \
	LOAD_MACHINE, IF_EQUAL(AUDIT_ARCH_##M, 1, 0), KILL, LOAD_NUMBER, \
	CALL(M##_read), \
	CALL(M##_write), \
	CALL_IF(M##_clock_gettime, 4), \
		LOAD_ARGUMENT(0), IF_AT_LEAST(CLOCKS, 1, 0), ALLOW, KILL, \
	CALL_IF(M##_mmap, 7), \
		LOAD_ARGUMENT(2), IF_ANY_BIT(~READ_WRITE, 4, 0), \
		LOAD_ARGUMENT(3), MASK(~PLACEMENT), IF_EQUAL(PRIVATE_ANONYMOUS, 0, 1), ALLOW, KILL, \
	CALL_IF(M##_mprotect, 6), \
		LOAD_ARGUMENT(2), IF_ANY_BIT(~READ_WRITE, 1, 0), ALLOW, \
		IF_ANY_BIT(~M##_READ_EXECUTE, 1, 0), ALLOW, KILL, \
	CALL(M##_munmap), \
	CALL(M##_brk), \
	CALL_IF(M##_mremap, 4), \
		LOAD_ARGUMENT(3), IF_ANY_BIT(~MAY_MOVE, 1, 0), ALLOW, KILL, \
	CALL_IF(M##_madvise, 4), \
		LOAD_ARGUMENT(2), IF_EQUAL(DONT_NEED, 0, 1), ALLOW, KILL, \
	CALL_IF(M##_futex, 6), \
		LOAD_ARGUMENT(1), IF_EQUAL(WAIT_PRIVATE, 2, 0), IF_EQUAL(WAKE_PRIVATE, 1, 0), \
		IF_EQUAL(WAIT_BITSET_PRIVATE, 0, 1), ALLOW, KILL, \
	CALL(M##_sigaltstack), \
	CALL(M##_rt_sigreturn), \
	CALL(M##_restart_syscall), \
	CALL(M##_exit_group)

/* abort(3): without it memory running out would look like an attack. */
#define ABORT(M) \
	CALL(M##_rt_sigprocmask), \
	CALL(M##_gettid), \
	CALL(M##_getpid), \
	CALL_IF(M##_tgkill, 6), \
		LOAD_ARGUMENT(0), IF_EQUAL(DSYNC_SECCOMP_OWN_PID, 0, 3), \
		LOAD_ARGUMENT(2), IF_EQUAL(ABORT_SIGNAL, 0, 1), ALLOW, KILL

/* A crash: the engine's handler gives it back to the system by restoring the default. */
#define CRASH(M) \
	CALL_IF(M##_rt_sigaction, 7), \
		LOAD_ARGUMENT(0), IF_EQUAL(ILLEGAL, 3, 0), IF_EQUAL(BUS, 2, 0), IF_EQUAL(ARITHMETIC, 1, 0), \
		IF_EQUAL(SEGMENT, 0, 1), ALLOW, KILL

#define ONE_MORE_FILTER(M) \
	CALL_IF(M##_seccomp, 6), \
		LOAD_ARGUMENT(0), IF_EQUAL(SET_FILTER, 0, 3), \
		LOAD_ARGUMENT(1), IF_EQUAL(0, 0, 1), ALLOW, KILL

#define COMPILE(M) BASE(M), ABORT(M), CRASH(M), KILL
#define RUN(M) BASE(M), ABORT(M), CRASH(M), ONE_MORE_FILTER(M), KILL

/* The first filter still stands below this one and has looked at machine and mmap. */
#define FREEZE(M) \
	LOAD_NUMBER, IF_EQUAL(M##_seccomp, 4, 0), IF_EQUAL(M##_mprotect, 0, 2), \
		LOAD_ARGUMENT(2), IF_ANY_BIT(EXECUTE, 1, 0), ALLOW, KILL

/* clang-format on */

static const struct sock_filter compile_x86_64[] = { COMPILE(X86_64) };
static const struct sock_filter run_x86_64[] = { RUN(X86_64) };
static const struct sock_filter freeze_x86_64[] = { FREEZE(X86_64) };
static const struct sock_filter compile_aarch64[] = { COMPILE(AARCH64) };
static const struct sock_filter run_aarch64[] = { RUN(AARCH64) };
static const struct sock_filter freeze_aarch64[] = { FREEZE(AARCH64) };

#define FILTER(array) \
	{ \
		(array), sizeof(array) / sizeof((array)[0]) \
	}
#define FILTER_SIZE_MAX 128
_Static_assert(sizeof(run_x86_64) <= FILTER_SIZE_MAX * sizeof(struct sock_filter), "FILTER_SIZE_MAX is too small");

static const struct dsync_seccomp_filter filters[DSYNC_SECCOMP_MACHINES][DSYNC_SECCOMP_KINDS] = {
	{ FILTER(compile_x86_64), FILTER(run_x86_64), FILTER(freeze_x86_64) },
	{ FILTER(compile_aarch64), FILTER(run_aarch64), FILTER(freeze_aarch64) },
};

#if defined(__x86_64__) && defined(__LP64__)
#define THIS_MACHINE DSYNC_SECCOMP_X86_64
#define SAME(name) _Static_assert(X86_64_##name == SYS_##name, #name)
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define THIS_MACHINE DSYNC_SECCOMP_AARCH64
#define SAME(name) _Static_assert(AARCH64_##name == SYS_##name, #name)
#else
#error "dotsync-worker has a system call filter for x86-64 and little-endian aarch64 only"
#endif

SAME(read);
SAME(write);
SAME(mmap);
SAME(mprotect);
SAME(munmap);
SAME(brk);
SAME(rt_sigaction);
SAME(rt_sigprocmask);
SAME(rt_sigreturn);
SAME(mremap);
SAME(madvise);
SAME(getpid);
SAME(sigaltstack);
SAME(gettid);
SAME(futex);
SAME(restart_syscall);
SAME(clock_gettime);
SAME(exit_group);
SAME(tgkill);
SAME(seccomp);

struct dsync_seccomp_filter
dsync_seccomp_filter(enum dsync_seccomp_machine machine, enum dsync_seccomp_kind kind)
{
	return filters[machine][kind];
}

int
dsync_seccomp_load(enum dsync_seccomp_kind kind)
{
	const struct dsync_seccomp_filter *filter = &filters[THIS_MACHINE][kind];
	struct sock_filter code[FILTER_SIZE_MAX];
	struct sock_fprog program = { .len = (unsigned short)filter->size, .filter = code };
	size_t i;

	assert(filter->size <= FILTER_SIZE_MAX);
	memcpy(code, filter->code, filter->size * sizeof(code[0]));
	for (i = 0; i < filter->size; i++) {
		if (code[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && code[i].k == DSYNC_SECCOMP_OWN_PID)
			code[i].k = (uint32_t)getpid();
	}

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return -errno;
	return 0;
}
