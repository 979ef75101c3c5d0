/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An output is there whole or not at all, whichever call fails or is the last one. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../lib/base/test/scratch.h"
#include "../src/output.h"
#include "base/fault.h"
#include "base/sys.h"

#define OLD_TEXT "the old text"
#define NEW_TEXT "the new text, which is longer"
#define MOST_CALLS 100

static char folder[SCRATCH_PATH_SIZE];
static char path[SCRATCH_PATH_SIZE];

static int
setup(void **state)
{
	(void)state;
	scratch_make(folder);
	scratch_path(path, folder, "file");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(folder);
	return 0;
}

static int
write_output(bool replace)
{
	struct output output;
	int rc;

	rc = output_begin(&output, path, replace, NULL);
	if (rc < 0)
		return rc;
	rc = dsync_sys_pwrite_all(output.fd, NEW_TEXT, strlen(NEW_TEXT), 0);
	if (rc == 0)
		rc = output_publish(&output, NULL);
	output_finish(&output);
	return rc;
}

/* What there is now: 0 nothing, 1 the old file, 2 the new one; anything else ends the test. */
static int
look(bool had_old)
{
	struct stat st;

	if (dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, false) < 0)
		return 0;
	if (had_old && (size_t)st.st_size == strlen(OLD_TEXT)) {
		scratch_check(path, OLD_TEXT);
		return 1;
	}
	scratch_check(path, NEW_TEXT);
	return 2;
}

/* Every call fails once; a name that is nobody's never stays, and success is only said when it is there. */
static void
sweep(bool replace, int sys_errno)
{
	uint64_t n;
	bool fired = true;
	int rc, there;

	for (n = 1; fired; n++) {
		assert_true(n < MOST_CALLS);
		unlink(path);
		if (replace)
			scratch_write(path, OLD_TEXT);
		dsync_fault_arm(DSYNC_FAULT_ERROR, sys_errno, n, false);
		rc = write_output(replace);
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		there = look(replace);
		if (rc == 0)
			assert_int_equal(there, 2);
		else if (rc != DSYNC_ERR_DURABILITY)
			assert_int_equal(there, replace ? 1 : 0);
		assert_int_equal(scratch_count(folder), there == 0 ? 0 : 1);
	}
	assert_true(n > 4);
}

static void
test_fails(void **state)
{
	(void)state;
	sweep(false, EIO);
	sweep(false, ENOSPC);
	sweep(true, EIO);
	sweep(true, EACCES);
}

/* Killed at the n-th call: true while there was an n-th call to be killed at. */
static bool
kill_at(uint64_t n, bool replace)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		dsync_fault_arm(DSYNC_FAULT_KILL, 0, n, false);
		_exit(write_output(replace) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status);
}

static void
test_killed(void **state)
{
	uint64_t n;
	bool killed = true;

	(void)state;
	for (n = 1; killed; n++) {
		assert_true(n < MOST_CALLS);
		unlink(path);
		killed = kill_at(n, false);
		assert_int_equal(scratch_count(folder), look(false) == 0 ? 0 : 1);
	}
	assert_int_equal(look(false), 2);
	for (n = 1, killed = true; killed; n++) {
		assert_true(n < MOST_CALLS);
		unlink(path);
		scratch_write(path, OLD_TEXT);
		killed = kill_at(n, true);
		assert_int_not_equal(look(true), 0);
	}
	assert_int_equal(look(true), 2);
}

static void
test_refused(void **state)
{
	struct output output;

	(void)state;
	scratch_write(path, OLD_TEXT);
	assert_int_equal(output_begin(&output, path, false, NULL), DSYNC_ERR_EXISTS);
	assert_int_equal(output_begin(&output, folder, true, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(output_begin(&output, "/", true, NULL), DSYNC_ERR_INVALID);
	scratch_check(path, OLD_TEXT);
}

/* Somebody makes the file between begin and publish. */
static void
test_overtaken(void **state)
{
	struct output output;

	(void)state;
	assert_int_equal(output_begin(&output, path, false, NULL), 0);
	scratch_write(path, OLD_TEXT);
	assert_int_equal(output_publish(&output, NULL), DSYNC_ERR_EXISTS);
	output_finish(&output);
	scratch_check(path, OLD_TEXT);
	assert_int_equal(scratch_count(folder), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overtaken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
