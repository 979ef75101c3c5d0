/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the seam promises beyond its system calls. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "scratch.h"

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
open_file(int flags)
{
	int fd = dsync_sys_openat(DSYNC_SYS_CWD, path, flags, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void
test_errors_are_negative_errno(void **state)
{
	struct stat st;
	char byte;
	int err_no = 0;

	(void)state;
	assert_int_equal(dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDONLY, 0), -ENOENT);
	assert_int_equal(dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, true), -ENOENT);
	assert_int_equal(dsync_sys_unlinkat(DSYNC_SYS_CWD, path), -ENOENT);
	assert_int_equal(dsync_sys_mkdirat(DSYNC_SYS_CWD, folder, 0700), -EEXIST);
	assert_int_equal(dsync_sys_close(-1), -EBADF);
	assert_int_equal(dsync_sys_fstat(-1, &st), -EBADF);
	assert_int_equal(dsync_sys_pread(-1, &byte, 1, 0), -EBADF);
	assert_int_equal(dsync_sys_write(-1, &byte, 1), -EBADF);
	assert_null(dsync_sys_mmap(-1, 0, 1, &err_no));
	assert_int_equal(err_no, EBADF);
}

static void
test_open_is_cloexec(void **state)
{
	int fd = open_file(O_RDWR | O_CREAT);

	(void)state;
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(dsync_sys_close(fd), 0);
}

static void
test_whole_reads_and_writes(void **state)
{
	int fd = open_file(O_RDWR | O_CREAT);
	char text[8] = "";

	(void)state;
	assert_int_equal(dsync_sys_write_all(fd, "12345678", 8), 0);
	assert_int_equal(dsync_sys_pwrite_all(fd, "abc", 3, 6), 0);
	assert_int_equal(dsync_sys_pread_all(fd, text, 5, 4), 0);
	assert_memory_equal(text, "56abc", 5);
	assert_int_equal(dsync_sys_pread_all(fd, text, 6, 4), -ENODATA);
	assert_int_equal(dsync_sys_pread_all(fd, text, 1, 9), -ENODATA);
	assert_int_equal(dsync_sys_pread_all(fd, text, 0, 100), 0);
	assert_int_equal(dsync_sys_pread_all(fd, text, 1, UINT64_MAX), -EINVAL);
	assert_int_equal(dsync_sys_close(fd), 0);
	scratch_check(path, "123456abc");
}

static void
test_large_offsets(void **state)
{
	uint64_t far = (UINT64_C(5) << 30) + 3;
	int fd = open_file(O_RDWR | O_CREAT);
	struct stat st;
	char byte = 0;

	(void)state;
	assert_int_equal(dsync_sys_ftruncate(fd, far), 0);
	assert_int_equal(dsync_sys_pwrite_all(fd, "x", 1, far), 0);
	assert_int_equal(dsync_sys_fstat(fd, &st), 0);
	assert_true((uint64_t)st.st_size == far + 1);
	assert_int_equal(dsync_sys_pread_all(fd, &byte, 1, far), 0);
	assert_int_equal(byte, 'x');
	assert_true(dsync_sys_seek_data(fd, far) == (int64_t)far);
	assert_true(dsync_sys_seek_hole(fd, far) == (int64_t)far + 1);
	assert_true(dsync_sys_seek_data(fd, far + 1) == -ENXIO);
	assert_true(dsync_sys_seek_hole(fd, far + 1) == -ENXIO);
	assert_int_equal(dsync_sys_close(fd), 0);
}

/* The lock belongs to the open file: two descriptions exclude each other even in one process. */
static void
test_lock(void **state)
{
	int one = open_file(O_RDWR | O_CREAT);
	int two = open_file(O_RDWR);
	int three = open_file(O_RDWR);

	(void)state;
	assert_int_equal(dsync_sys_lock(one), 0);
	assert_int_equal(dsync_sys_lock(one), 0);
	assert_int_equal(dsync_sys_lock(two), -EAGAIN);
	assert_int_equal(dsync_sys_close(three), 0); /* a POSIX lock would be gone now */
	assert_int_equal(dsync_sys_lock(two), -EAGAIN);
	assert_int_equal(dsync_sys_unlock(one), 0);
	assert_int_equal(dsync_sys_lock(two), 0);
	assert_int_equal(dsync_sys_close(two), 0);
	assert_int_equal(dsync_sys_lock(one), 0);
	assert_int_equal(dsync_sys_close(one), 0);
}

static void
test_readlink(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(symlink("1234567", path), 0);
	assert_int_equal(dsync_sys_readlinkat(DSYNC_SYS_CWD, path, text, 8), 7);
	assert_string_equal(text, "1234567");
	assert_int_equal(dsync_sys_readlinkat(DSYNC_SYS_CWD, path, text, 7), -ENAMETOOLONG);
	assert_int_equal(dsync_sys_readlinkat(DSYNC_SYS_CWD, path, text, 0), -ENAMETOOLONG);
	assert_int_equal(dsync_sys_readlinkat(DSYNC_SYS_CWD, folder, text, 8), -EINVAL);
}

static void
test_stat_follows_or_not(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(symlink(folder, path), 0);
	assert_int_equal(dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, true), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, false), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void
test_mmap(void **state)
{
	int fd = open_file(O_RDWR | O_CREAT);
	char *text;
	int err_no = 0;

	(void)state;
	assert_int_equal(dsync_sys_write_all(fd, "mapped", 6), 0);
	text = dsync_sys_mmap(fd, 0, 6, &err_no);
	assert_non_null(text);
	assert_memory_equal(text, "mapped", 6);
	assert_int_equal(dsync_sys_munmap(text, 6), 0);
	assert_null(dsync_sys_mmap(fd, 0, 0, &err_no));
	assert_int_equal(err_no, EINVAL);
	assert_int_equal(dsync_sys_close(fd), 0);
}

/* What not every system has does its work or says that it cannot. */
static void
test_optional_calls(void **state)
{
	char copy[SCRATCH_PATH_SIZE];
	char text[5] = "";
	ssize_t copied;
	int from = open_file(O_RDWR | O_CREAT);
	int to;
	int rc;

	(void)state;
	scratch_path(copy, folder, "copy");
	to = dsync_sys_openat(DSYNC_SYS_CWD, copy, O_RDWR | O_CREAT, 0600);
	assert_true(to >= 0);
	assert_int_equal(dsync_sys_write_all(from, "1234", 4), 0);

	copied = dsync_sys_copy_range(from, 1, to, 2, 2);
	if (copied > 0) {
		assert_int_equal(dsync_sys_pread_all(to, text, (size_t)copied, 2), 0);
		assert_memory_equal(text, "23", (size_t)copied);
	} else {
		assert_true(copied == -ENOSYS || copied == -EOPNOTSUPP || copied == -EXDEV);
	}
	rc = dsync_sys_clone_range(from, 0, 0, to, 0);
	assert_true(rc == 0 || rc == -EOPNOTSUPP || rc == -EINVAL || rc == -ENOTTY || rc == -EXDEV);
	rc = dsync_sys_fallocate(to, 0, 100000);
	assert_true(rc == 0 || rc == -EOPNOTSUPP);
	assert_int_equal(dsync_sys_close(from), 0);
	assert_int_equal(dsync_sys_close(to), 0);
}

static void
test_xattr(void **state)
{
	int fd = open_file(O_RDWR | O_CREAT);
	char value[16];
	int rc;

	(void)state;
	rc = dsync_sys_setxattr(fd, "user.dsync.test", "abc", 3);
	if (rc == 0) {
		assert_int_equal(dsync_sys_getxattr(fd, "user.dsync.test", value, sizeof(value)), 3);
		assert_memory_equal(value, "abc", 3);
		assert_int_equal(dsync_sys_getxattr(fd, "user.dsync.test", value, 2), -ERANGE);
		assert_true(dsync_sys_listxattr(fd, NULL, 0) >= (ssize_t)sizeof("user.dsync.test"));
		assert_int_equal(dsync_sys_removexattr(fd, "user.dsync.test"), 0);
		assert_int_equal(dsync_sys_getxattr(fd, "user.dsync.test", value, sizeof(value)), -ENODATA);
	}
	assert_int_equal(dsync_sys_close(fd), 0);
	if (rc == -EOPNOTSUPP) {
		print_message("skipped: the file system of the temporary folder has no extended attributes\n");
		return;
	}
	assert_int_equal(rc, 0);
}

#ifdef O_TMPFILE
static void
test_link_fd(void **state)
{
	struct stat st;
	int fd;
	int rc;

	(void)state;
	fd = dsync_sys_openat(DSYNC_SYS_CWD, folder, O_TMPFILE | O_RDWR, 0600);
	if (fd == -EOPNOTSUPP || fd == -EISDIR) {
		print_message("skipped: the file system of the temporary folder has no O_TMPFILE\n");
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(dsync_sys_write_all(fd, "named", 5), 0);
	rc = dsync_sys_link_fd(fd, DSYNC_SYS_CWD, path);
	if (rc == 0) {
		scratch_check(path, "named");
		assert_int_equal(dsync_sys_link_fd(fd, DSYNC_SYS_CWD, path), -EEXIST);
	} else {
		assert_int_equal(rc, -ENOSYS);
		assert_int_equal(dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, false), -ENOENT);
	}
	assert_int_equal(dsync_sys_close(fd), 0);
}
#endif

static void
test_clock_and_random(void **state)
{
	unsigned char a[300] = { 0 };
	unsigned char b[300] = { 0 };
	int64_t before = dsync_sys_monotonic_ms();
	int64_t now = dsync_sys_now();

	(void)state;
	assert_true(now > INT64_C(1600000000));
	assert_true(dsync_sys_now_ms() >= now * 1000);
	dsync_sys_sleep_ms(-5);
	dsync_sys_sleep_ms(2);
	assert_true(dsync_sys_monotonic_ms() >= before + 1);
	assert_int_equal(dsync_sys_random(a, sizeof(a)), 0);
	assert_int_equal(dsync_sys_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a + 268, (char[32]){ 0 }, 32); /* the end is filled too */
	assert_int_equal(dsync_sys_euid(), geteuid());
}

static void
on_alarm(int number)
{
	(void)number;
}

/* Signals that interrupt a read without SA_RESTART are not seen by the caller. */
static void
test_signals_are_retried(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	char byte;
	int fds[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dsync_sys_sleep_ms(50);
		_exit(write(fds[1], "x", 1) == 1 ? 0 : 1);
	}
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(dsync_sys_read(fds[0], &byte, 1), 1);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	action.sa_handler = SIG_IGN; /* the last one may still be on its way */
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(byte, 'x');
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_errors_are_negative_errno, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_is_cloexec, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whole_reads_and_writes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_offsets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_readlink, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stat_follows_or_not, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mmap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_optional_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_xattr, setup, teardown),
#ifdef O_TMPFILE
		cmocka_unit_test_setup_teardown(test_link_fd, setup, teardown),
#endif
		cmocka_unit_test(test_clock_and_random),
		cmocka_unit_test(test_signals_are_retried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
