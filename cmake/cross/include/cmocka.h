/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmocka.h - the part of cmocka our unit tests use, for machines without it.
 *
 * Debian has no cmocka for the cross builds, and WebAssembly has no setjmp, which
 * cmocka needs.  Here a failed assertion prints itself and ends the program, so
 * the tests after it do not run; and skip() returns from the test function, so it
 * must be called there and not deeper.  Natively the tests run with real cmocka.
 *
 *	#include <cmocka.h>		(after <stdarg.h> <stddef.h> <setjmp.h>, as always)
 */

#ifndef CMOCKA_H_
#define CMOCKA_H_

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test_func)(void **state);
	int (*setup_func)(void **state);
	int (*teardown_func)(void **state);
	void *initial_state;
};

#define cmocka_unit_test(f) \
	{ \
#f, f, NULL, NULL, NULL \
	}
#define cmocka_unit_test_setup(f, s) \
	{ \
#f, f, s, NULL, NULL \
	}
#define cmocka_unit_test_teardown(f, t) \
	{ \
#f, f, NULL, t, NULL \
	}
#define cmocka_unit_test_setup_teardown(f, s, t) \
	{ \
#f, f, s, t, NULL \
	}
#define cmocka_unit_test_prestate(f, p) \
	{ \
#f, f, NULL, NULL, p \
	}
#define cmocka_unit_test_prestate_setup_teardown(f, s, t, p) \
	{ \
#f, f, s, t, p \
	}

#define cmocka_run_group_tests(tests, setup, teardown) \
	cmocka__run(#tests, tests, sizeof(tests) / sizeof(tests[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	cmocka__run(name, tests, sizeof(tests) / sizeof(tests[0]), setup, teardown)

#define print_message(...) (void)printf(__VA_ARGS__)
#define print_error(...) (void)fprintf(stderr, __VA_ARGS__)

#define cmocka_set_message_output(output) ((void)0)

#define cmocka__check(ok, ...) \
	do { \
		if (!(ok)) { \
			print_error("[  ERROR   ] %s:%d: ", __FILE__, __LINE__); \
			print_error(__VA_ARGS__); \
			print_error("\n"); \
			exit(1); \
		} \
	} while (0)

#define cmocka__integers(a, op, b) \
	do { \
		unsigned long long cmocka_a = (unsigned long long)(a); \
		unsigned long long cmocka_b = (unsigned long long)(b); \
		cmocka__check(cmocka_a op cmocka_b, "%s %s %s: %#llx, %#llx", #a, #op, #b, cmocka_a, cmocka_b); \
	} while (0)

#define cmocka__pointers(a, op, b) \
	do { \
		const void *cmocka_a = (const void *)(a); \
		const void *cmocka_b = (const void *)(b); \
		cmocka__check(cmocka_a op cmocka_b, "%s %s %s", #a, #op, #b); \
	} while (0)

#define cmocka__memory(a, op, b, size) cmocka__check(memcmp((a), (b), (size)) op 0, "memory: %s %s %s", #a, #op, #b)

#define cmocka__strings(a, op, b) \
	do { \
		const char *cmocka_a = (a); \
		const char *cmocka_b = (b); \
		cmocka__check(strcmp(cmocka_a, cmocka_b) op 0, "\"%s\" %s \"%s\"", cmocka_a, #op, cmocka_b); \
	} while (0)

#define assert_true(c) cmocka__check(c, "%s", #c)
#define assert_false(c) cmocka__check(!(c), "!(%s)", #c)
#define assert_null(p) cmocka__pointers(p, ==, NULL)
#define assert_non_null(p) cmocka__pointers(p, !=, NULL)
#define assert_ptr_equal(a, b) cmocka__pointers(a, ==, b)
#define assert_ptr_not_equal(a, b) cmocka__pointers(a, !=, b)
#define assert_int_equal(a, b) cmocka__integers(a, ==, b)
#define assert_int_not_equal(a, b) cmocka__integers(a, !=, b)
#define assert_uint_equal(a, b) cmocka__integers(a, ==, b)
#define assert_uint_not_equal(a, b) cmocka__integers(a, !=, b)
#define assert_in_range(x, low, high) \
	cmocka__check((unsigned long long)(x) >= (unsigned long long)(low) && \
			(unsigned long long)(x) <= (unsigned long long)(high), \
		"%s in %s..%s", #x, #low, #high)
#define assert_return_code(rc, error) cmocka__check((rc) >= 0, "%s: errno %d", #rc, (int)(error))
#define assert_string_equal(a, b) cmocka__strings(a, ==, b)
#define assert_string_not_equal(a, b) cmocka__strings(a, !=, b)
#define assert_memory_equal(a, b, size) cmocka__memory(a, ==, b, size)
#define assert_memory_not_equal(a, b, size) cmocka__memory(a, !=, b, size)
#define test_malloc(size) malloc(size) /* the real one also looks for leaks and overruns */
#define test_calloc(count, size) calloc(count, size)
#define test_free(p) free(p)
#define fail() cmocka__check(0, "fail()")
#define fail_msg(...) cmocka__check(0, __VA_ARGS__)
#define skip() \
	do { \
		print_message("[  SKIPPED ] %s\n", __func__); \
		return; \
	} while (0)

static inline int
cmocka__run_one(const struct CMUnitTest *test, void *group_state)
{
	void *state = test->initial_state != NULL ? test->initial_state : group_state;

	print_message("[ RUN      ] %s\n", test->name);
	if (test->setup_func != NULL && test->setup_func(&state) != 0)
		return 1;
	test->test_func(&state);
	if (test->teardown_func != NULL && test->teardown_func(&state) != 0)
		return 1;
	print_message("[       OK ] %s\n", test->name);
	return 0;
}

static inline int
cmocka__run(const char *group, const struct CMUnitTest *tests, size_t count, int (*setup)(void **state),
	int (*teardown)(void **state))
{
	void *state = NULL;
	int failed = 0;
	size_t i;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	print_message("[==========] %s: %zu test(s), small cmocka\n", group, count);
	if (setup != NULL && setup(&state) != 0)
		return 1;
	for (i = 0; i < count; i++)
		failed += cmocka__run_one(&tests[i], state);
	if (teardown != NULL && teardown(&state) != 0)
		failed++;
	return failed;
}

#endif
