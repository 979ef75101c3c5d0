/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * N50, A12: what each level demands of what a worker confirmed, and what is told of it: for kernels of every Landlock ABI, with and without name
 * spaces, and for each layer that is never optional.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "worker.h"

#define ALL_NAMESPACES 63

static struct dsync_frame_ready ready;

const struct dsync_frame_ready *
dsync_worker_ready(const struct dsync_worker *worker)
{
	(void)worker;
	return &ready;
}

/* As a kernel of this ABI lets the worker have it. */
static void
play(uint32_t abi, uint32_t namespaces)
{
	memset(&ready, 0, sizeof(ready));
	ready.landlock_abi = abi;
	ready.landlock_net = abi >= 4;
	ready.landlock_scopes = abi >= 6 ? 3 : 0;
	ready.namespaces = namespaces;
	ready.seccomp = DSYNC_SECCOMP_P1;
	ready.no_new_privs = ready.not_root = ready.rlimits = ready.no_capabilities = 1;
}

static bool
passes(enum dsync_sandbox_level level, bool trusted, const char *words)
{
	struct dsync_error err;
	int rc = dsync_worker_check(NULL, level, trusted, &err);

	if (rc == 0)
		return true;
	assert_int_equal(rc, DSYNC_ERR_SANDBOX);
	assert_string_not_equal(err.hint, "");
	assert_non_null(words);
	assert_non_null(strstr(err.message, words));
	return false;
}

static void
judges_every_kernel(void **state)
{
	uint32_t abi;

	(void)state;
	for (abi = 0; abi <= 7; abi++) {
		play(abi, ALL_NAMESPACES);
		assert_int_equal(passes(DSYNC_SANDBOX_STRICT, true, "Landlock of ABI 6"), abi >= 6);
		assert_int_equal(passes(DSYNC_SANDBOX_DEFAULT, false, "Landlock"), abi >= 1);
		assert_true(passes(DSYNC_SANDBOX_DEFAULT, true, NULL));
		assert_true(passes(DSYNC_SANDBOX_DEGRADED, false, NULL));

		play(abi, ALL_NAMESPACES & ~(uint32_t)DSYNC_NS_NET);
		assert_false(passes(DSYNC_SANDBOX_STRICT, true, abi >= 6 ? "network namespace" : "Landlock"));
		play(abi, 0);
		assert_int_equal(passes(DSYNC_SANDBOX_DEFAULT, false, "Landlock"), abi >= 1);
	}
}

static void
never_does_without(void **state)
{
	static const struct {
		size_t member;
		const char *words;
	} layers[] = {
		{ offsetof(struct dsync_frame_ready, seccomp), "system call filter" },
		{ offsetof(struct dsync_frame_ready, no_new_privs), "no_new_privs" },
		{ offsetof(struct dsync_frame_ready, not_root), "unprivileged user" },
		{ offsetof(struct dsync_frame_ready, rlimits), "resource limits" },
		{ offsetof(struct dsync_frame_ready, no_capabilities), "empty capability sets" },
	};
	static const enum dsync_sandbox_level levels[] = { DSYNC_SANDBOX_STRICT, DSYNC_SANDBOX_DEFAULT,
		DSYNC_SANDBOX_DEGRADED };
	size_t i, level;

	(void)state;
	for (i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		for (level = 0; level < 3; level++) {
			play(7, ALL_NAMESPACES);
			memset((char *)&ready + layers[i].member, 0, sizeof(uint32_t));
			assert_false(passes(levels[level], true, layers[i].words));
		}
	}
	play(7, ALL_NAMESPACES);
	ready.seccomp = 99; /* a profile that this refresher does not know */
	assert_false(passes(DSYNC_SANDBOX_DEGRADED, true, "system call filter"));
}

static void
tells_what_holds(void **state)
{
	static const struct {
		uint32_t abi, namespaces;
		const char *text;
	} cases[] = {
		{ 0, 0, "seccomp=P1 landlock=off ns=off nnp=on uid=user rlimits=on caps=none mdwe=off" },
		{ 3, DSYNC_NS_USER, "seccomp=P1 landlock=3(fs) ns=user nnp=on uid=user rlimits=on caps=none mdwe=off" },
		{ 5, 3, "seccomp=P1 landlock=5(fs,net) ns=user,net nnp=on uid=user rlimits=on caps=none mdwe=off" },
		{ 7, ALL_NAMESPACES,
			"seccomp=P1 landlock=7(fs,net,abstract,signal) ns=user,net,ipc,mnt,uts,cgroup nnp=on uid=user "
			"rlimits=on caps=none mdwe=off" },
	};
	struct dsync_buffer line;
	size_t i;

	(void)state;
	dsync_buffer_init(&line, 1024);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		play(cases[i].abi, cases[i].namespaces);
		dsync_buffer_clear(&line);
		dsync_worker_report(&ready, &line);
		assert_string_equal(dsync_buffer_text(&line), cases[i].text);
	}
	memset(&ready, 0, sizeof(ready));
	dsync_buffer_clear(&line);
	dsync_worker_report(&ready, &line);
	assert_string_equal(dsync_buffer_text(&line),
		"seccomp=off landlock=off ns=off nnp=off uid=root rlimits=off caps=some mdwe=off");
	dsync_buffer_finish(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_every_kernel),
		cmocka_unit_test(never_does_without),
		cmocka_unit_test(tells_what_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
