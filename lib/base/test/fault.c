/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The fault injector itself: a sweep that injects nothing would pass everything. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/sys.h"
#include "scratch.h"

#define CHILD "--child"
#define CANNOT_RUN 98 /* the kernel does not know this machine's programs: an emulator started us */

static int
count_stats(int calls)
{
	struct stat st;
	int failures = 0;
	int i;

	for (i = 0; i < calls; i++)
		failures += dsync_sys_fstatat(DSYNC_SYS_CWD, "/", &st, true) == -ENOSPC;
	return failures;
}

static void
test_nth_call(void **state)
{
	struct stat st;

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_ERROR, ENOSPC, 3, false);
	assert_int_equal(count_stats(2), 0);
	assert_false(dsync_fault_fired());
	assert_int_equal(dsync_sys_fstatat(DSYNC_SYS_CWD, "/", &st, true), -ENOSPC);
	assert_true(dsync_fault_fired());
	assert_int_equal(count_stats(5), 0);
	assert_int_equal(dsync_fault_count(), 8);
	dsync_fault_disarm();
	assert_int_equal(count_stats(5), 0);
	assert_int_equal(dsync_fault_count(), 8);
	assert_true(dsync_fault_fired());
}

static void
test_persistent_and_none(void **state)
{
	(void)state;
	dsync_fault_arm(DSYNC_FAULT_ERROR, ENOSPC, 3, true);
	assert_int_equal(count_stats(8), 6);
	dsync_fault_arm(DSYNC_FAULT_ERROR, ENOSPC, 0, true);
	assert_int_equal(count_stats(8), 0);
	assert_int_equal(dsync_fault_count(), 8);
	assert_false(dsync_fault_fired());
	dsync_fault_disarm();
}

static void
test_filter(void **state)
{
	unsigned char byte;

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_ERROR, ENOSPC, 1, false);
	dsync_fault_only("random");
	assert_int_equal(count_stats(3), 0);
	assert_int_equal(dsync_sys_random(&byte, 1), -ENOSPC);
	assert_int_equal(dsync_fault_count(), 1);
	dsync_fault_disarm();
}

static void
test_short(void **state)
{
	char folder[SCRATCH_PATH_SIZE];
	char path[SCRATCH_PATH_SIZE];
	char text[8];
	int fd;

	(void)state;
	scratch_make(folder);
	scratch_path(path, folder, "file");
	scratch_write(path, "12345678");
	fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDWR, 0);
	assert_true(fd >= 0);

	dsync_fault_arm(DSYNC_FAULT_SHORT, 0, 1, true);
	assert_int_equal(dsync_sys_read(fd, text, 8), 4);
	assert_int_equal(dsync_sys_pread(fd, text, 7, 0), 3);
	assert_int_equal(dsync_sys_pread(fd, text, 1, 0), 1);
	assert_int_equal(dsync_sys_write(fd, "ab", 2), 1);
	assert_int_equal(dsync_sys_pwrite(fd, "xyz", 3, 0), 1);
	assert_int_equal(dsync_fault_count(), 4);
	assert_int_equal(dsync_sys_pread_all(fd, text, 8, 0), 0);
	assert_memory_equal(text, "x234a678", 8);
	assert_int_equal(dsync_sys_pwrite_all(fd, "ABCDEFGH", 8, 0), 0);
	dsync_fault_disarm();
	scratch_check(path, "ABCDEFGH");

	assert_int_equal(dsync_sys_close(fd), 0);
	scratch_remove(folder);
}

static void
test_memory(void **state)
{
	void *volatile memory; /* or the compiler leaves out what nobody looks at */

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 1, true);
	memory = malloc(10);
	assert_null(memory);
	memory = calloc(2, 2);
	assert_null(memory);
	memory = realloc(NULL, 1000);
	assert_null(memory);
	dsync_fault_disarm();
	assert_int_equal(dsync_fault_count(), 3);
	memory = malloc(10);
	assert_non_null(memory);
	free(memory);
}

/* A failed close is still a close; a failed mmap says why. */
static void
test_special_calls(void **state)
{
	int err_no = 0;
	int fd;

	(void)state;
	fd = dsync_sys_openat(DSYNC_SYS_CWD, "/", O_RDONLY, 0);
	assert_true(fd >= 0);
	dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, 1, true);
	assert_null(dsync_sys_mmap(fd, 0, 1, &err_no));
	assert_int_equal(err_no, EIO);
	assert_int_equal(dsync_sys_close(fd), -EIO);
	dsync_fault_disarm();
	assert_int_equal(dsync_sys_close(fd), -EBADF);
}

/* What a child does under the environment: four calls of two kinds; its status is how many failed. */
static int
child(void)
{
	unsigned char byte;
	int failures = count_stats(2);

	failures += dsync_sys_random(&byte, 1) == -ENOSPC;
	return failures + count_stats(1);
}

/* Runs this program again with these variables; returns what waitpid says. */
static int
run_child(const char *fault, const char *count_path)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("DSYNC_FAULT", fault, 1);
		setenv("DSYNC_FAULT_COUNT", count_path, 1);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(99);
		execl("/proc/self/exe", "fault", CHILD, (char *)NULL);
		_exit(errno == ENOEXEC ? CANNOT_RUN : 99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
test_environment(void **state)
{
	static const struct {
		const char *fault;
		int status;
		const char *count;
	} cases[] = {
		{ "error:ENOSPC:1", 1, "4\n" },
		{ "error:ENOSPC:0", 0, "4\n" },
		{ "error:ENOSPC:4", 1, "4\n" },
		{ "error:ENOSPC:5", 0, "4\n" },
		{ "error:EIO:1", 0, "4\n" },
		{ "error:ENOSPC:2:persistent", 3, "4\n" },
		{ "error:28:1:random", 1, "1\n" },
		{ "error:ENOSPC:1:persistent:fstatat", 3, "3\n" },
		{ "kill:0:0", 0, "4\n" },
		{ "error", 125, NULL },
		{ "error:ENOSPC", 125, NULL },
		{ "error:ENOSUCH:1", 125, NULL },
		{ "error:0:1", 125, NULL },
		{ "error:EIO:x", 125, NULL },
		{ "error:EIO:-1", 125, NULL },
		{ "odd:EIO:1", 125, NULL },
		{ "error:EIO:1:persistent:random:more", 125, NULL },
		{ "", 125, NULL },
	};
	char folder[SCRATCH_PATH_SIZE];
	char path[SCRATCH_PATH_SIZE];
	size_t i;
	int status;

	(void)state;
	scratch_make(folder);
	scratch_path(path, folder, "count");
	status = run_child("kill:0:3", path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_RUN) {
		scratch_remove(folder);
		print_message("skipped: the kernel cannot run this program without its emulator\n");
		skip();
	}
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(scratch_count(folder), 0);

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		status = run_child(cases[i].fault, path);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != cases[i].status)
			fail_msg("%s: expected status %d, found %d", cases[i].fault, cases[i].status,
				WEXITSTATUS(status));
		if (cases[i].count != NULL) {
			scratch_check(path, cases[i].count);
			assert_int_equal(unlink(path), 0);
		}
		assert_int_equal(scratch_count(folder), 0);
	}
	scratch_remove(folder);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nth_call),
		cmocka_unit_test(test_persistent_and_none),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_special_calls),
		cmocka_unit_test(test_environment),
	};

	if (argc > 1 && strcmp(argv[1], CHILD) == 0)
		return child();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
