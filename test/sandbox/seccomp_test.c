/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The filters as arrays: interpreted here as the kernel would, and compared with the policy written
 * down a second time, in C, for every call number up to 600 and arguments at and around each border.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cmocka.h>

#include "evaluate.h"
#include "seccomp.h"

#define PID DSYNC_SECCOMP_OWN_PID
#define NUMBERS 601
#define X32 0x40000000

/* ---- the policy, a second time ---- */

enum call {
	READ,
	WRITE,
	MMAP,
	MPROTECT,
	MUNMAP,
	BRK,
	SIGACTION,
	SIGPROCMASK,
	SIGRETURN,
	MREMAP,
	MADVISE,
	GETPID,
	SIGALTSTACK,
	GETTID,
	FUTEX,
	RESTART,
	CLOCK_GETTIME,
	EXIT_GROUP,
	TGKILL,
	SECCOMP,
	CALLS
};

static const int numbers[DSYNC_SECCOMP_MACHINES][CALLS] = {
	{ 0, 1, 9, 10, 11, 12, 13, 14, 15, 25, 28, 39, 131, 186, 202, 219, 228, 231, 234, 317 },
	{ 63, 64, 222, 226, 215, 214, 134, 135, 139, 216, 233, 172, 132, 178, 98, 128, 113, 94, 131, 277 },
};
static const uint32_t machines[DSYNC_SECCOMP_MACHINES] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };

static int
call_of(int machine, int number)
{
	int i;

	for (i = 0; i < CALLS; i++) {
		if (numbers[machine][i] == number)
			return i;
	}
	return -1;
}

static bool
protection_is_safe(int machine, uint32_t protection)
{
	const uint32_t branch_targets = machine == DSYNC_SECCOMP_AARCH64 ? 0x10 : 0;
	const bool writes = (protection & 2) != 0, more = (protection & ~(7u | branch_targets)) != 0;

	if (more || (writes && (protection & (4 | branch_targets)) != 0))
		return false;
	return true;
}

static bool
allowed(int machine, int kind, const struct seccomp_data *d)
{
	const uint32_t a0 = (uint32_t)d->args[0], a1 = (uint32_t)d->args[1], a2 = (uint32_t)d->args[2],
		       a3 = (uint32_t)d->args[3];

	if (d->arch != machines[machine])
		return false;
	switch (call_of(machine, d->nr)) {
	case -1:
		return false;
	case MMAP:
		return (a2 & ~3u) == 0 && (a3 & 0x22) == 0x22 && (a3 & ~(0x22u | 0x10 | 0x4000 | 0x20000)) == 0;
	case MPROTECT:
		return protection_is_safe(machine, a2);
	case SIGACTION:
		return a0 == 4 || a0 == 7 || a0 == 8 || a0 == 11;
	case MREMAP:
		return a3 == 0 || a3 == 1;
	case MADVISE:
		return a2 == 4;
	case FUTEX:
		return a1 == 128 || a1 == 129 || a1 == 137;
	case CLOCK_GETTIME:
		return a0 <= 11;
	case TGKILL:
		return a0 == PID && a2 == 6;
	case SECCOMP:
		return kind == DSYNC_SECCOMP_RUN && a0 == 1 && a1 == 0;
	default:
		return true;
	}
}

/* What the freeze adds; it looks at nothing else. */
static bool
allowed_frozen(int machine, const struct seccomp_data *d)
{
	if (d->nr == numbers[machine][SECCOMP])
		return false;
	return d->nr != numbers[machine][MPROTECT] || (d->args[2] & 4) == 0;
}

/* ---- the comparison ---- */

static const uint64_t corners[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17,
	0x20, 0x21, 0x22, 0x23, 0x26, 0x32, 0x4022, 0x20022, 0x24032, 0x24033, 0x40022, 0x2022, 127, 128, 129, 130, 137,
	138, 265, PID - 1, PID, PID + 1, 0x7fffffff, 0x80000000, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 4,
	(UINT64_C(4) << 32) + 0x22, UINT64_MAX };
#define CORNERS (sizeof(corners) / sizeof(corners[0]))

static void
compare(int machine, const struct seccomp_data *d)
{
	struct dsync_seccomp_filter filter;
	uint32_t found, expected;
	int kind;

	for (kind = 0; kind < DSYNC_SECCOMP_KINDS; kind++) {
		filter = dsync_seccomp_filter((enum dsync_seccomp_machine)machine, (enum dsync_seccomp_kind)kind);
		found = evaluate(filter.code, filter.size, d);
		expected = (kind == DSYNC_SECCOMP_FREEZE ? allowed_frozen(machine, d) : allowed(machine, kind, d))
			? SECCOMP_RET_ALLOW
			: SECCOMP_RET_KILL_PROCESS;
		if (found == expected)
			continue;
		fail_msg("machine %d, filter %d, call %d(%#llx, %#llx, %#llx, %#llx) of %#x: expected %#x, found %#x",
			machine, kind, d->nr, (unsigned long long)d->args[0], (unsigned long long)d->args[1],
			(unsigned long long)d->args[2], (unsigned long long)d->args[3], d->arch, expected, found);
	}
}

/* N35: another machine and x32 die; A12: so it is on both machines. */
static void
agrees_on_every_number(void **state)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, AUDIT_ARCH_ARM, 0 };
	static const int extra[] = { -1, X32, X32 | 1, X32 | 9, X32 | 317, INT32_MAX, INT32_MIN };
	struct seccomp_data d;
	size_t arch, i, j;
	int machine, number;

	(void)state;
	memset(&d, 0, sizeof(d));
	for (machine = 0; machine < DSYNC_SECCOMP_MACHINES; machine++) {
		for (arch = 0; arch < sizeof(archs) / sizeof(archs[0]); arch++) {
			d.arch = archs[arch];
			for (number = 0; number < NUMBERS + (int)(sizeof(extra) / sizeof(extra[0])); number++) {
				d.nr = number < NUMBERS ? number : extra[number - NUMBERS];
				for (i = 0; i < 6; i++) {
					for (j = 0; j < CORNERS; j += 1 + 4 * (arch > 1)) {
						d.args[i] = corners[j];
						compare(machine, &d);
					}
					d.args[i] = 0;
				}
			}
		}
	}
}

static void
agrees_on_every_pair_of_arguments(void **state)
{
	struct seccomp_data d;
	size_t first, second, i, j;
	int machine, call;

	(void)state;
	memset(&d, 0, sizeof(d));
	for (machine = 0; machine < DSYNC_SECCOMP_MACHINES; machine++) {
		d.arch = machines[machine];
		for (call = 0; call < CALLS; call++) {
			d.nr = numbers[machine][call];
			for (first = 0; first < 4; first++) {
				for (second = first + 1; second < 4; second++) {
					for (i = 0; i < CORNERS; i++) {
						for (j = 0; j < CORNERS; j++) {
							d.args[first] = corners[i];
							d.args[second] = corners[j];
							compare(machine, &d);
						}
					}
					d.args[first] = d.args[second] = 0;
				}
			}
		}
	}
}

/* The model itself must refuse and allow something, or the comparison says nothing. */
static void
allows_exactly_these_calls(void **state)
{
	struct dsync_seccomp_filter filter;
	struct seccomp_data d;
	int machine, number, count;

	(void)state;
	for (machine = 0; machine < DSYNC_SECCOMP_MACHINES; machine++) {
		filter = dsync_seccomp_filter((enum dsync_seccomp_machine)machine, DSYNC_SECCOMP_RUN);
		memset(&d, 0, sizeof(d));
		d.arch = machines[machine];
		d.args[0] = PID;
		d.args[1] = 128;
		d.args[2] = 6;
		count = 0;
		for (number = 0; number < NUMBERS; number++) {
			d.nr = number;
			count += evaluate(filter.code, filter.size, &d) == SECCOMP_RET_ALLOW;
		}
		/* All 20 but six, which want other arguments: mmap, mprotect, madvise, clock_gettime, rt_sigaction, seccomp. */
		assert_int_equal(count, 14);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_on_every_number),
		cmocka_unit_test(agrees_on_every_pair_of_arguments),
		cmocka_unit_test(allows_exactly_these_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
