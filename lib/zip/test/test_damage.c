/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Damage of every byte: an archive that was cut or changed is refused, or found damaged
 * when it is read, or gives the same bytes; never others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostile.h"

static struct hostile *h;
static int fd;

/* Bytes of an entry of the sample, or fails when it is none. */
static struct dsync_view
true_content(const char *name)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		struct hostile_entry *e = &h->entries[i];

		if (strlen(name) == e->central.name_size && memcmp(name, e->central.name, e->central.name_size) == 0)
			return dsync_buffer_view(&e->content);
	}
	fail_msg("entry \"%s\" came from nowhere", name);
	return (struct dsync_view){ NULL, 0 };
}

/* 1 when it was accepted and reads right; fails the test when it reads wrong. */
static int
check_reading(void)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip = dsync_zip_open(fd, &hostile_profile, &err);
	unsigned char buf[4096];
	int good = 1;
	size_t i;

	if (zip == NULL) {
		assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
		assert_string_not_equal(err.rule, "");
		assert_string_not_equal(err.message, "");
		return 0;
	}
	for (i = 0; i < dsync_zip_count(zip); i++) {
		const struct dsync_zip_entry *e = dsync_zip_at(zip, i);
		struct dsync_view content = true_content(e->name);
		int rc = e->size <= sizeof(buf) ? dsync_zip_read(zip, e, buf, &err) : DSYNC_ERR_CORRUPT;

		if (rc < 0) {
			assert_int_equal(rc, DSYNC_ERR_CORRUPT);
			good = 0;
			continue;
		}
		assert_int_equal(e->size, content.size);
		assert_memory_equal(buf, content.data, content.size);
	}
	dsync_zip_close(zip);
	return good;
}

static void
build(bool zip64, bool described)
{
	hostile_init(h);
	hostile_add_sample(h);
	h->zip64 = zip64;
	if (described)
		hostile_describe(&h->entries[2], 24);
	hostile_extra(&h->entries[1].local, 0xa11e, "\0\20\0\0\0\0", 6);
	hostile_emit(h);
	hostile_file_fill(fd, h->out.data, h->out.size);
	assert_int_equal(check_reading(), 1);
}

static void
test_truncation(void **state)
{
	size_t size;
	int variant;

	(void)state;
	for (variant = 0; variant < 4; variant++) {
		build(variant & 1, variant & 2);
		for (size = 0; size < h->out.size; size++) {
			hostile_file_fill(fd, h->out.data, size);
			assert_int_equal(check_reading(), 0);
		}
		hostile_finish(h);
	}
}

static void
test_flips(void **state)
{
	static const unsigned char masks[] = { 0x01, 0x80, 0xff };
	size_t i, k;
	int variant;

	(void)state;
	for (variant = 0; variant < 4; variant++) {
		build(variant & 1, variant & 2);
		for (i = 0; i < h->out.size * sizeof(masks); i++) {
			k = i / sizeof(masks);
			h->out.data[k] ^= masks[i % sizeof(masks)];
			hostile_file_fill(fd, h->out.data, h->out.size);
			check_reading();
			h->out.data[k] ^= masks[i % sizeof(masks)];
		}
		hostile_finish(h);
	}
}

/* Several bytes at once, and whole pieces moved: a fixed sequence, the same each time. */
static void
test_random(void **state)
{
	uint32_t seed = 12345;
	unsigned char *copy;
	int round, n;

	(void)state;
	build(true, true);
	copy = malloc(h->out.size);
	assert_non_null(copy);
	for (round = 0; round < 5000; round++) {
		memcpy(copy, h->out.data, h->out.size);
		for (n = 0; n < 1 + round % 4; n++) {
			seed = seed * 1664525u + 1013904223u;
			copy[(seed >> 8) % h->out.size] = (unsigned char)(seed & 1 ? 0xff : seed >> 24);
		}
		hostile_file_fill(fd, copy, h->out.size);
		check_reading();
	}
	free(copy);
	hostile_finish(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_random),
	};
	int rc;

	fd = hostile_file_create();
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	free(h);
	return rc;
}
