/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What is asked of kernels of every Landlock ABI, and what is reported of them.  The system call is a
 * stand-in that refuses, as those kernels do, whatever it does not know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "landlock.h"

/* The kernel that is played. */
static struct {
	int abi;              /* 0: none, -1: switched off */
	bool no_signal_scope; /* reports ABI 6 without knowing this scope */
	bool refuses;         /* restrict_self fails */
	bool restricted;
	uint64_t asked[3]; /* fs, net, scopes */
	size_t asked_size;
} kernel;

long __wrap_syscall(long number, ...);

static long
refuse_with(int error)
{
	errno = error;
	return -1;
}

static long
create_ruleset(const void *attributes, size_t size, unsigned flags)
{
	static const uint64_t fs[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff, 0xffff, 0xffff, 0x1ffff };
	const size_t known_size = kernel.abi >= 6 ? 24 : kernel.abi >= 4 ? 16 : 8;
	uint64_t scopes = kernel.abi < 6 ? 0 : kernel.no_signal_scope ? 1 : 3;

	if (kernel.abi <= 0)
		return refuse_with(kernel.abi < 0 ? EOPNOTSUPP : ENOSYS);
	if (attributes == NULL)
		return flags == 1 ? kernel.abi : flags == 2 && kernel.abi >= 7 ? 7 : refuse_with(EINVAL);
	memset(kernel.asked, 0, sizeof(kernel.asked));
	memcpy(kernel.asked, attributes, size < sizeof(kernel.asked) ? size : sizeof(kernel.asked));
	kernel.asked_size = size;
	if (size > known_size)
		return refuse_with(E2BIG);
	if ((kernel.asked[0] & ~fs[kernel.abi]) != 0 || (kernel.asked[1] & ~UINT64_C(3)) != 0 ||
		(kernel.asked[2] & ~scopes) != 0)
		return refuse_with(EINVAL);
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

long
__wrap_syscall(long number, ...)
{
	va_list arguments;
	const void *attributes;
	size_t size;
	unsigned flags;
	long result;

	va_start(arguments, number);
	if (number == 444) {
		attributes = va_arg(arguments, const void *);
		size = (size_t)va_arg(arguments, long);
		flags = va_arg(arguments, unsigned);
		result = create_ruleset(attributes, size, flags);
	} else {
		assert_int_equal(number, 446);
		kernel.restricted = !kernel.refuses;
		result = kernel.refuses ? refuse_with(EPERM) : 0;
	}
	va_end(arguments);
	return result;
}

static void
takes_all_that_each_kernel_has(void **state)
{
	static const struct {
		int abi;
		uint64_t fs;
		uint32_t net, scopes, errata;
		size_t size;
	} cases[] = {
		{ 1, 0x1fff, 0, 0, 0, 8 },
		{ 2, 0x3fff, 0, 0, 0, 8 },
		{ 3, 0x7fff, 0, 0, 0, 8 },
		{ 4, 0x7fff, 1, 0, 0, 16 },
		{ 5, 0xffff, 1, 0, 0, 16 },
		{ 6, 0xffff, 1, 3, 0, 24 },
		{ 7, 0xffff, 1, 3, 7, 24 },
		{ 9, 0xffff, 1, 3, 7, 24 },
	};
	struct dsync_landlock found;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&kernel, 0, sizeof(kernel));
		kernel.abi = cases[i].abi;
		dsync_landlock_restrict(&found);
		assert_true(kernel.restricted);
		assert_true(kernel.asked[0] == cases[i].fs);
		assert_int_equal(kernel.asked_size, cases[i].size);
		assert_int_equal(found.abi, cases[i].abi);
		assert_int_equal(found.net, cases[i].net);
		assert_int_equal(found.scopes, cases[i].scopes);
		assert_int_equal(found.errata, cases[i].errata);
	}
}

static void
claims_nothing_that_does_not_hold(void **state)
{
	static const struct {
		int abi;
		bool refuses;
	} cases[] = { { 0, false }, { -1, false }, { 7, true } };
	struct dsync_landlock found, nothing;
	size_t i;

	(void)state;
	memset(&nothing, 0, sizeof(nothing));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&kernel, 0, sizeof(kernel));
		kernel.abi = cases[i].abi;
		kernel.refuses = cases[i].refuses;
		memset(&found, 0xff, sizeof(found));
		dsync_landlock_restrict(&found);
		assert_memory_equal(&found, &nothing, sizeof(found));
	}
}

static void
does_without_a_scope_that_is_missing(void **state)
{
	struct dsync_landlock found;

	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.abi = 6;
	kernel.no_signal_scope = true;
	dsync_landlock_restrict(&found);
	assert_true(kernel.restricted);
	assert_int_equal(found.abi, 6);
	assert_int_equal(found.scopes, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all_that_each_kernel_has),
		cmocka_unit_test(claims_nothing_that_does_not_hold),
		cmocka_unit_test(does_without_a_scope_that_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
