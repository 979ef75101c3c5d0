/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Each call on the way fails once, fails for good, does half, or is the last one. */
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

#include "base/error.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/sys.h"
#include "scratch.h"

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
write_new(struct dsync_error *err)
{
	return dsync_file_write(DSYNC_SYS_CWD, path, NEW_TEXT, strlen(NEW_TEXT), 0600, err);
}

/* Sweeps one kind of fault; returns at how many calls it could strike. */
static uint64_t
sweep_write(enum dsync_fault_kind kind, int sys_errno, bool persistent)
{
	struct dsync_error err;
	bool fired;
	uint64_t n;
	int rc;

	for (n = 1; n < MOST_CALLS; n++) {
		scratch_write(path, OLD_TEXT);
		memset(&err, 0, sizeof(err));
		dsync_fault_arm(kind, sys_errno, n, persistent);
		rc = write_new(&err);
		fired = dsync_fault_fired();
		dsync_fault_disarm();

		scratch_check(path, rc == 0 || rc == DSYNC_ERR_DURABILITY ? NEW_TEXT : OLD_TEXT);
		assert_int_equal(err.code, rc);
		if (!persistent)
			assert_int_equal(scratch_count(folder), 1);
		if (!fired) {
			assert_int_equal(rc, 0);
			break;
		}
	}
	return n - 1;
}

static void
test_write_fails_once(void **state)
{
	(void)state;
	/* random, open twice, write, fchmod, fsync, close, rename, fsync, close */
	assert_int_equal(sweep_write(DSYNC_FAULT_ERROR, EIO, false), 10);
	assert_int_equal(sweep_write(DSYNC_FAULT_ERROR, ENOSPC, false), 10);
}

static void
test_write_fails_for_good(void **state)
{
	(void)state;
	assert_int_equal(sweep_write(DSYNC_FAULT_ERROR, EIO, true), 10);
}

static void
test_write_short(void **state)
{
	(void)state;
	assert_int_equal(sweep_write(DSYNC_FAULT_SHORT, 0, false), 1);

	/* Half each time, down to single bytes. */
	dsync_fault_arm(DSYNC_FAULT_SHORT, 0, 1, true);
	assert_int_equal(write_new(NULL), 0);
	dsync_fault_disarm();
	assert_in_range(dsync_fault_count(), 4, 8);
	scratch_check(path, NEW_TEXT);
}

/* After the rename the new text is there and the error says what is not known. */
static void
test_folder_sync_fails(void **state)
{
	struct dsync_error err;
	int rc;

	(void)state;
	scratch_write(path, OLD_TEXT);
	dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, 2, false);
	dsync_fault_only("fsync");
	rc = write_new(&err);
	dsync_fault_disarm();
	assert_int_equal(rc, DSYNC_ERR_DURABILITY);
	scratch_check(path, NEW_TEXT);

	/* A file system that cannot sync folders is no fault of the writer's. */
	dsync_fault_arm(DSYNC_FAULT_ERROR, EINVAL, 2, false);
	dsync_fault_only("fsync");
	rc = write_new(&err);
	dsync_fault_disarm();
	assert_int_equal(rc, 0);
}

/* Killed at any call: old or new text, at most one temporary, and the next writer is not in its way. */
static void
test_write_killed(void **state)
{
	uint64_t n;
	int status;
	pid_t pid;
	bool new_seen = false;

	(void)state;
	for (n = 1; n < MOST_CALLS; n++) {
		scratch_write(path, OLD_TEXT);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			dsync_fault_arm(DSYNC_FAULT_KILL, 0, n, false);
			_exit(write_new(NULL) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			break;
		assert_int_equal(WTERMSIG(status), SIGKILL);

		new_seen = new_seen || n > 8; /* the rename is the eighth call */
		scratch_check(path, new_seen ? NEW_TEXT : OLD_TEXT);
		assert_int_equal(write_new(NULL), 0);
		scratch_check(path, NEW_TEXT);
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(n, 11);
	assert_int_equal(scratch_count(folder), 1 + 5); /* killed at write, fchmod, fsync, close and rename */
}

static void
test_read_faults(void **state)
{
	static const struct {
		enum dsync_fault_kind kind;
		int sys_errno;
		int expected;
	} faults[] = {
		{ DSYNC_FAULT_ERROR, EIO, DSYNC_ERR_SYSTEM },
		{ DSYNC_FAULT_ERROR, ENOENT, DSYNC_ERR_SYSTEM },
		{ DSYNC_FAULT_MEMORY, 0, DSYNC_ERR_NO_MEMORY },
		{ DSYNC_FAULT_SHORT, 0, 0 },
	};
	struct dsync_error err;
	struct dsync_buffer b;
	bool fired;
	uint64_t n;
	size_t i;
	int rc;

	(void)state;
	scratch_write(path, OLD_TEXT);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		for (n = 1; n < MOST_CALLS; n++) {
			dsync_buffer_init(&b, 100);
			dsync_fault_arm(faults[i].kind, faults[i].sys_errno, n, false);
			rc = dsync_file_read(DSYNC_SYS_CWD, path, &b, &err);
			fired = dsync_fault_fired();
			dsync_fault_disarm();
			if (rc == 0)
				assert_string_equal(dsync_buffer_text(&b), OLD_TEXT);
			else if (rc != DSYNC_ERR_NOT_FOUND) /* ENOENT from open */
				assert_int_equal(rc, faults[i].expected);
			dsync_buffer_finish(&b);
			if (!fired)
				break;
		}
		assert_int_equal(rc, 0);
		assert_in_range(n, 2, 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write_fails_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_fails_for_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_short, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_sync_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_faults, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
