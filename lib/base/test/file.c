/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
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

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

static void
test_write_and_read(void **state)
{
	struct dsync_buffer b;
	struct dsync_error err;
	mode_t old_mask = umask(077);

	(void)state;
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, path, "one\n", 4, 0644, &err), 0);
	umask(old_mask);
	assert_int_equal(mode_of(path), 0644);
	scratch_check(path, "one\n");
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, path, "other", 5, 0600, NULL), 0);
	assert_int_equal(mode_of(path), 0600);
	scratch_check(path, "other");
	assert_int_equal(scratch_count(folder), 1);

	dsync_buffer_init(&b, 100);
	dsync_buffer_append_text(&b, "an");
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, path, &b, &err), 0);
	assert_string_equal(dsync_buffer_text(&b), "another");
	dsync_buffer_finish(&b);
}

static void
test_relative(void **state)
{
	struct dsync_buffer b;
	int fd;

	(void)state;
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(dsync_file_write(fd, "file", "", 0, 0600, NULL), 0);
	scratch_check(path, "");
	assert_int_equal(dsync_file_write(fd, "./file", "x", 1, 0600, NULL), 0);
	dsync_buffer_init(&b, 100);
	assert_int_equal(dsync_file_read(fd, "file", &b, NULL), 0);
	assert_string_equal(dsync_buffer_text(&b), "x");
	dsync_buffer_finish(&b);
	close(fd);
}

static void
test_limit(void **state)
{
	struct dsync_buffer b;
	struct dsync_error err;
	static char large[40000];

	(void)state;
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, path, large, sizeof(large), 0600, NULL), 0);
	dsync_buffer_init(&b, sizeof(large));
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, path, &b, &err), 0);
	assert_int_equal(b.size, sizeof(large));
	dsync_buffer_finish(&b);

	dsync_buffer_init(&b, sizeof(large) - 1);
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, path, &b, &err), DSYNC_ERR_LIMIT);
	assert_int_equal(err.code, DSYNC_ERR_LIMIT);
	assert_non_null(strstr(err.message, "is larger than 39999 bytes"));
	dsync_buffer_finish(&b);
}

static void
test_read_refused(void **state)
{
	struct dsync_buffer b;
	struct dsync_error err;

	(void)state;
	dsync_buffer_init(&b, 100);
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, path, &b, &err), DSYNC_ERR_NOT_FOUND);
	assert_non_null(strstr(err.message, "/file does not exist"));
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, folder, &b, &err), DSYNC_ERR_INVALID);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, path, &b, &err), DSYNC_ERR_INVALID); /* and does not wait */
	assert_non_null(strstr(err.message, "is not a regular file"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("file", path), 0);
	assert_int_equal(dsync_file_read(DSYNC_SYS_CWD, path, &b, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ELOOP);
	dsync_buffer_finish(&b);
}

static void
test_write_refused(void **state)
{
	struct dsync_error err;
	char bad[SCRATCH_PATH_SIZE];

	(void)state;
	scratch_path(bad, folder, "missing/file");
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, bad, "x", 1, 0600, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENOENT);
	scratch_path(bad, folder, "");
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, bad, "x", 1, 0600, &err), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, "", "x", 1, 0600, &err), DSYNC_ERR_INVALID);
	assert_int_equal(scratch_count(folder), 0);

	/* A folder is in the way: the rename fails and the temporary goes. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, path, "x", 1, 0600, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, EISDIR);
	assert_int_equal(scratch_count(folder), 1);
	assert_int_equal(rmdir(path), 0);
}

static void
test_symlink_is_replaced(void **state)
{
	char target[SCRATCH_PATH_SIZE];
	struct stat st;

	(void)state;
	scratch_path(target, folder, "target");
	scratch_write(target, "kept");
	assert_int_equal(symlink("target", path), 0);
	assert_int_equal(dsync_file_write(DSYNC_SYS_CWD, path, "new", 3, 0600, NULL), 0);
	scratch_check(target, "kept");
	scratch_check(path, "new");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
test_make_folder(void **state)
{
	char deep[SCRATCH_PATH_SIZE];
	char middle[SCRATCH_PATH_SIZE];
	struct dsync_error err;
	mode_t old_mask = umask(0);

	(void)state;
	scratch_path(middle, folder, "a");
	scratch_path(deep, folder, "a//b/");
	assert_int_equal(dsync_file_make_folder(deep, &err), 0);
	assert_int_equal(dsync_file_make_folder(deep, &err), 0);
	umask(old_mask);
	assert_int_equal(mode_of(middle), 0700);
	assert_int_equal(mode_of(deep), 0700);

	/* What is there is left as it is. */
	assert_int_equal(chmod(middle, 0755), 0);
	assert_int_equal(dsync_file_make_folder(deep, &err), 0);
	assert_int_equal(mode_of(middle), 0755);
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(rmdir(middle), 0);

	assert_int_equal(dsync_file_make_folder("/", &err), 0);
	assert_int_equal(dsync_file_make_folder("", &err), DSYNC_ERR_SYSTEM);
	scratch_write(path, "in the way");
	assert_int_equal(dsync_file_make_folder(path, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, EEXIST);
	scratch_path(deep, folder, "file/b");
	assert_int_equal(dsync_file_make_folder(deep, &err), DSYNC_ERR_SYSTEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write_and_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_relative, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_symlink_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_make_folder, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
