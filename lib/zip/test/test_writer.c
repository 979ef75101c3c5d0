/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The writer: its bytes, what the reader makes of them, and what it refuses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/hash.h"
#include "base/sys.h"
#include "hostile.h"
#include "zip/writer.h"

#define GIB (UINT64_C(1) << 30)

static int fd;

static void
start(struct dsync_zip_writer *w)
{
	assert_int_equal(dsync_sys_ftruncate(fd, 0), 0);
	dsync_zip_writer_init(w, fd, NULL);
}

static int
add_payload(struct dsync_zip_writer *w, const struct dsync_zip_entry_options *options, const char *text,
	struct dsync_error *err)
{
	size_t size = strlen(text);
	int rc;

	rc = dsync_zip_writer_begin(w, "payload", options, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_pwrite_all(fd, text, size, dsync_zip_writer_data_offset(w));
	if (rc < 0)
		return DSYNC_ERR_SYSTEM;
	return dsync_zip_writer_end(w, size, dsync_crc32(0, text, size), err);
}

/* The archive whose bytes are pinned. */
static int
write_golden(struct dsync_error *err)
{
	struct dsync_zip_entry_options options = { .alignment = 4096, .may_exceed_4g = true };
	struct dsync_zip_writer w;
	int rc;

	start(&w);
	rc = dsync_zip_writer_add(&w, "manifest.toml", "spec = 1\n", 9, DSYNC_ZIP_STORED, err);
	if (rc == 0)
		rc = dsync_zip_writer_add(&w, "context.json", "{}", 2, DSYNC_ZIP_STORED, err);
	if (rc == 0)
		rc = dsync_zip_writer_add(&w, "sync.wasm", "\0asm\1\0\0\0", 8, DSYNC_ZIP_STORED, err);
	if (rc == 0)
		rc = add_payload(&w, &options, "the payload\n", err);
	if (rc == 0)
		rc = dsync_zip_writer_finish(&w, NULL, err);
	dsync_zip_writer_destroy(&w);
	return rc;
}

static void
file_hash(char text[DSYNC_HASH_TEXT_SIZE])
{
	static unsigned char bytes[16384];
	unsigned char digest[DSYNC_HASH_SIZE];
	struct stat st;

	assert_int_equal(dsync_sys_fstat(fd, &st), 0);
	assert_true((uint64_t)st.st_size <= sizeof(bytes));
	assert_int_equal(dsync_sys_pread_all(fd, bytes, (size_t)st.st_size, 0), 0);
	dsync_hash(digest, bytes, (size_t)st.st_size);
	dsync_hash_format(text, digest);
}

static void
test_golden(void **state)
{
	char text[DSYNC_HASH_TEXT_SIZE];
	unsigned char magic[43];

	(void)state;
	assert_int_equal(write_golden(NULL), 0);
	file_hash(text);
	assert_string_equal(text, "blake3:0d4b8187c6add8f97563954700f3a05c18f5ea2d6deb8f7d1dd2fef38dcb9513");
	assert_int_equal(dsync_sys_pread_all(fd, magic, sizeof(magic), 0), 0);
	assert_memory_equal(magic + 28, "\0\0manifest.toml", 15); /* no extra area, so the name tells the file type */
}

static void
test_time(void **state)
{
	static const struct {
		int64_t seconds;
		uint16_t date, time;
	} table[] = {
		{ INT64_MIN, 0x0021, 0 },
		{ -1, 0x0021, 0 },
		{ 315532800, 0x0021, 0 },
		{ 315532803, 0x0021, 1 },             /* odd seconds are cut */
		{ 951782400 + 3661, 0x285d, 0x0820 }, /* 2000-02-29 01:01:01 */
		{ 1735689599, 0x599f, 0xbf7d },       /* 2024-12-31 23:59:59 */
		{ 4107542400, 0xf061, 0 },            /* 2100-03-01: 2100 has no 29 February */
		{ 4354819199, 0xff9f, 0xbf7d },       /* 2107-12-31 23:59:59 */
		{ INT64_MAX, 0xff9f, 0xbf7d },
	};
	struct dsync_zip_writer_options options;
	struct dsync_zip_writer w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		options.time = table[i].seconds;
		dsync_zip_writer_init(&w, fd, &options);
		assert_int_equal(w.dos_date, table[i].date);
		assert_int_equal(w.dos_time, table[i].time);
		dsync_zip_writer_destroy(&w);
	}
	dsync_zip_writer_destroy(NULL);
}

/* Where a second entry's data starts after one of 43 + 7 bytes whose header and data end at `first`. */
static void
test_placement(void **state)
{
	static const struct {
		struct dsync_zip_entry_options options;
		uint64_t data_offset; /* 0: refused */
	} table[] = {
		{ { 0, 0, false }, 37 },
		{ { 1, 0, false }, 37 },
		{ { 1, 0, true }, 37 + 26 },
		{ { 1, 37, false }, 37 },
		{ { 1, 38, false }, 43 },
		{ { 1, 43, false }, 43 },
		{ { 1, 8191, false }, 8191 },
		{ { 64, 0, false }, 64 },
		{ { 64, 0, true }, 64 },
		{ { 4, 0, false }, 44 },
		{ { 4096, 0, true }, 4096 },
		{ { 4096, 4097, true }, 8192 },
		{ { 32768, 0, false }, 32768 },
		{ { 4096, 65536, false }, 65536 },
		{ { 1, 37 + 65535, false }, 37 + 65535 },
		{ { 1, 37 + 65536, false }, 0 },
		{ { 4096, 65537, false }, 0 },
		{ { 1, UINT64_MAX, false }, 0 },
		{ { 4096, INT64_MAX, true }, 0 },
		{ { 3, 0, false }, 0 },
		{ { 65536, 0, false }, 0 },
	};
	struct dsync_zip_writer w;
	struct dsync_zip *zip;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		start(&w);
		rc = add_payload(&w, &table[i].options, "x", NULL);
		assert_int_equal(rc, table[i].data_offset == 0 ? DSYNC_ERR_INVALID : 0);
		if (rc == 0) {
			assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), 0);
			zip = dsync_zip_open(fd, NULL, NULL);
			assert_non_null(zip);
			assert_int_equal(dsync_zip_at(zip, 0)->data_offset, table[i].data_offset);
			dsync_zip_close(zip);
		}
		dsync_zip_writer_destroy(&w);
	}
}

static void
test_names(void **state)
{
	static const char *const bad[] = { "", "/a", "a b", "a//b", "../a", "a\\b", "payload", "PAYLOAD", "payload/",
		"payload/x", "caf\303\251" };
	struct dsync_zip_writer w;
	size_t i;

	(void)state;
	start(&w);
	assert_int_equal(dsync_zip_writer_add(&w, "payload", "x", 1, DSYNC_ZIP_STORED, NULL), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dsync_zip_writer_add(&w, bad[i], "x", 1, DSYNC_ZIP_STORED, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_zip_writer_add(&w, "folder/", "", 0, DSYNC_ZIP_STORED, NULL), 0);
	assert_int_equal(dsync_zip_writer_add(&w, "other/", "x", 1, DSYNC_ZIP_STORED, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_zip_writer_add(&w, "folder/x", "x", 1, DSYNC_ZIP_STORED, NULL), 0);
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), 0);
	dsync_zip_writer_destroy(&w);
}

static void
test_order_of_calls(void **state)
{
	struct dsync_zip_writer w;
	char name[] = "n00";
	int i;

	(void)state;
	start(&w);
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_zip_writer_end(&w, 0, 0, NULL), DSYNC_ERR_STATE);
	assert_int_equal(dsync_zip_writer_begin(&w, "a", NULL, NULL), 0);
	assert_int_equal(dsync_zip_writer_begin(&w, "b", NULL, NULL), DSYNC_ERR_STATE);
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), DSYNC_ERR_STATE);
	assert_int_equal(dsync_zip_writer_end(&w, 0, 1, NULL), DSYNC_ERR_INVALID); /* empty has CRC 0 */
	assert_int_equal(dsync_zip_writer_end_deflated(&w, 2, 2065, 1, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_zip_writer_end_deflated(&w, 1, 1, 1, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(dsync_zip_writer_end(&w, UINT64_MAX, 1, NULL), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_zip_writer_end(&w, 0, 0, NULL), 0);
	for (i = 1; i < 64; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		assert_int_equal(dsync_zip_writer_add(&w, name, "", 0, DSYNC_ZIP_STORED, NULL), 0);
	}
	assert_int_equal(dsync_zip_writer_add(&w, "one-more", "", 0, DSYNC_ZIP_STORED, NULL), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), 0);
	dsync_zip_writer_destroy(&w);
}

/* A payload of this size, sparse but for its last byte, and a small entry behind it. */
static void
check_large(uint64_t size, bool zip64)
{
	struct dsync_zip_entry_options options = { .alignment = 4096, .may_exceed_4g = true };
	const struct dsync_zip_entry *e;
	struct dsync_zip_writer w;
	struct dsync_error err = { 0 };
	struct dsync_zip *zip;
	uint64_t file_size;
	unsigned char byte = 0;

	start(&w);
	assert_int_equal(dsync_zip_writer_begin(&w, "payload", &options, &err), 0);
	assert_int_equal(dsync_sys_pwrite_all(fd, "!", 1, w.data_offset + size - 1), 0);
	assert_int_equal(dsync_zip_writer_end(&w, size, 0x12345678, &err), 0);
	assert_int_equal(dsync_zip_writer_add(&w, "sync.chunks", "abc", 3, DSYNC_ZIP_STORED, &err), 0);
	assert_int_equal(dsync_zip_writer_finish(&w, &file_size, &err), 0);
	dsync_zip_writer_destroy(&w);

	zip = dsync_zip_open(fd, NULL, &err);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_file_size(zip), file_size);
	e = dsync_zip_find(zip, "payload");
	assert_int_equal(e->size, size);
	assert_int_equal(e->data_offset, 4096);
	assert_int_equal(dsync_zip_read_stored(zip, e, size - 1, &byte, 1, &err), 0);
	assert_int_equal(byte, '!');
	e = dsync_zip_find(zip, "sync.chunks");
	assert_true(e->header_offset == 4096 + size);
	assert_int_equal(dsync_zip_tail(zip).data[6] == 45, zip64);
	dsync_zip_close(zip);
}

static void
test_zip64(void **state)
{
	struct dsync_zip_entry_options options = { .alignment = 1 };
	struct dsync_zip_writer w;

	(void)state;
	if (dsync_sys_ftruncate(fd, 5 * GIB) < 0) {
		print_message("skipped: the file system has no files of 5 GiB\n");
		skip();
	}
	check_large(4 * GIB - 2, false);
	check_large(4 * GIB - 1, true);
	check_large(4 * GIB, true);
	check_large(4 * GIB + GIB / 2, true);
	start(&w);
	assert_int_equal(dsync_zip_writer_begin(&w, "payload", &options, NULL), 0);
	assert_int_equal(dsync_zip_writer_end(&w, 4 * GIB, 1, NULL), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_zip_writer_end(&w, 4 * GIB - 2, 1, NULL), 0); /* it stayed open */
	dsync_zip_writer_destroy(&w);
	assert_int_equal(dsync_sys_ftruncate(fd, 0), 0);
}

static void
test_deflate(void **state)
{
	char zeros[4000] = { 0 };
	char out[sizeof(zeros)];
	const struct dsync_zip_entry *e;
	struct dsync_zip_writer w;
	struct dsync_zip *zip;

	(void)state;
	start(&w);
	assert_int_equal(dsync_zip_writer_add(&w, "small", "ab", 2, DSYNC_ZIP_DEFLATED, NULL), 0);
	assert_int_equal(dsync_zip_writer_add(&w, "dense", "0a9wkz!x", 8, DSYNC_ZIP_DEFLATED, NULL), 0);
	assert_int_equal(dsync_zip_writer_add(&w, "zeros", zeros, sizeof(zeros), DSYNC_ZIP_DEFLATED, NULL), 0);
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), 0);
	dsync_zip_writer_destroy(&w);
	zip = dsync_zip_open(fd, NULL, NULL);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_find(zip, "small")->method, DSYNC_ZIP_STORED);
	assert_int_equal(dsync_zip_find(zip, "dense")->method, DSYNC_ZIP_STORED);
	e = dsync_zip_find(zip, "zeros");
	assert_int_equal(e->method, DSYNC_ZIP_DEFLATED);
	assert_int_equal(dsync_zip_read(zip, e, out, NULL), 0);
	assert_memory_equal(out, zeros, sizeof(zeros));
	dsync_zip_close(zip);
}

/* An entry copied as it lies, from one archive into another. */
static void
test_copy_deflated(void **state)
{
	struct hostile *h = calloc(1, sizeof(*h));
	struct dsync_zip_writer w;
	struct dsync_zip *zip;
	struct hostile_entry *e;
	char out[9];

	(void)state;
	assert_non_null(h);
	hostile_init(h);
	hostile_add_sample(h);
	e = &h->entries[0];
	start(&w);
	assert_int_equal(dsync_zip_writer_begin(&w, "manifest.toml", NULL, NULL), 0);
	assert_int_equal(dsync_sys_pwrite_all(fd, e->data.data, e->data.size, w.data_offset), 0);
	assert_int_equal(dsync_zip_writer_end_deflated(&w, e->data.size, 9, e->central.crc32, NULL), 0);
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), 0);
	dsync_zip_writer_destroy(&w);
	zip = dsync_zip_open(fd, NULL, NULL);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_read(zip, dsync_zip_at(zip, 0), out, NULL), 0);
	assert_memory_equal(out, "spec = 1\n", 9);
	dsync_zip_close(zip);
	hostile_finish(h);
	free(h);
}

/* Random entries, against a list of what was put in; the longer file that was there before is cut. */
static void
check_random(uint32_t seed)
{
	static char data[64][3000];
	char name[16] = "e00";
	char out[3000];
	size_t sizes[64];
	struct dsync_zip_entry_options options = { 0 };
	struct dsync_zip_writer w;
	struct dsync_zip *zip;
	size_t count = 1 + seed % 64, i, k;

	start(&w);
	assert_int_equal(dsync_sys_ftruncate(fd, 1 << 20), 0);
	for (i = 0; i < count; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		seed = seed * 1664525u + 1013904223u;
		sizes[i] = (seed >> 8) % sizeof(data[0]);
		for (k = 0; k < sizes[i]; k++)
			data[i][k] = (char)(seed >> (k % 24));
		if (seed & 0x80000000u) {
			assert_int_equal(
				dsync_zip_writer_add(&w, name, data[i], sizes[i], seed & 0x40000000u ? 8 : 0, NULL), 0);
			continue;
		}
		options.alignment = 1u << (seed >> 16) % 10;
		options.data_offset_min = w.position + (seed >> 4) % 500;
		options.may_exceed_4g = seed & 0x10000;
		assert_int_equal(dsync_zip_writer_begin(&w, name, &options, NULL), 0);
		assert_int_equal(dsync_zip_writer_data_offset(&w) % options.alignment, 0);
		assert_true(dsync_zip_writer_data_offset(&w) >= options.data_offset_min);
		assert_int_equal(dsync_sys_pwrite_all(fd, data[i], sizes[i], w.data_offset), 0);
		assert_int_equal(dsync_zip_writer_end(&w, sizes[i], dsync_crc32(0, data[i], sizes[i]), NULL), 0);
	}
	assert_int_equal(dsync_zip_writer_finish(&w, NULL, NULL), 0);
	dsync_zip_writer_destroy(&w);
	zip = dsync_zip_open(fd, NULL, NULL);
	assert_non_null(zip);
	assert_int_equal(dsync_zip_count(zip), count);
	for (i = 0; i < count; i++) {
		assert_int_equal(dsync_zip_at(zip, i)->size, sizes[i]);
		assert_int_equal(dsync_zip_read(zip, dsync_zip_at(zip, i), out, NULL), 0);
		assert_memory_equal(out, data[i], sizes[i]);
	}
	dsync_zip_close(zip);
}

static void
test_random(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed <= 200; seed++)
		check_random(seed * 2654435761u);
}

/* Every failing call is reported, and short writes change no byte. */
static void
sweep(enum dsync_fault_kind kind, int sys_errno)
{
	char good[DSYNC_HASH_TEXT_SIZE], text[DSYNC_HASH_TEXT_SIZE];
	struct dsync_error err;
	bool fired = true;
	uint64_t n;
	int rc;

	assert_int_equal(write_golden(NULL), 0);
	file_hash(good);
	for (n = 2; fired; n++) { /* the first call is the test's own */
		memset(&err, 0, sizeof(err));
		dsync_fault_arm(kind, sys_errno, n, false);
		rc = write_golden(&err);
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		if (fired && kind != DSYNC_FAULT_SHORT)
			assert_true(rc < 0);
		else
			assert_int_equal(rc, 0);
		if (rc == 0) {
			file_hash(text);
			assert_string_equal(text, good);
		}
	}
	assert_true(n > 4);
}

static void
test_faults(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_ERROR, ENOSPC);
	sweep(DSYNC_FAULT_SHORT, 0);
	sweep(DSYNC_FAULT_MEMORY, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_placement),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_order_of_calls),
		cmocka_unit_test(test_zip64),
		cmocka_unit_test(test_deflate),
		cmocka_unit_test(test_copy_deflated),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_faults),
	};

	fd = hostile_file_create();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
