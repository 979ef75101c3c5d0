/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The reader's functions on right archives, and what faults of the system do to them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/sys.h"
#include "hostile.h"

#define LONG_SIZE 20000u /* more than a stream's piece, more than fits on the reader's stack when deflated */

static struct hostile *h;
static int fd;
static char long_text[LONG_SIZE];

static void
build(void)
{
	uint32_t seed = 1;
	size_t i;

	for (i = 0; i < sizeof(long_text); i++) {
		seed = seed * 1664525u + 1013904223u;
		long_text[i] = "0123456789abcdef"[seed >> 28];
	}
	hostile_init(h);
	hostile_add_sample(h);
	hostile_add(h, "long", long_text, sizeof(long_text), 8);
	hostile_add(h, "long-stored", long_text, sizeof(long_text), 0);
	hostile_add(h, "folder/", "", 0, 0);
	hostile_emit(h);
	hostile_file_fill(fd, h->out.data, h->out.size);
}

static struct dsync_zip *
open_sample(void)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip = dsync_zip_open(fd, &hostile_profile, &err);

	assert_non_null(zip);
	assert_int_equal(err.code, 0); /* left alone on success */
	return zip;
}

static void
test_entries(void **state)
{
	struct dsync_zip *zip = open_sample();
	const struct dsync_zip_entry *e;
	struct dsync_view tail = dsync_zip_tail(zip);

	(void)state;
	assert_int_equal(dsync_zip_count(zip), 6);
	assert_int_equal(dsync_zip_file_size(zip), h->out.size);
	assert_int_equal(dsync_zip_directory_offset(zip), h->directory_offset);
	assert_int_equal(tail.size, h->out.size - h->directory_offset);
	assert_memory_equal(tail.data, h->out.data + h->directory_offset, tail.size);

	e = dsync_zip_find(zip, "payload");
	assert_ptr_equal(e, dsync_zip_at(zip, 2));
	assert_string_equal(e->name, "payload");
	assert_int_equal(e->size, 12);
	assert_int_equal(e->header_offset, h->entries[2].local_offset);
	assert_memory_equal(h->out.data + e->data_offset, "the payload\n", 12);
	assert_false(e->is_directory);
	assert_true(dsync_zip_find(zip, "folder/")->is_directory);
	assert_null(dsync_zip_find(zip, "Payload"));
	assert_null(dsync_zip_find(zip, "folder"));
	assert_null(dsync_zip_at(zip, 6));
	dsync_zip_close(zip);
	dsync_zip_close(NULL);
}

/* No profile: any names will do. */
static void
test_no_profile(void **state)
{
	struct hostile *other = calloc(1, sizeof(*other));
	struct dsync_zip *zip;
	int other_fd = hostile_file_create();

	(void)state;
	assert_non_null(other);
	hostile_init(other);
	hostile_add(other, "anything", "x", 1, 0);
	hostile_emit(other);
	assert_null(hostile_open(other, other_fd, NULL));
	zip = dsync_zip_open(other_fd, NULL, NULL);
	assert_non_null(zip);
	dsync_zip_close(zip);
	hostile_finish(other);
	free(other);
	dsync_sys_close(other_fd);
}

/* A directory of more than one window, its extras longer than a window. */
static void
test_large_directory(void **state)
{
	static const char filler[5000];
	struct hostile *large = calloc(1, sizeof(*large));
	int large_fd = hostile_file_create();
	struct dsync_zip *zip;
	struct dsync_view tail;
	char name[16];
	int i;

	(void)state;
	assert_non_null(large);
	hostile_init(large);
	hostile_add_sample(large);
	for (i = 3; i < 64; i++) {
		memcpy(name, "entry-00", 9);
		name[6] = (char)('0' + i / 10);
		name[7] = (char)('0' + i % 10);
		hostile_add(large, name, name, 8, 0);
		hostile_extra(&large->entries[i].central, 0xa11e, filler, sizeof(filler));
		hostile_extra(&large->entries[i].local, 0xa11e, filler, sizeof(filler));
	}
	hostile_emit(large);
	zip = hostile_open(large, large_fd, NULL);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_count(zip), 64);
	tail = dsync_zip_tail(zip);
	assert_memory_equal(tail.data, large->out.data + large->directory_offset, tail.size);
	assert_string_equal(dsync_zip_at(zip, 63)->name, "entry-63");
	dsync_zip_close(zip);
	hostile_finish(large);
	free(large);
	dsync_sys_close(large_fd);
}

static void
check_refused(int bad_fd, int code, const char *rule)
{
	struct dsync_error err = { 0 };

	assert_null(dsync_zip_open(bad_fd, NULL, &err));
	assert_int_equal(err.code, code);
	assert_string_equal(err.rule, rule);
}

static void
test_not_a_file(void **state)
{
	int ends[2];
	int folder = dsync_sys_openat(DSYNC_SYS_CWD, ".", O_RDONLY | O_DIRECTORY, 0);

	(void)state;
	check_refused(-1, DSYNC_ERR_SYSTEM, "");
	check_refused(folder, DSYNC_ERR_NOT_ARCHIVE, "Z1");
	dsync_sys_close(folder);
	assert_int_equal(pipe(ends), 0);
	check_refused(ends[0], DSYNC_ERR_NOT_ARCHIVE, "Z1");
	close(ends[0]);
	close(ends[1]);
}

static void
test_read_stored(void **state)
{
	struct dsync_zip *zip = open_sample();
	const struct dsync_zip_entry *e = dsync_zip_find(zip, "payload");
	char buf[16] = { 0 };

	(void)state;
	assert_int_equal(dsync_zip_read_stored(zip, e, 4, buf, 7, NULL), 0);
	assert_string_equal(buf, "payload");
	assert_int_equal(dsync_zip_read_stored(zip, e, 12, buf, 0, NULL), 0);
	assert_int_equal(dsync_zip_read_stored(zip, e, 12, buf, 1, NULL), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_zip_read_stored(zip, e, 6, buf, 7, NULL), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_zip_read_stored(zip, e, UINT64_MAX, buf, 1, NULL), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_zip_read_stored(zip, e, 1, buf, SIZE_MAX, NULL), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_zip_read_stored(zip, dsync_zip_at(zip, 0), 0, buf, 1, NULL), DSYNC_ERR_INVALID);
	dsync_zip_close(zip);
}

struct collected {
	char data[LONG_SIZE];
	size_t size;
	size_t calls;
	size_t stop_after; /* 0: never */
};

static int
collect(void *context, const void *data, size_t size)
{
	struct collected *c = context;

	assert_true(size <= sizeof(c->data) - c->size);
	memcpy(c->data + c->size, data, size);
	c->size += size;
	return ++c->calls == c->stop_after ? DSYNC_ERR_CANCELLED : 0;
}

static void
test_stream(void **state)
{
	static const char *const names[] = { "long", "long-stored" };
	struct dsync_zip *zip = open_sample();
	struct collected *c = malloc(sizeof(*c));
	const struct dsync_zip_entry *e;
	char buf[1000];
	size_t i;

	(void)state;
	assert_non_null(c);
	for (i = 0; i < 2; i++) {
		e = dsync_zip_find(zip, names[i]);
		memset(c, 0, sizeof(*c));
		assert_int_equal(dsync_zip_stream(zip, e, buf, sizeof(buf), collect, c, NULL), 0);
		assert_int_equal(c->calls, LONG_SIZE / sizeof(buf));
		assert_int_equal(c->size, LONG_SIZE);
		assert_memory_equal(c->data, long_text, LONG_SIZE);

		memset(c, 0, sizeof(*c));
		c->stop_after = 3;
		assert_int_equal(dsync_zip_stream(zip, e, buf, sizeof(buf), collect, c, NULL), DSYNC_ERR_CANCELLED);
		assert_int_equal(c->calls, 3);
		assert_int_equal(dsync_zip_stream(zip, e, buf, sizeof(buf), NULL, NULL, NULL), 0);
		assert_int_equal(dsync_zip_stream(zip, e, buf, 0, NULL, NULL, NULL), DSYNC_ERR_INVALID);
	}
	free(c);
	dsync_zip_close(zip);
}

/* Possible sizes, which only the limit refuses: nothing is read and nothing asked for. */
static void
test_too_large_to_inflate(void **state)
{
	static char zeros[DSYNC_ZIP_INFLATE_SIZE_MAX / 1000];
	struct hostile *other = calloc(1, sizeof(*other));
	int other_fd = hostile_file_create();
	const struct dsync_zip_entry *e;
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;

	(void)state;
	assert_non_null(other);
	hostile_init(other);
	hostile_add(other, "large", zeros, sizeof(zeros), 0);
	other->entries[0].local.method = other->entries[0].central.method = 8;
	other->entries[0].local.size = other->entries[0].central.size = DSYNC_ZIP_INFLATE_SIZE_MAX + 1;
	hostile_emit(other);
	hostile_file_fill(other_fd, other->out.data, other->out.size);
	zip = dsync_zip_open(other_fd, NULL, &err);
	assert_non_null(zip);
	e = dsync_zip_at(zip, 0);
	assert_int_equal(dsync_zip_read(zip, e, NULL, &err), DSYNC_ERR_LIMIT);
	assert_string_equal(err.rule, "Z27");
	assert_int_equal(dsync_zip_stream(zip, e, zeros, sizeof(zeros), NULL, NULL, NULL), DSYNC_ERR_LIMIT);
	dsync_zip_close(zip);
	hostile_finish(other);
	free(other);
	dsync_sys_close(other_fd);
}

/* The file loses its end while it is open. */
static void
test_shrunk(void **state)
{
	struct dsync_zip *zip = open_sample();
	const struct dsync_zip_entry *e = dsync_zip_find(zip, "long-stored");
	struct dsync_error err = { 0 };
	char *buf = malloc(LONG_SIZE);

	(void)state;
	assert_non_null(buf);
	assert_int_equal(dsync_sys_ftruncate(fd, e->data_offset + 10), 0);
	assert_int_equal(dsync_zip_read(zip, e, buf, &err), DSYNC_ERR_CHANGED);
	assert_string_equal(err.rule, "Z30");
	hostile_file_fill(fd, h->out.data, h->out.size);
	free(buf);
	dsync_zip_close(zip);
}

/* Opening costs one allocation and three reads, however the archive is built. */
static void
test_costs(void **state)
{
	struct dsync_zip *zip;

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	zip = open_sample();
	dsync_fault_disarm();
	assert_int_equal(dsync_fault_count(), 1);
	dsync_zip_close(zip);

	dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, 0, false);
	dsync_fault_only("pread");
	zip = open_sample();
	dsync_fault_disarm();
	assert_in_range(dsync_fault_count(), 2, 5);
	dsync_zip_close(zip);
}

/* Opens and reads all; the code. */
static int
work(void)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip = dsync_zip_open(fd, &hostile_profile, &err);
	unsigned char *buf;
	size_t i;
	int rc = err.code;

	for (i = 0; zip != NULL && rc == 0 && i < dsync_zip_count(zip); i++) {
		const struct dsync_zip_entry *e = dsync_zip_at(zip, i);

		buf = test_malloc(e->size + 1);
		rc = dsync_zip_read(zip, e, buf, &err);
		if (rc == 0)
			assert_memory_equal(buf, dsync_buffer_view(&h->entries[i].content).data, e->size);
		test_free(buf);
	}
	dsync_zip_close(zip);
	assert_int_equal(rc, err.code);
	return rc;
}

static void
sweep(enum dsync_fault_kind kind, int sys_errno, int expected)
{
	bool fired = true;
	uint64_t n;
	int rc;

	for (n = 1; fired; n++) {
		dsync_fault_arm(kind, sys_errno, n, false);
		rc = work();
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		assert_int_equal(rc, fired ? expected : 0);
	}
	assert_true(n > 3);
}

static void
test_faults(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_ERROR, EIO, DSYNC_ERR_SYSTEM);
	sweep(DSYNC_FAULT_SHORT, 0, 0);
}

/* Memory: what the library itself asks for; the inflater's own is not behind the seam. */
static void
test_no_memory(void **state)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;
	char *buf = malloc(LONG_SIZE);

	(void)state;
	assert_non_null(buf);
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 1, false);
	assert_null(dsync_zip_open(fd, &hostile_profile, &err));
	dsync_fault_disarm();
	assert_int_equal(err.code, DSYNC_ERR_NO_MEMORY);

	zip = open_sample();
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 1, false);
	assert_int_equal(dsync_zip_read(zip, dsync_zip_find(zip, "long"), buf, &err), DSYNC_ERR_NO_MEMORY);
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 1, false);
	assert_int_equal(dsync_zip_stream(zip, dsync_zip_find(zip, "long"), buf, LONG_SIZE, NULL, NULL, &err),
		DSYNC_ERR_NO_MEMORY);
	dsync_fault_disarm();
	dsync_zip_close(zip);
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_no_profile),
		cmocka_unit_test(test_large_directory),
		cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_read_stored),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_too_large_to_inflate),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_no_memory),
	};
	int rc;

	fd = hostile_file_create();
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return 1;
	build();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	hostile_finish(h);
	free(h);
	return rc;
}
