/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Members of tar archives, right ones and wrong ones, byte by byte and natively; test/guest does it in the sandbox with what other programs write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "archive_host.h"
#include "base/hash.h"

#define BLOCK 512u

struct header {
	const char *name;
	char type;
	const char *size_field; /* NULL: that of the data */
	const char *prefix;     /* NULL: none, and the magic is GNU's */
	const char *data;
};

/* `digits` digits. */
static void
put_octal(unsigned char *field, size_t digits, size_t value)
{
	while (digits-- > 0) {
		field[digits] = (unsigned char)('0' + value % 8);
		value /= 8;
	}
}

static void
add_header(const struct header *h, size_t size)
{
	unsigned char *block = dsync_buffer_reserve(&answer, BLOCK);
	size_t sum = 0, i;

	assert_non_null(block);
	memset(block, 0, BLOCK);
	memcpy(block, h->name, strlen(h->name));
	if (h->size_field == NULL)
		put_octal(block + 124, 11, size);
	else
		memcpy(block + 124, h->size_field, 12);
	block[156] = (unsigned char)h->type;
	memcpy(block + 257, h->prefix != NULL ? "ustar\00000" : "ustar  \0", 8);
	if (h->prefix != NULL)
		memcpy(block + 345, h->prefix, strlen(h->prefix));
	memset(block + 148, ' ', 8);
	for (i = 0; i < BLOCK; i++)
		sum += block[i];
	put_octal(block + 148, 6, sum);
	block[154] = '\0';
	dsync_buffer_added(&answer, BLOCK);
}

static void
add(const struct header *h)
{
	size_t size = h->data != NULL ? strlen(h->data) : 0;

	add_header(h, size);
	dsync_buffer_append(&answer, h->data, size);
	dsync_buffer_append_zeros(&answer, (BLOCK - size % BLOCK) % BLOCK);
}

#define HEADERS_MAX 3

static const struct tar_row {
	const char *member;
	struct header headers[HEADERS_MAX];
	const char *payload; /* NULL: refused */
	const char *reason;  /* part of it */
} tar_rows[] = {
	{ "a", { { "a", '0', NULL, NULL, "hello" } }, "hello", NULL },
	{ "a", { { "a", '0', NULL, NULL, "" } }, "", NULL },
	{ "a", { { "a", '\0', NULL, "", "hello" } }, "hello", NULL },
	{ "a", { { "a", '7', NULL, "", "hello" } }, "hello", NULL },
	{ "a", { { "a", '0', "        05 \0", NULL, "hello" } }, "hello", NULL },
	{ "a", { { "a", '0', "\x80\0\0\0\0\0\0\0\0\0\0\5", NULL, "hello" } }, "hello", NULL },
	{ "d/e/a", { { "a", '0', NULL, "d/e", "hello" } }, "hello", NULL },
	{ "a", { { "b", '0', NULL, NULL, "other" }, { "a", '0', NULL, NULL, "hello" } }, "hello", NULL },
	{ "a", { { "d/", '5', NULL, NULL, NULL }, { "l", '2', NULL, NULL, NULL }, { "a", '0', NULL, NULL, "hello" } },
		"hello", NULL },
	{ "a", { { "x", 'L', NULL, NULL, "a" }, { "cut", '0', NULL, NULL, "hello" } }, "hello", NULL },
	{ "a", { { "x", 'K', NULL, NULL, "target" }, { "a", '0', NULL, NULL, "hello" } }, "hello", NULL },
	{ "a", { { "x", 'g', NULL, NULL, "anything" }, { "a", '0', NULL, NULL, "hello" } }, "hello", NULL },
	{ "a", { { "x", 'x', NULL, NULL, "8 path=a\n" }, { "cut", '0', NULL, NULL, "hello" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "9 path=a\n" }, { "cut", '0', NULL, NULL, "hello" } }, "hello", NULL },
	{ "a", { { "x", 'x', NULL, NULL, "9 size=5\n" }, { "a", '0', "00000000777", NULL, "hello" } }, "hello", NULL },
	{ "a", { { "x", 'x', NULL, NULL, "11 mtime=1\n9 path=a\n" }, { "b", '0', NULL, NULL, "hello" } }, "hello",
		NULL },

	{ "a", { { "a", '0', "00000000009", NULL, "hello" } }, NULL, "a size that is no number" },
	{ "a", { { "a", '0', "-0000000001", NULL, "hello" } }, NULL, "a size that is no number" },
	{ "a", { { "a", '0', "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NULL, "" } }, NULL,
		"a size that is no number" },
	{ "a", { { "a", '0', "00000010000", NULL, "hello" } }, NULL, "breaks off inside \"a\"" },
	{ "a", { { "b", '0', "00000010000", NULL, "hello" } }, NULL, "breaks off" },
	{ "a", { { "x", 'L', "00001000000", NULL, "a" } }, NULL, "a header that is too long" },
	{ "a", { { "x", 'L', "00000004000", NULL, "a" } }, NULL, "breaks off" },
	{ "a", { { "x", 'x', "00010000000", NULL, "a" } }, NULL, "a header that is too long" },
	{ "a", { { "x", 'x', NULL, NULL, "9 path:a\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "x path=a\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, " path=a\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "1 path=a\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "99 path=a\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "99999999999999999999999 path=a\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "9 path=a " } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "9 size=x\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "8 size=\n" } }, NULL, "damaged pax" },
	{ "a", { { "x", 'x', NULL, NULL, "22 GNU.sparse.major=1\n" }, { "a", '0', NULL, NULL, "hello" } }, NULL,
		"stored with holes" },
	{ "a", { { "a", 'S', NULL, NULL, "hello" } }, NULL, "stored with holes" },
	{ "a", { { "a", '5', NULL, NULL, NULL } }, NULL, "a folder called \"a\"" },
	{ "a", { { "a", '1', NULL, NULL, NULL } }, NULL, "a link called \"a\"" },
	{ "a", { { "a", '2', NULL, NULL, NULL } }, NULL, "a link called \"a\"" },
	{ "a", { { "a", '6', NULL, NULL, NULL } }, NULL, "no plain file" },
	{ "a", { { "a", 'Z', NULL, NULL, "hello" } }, NULL, "no plain file" },
	{ "a", { { "b", '2', NULL, NULL, "hello" } }, NULL, "data where none can be" },
	{ "a", { { "a", '0', NULL, NULL, "1" }, { "a", '0', NULL, NULL, "2" } }, NULL, "two members \"a\"" },
	{ "a", { { "b", '0', NULL, NULL, "1" }, { "c", '0', NULL, NULL, "2" } }, NULL,
		"no member \"a\"; of its 2 files some are b, c" },
	{ "a", { { "b", '5', NULL, NULL, NULL } }, NULL, "no member \"a\"; of its 0 files" },
};

static void
test_tar(void **state)
{
	char what[32];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(tar_rows) / sizeof(tar_rows[0]); i++) {
		const struct tar_row *row = &tar_rows[i];

		dsync_buffer_clear(&answer);
		for (k = 0; k < HEADERS_MAX && row->headers[k].name != NULL; k++)
			add(&row->headers[k]);
		dsync_buffer_append_zeros(&answer, 2 * BLOCK + (i % 3) * BLOCK);
		snprintf(what, sizeof(what), "tar row %u", (unsigned)i);
		answer_check(UNPACK_TAR, what, row->member, row->payload, row->reason);
	}
}

/* What stands behind the end, or in place of it; and a sum that is wrong. */
static void
test_tar_ends(void **state)
{
	static const struct header a = { "a", '0', NULL, NULL, "hello" };
	static const struct header b = { "b", '0', NULL, NULL, "other" };

	(void)state;
	dsync_buffer_clear(&answer);
	add(&a);
	answer_check(UNPACK_TAR, "no end", "a", NULL, "breaks off");
	dsync_buffer_append_zeros(&answer, BLOCK);
	answer_check(UNPACK_TAR, "half an end", "a", NULL, "breaks off");
	add(&b);
	answer_check(UNPACK_TAR, "a member between the blocks", "a", NULL, "something behind its end");
	answer.size -= 2 * BLOCK;
	dsync_buffer_append_zeros(&answer, 9 * BLOCK);
	answer_check(UNPACK_TAR, "more zeros", "a", "hello", NULL);
	answer.data[answer.size - 1] = 1;
	answer_check(UNPACK_TAR, "a byte behind the end", "a", NULL, "something behind its end");
	answer.data[0] = 'b';
	answer_check(UNPACK_TAR, "a wrong sum", "a", NULL, "no tar archive, or a damaged one");
	dsync_buffer_clear(&answer);
	answer_check(UNPACK_TAR, "nothing", "a", NULL, "breaks off");
}

/* More names than are shown, and one longer than is shown. */
static void
test_tar_names(void **state)
{
	struct header h = { "", '0', NULL, NULL, "x" };
	char name[100], member[301];
	int i;

	(void)state;
	dsync_buffer_clear(&answer);
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "a-name-that-takes-some-room-%02d", i);
		h.name = name;
		add(&h);
	}
	dsync_buffer_append_zeros(&answer, 2 * BLOCK);
	memset(member, 'm', sizeof(member) - 1);
	member[sizeof(member) - 1] = '\0';
	answer_check(UNPACK_TAR, "many names", member, NULL,
		"...\"; of its 30 files some are a-name-that-takes-some-room-00");
}

/* An archive says itself how it is compressed; one spelling of each, of which only gzip goes on. */
static void
test_tar_compressed(void **state)
{
	static const struct header a = { "a", '0', NULL, NULL, "hello" };
	static const struct {
		const char *start;
		size_t size;
		const char *reason;
	} rows[] = {
		{ "\x28\xb5\x2f\xfdgarbage", 11, "the zstd data is damaged" },
		{ "\xfd"
		  "7zXZ\0garbage",
			13, "the xz data is damaged" },
		{ "BZh91AY", 7, "compressed with bzip2" },
	};
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	unsigned char packed[4096];
	size_t tar_size, size, i;
	uint32_t crc;

	(void)state;
	assert_non_null(c);
	dsync_buffer_clear(&answer);
	add(&a);
	dsync_buffer_append_zeros(&answer, 2 * BLOCK);
	tar_size = answer.size;
	crc = dsync_crc32(0, answer.data, tar_size);
	size = libdeflate_deflate_compress(c, answer.data, tar_size, packed, sizeof(packed));
	libdeflate_free_compressor(c);
	assert_true(size > 0);
	dsync_buffer_clear(&answer);
	dsync_buffer_append(&answer, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	dsync_buffer_append(&answer, packed, size);
	dsync_buffer_append_u32le(&answer, crc);
	dsync_buffer_append_u32le(&answer, (uint32_t)tar_size);
	answer_check(UNPACK_TAR, "gzip", "a", "hello", NULL);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dsync_buffer_clear(&answer);
		dsync_buffer_append(&answer, rows[i].start, rows[i].size);
		dsync_buffer_append_zeros(&answer, 2 * BLOCK);
		answer_check(UNPACK_TAR, rows[i].reason, "a", NULL, rows[i].reason);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tar),
		cmocka_unit_test(test_tar_ends),
		cmocka_unit_test(test_tar_names),
		cmocka_unit_test(test_tar_compressed),
	};
	int rc;

	dsync_buffer_init(&answer, DSYNC_BUFFER_UNLIMITED);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	dsync_buffer_finish(&answer);
	return rc;
}
