/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The refresher's deny-list, interpreted as the kernel would: the rules written down a second time, in C, for every call number up to 600
 * and arguments at and around each border; and then loaded, in a child that tries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/audit.h>

#include <cmocka.h>

#include "deny.h"
#include "evaluate.h"

#define NUMBERS 601
#define PID DSYNC_DENY_OWN_PID
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

#ifdef __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* ---- the rules, a second time ---- */

static bool
is_listed(int number)
{
	const struct dsync_deny_call *calls;
	size_t i, count;

	if (DSYNC_DENY_LEAK_CHECKER && number == SYS_ptrace)
		return false;
	calls = dsync_deny_calls(&count);
	for (i = 0; i < count; i++) {
		if (number >= 0 && calls[i].number == number)
			return true;
	}
	return false;
}

static bool
socket_is_allowed(uint32_t family, uint32_t type)
{
	if (family == AF_UNIX || family == AF_NETLINK)
		return true;
	return (family == AF_INET || family == AF_INET6) && (type & 0xf) != SOCK_RAW;
}

static uint32_t
expect(const struct seccomp_data *d)
{
	const uint32_t a0 = (uint32_t)d->args[0], a1 = (uint32_t)d->args[1], a2 = (uint32_t)d->args[2],
		       a3 = (uint32_t)d->args[3];
	bool allowed = true;

	if (d->arch != MACHINE)
		return SECCOMP_RET_KILL_PROCESS;
#ifdef __x86_64__
	if ((uint32_t)d->nr >= 0x40000000)
		return SECCOMP_RET_KILL_PROCESS;
#endif
	if (d->nr == SYS_clone3)
		return SECCOMP_RET_ERRNO | ENOSYS;
	if (is_listed(d->nr))
		allowed = false;
	else if (d->nr == SYS_clone)
		allowed = (a0 & (DSYNC_DENY_LEAK_CHECKER ? CLONE_VM : CLONE_THREAD)) != 0;
	else if (d->nr == SYS_mprotect)
		allowed = (a2 & PROT_EXEC) == 0;
	else if (d->nr == SYS_mmap)
		allowed = (a2 & PROT_EXEC) == 0 || ((a2 & PROT_WRITE) == 0 && (a3 & MAP_ANONYMOUS) == 0);
	else if (d->nr == SYS_socket)
		allowed = socket_is_allowed(a0, a1);
	else if (d->nr == SYS_tgkill)
		allowed = a0 == PID;
	else if (d->nr == SYS_ioctl)
		allowed = a1 != 0x5412 && a1 != 0x541c && a1 != 0x8901 && a1 != 0x8902;
	else if (d->nr == SYS_fcntl)
		allowed = a1 != 8 && a1 != 10 && a1 != 15;
	else if (d->nr == SYS_prlimit64)
		allowed = a0 == 0 || a0 == PID;
	return allowed ? SECCOMP_RET_ALLOW : REFUSED;
}

static const uint64_t corners[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 15, 16, 17, 0x12, 0x20, 0x22, 0x21, 38, 40, 262,
	0x5411, 0x5412, 0x5413, 0x541c, 0x541d, 0x8901, 0x8902, 9, 0x10000, 0x3d0f00, 0x10000000, 0x80003, 0x803,
	PID - 1, PID, PID + 1, 0x7fffffff, 0x80000000, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 4, UINT64_MAX };
#define CORNERS (sizeof(corners) / sizeof(corners[0]))

static void
compare(const struct seccomp_data *d)
{
	const struct dsync_deny_filter filter = dsync_deny_filter();
	const uint32_t found = evaluate(filter.code, filter.size, d), expected = expect(d);

	if (found != expected)
		fail_msg("call %d(%#llx, %#llx, %#llx, %#llx) of %#x: expected %#x, found %#x", d->nr,
			(unsigned long long)d->args[0], (unsigned long long)d->args[1], (unsigned long long)d->args[2],
			(unsigned long long)d->args[3], d->arch, expected, found);
}

static void
agrees_on_every_number(void **state)
{
	static const uint32_t archs[] = { MACHINE, AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386,
		AUDIT_ARCH_ARM, 0 };
	static const int extra[] = { -1, 0x40000000, 0x40000001, 0x40000000 | 59, INT32_MAX, INT32_MIN };
	struct seccomp_data d;
	size_t arch, i, j;
	int number;

	(void)state;
	memset(&d, 0, sizeof(d));
	for (arch = 0; arch < sizeof(archs) / sizeof(archs[0]); arch++) {
		d.arch = archs[arch];
		for (number = 0; number < NUMBERS + (int)(sizeof(extra) / sizeof(extra[0])); number++) {
			d.nr = number < NUMBERS ? number : extra[number - NUMBERS];
			for (i = 0; i < 4; i++) {
				for (j = 0; j < CORNERS; j++) {
					d.args[i] = corners[j];
					compare(&d);
				}
				d.args[i] = 0;
			}
		}
	}
}

static void
agrees_on_every_pair_of_arguments(void **state)
{
	static const int numbers[] = { SYS_clone, SYS_mprotect, SYS_mmap, SYS_socket, SYS_tgkill, SYS_ioctl, SYS_fcntl,
		SYS_prlimit64, SYS_read };
	struct seccomp_data d;
	size_t n, first, second, i, j;

	(void)state;
	memset(&d, 0, sizeof(d));
	d.arch = MACHINE;
	for (n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
		d.nr = numbers[n];
		for (first = 0; first < 4; first++) {
			for (second = first + 1; second < 4; second++) {
				for (i = 0; i < CORNERS; i++) {
					for (j = 0; j < CORNERS; j++) {
						d.args[first] = corners[i];
						d.args[second] = corners[j];
						compare(&d);
					}
				}
				d.args[first] = d.args[second] = 0;
			}
		}
	}
}

/* The list itself must say something: no call twice, and these in it. */
static void
lists_what_matters(void **state)
{
	static const int wanted[] = { SYS_execve, SYS_execveat, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill,
		SYS_mount, SYS_unshare, SYS_setns, SYS_bpf, SYS_io_uring_setup, SYS_userfaultfd, SYS_keyctl, SYS_setuid,
		SYS_init_module, SYS_memfd_create, SYS_listen, SYS_fchmodat, SYS_setxattr, SYS_sched_setscheduler };
	const struct dsync_deny_call *calls;
	size_t i, j, count;

	(void)state;
	calls = dsync_deny_calls(&count);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_true(is_listed(wanted[i]));
	for (i = 0; i < count; i++) {
		for (j = 0; j < i; j++)
			assert_true(calls[i].number < 0 || calls[i].number != calls[j].number);
	}
}

/* ---- loaded ---- */

static void *
nothing(void *user)
{
	return user;
}

static bool
fails_with(long result, int error)
{
	return result == -1 && errno == error;
}

/* In a child; 0, or the number of the line that is wrong. */
static int
try_loaded(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct sched_param parameter = { 0 };
	struct rlimit limit;
	pthread_t thread;

#define MUST(condition) \
	if (!(condition)) \
		return __LINE__ % 255 + 1;
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && dsync_deny_load())
	MUST(fails_with(execl("/bin/true", "true", (char *)NULL), EPERM))
	MUST(fails_with(fork(), EPERM))
	MUST(fails_with(syscall(SYS_clone3, NULL, 0), ENOSYS))
	MUST(fails_with(kill(getppid(), 0), EPERM))
	MUST(fails_with(syscall(SYS_tgkill, getppid(), getppid(), 0), EPERM))
	MUST(syscall(SYS_tgkill, getpid(), getpid(), 0) == 0)
	MUST(fails_with(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0), EPERM))
	MUST(fails_with(mprotect(page, 4096, PROT_READ | PROT_EXEC), EPERM))
	MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
	MUST(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, program, 0) != MAP_FAILED)
	MUST(fails_with(socket(AF_PACKET, SOCK_RAW, 0), EPERM))
	MUST(fails_with(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1), EPERM))
	MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 && socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
	MUST(fails_with(fcntl(program, F_SETOWN, getppid()), EPERM) &&
		fails_with(fcntl(program, F_SETSIG, SIGKILL), EPERM))
	MUST(fcntl(program, F_SETFD, FD_CLOEXEC) == 0)
	MUST(fails_with(prlimit(getppid(), RLIMIT_CORE, NULL, &limit), EPERM) && getrlimit(RLIMIT_CORE, &limit) == 0)
	MUST(fails_with(chmod("/", 0755), EPERM) && fails_with(setxattr("/", "user.a", "", 0, 0), EPERM))
	MUST(fails_with(sched_setscheduler(getppid(), SCHED_OTHER, &parameter), EPERM))
	MUST(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0)
#undef MUST
	return 0;
}

static void
refuses_and_allows(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try_loaded());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_every_number),
		cmocka_unit_test(agrees_on_every_pair_of_arguments),
		cmocka_unit_test(lists_what_matters),
		cmocka_unit_test(refuses_and_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
