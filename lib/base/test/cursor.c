/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "dotsync/error.h"

/* The data lies at the end of its own allocation, so that a sanitizer sees a read past it. */
static unsigned char *
make_data(size_t size)
{
	unsigned char *data = malloc(size > 0 ? size : 1);
	size_t i;

	assert_non_null(data);
	for (i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 17 + 1);
	return data;
}

static uint64_t
expected_number(const unsigned char *data, size_t size)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < size; i++)
		value |= (uint64_t)data[i] << (8 * i);
	return value;
}

/* Reads `size` bytes with the function for that size, into a value that starts as all ones. */
static int
read_number(struct dsync_cursor *c, size_t size, uint64_t *value)
{
	uint8_t u8 = UINT8_MAX;
	uint16_t u16 = UINT16_MAX;
	uint32_t u32 = UINT32_MAX;
	uint64_t u64 = UINT64_MAX;
	int rc;

	switch (size) {
	case 1:
		rc = dsync_cursor_u8(c, &u8);
		*value = u8;
		return rc;
	case 2:
		rc = dsync_cursor_u16le(c, &u16);
		*value = u16;
		return rc;
	case 4:
		rc = dsync_cursor_u32le(c, &u32);
		*value = u32;
		return rc;
	default:
		rc = dsync_cursor_u64le(c, &u64);
		*value = u64;
		return rc;
	}
}

static void
check_number_at(const unsigned char *data, size_t data_size, size_t position, size_t size)
{
	struct dsync_cursor c;
	uint64_t value;
	int rc;

	dsync_cursor_init(&c, data, data_size, 1000);
	assert_int_equal(dsync_cursor_seek(&c, position), 0);
	rc = read_number(&c, size, &value);
	if (position + size <= data_size) {
		assert_int_equal(rc, 0);
		assert_true(value == expected_number(data + position, size));
		assert_int_equal(dsync_cursor_offset(&c), 1000 + position + size);
	} else {
		assert_int_equal(rc, DSYNC_ERR_BOUNDS);
		assert_true(value == UINT64_MAX >> (64 - 8 * size));
		assert_int_equal(dsync_cursor_offset(&c), 1000 + position);
	}
	assert_int_equal(dsync_cursor_left(&c), data_size - c.position);
}

/* Every integer at every place of views of every small size: at, across and past the end. */
static void
test_numbers(void **state)
{
	static const size_t sizes[] = { 1, 2, 4, 8 };
	size_t data_size;
	size_t position;
	size_t i;

	(void)state;
	for (data_size = 0; data_size <= 18; data_size++) {
		unsigned char *data = make_data(data_size);

		for (position = 0; position <= data_size; position++) {
			for (i = 0; i < 4; i++)
				check_number_at(data, data_size, position, sizes[i]);
		}
		free(data);
	}
}

static void
test_high_bits(void **state)
{
	static const unsigned char data[] = { 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0x88 };
	struct dsync_cursor c;
	uint64_t u64;
	uint32_t u32;

	(void)state;
	dsync_cursor_init(&c, data, sizeof(data), 0);
	assert_int_equal(dsync_cursor_u64le(&c, &u64), 0);
	assert_true(u64 == UINT64_C(0x88f9fafbfcfdfeff));
	assert_int_equal(dsync_cursor_seek(&c, 4), 0);
	assert_int_equal(dsync_cursor_u32le(&c, &u32), 0);
	assert_true(u32 == UINT32_C(0x88f9fafb));
}

static void
test_take_and_copy(void **state)
{
	unsigned char *data = make_data(10);
	unsigned char out[10];
	struct dsync_cursor c;
	struct dsync_view view = { NULL, 77 };
	size_t position;
	size_t size;

	(void)state;
	for (position = 0; position <= 10; position++) {
		for (size = 0; size <= 12; size++) {
			int expected = size <= 10 - position ? 0 : DSYNC_ERR_BOUNDS;

			dsync_cursor_init(&c, data, 10, 0);
			assert_int_equal(dsync_cursor_seek(&c, position), 0);
			assert_int_equal(dsync_cursor_take(&c, size, &view), expected);
			assert_int_equal(c.position, expected == 0 ? position + size : position);
			if (expected == 0) {
				assert_ptr_equal(view.data, data + position);
				assert_int_equal(view.size, size);
			}

			memset(out, 0, sizeof(out));
			assert_int_equal(dsync_cursor_seek(&c, position), 0);
			assert_int_equal(dsync_cursor_copy(&c, out, size), expected);
			assert_int_equal(c.position, expected == 0 ? position + size : position);
			if (expected == 0 && size > 0)
				assert_memory_equal(out, data + position, size);
			else
				assert_int_equal(out[0], 0);
		}
	}
	free(data);
}

static void
test_failed_take_leaves_view(void **state)
{
	struct dsync_view view = { NULL, 77 };
	struct dsync_cursor c;

	(void)state;
	dsync_cursor_init(&c, "abc", 3, 0);
	assert_int_equal(dsync_cursor_take(&c, 4, &view), DSYNC_ERR_BOUNDS);
	assert_null(view.data);
	assert_int_equal(view.size, 77);
}

static void
test_seek_and_skip(void **state)
{
	struct dsync_cursor c;

	(void)state;
	dsync_cursor_init(&c, "abcdef", 6, 0);
	assert_int_equal(dsync_cursor_seek(&c, 6), 0);
	assert_int_equal(dsync_cursor_left(&c), 0);
	assert_int_equal(dsync_cursor_seek(&c, 7), DSYNC_ERR_BOUNDS);
	assert_int_equal(c.position, 6);
	assert_int_equal(dsync_cursor_skip(&c, 0), 0);
	assert_int_equal(dsync_cursor_skip(&c, 1), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_cursor_seek(&c, 2), 0);
	assert_int_equal(dsync_cursor_skip(&c, 3), 0);
	assert_int_equal(c.position, 5);
	assert_int_equal(dsync_cursor_skip(&c, SIZE_MAX), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_cursor_skip(&c, SIZE_MAX - 4), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_cursor_seek(&c, SIZE_MAX), DSYNC_ERR_BOUNDS);
	assert_int_equal(c.position, 5);
}

static void
test_empty(void **state)
{
	struct dsync_cursor c;
	struct dsync_view view;
	uint8_t byte;

	(void)state;
	dsync_cursor_init(&c, NULL, 0, 5);
	assert_int_equal(dsync_cursor_left(&c), 0);
	assert_int_equal(dsync_cursor_offset(&c), 5);
	assert_int_equal(dsync_cursor_u8(&c, &byte), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_cursor_take(&c, 0, &view), 0);
	assert_non_null(view.data);
	assert_int_equal(view.size, 0);
	assert_int_equal(dsync_cursor_copy(&c, NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_high_bits),
		cmocka_unit_test(test_take_and_copy),
		cmocka_unit_test(test_failed_take_leaves_view),
		cmocka_unit_test(test_seek_and_skip),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
