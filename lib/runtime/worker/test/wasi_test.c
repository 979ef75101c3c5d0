/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the WASI calls do that do something, as libcs rely on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wasi_cage.h"

/* Position, seek, tell and pread as lseek(2) and pread(2) have them. */
static void
reads_where_it_stands(void **state)
{
	struct fixture *f = *state;
	int32_t fd;

	fd = open_file(f, "payload");
	put_vector(f, 0, BYTES, 3);
	put_vector(f, 1, BYTES + 100, 0);
	put_vector(f, 2, BYTES + 3, 2);
	assert_int_equal(ASK(f, "fd_read", fd, VECTORS, 3, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 5);
	assert_memory_equal(at(f, BYTES), "01234", 5);
	assert_int_equal(ASK(f, "fd_pread", fd, VECTORS, 1, 8, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 2);
	assert_memory_equal(at(f, BYTES), "89", 2);
	assert_int_equal(ASK(f, "fd_tell", fd, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT)), 5);
	assert_int_equal(ASK(f, "fd_seek", fd, -3, 2, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT)), 7);
	assert_int_equal(ASK(f, "fd_read", fd, VECTORS, 3, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 3);
	assert_int_equal(ASK(f, "fd_seek", fd, 1000, 1, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT)), 1010);
	assert_int_equal(ASK(f, "fd_read", fd, VECTORS, 3, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 0);
	assert_int_equal(ASK(f, "fd_seek", fd, -2000, 1, OUT), INVAL);
	assert_int_equal(ASK(f, "fd_tell", fd, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT)), 1010);
}

/* What is read lands on the vectors: each is looked at again, so nothing leaves the memory. */
static void
reads_onto_its_own_vectors(void **state)
{
	struct fixture *f = *state;
	int32_t fd = open_file(f, "payload");

	put_vector(f, 0, VECTORS + 8, 8); /* the next vector becomes "01234567" */
	put_vector(f, 1, BYTES, 2);
	assert_int_equal(ASK(f, "fd_read", fd, VECTORS, 2, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 8);
	assert_int_equal(ASK(f, "fd_tell", fd, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT)), 8);
}

static void
tells_what_descriptors_are(void **state)
{
	static const struct {
		int32_t fd;
		unsigned char type;
		uint64_t has, lacks, inherits;
	} cases[] = {
		{ 0, 0, 1 << 1, 1 << 2 | 1 << 5 | 1 << 6, 0 },
		{ 1, 0, 1 << 6, 1 << 1 | 1 << 2 | 1 << 5, 0 },
		{ 2, 0, 1 << 6, 1 << 1 | 1 << 2 | 1 << 5, 0 },
		{ 3, 3, 1 << 13 | 1 << 14 | 1 << 18 | 1 << 26, 1 << 1 | 1 << 2 | 1 << 6, 0xfffffff },
		{ 4, 4, 1 << 1 | 1 << 2 | 1 << 5, 1 << 6 | 1 << 8 | 1 << 22, 0 },
	};
	struct fixture *f = *state;
	uint64_t rights, inodes[5];
	size_t i, k;

	open_file(f, "payload");
	for (i = 0; i < 5; i++) {
		assert_int_equal(ASK(f, "fd_fdstat_get", cases[i].fd, OUT), 0);
		rights = dsync_wasi_get64(at(f, OUT + 8));
		assert_int_equal(*at(f, OUT), cases[i].type);
		assert_int_equal(rights & cases[i].has, cases[i].has);
		assert_int_equal(rights & cases[i].lacks, 0);
		assert_int_equal(dsync_wasi_get64(at(f, OUT + 16)), cases[i].inherits);
		assert_int_equal(ASK(f, "fd_filestat_get", cases[i].fd, OUT), 0);
		assert_int_equal(*at(f, OUT + 16), cases[i].type);
		assert_int_equal(dsync_wasi_get64(at(f, OUT + 24)), 1);
		assert_int_equal(dsync_wasi_get64(at(f, OUT + 32)), cases[i].fd == 4 ? 10 : 0);
		inodes[i] = dsync_wasi_get64(at(f, OUT + 8));
		for (k = 0; k < i; k++)
			assert_int_not_equal(inodes[i], inodes[k]);
	}
}

static void
keeps_flags(void **state)
{
	struct fixture *f = *state;

	memcpy(at(f, PATH), "payload", 7);
	assert_int_equal(ASK(f, "path_open", 3, 0, PATH, 7, 0, 2, 0, 1 | 4, OUT), 0);
	assert_int_equal(ASK(f, "fd_fdstat_get", 4, OUT), 0);
	assert_int_equal(*at(f, OUT + 2), 5);
	assert_int_equal(ASK(f, "fd_fdstat_set_flags", 4, 0), 0);
	assert_int_equal(ASK(f, "fd_fdstat_get", 4, OUT), 0);
	assert_int_equal(*at(f, OUT + 2), 0);
	assert_int_equal(ASK(f, "fd_fdstat_set_flags", 0, 4), 0);
	assert_int_equal(ASK(f, "fd_fdstat_get", 0, OUT), 0);
	assert_int_equal(*at(f, OUT + 2), 4);
}

/* Reads the folder with a buffer of this size as libcs do, going on from the last whole entry; the names, each in brackets. */
static void
list_folder(struct fixture *f, uint32_t room, char *names)
{
	uint64_t cookie = 0;
	uint32_t used, done, name_size;

	names[0] = '\0';
	do {
		assert_int_equal(ASK(f, "fd_readdir", 3, BYTES, room, (int64_t)cookie, OUT), 0);
		used = dsync_wasi_get32(at(f, OUT));
		assert_true(used <= room);
		for (done = 0; used - done >= 24; done += 24 + name_size) {
			const unsigned char *entry = at(f, (int32_t)(BYTES + done));

			name_size = dsync_wasi_get32(entry + 16);
			if (used - done - 24 < name_size)
				break;
			cookie = dsync_wasi_get64(entry);
			strcat(names, "[");
			strncat(names, (const char *)entry + 24, name_size);
			strcat(names, "]");
		}
	} while (used == room);
}

static void
lists_the_folder_through_any_buffer(void **state)
{
	struct fixture *f = *state;
	char names[200];
	uint32_t room;

	for (room = 24 + 13; room < 300; room++) {
		list_folder(f, room, names);
		assert_string_equal(names, "[.][..][payload][context.json][manifest.toml]");
	}
	f->seen->has_context = false;
	list_folder(f, 100, names);
	assert_string_equal(names, "[.][..][payload][manifest.toml]");
	memcpy(at(f, PATH), "context.json", 12);
	assert_int_equal(ASK(f, "path_filestat_get", 3, 0, PATH, 12, OUT), NOENT);
	memcpy(at(f, PATH), "manifest.toml", 13);
	assert_int_equal(ASK(f, "path_filestat_get", 3, 0, PATH, 13, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT + 32)), 7);
	assert_int_equal(ASK(f, "fd_readdir", 3, BYTES, 300, 4, OUT + 64), 0);
	assert_int_equal(dsync_wasi_get64(at(f, BYTES + 8)), dsync_wasi_get64(at(f, OUT + 8)));
}

/* W12: closed is closed, whatever it was, and numbers are given again from the lowest. */
static void
renumbers_and_closes(void **state)
{
	struct fixture *f = *state;
	int32_t fd = open_file(f, "payload"), other = open_file(f, "manifest.toml"), i;

	assert_int_equal(ASK(f, "fd_renumber", fd, other), 0);
	assert_int_equal(ASK(f, "fd_close", fd), BADF);
	assert_int_equal(ASK(f, "fd_filestat_get", other, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT + 32)), 10);
	assert_int_equal(ASK(f, "fd_renumber", 3, 1), 0);
	assert_int_equal(ASK(f, "fd_write", 1, VECTORS, 0, OUT), BADF);
	assert_int_equal(ASK(f, "fd_prestat_get", 3, OUT), BADF);
	assert_int_equal(ASK(f, "fd_prestat_get", 1, OUT), BADF);
	assert_int_equal(ASK(f, "path_open", 3, 1, PATH, 7, 0, 2, 0, 0, OUT), BADF);
	assert_int_equal(ASK(f, "fd_close", 0), 0);
	assert_int_equal(ASK(f, "fd_read", 0, VECTORS, 0, OUT), BADF);
	memcpy(at(f, PATH), "payload", 7);
	for (i = 0; ASK(f, "path_open", 1, 1, PATH, 7, 0, 2, 0, 0, OUT) == 0; i++) {
		if (i == 0)
			assert_int_equal(dsync_wasi_get32(at(f, OUT)), 0);
	}
	assert_int_equal(i, 16 - 3);
	assert_int_equal(ASK(f, "path_open", 1, 1, PATH, 7, 0, 2, 0, 0, OUT), DSYNC_WASI_NFILE);
	assert_int_equal(ASK(f, "fd_close", 1), 0);
	assert_int_equal(ASK(f, "path_open", 1, 1, PATH, 7, 0, 2, 0, 0, OUT), BADF);
}

static void
put_clock(struct fixture *f, uint32_t i, uint32_t id, uint64_t timeout, bool absolute)
{
	unsigned char *s = at(f, BYTES) + (size_t)i * 48;

	memset(s, 0, 48);
	dsync_wasi_put64(s, 100 + i);
	dsync_wasi_put32(s + 16, id);
	dsync_wasi_put64(s + 24, timeout);
	s[40] = absolute;
}

static void
put_ready(struct fixture *f, uint32_t i, unsigned char tag, uint32_t fd)
{
	unsigned char *s = at(f, BYTES) + (size_t)i * 48;

	memset(s, 0, 48);
	dsync_wasi_put64(s, 100 + i);
	s[8] = tag;
	dsync_wasi_put32(s + 16, fd);
}

/* One event as userdata, error, tag, bytes, flags. */
static void
check_event(struct fixture *f, uint32_t i, uint64_t user, int error, int tag, uint64_t bytes, int flags)
{
	const unsigned char *e = at(f, OUT + 64) + (size_t)i * 32;

	assert_int_equal(dsync_wasi_get64(e), user);
	assert_int_equal(e[8], error);
	assert_int_equal(e[10], tag);
	assert_int_equal(dsync_wasi_get64(e + 16), bytes);
	assert_int_equal(e[24], flags);
}

static uint32_t
poll_events(struct fixture *f, uint32_t count)
{
	assert_int_equal(ASK(f, "poll_oneoff", BYTES, OUT + 64, count, OUT), 0);
	return dsync_wasi_get32(at(f, OUT));
}

static void
waits_for_the_first_clock(void **state)
{
	struct fixture *f = *state;
	const uint64_t hour = UINT64_C(3600000000000);

	put_clock(f, 0, 1, hour, false);
	put_clock(f, 1, 0, 1500000, false);
	put_clock(f, 2, 1, 1000000, false);
	assert_int_equal(poll_events(f, 3), 1);
	check_event(f, 0, 102, OK, 0, 0, 0);
	assert_int_equal(f->seen->slept_ms, 1);

	put_clock(f, 0, 0, UINT64_C(1600000000000000000), true); /* gone by */
	put_clock(f, 1, 1, 1, true);
	put_clock(f, 2, 1, hour * 24, true);
	assert_int_equal(poll_events(f, 3), 2);
	check_event(f, 0, 100, OK, 0, 0, 0);
	check_event(f, 1, 101, OK, 0, 0, 0);
	assert_int_equal(f->seen->slept_ms, 1);

	put_clock(f, 0, 0, UINT64_C(1700003600123000000), true); /* an hour after the host's clock */
	assert_int_equal(poll_events(f, 1), 1);
	assert_true(f->seen->slept_ms > 3500000 && f->seen->slept_ms <= 3600001);

	f->seen->slept_ms = 0;
	put_clock(f, 0, 1, UINT64_MAX, false);
	assert_int_equal(poll_events(f, 1), 1);
	assert_true(f->seen->slept_ms == INT64_C(18446744073710));
}

static void
tells_which_descriptors_are_ready(void **state)
{
	struct fixture *f = *state;
	const int32_t fd = open_file(f, "payload");

	put_vector(f, 0, OUT, 4);
	assert_int_equal(ASK(f, "fd_read", fd, VECTORS, 1, OUT), 0);
	put_clock(f, 0, 1, 1000000, false);
	put_ready(f, 1, 1, 0);
	put_ready(f, 2, 1, (uint32_t)fd);
	put_ready(f, 3, 2, 1);
	put_ready(f, 4, 2, (uint32_t)fd);
	put_ready(f, 5, 1, 2);
	put_ready(f, 6, 1, 9);
	put_ready(f, 7, 1, 3);
	put_clock(f, 8, 2, 1, false);
	put_clock(f, 9, 7, 1, false);
	assert_int_equal(poll_events(f, 10), 9);
	assert_int_equal(f->seen->slept_ms, 0);
	check_event(f, 0, 101, OK, 1, 0, 1);
	check_event(f, 1, 102, OK, 1, 6, 0);
	check_event(f, 2, 103, OK, 2, DSYNC_FRAME_CALL_DATA_MAX, 0);
	check_event(f, 3, 104, BADF, 2, DSYNC_FRAME_CALL_DATA_MAX, 0);
	check_event(f, 4, 105, BADF, 1, 0, 0);
	check_event(f, 5, 106, BADF, 1, 0, 0);
	check_event(f, 6, 107, BADF, 1, 0, 0);
	check_event(f, 7, 108, DSYNC_WASI_NOTSUP, 0, 0, 0);
	check_event(f, 8, 109, INVAL, 0, 0, 0);
	put_ready(f, 0, 3, 1);
	assert_int_equal(ASK(f, "poll_oneoff", BYTES, OUT + 64, 1, OUT), INVAL);
}

static void
tells_arguments_and_environment(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ASK(f, "args_sizes_get", OUT, OUT + 4), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 1);
	assert_int_equal(dsync_wasi_get32(at(f, OUT + 4)), 2);
	assert_int_equal(ASK(f, "args_get", OUT, OUT + 100), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), OUT + 100);
	assert_memory_equal(at(f, OUT + 100), "a", 2);
	assert_int_equal(ASK(f, "environ_sizes_get", OUT, OUT + 4), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 2);
	assert_int_equal(dsync_wasi_get32(at(f, OUT + 4)), 8);
	assert_int_equal(ASK(f, "environ_get", OUT, OUT + 100), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT + 4)), OUT + 104);
	assert_memory_equal(at(f, OUT + 100), "b=1\0c=2", 8);
}

/* The real clock begins at the host's, the steady one at 0; both only go forward. */
static void
tells_the_time(void **state)
{
	const uint64_t start = UINT64_C(1700000000123000000), minute = UINT64_C(60000000000);
	struct fixture *f = *state;
	uint64_t before, now;

	assert_int_equal(ASK(f, "clock_time_get", 0, 0, OUT), 0);
	now = dsync_wasi_get64(at(f, OUT));
	assert_true(now >= start && now < start + minute);
	assert_int_equal(ASK(f, "clock_time_get", 1, 0, OUT), 0);
	before = dsync_wasi_get64(at(f, OUT));
	assert_true(before < minute);
	assert_int_equal(ASK(f, "clock_time_get", 1, 0, OUT), 0);
	assert_true(dsync_wasi_get64(at(f, OUT)) >= before);
	assert_int_equal(ASK(f, "clock_res_get", 1, OUT), 0);
	assert_int_equal(dsync_wasi_get64(at(f, OUT)), 1000);
}

static void
check_output(struct fixture *f, const char *written, int64_t outcome, const char *message)
{
	memset(f->seen->message, 0, sizeof(f->seen->message));
	dsync_contract_finish(&f->cage.guest);
	assert_int_equal(f->seen->outcome, outcome);
	assert_string_equal(f->seen->message, message);
	assert_int_equal(f->seen->written_size, strlen(written));
	assert_memory_equal(f->seen->written, written, strlen(written));
}

/* W9: what was written becomes the payload whole, or not at all. */
static void
judges_output(void **state)
{
	struct fixture *f = *state;

	memcpy(at(f, BYTES), "abcdef", 6);
	put_vector(f, 0, BYTES, 2);
	put_vector(f, 1, BYTES + 2, 4);
	check_output(f, "", DSYNC_GUEST_UNCHANGED, "");
	assert_int_equal(ASK(f, "fd_write", 1, VECTORS, 2, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 6);
	check_output(f, "abcdef", DSYNC_GUEST_UPDATED, "");

	f->seen->write_fails = true;
	assert_int_equal(ASK(f, "fd_write", 1, VECTORS, 1, OUT), DSYNC_WASI_IO);
	f->seen->write_fails = false;
	check_output(f, "abcdef", DSYNC_GUEST_FAILED, "what the updater wrote could not be stored");

	cage_restart(&f->cage, DSYNC_CONTRACT_WASI);
	f->seen->write_fails = true;
	put_vector(f, 0, BYTES, 2);
	assert_int_equal(ASK(f, "fd_write", 1, VECTORS, 1, OUT), DSYNC_WASI_IO);
	check_output(f, "abcdef", DSYNC_GUEST_FAILED, "what the updater wrote could not be stored");
}

/* In the other contracts standard output is the log; a pushed payload is read from standard input, and nothing is stored. */
static void
routes_streams_by_contract(void **state)
{
	struct fixture *f = *state;

	cage_restart(&f->cage, DSYNC_CONTRACT_DOTSYNC);
	put_vector(f, 0, BYTES, 4);
	assert_int_equal(ASK(f, "fd_write", 1, VECTORS, 1, OUT), 0);
	assert_int_equal(f->seen->written_size, 0);

	f->cage.job.push = true;
	cage_restart(&f->cage, DSYNC_CONTRACT_WASI);
	put_vector(f, 0, BYTES, 4);
	assert_int_equal(ASK(f, "fd_read", 0, VECTORS, 1, OUT), 0);
	assert_memory_equal(at(f, BYTES), "push", 4);
	assert_int_equal(ASK(f, "fd_read", 0, VECTORS, 1, OUT), 0);
	assert_int_equal(dsync_wasi_get32(at(f, OUT)), 2);
	assert_int_equal(ASK(f, "fd_write", 1, VECTORS, 1, OUT), 0);
	check_output(f, "", DSYNC_GUEST_UNCHANGED, "");
}

static void
ends_the_guest(void **state)
{
	struct fixture *f = *state;

	ASK(f, "proc_exit", 3);
	assert_true(f->cage.guest.stopped);
	assert_int_equal(f->cage.guest.exit_code, 3);
	assert_string_equal(f->cage.guest.stop, "");
	check_output(f, "", DSYNC_GUEST_FAILED, "the updater exited with code 3");
	cage_restart(&f->cage, DSYNC_CONTRACT_WASI);
	ASK(f, "proc_raise", 6);
	assert_true(f->cage.guest.stopped);
	assert_string_equal(f->cage.guest.stop, "the guest raised signal 6");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_where_it_stands),
		TEST(reads_onto_its_own_vectors),
		TEST(tells_what_descriptors_are),
		TEST(keeps_flags),
		TEST(lists_the_folder_through_any_buffer),
		TEST(renumbers_and_closes),
		TEST(waits_for_the_first_clock),
		TEST(tells_which_descriptors_are_ready),
		TEST(tells_arguments_and_environment),
		TEST(tells_the_time),
		TEST(judges_output),
		TEST(routes_streams_by_contract),
		TEST(ends_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
