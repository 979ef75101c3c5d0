/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which number every WASI call answers what with: doc/contracts/wasi.md is the page that these tables hold to its word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wasi_cage.h"

#define NOWHERE (CAGE_PAGE - 3)
#define LENGTH INT64_MIN /* in a table: the length of its path */

struct number_case {
	const char *name;
	int64_t arguments[CAGE_ARGUMENTS_MAX];
	int64_t expected;
	const char *path;
};

/* Each row in a fresh guest, where 4 is open on the payload. */
static void
check_numbers(struct fixture *f, const struct number_case *cases, size_t count)
{
	int64_t arguments[CAGE_ARGUMENTS_MAX], found;
	size_t i, k;

	for (i = 0; i < count; i++) {
		cage_restart(&f->cage, DSYNC_CONTRACT_WASI);
		assert_int_equal(open_file(f, "payload"), 4);
		put_vector(f, 0, BYTES, 4);
		for (k = 0; k < CAGE_ARGUMENTS_MAX; k++)
			arguments[k] = cases[i].arguments[k] == LENGTH ? (int64_t)strlen(cases[i].path)
								       : cases[i].arguments[k];
		if (cases[i].path != NULL)
			memcpy(at(f, PATH), cases[i].path, strlen(cases[i].path));
		found = ask(f, cases[i].name, arguments);
		if (found != cases[i].expected)
			print_message("row %zu, %s%s%s: expected %d, found %d\n", i, cases[i].name,
				cases[i].path != NULL ? " of " : "", cases[i].path != NULL ? cases[i].path : "",
				(int)cases[i].expected, (int)found);
		assert_int_equal(found, cases[i].expected);
	}
}

#define CHECK(state, cases) check_numbers(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

/* 0 input, 1 output, 2 log, 3 folder, 4 payload; 9, 16, -1 and the like are not open. */
static void
descriptors_have_their_numbers(void **state)
{
	static const struct number_case cases[] = {
		{ "fd_advise", { 4, 0, 10, 5 }, OK, NULL },
		{ "fd_advise", { 3, 0, 0, 0 }, OK, NULL },
		{ "fd_advise", { 4, 0, 0, 6 }, INVAL, NULL },
		{ "fd_advise", { 4, 0, 0, -1 }, INVAL, NULL },
		{ "fd_advise", { 0, 0, 0, 0 }, SPIPE, NULL },
		{ "fd_advise", { 9, 0, 0, 9 }, BADF, NULL },
		{ "fd_allocate", { 4, 0, 1 }, ROFS, NULL },
		{ "fd_allocate", { 3, 0, 1 }, ISDIR, NULL },
		{ "fd_allocate", { 9, 0, 1 }, BADF, NULL },
		{ "fd_close", { 0 }, OK, NULL },
		{ "fd_close", { 3 }, OK, NULL },
		{ "fd_close", { 5 }, BADF, NULL },
		{ "fd_close", { 16 }, BADF, NULL },
		{ "fd_close", { -1 }, BADF, NULL },
		{ "fd_close", { INT32_MIN }, BADF, NULL },
		{ "fd_datasync", { 4 }, OK, NULL },
		{ "fd_datasync", { 9 }, BADF, NULL },
		{ "fd_fdstat_get", { 4, NOWHERE }, FAULT, NULL },
		{ "fd_fdstat_get", { 9, OUT }, BADF, NULL },
		{ "fd_fdstat_set_flags", { 4, 0x1f }, OK, NULL },
		{ "fd_fdstat_set_flags", { 4, 0x20 }, INVAL, NULL },
		{ "fd_fdstat_set_flags", { 9, 0x20 }, BADF, NULL },
		{ "fd_fdstat_set_rights", { 4, -1, -1 }, OK, NULL },
		{ "fd_fdstat_set_rights", { 9, 0, 0 }, BADF, NULL },
		{ "fd_filestat_get", { 4, CAGE_PAGE - 63 }, FAULT, NULL },
		{ "fd_filestat_get", { 4, CAGE_PAGE - 64 }, OK, NULL },
		{ "fd_filestat_get", { 9, OUT }, BADF, NULL },
		{ "fd_filestat_set_size", { 4, 0 }, ROFS, NULL },
		{ "fd_filestat_set_size", { 3, 0 }, ISDIR, NULL },
		{ "fd_filestat_set_size", { 9, 0 }, BADF, NULL },
		{ "fd_filestat_set_times", { 4, 0, 0, 5 }, ROFS, NULL },
		{ "fd_filestat_set_times", { 3, 0, 0, 10 }, ROFS, NULL },
		{ "fd_filestat_set_times", { 4, 0, 0, 3 }, INVAL, NULL },
		{ "fd_filestat_set_times", { 4, 0, 0, 12 }, INVAL, NULL },
		{ "fd_filestat_set_times", { 4, 0, 0, 16 }, INVAL, NULL },
		{ "fd_filestat_set_times", { 9, 0, 0, 3 }, BADF, NULL },
		{ "fd_prestat_get", { 3, OUT }, OK, NULL },
		{ "fd_prestat_get", { 3, CAGE_PAGE - 7 }, FAULT, NULL },
		{ "fd_prestat_get", { 4, OUT }, BADF, NULL },
		{ "fd_prestat_get", { 0, OUT }, BADF, NULL },
		{ "fd_prestat_get", { 5, OUT }, BADF, NULL },
		{ "fd_prestat_dir_name", { 3, OUT, 5 }, OK, NULL },
		{ "fd_prestat_dir_name", { 3, OUT, 6 }, OK, NULL },
		{ "fd_prestat_dir_name", { 3, OUT, 4 }, TOOLONG, NULL },
		{ "fd_prestat_dir_name", { 3, CAGE_PAGE - 4, 5 }, FAULT, NULL },
		{ "fd_prestat_dir_name", { 4, OUT, 5 }, BADF, NULL },
		{ "fd_readdir", { 3, OUT, 100, 0, OUT }, OK, NULL },
		{ "fd_readdir", { 3, OUT, 100, -1, OUT }, OK, NULL },
		{ "fd_readdir", { 3, OUT, CAGE_PAGE, 0, OUT }, FAULT, NULL },
		{ "fd_readdir", { 3, OUT, 100, 0, NOWHERE }, FAULT, NULL },
		{ "fd_readdir", { 4, OUT, 100, 0, OUT }, NOTDIR, NULL },
		{ "fd_readdir", { 9, OUT, 100, 0, OUT }, BADF, NULL },
		{ "fd_renumber", { 4, 4 }, OK, NULL },
		{ "fd_renumber", { 4, 5 }, BADF, NULL },
		{ "fd_renumber", { 5, 4 }, BADF, NULL },
		{ "fd_sync", { 1 }, OK, NULL },
		{ "fd_sync", { 9 }, BADF, NULL },
		{ "sock_accept", { 3, 0, OUT }, NOTSOCK, NULL },
		{ "sock_recv", { 0, VECTORS, 1, 0, OUT, OUT }, NOTSOCK, NULL },
		{ "sock_send", { 1, VECTORS, 1, 0, OUT }, NOTSOCK, NULL },
		{ "sock_shutdown", { 4, 3 }, NOTSOCK, NULL },
		{ "sock_shutdown", { 5, 3 }, BADF, NULL },
		{ "sock_accept", { 16, 0, OUT }, BADF, NULL },
	};

	CHECK(state, cases);
}

static void
streams_have_their_numbers(void **state)
{
	static const struct number_case cases[] = {
		{ "fd_read", { 4, VECTORS, 1, OUT }, OK, NULL },
		{ "fd_read", { 4, VECTORS, 0, OUT }, OK, NULL },
		{ "fd_read", { 4, VECTORS, 1025, OUT }, INVAL, NULL },
		{ "fd_read", { 4, VECTORS, INT32_MIN, OUT }, INVAL, NULL },
		{ "fd_read", { 4, NOWHERE, 1, OUT }, FAULT, NULL },
		{ "fd_read", { 4, VECTORS, 1, NOWHERE }, FAULT, NULL },
		{ "fd_read", { 3, VECTORS, 1, OUT }, ISDIR, NULL },
		{ "fd_read", { 1, VECTORS, 1, OUT }, BADF, NULL },
		{ "fd_read", { 9, VECTORS, 1, OUT }, BADF, NULL },
		{ "fd_pread", { 4, VECTORS, 1, 0, OUT }, OK, NULL },
		{ "fd_pread", { 4, VECTORS, 1, -1, OUT }, INVAL, NULL },
		{ "fd_pread", { 4, VECTORS, 1, INT64_MAX, OUT }, INVAL, NULL },
		{ "fd_pread", { 3, VECTORS, 1, 0, OUT }, ISDIR, NULL },
		{ "fd_pread", { 0, VECTORS, 1, 0, OUT }, SPIPE, NULL },
		{ "fd_pread", { 2, VECTORS, 1, 0, OUT }, BADF, NULL },
		{ "fd_write", { 1, VECTORS, 1, OUT }, OK, NULL },
		{ "fd_write", { 2, VECTORS, 1, OUT }, OK, NULL },
		{ "fd_write", { 1, VECTORS, 1, NOWHERE }, FAULT, NULL },
		{ "fd_write", { 0, VECTORS, 1, OUT }, BADF, NULL },
		{ "fd_write", { 3, VECTORS, 1, OUT }, BADF, NULL },
		{ "fd_write", { 4, VECTORS, 1, OUT }, BADF, NULL },
		{ "fd_write", { -1, VECTORS, 1, OUT }, BADF, NULL },
		{ "fd_pwrite", { 4, VECTORS, 1, 0, OUT }, ROFS, NULL },
		{ "fd_pwrite", { 1, VECTORS, 1, 0, OUT }, SPIPE, NULL },
		{ "fd_pwrite", { 0, VECTORS, 1, 0, OUT }, BADF, NULL },
		{ "fd_pwrite", { 3, VECTORS, 1, 0, OUT }, ISDIR, NULL },
		{ "fd_pwrite", { 9, VECTORS, 1, 0, OUT }, BADF, NULL },
		{ "fd_seek", { 4, 0, 2, OUT }, OK, NULL },
		{ "fd_seek", { 4, 1000, 2, OUT }, OK, NULL },
		{ "fd_seek", { 4, -11, 2, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, -1, 0, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, -1, 1, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, INT64_MAX, 0, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, INT64_MAX, 2, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, INT64_MIN + 1, 1, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, 0, 3, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, 0, -1, OUT }, INVAL, NULL },
		{ "fd_seek", { 4, 0, 0, NOWHERE }, FAULT, NULL },
		{ "fd_seek", { 3, 0, 1, OUT }, ISDIR, NULL },
		{ "fd_seek", { 0, 0, 1, OUT }, SPIPE, NULL },
		{ "fd_seek", { 1, 0, 1, OUT }, SPIPE, NULL },
		{ "fd_seek", { 9, 0, 1, OUT }, BADF, NULL },
		{ "fd_tell", { 4, OUT }, OK, NULL },
		{ "fd_tell", { 4, NOWHERE }, FAULT, NULL },
		{ "fd_tell", { 3, OUT }, ISDIR, NULL },
		{ "fd_tell", { 2, OUT }, SPIPE, NULL },
		{ "fd_tell", { 9, OUT }, BADF, NULL },
	};

	CHECK(state, cases);
}

#define OPEN(folder, oflags, rights) \
	{ \
		folder, 1, PATH, LENGTH, oflags, rights, 0, 0, OUT \
	}

/* W11: nothing leads out of /sync, nothing is made or written in it. */
static void
paths_have_their_numbers(void **state)
{
	static const struct number_case cases[] = {
		{ "path_open", OPEN(3, 0, 2), OK, "payload" },
		{ "path_open", OPEN(3, 0, 0), OK, "./payload" },
		{ "path_open", OPEN(3, 0, 2), OK, ".//./payload" },
		{ "path_open", OPEN(3, 0, 2), OK, "." },
		{ "path_open", OPEN(3, 2, 0), OK, "./" },
		{ "path_open", OPEN(3, 2, 2), NOTDIR, "payload" },
		{ "path_open", OPEN(3, 0, 2), NOTDIR, "payload/" },
		{ "path_open", OPEN(3, 0, 2), NOTDIR, "payload/." },
		{ "path_open", OPEN(3, 0, 2), NOTDIR, "payload/x" },
		{ "path_open", OPEN(3, 0, 2), NOENT, "" },
		{ "path_open", OPEN(3, 0, 2), NOENT, "none" },
		{ "path_open", OPEN(3, 0, 2), NOENT, "none/payload" },
		{ "path_open", OPEN(3, 0, 2), NOENT, "PAYLOAD" },
		{ "path_open", OPEN(3, 0, 2), NOENT, "payload." },
		{ "path_open", OPEN(3, 0, 2), NOENT, "...." },
		{ "path_open", OPEN(3, 0, 2), NOENT, "..payload" },
		{ "path_open", OPEN(3, 0, 2), NOENT, "sync.wasm" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "/" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "/sync/payload" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "/etc/passwd" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, ".." },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "../" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "./../x" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "none/../payload" },
		{ "path_open", OPEN(3, 0, 2), NOTCAPABLE, "payload/.." },
		{ "path_open", OPEN(3, 1, 2), NOTCAPABLE, "../new" },
		{ "path_open", OPEN(3, 1, 2), ROFS, "new" },
		{ "path_open", OPEN(3, 5, 2), ROFS, "payload" },
		{ "path_open", OPEN(3, 1, 2), NOTDIR, "payload/new" },
		{ "path_open", OPEN(3, 8, 2), ROFS, "payload" },
		{ "path_open", OPEN(3, 0, 64), ROFS, "payload" },
		{ "path_open", OPEN(3, 0, 66), ROFS, "manifest.toml" },
		{ "path_open", OPEN(3, 2, 66), ISDIR, "." },
		{ "path_open", OPEN(3, 0, 64), ISDIR, "." },
		{ "path_open", OPEN(3, 16, 2), INVAL, "payload" },
		{ "path_open", { 3, 2, PATH, LENGTH, 0, 2, 0, 0, OUT }, INVAL, "payload" },
		{ "path_open", { 3, 1, PATH, LENGTH, 0, 2, 0, 32, OUT }, INVAL, "payload" },
		{ "path_open", { 3, 1, PATH, LENGTH, 0, 2, 0, 31, OUT }, OK, "payload" },
		{ "path_open", { 3, 1, PATH, LENGTH, 0, 2, 0, 0, NOWHERE }, FAULT, "payload" },
		{ "path_open", { 3, 1, PATH, 8, 0, 2, 0, 0, OUT }, NOENT, "payload\0" },
		{ "path_open", { 3, 1, PATH, 4097, 0, 2, 0, 0, OUT }, TOOLONG, "payload" },
		{ "path_open", { 3, 1, PATH, 65000, 0, 2, 0, 0, OUT }, FAULT, "payload" },
		{ "path_open", { 3, 1, -1, 7, 0, 2, 0, 0, OUT }, FAULT, "payload" },
		{ "path_open", OPEN(4, 0, 2), NOTDIR, "payload" },
		{ "path_open", OPEN(0, 0, 2), NOTDIR, "payload" },
		{ "path_open", OPEN(9, 16, 2), BADF, "payload" },
		{ "path_filestat_get", { 3, 0, PATH, LENGTH, OUT }, OK, "context.json" },
		{ "path_filestat_get", { 3, 1, PATH, LENGTH, OUT }, OK, "." },
		{ "path_filestat_get", { 3, 2, PATH, LENGTH, OUT }, INVAL, "payload" },
		{ "path_filestat_get", { 3, 0, PATH, LENGTH, OUT }, NOENT, "none" },
		{ "path_filestat_get", { 3, 0, PATH, LENGTH, OUT }, NOTCAPABLE, "../x" },
		{ "path_filestat_get", { 3, 0, PATH, LENGTH, CAGE_PAGE - 63 }, FAULT, "payload" },
		{ "path_readlink", { 3, PATH, LENGTH, OUT, 100, OUT }, INVAL, "payload" },
		{ "path_readlink", { 3, PATH, LENGTH, OUT, 100, OUT }, INVAL, "." },
		{ "path_readlink", { 3, PATH, LENGTH, OUT, 100, OUT }, NOENT, "none" },
		{ "path_readlink", { 3, PATH, LENGTH, OUT, 100, OUT }, NOTCAPABLE, "/proc/self" },
		{ "path_readlink", { 9, PATH, LENGTH, OUT, 100, OUT }, BADF, "payload" },
		{ "path_create_directory", { 3, PATH, LENGTH }, ROFS, "new" },
		{ "path_create_directory", { 3, PATH, LENGTH }, NOTCAPABLE, "../new" },
		{ "path_remove_directory", { 3, PATH, LENGTH }, ROFS, "new" },
		{ "path_unlink_file", { 3, PATH, LENGTH }, ROFS, "payload" },
		{ "path_unlink_file", { 3, PATH, LENGTH }, NOTCAPABLE, "/payload" },
		{ "path_unlink_file", { 4, PATH, LENGTH }, NOTDIR, "payload" },
		{ "path_unlink_file", { 9, PATH, LENGTH }, BADF, "payload" },
		{ "path_unlink_file", { 3, NOWHERE, LENGTH }, FAULT, "payload" },
		{ "path_filestat_set_times", { 3, 0, PATH, LENGTH, 0, 0, 1 }, ROFS, "payload" },
		{ "path_filestat_set_times", { 3, 0, PATH, LENGTH, 0, 0, 3 }, INVAL, "payload" },
		{ "path_filestat_set_times", { 9, 0, PATH, LENGTH, 0, 0, 3 }, BADF, "payload" },
		{ "path_link", { 3, 0, PATH, LENGTH, 3, PATH, LENGTH }, ROFS, "payload" },
		{ "path_link", { 3, 0, PATH, LENGTH, 9, PATH, LENGTH }, BADF, "payload" },
		{ "path_link", { 3, 0, PATH, LENGTH, 3, PATH, CAGE_PAGE }, FAULT, "payload" },
		{ "path_rename", { 3, PATH, LENGTH, 3, PATH, LENGTH }, ROFS, "payload" },
		{ "path_rename", { 3, PATH, LENGTH, 4, PATH, LENGTH }, NOTDIR, "payload" },
		{ "path_rename", { 3, PATH, LENGTH, 3, PATH, LENGTH }, NOTCAPABLE, "../payload" },
		{ "path_symlink", { PATH, LENGTH, 3, PATH, LENGTH }, ROFS, "new" },
		{ "path_symlink", { CAGE_PAGE - 2, LENGTH, 3, PATH, LENGTH }, FAULT, "new" },
		{ "path_symlink", { PATH, LENGTH, 9, PATH, LENGTH }, BADF, "new" },
	};

	CHECK(state, cases);
}

static void
processes_have_their_numbers(void **state)
{
	static const struct number_case cases[] = {
		{ "args_sizes_get", { OUT, OUT + 4 }, OK, NULL },
		{ "args_sizes_get", { OUT, NOWHERE }, FAULT, NULL },
		{ "args_get", { OUT, OUT + 100 }, OK, NULL },
		{ "args_get", { NOWHERE, OUT }, FAULT, NULL },
		{ "args_get", { OUT, CAGE_PAGE - 1 }, FAULT, NULL },
		{ "args_get", { OUT, CAGE_PAGE - 2 }, OK, NULL },
		{ "environ_sizes_get", { NOWHERE, OUT }, FAULT, NULL },
		{ "environ_get", { OUT, CAGE_PAGE - 7 }, FAULT, NULL },
		{ "environ_get", { OUT, CAGE_PAGE - 8 }, OK, NULL },
		{ "clock_res_get", { 0, OUT }, OK, NULL },
		{ "clock_res_get", { 3, OUT }, OK, NULL },
		{ "clock_res_get", { 4, OUT }, INVAL, NULL },
		{ "clock_res_get", { -1, OUT }, INVAL, NULL },
		{ "clock_res_get", { 1, CAGE_PAGE - 7 }, FAULT, NULL },
		{ "clock_time_get", { 1, 1000, OUT }, OK, NULL },
		{ "clock_time_get", { 4, 0, OUT }, INVAL, NULL },
		{ "clock_time_get", { 0, 0, CAGE_PAGE - 7 }, FAULT, NULL },
		{ "random_get", { CAGE_PAGE, 0 }, OK, NULL },
		{ "random_get", { OUT, 100 }, OK, NULL },
		{ "random_get", { CAGE_PAGE - 99, 100 }, FAULT, NULL },
		{ "random_get", { 1, -1 }, FAULT, NULL },
		{ "sched_yield", { 0 }, OK, NULL },
		{ "poll_oneoff", { OUT, OUT, 0, OUT }, INVAL, NULL },
		{ "poll_oneoff", { OUT, OUT, 4097, OUT }, INVAL, NULL },
		{ "poll_oneoff", { OUT, OUT, 1000000, OUT }, INVAL, NULL },
		{ "poll_oneoff", { OUT, OUT, -1, OUT }, INVAL, NULL },
		{ "poll_oneoff", { CAGE_PAGE - 47, OUT, 1, OUT }, FAULT, NULL },
		{ "poll_oneoff", { OUT, CAGE_PAGE - 31, 1, OUT }, FAULT, NULL },
		{ "poll_oneoff", { OUT, OUT, 1, NOWHERE }, FAULT, NULL },
	};

	CHECK(state, cases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descriptors_have_their_numbers),
		TEST(streams_have_their_numbers),
		TEST(paths_have_their_numbers),
		TEST(processes_have_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
