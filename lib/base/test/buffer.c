/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "dotsync/error.h"

static void
check_contents(const struct dsync_buffer *b, const void *data, size_t size)
{
	struct dsync_view view = dsync_buffer_view(b);

	assert_non_null(view.data);
	assert_int_equal(view.size, size);
	if (size > 0)
		assert_memory_equal(view.data, data, size);
}

static void
test_appends(void **state)
{
	static const unsigned char expected[] = "ab"
						"cd"
						"e"
						"\0\0\0"
						"\x02\x01"
						"\x06\x05\x04\x03"
						"\x0e\x0d\x0c\x0b\x0a\x09\x08\x07"
						"x=-7;y";
	struct dsync_buffer b;

	(void)state;
	dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
	check_contents(&b, NULL, 0);
	assert_int_equal(dsync_buffer_append(&b, "ab", 2), 0);
	assert_int_equal(dsync_buffer_append_text(&b, "cd"), 0);
	assert_int_equal(dsync_buffer_append_byte(&b, 'e'), 0);
	assert_int_equal(dsync_buffer_append_zeros(&b, 3), 0);
	assert_int_equal(dsync_buffer_append_u16le(&b, 0x0102), 0);
	assert_int_equal(dsync_buffer_append_u32le(&b, 0x03040506), 0);
	assert_int_equal(dsync_buffer_append_u64le(&b, UINT64_C(0x0708090a0b0c0d0e)), 0);
	assert_int_equal(dsync_buffer_printf(&b, "x=%d;%s", -7, "y"), 0);
	assert_int_equal(dsync_buffer_append(&b, NULL, 0), 0);
	assert_int_equal(dsync_buffer_printf(&b, "%s", ""), 0);
	check_contents(&b, expected, sizeof(expected) - 1);
	dsync_buffer_finish(&b);
	check_contents(&b, NULL, 0);
}

static void
test_text(void **state)
{
	struct dsync_buffer b;

	(void)state;
	dsync_buffer_init(&b, 64);
	assert_string_equal(dsync_buffer_text(&b), "");
	dsync_buffer_append_text(&b, "0123456789012345678901234567890123456789012345678901234567890123");
	assert_int_equal(b.size, 64);
	assert_int_equal(strlen(dsync_buffer_text(&b)), 64); /* the NUL does not count against the limit */
	assert_int_equal(b.size, 64);
	dsync_buffer_append_byte(&b, 'x');
	assert_null(dsync_buffer_text(&b));
	dsync_buffer_finish(&b);
}

/* Each way to append one byte too many: the buffer stays as it was, full and failed. */
static int
append_in_way(struct dsync_buffer *b, int way)
{
	switch (way) {
	case 0:
		return dsync_buffer_append(b, "xyzwvuts", 8);
	case 1:
		return dsync_buffer_append_text(b, "xyzwvuts");
	case 2:
		return dsync_buffer_append_zeros(b, 8);
	case 3:
		return dsync_buffer_append_u64le(b, 1);
	case 4:
		return dsync_buffer_printf(b, "%08d", 5);
	default:
		return dsync_buffer_reserve(b, 8) != NULL ? 0 : dsync_buffer_error(b);
	}
}

static void
test_limit(void **state)
{
	struct dsync_buffer b;
	int way;

	(void)state;
	for (way = 0; way < 6; way++) {
		dsync_buffer_init(&b, 10);
		assert_int_equal(dsync_buffer_append_text(&b, "abc"), 0);
		assert_int_equal(append_in_way(&b, way), DSYNC_ERR_LIMIT);
		check_contents(&b, "abc", 3);
		dsync_buffer_finish(&b);

		dsync_buffer_init(&b, 10);
		assert_int_equal(dsync_buffer_append_text(&b, "ab"), 0);
		assert_int_equal(append_in_way(&b, way), 0);
		assert_int_equal(dsync_buffer_error(&b), 0);
		dsync_buffer_finish(&b);
	}
}

static void
test_failure_sticks(void **state)
{
	struct dsync_buffer b;
	size_t size = 99;

	(void)state;
	dsync_buffer_init(&b, 4);
	assert_int_equal(dsync_buffer_append_text(&b, "abcde"), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_buffer_append_text(&b, "a"), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_buffer_append(&b, NULL, 0), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_buffer_printf(&b, "%d", 1), DSYNC_ERR_LIMIT);
	assert_null(dsync_buffer_reserve(&b, 0));
	dsync_buffer_added(&b, 0);
	assert_int_equal(dsync_buffer_error(&b), DSYNC_ERR_LIMIT);
	check_contents(&b, NULL, 0);

	dsync_buffer_clear(&b);
	assert_int_equal(dsync_buffer_error(&b), 0);
	assert_int_equal(dsync_buffer_append_text(&b, "abcd"), 0);
	assert_int_equal(dsync_buffer_append_text(&b, "e"), DSYNC_ERR_LIMIT);
	assert_null(dsync_buffer_take(&b, &size)); /* half a text is none */
	assert_int_equal(size, 0);
	assert_int_equal(dsync_buffer_error(&b), 0);
	dsync_buffer_finish(&b);
}

static void
test_huge(void **state)
{
	struct dsync_buffer b;

	(void)state;
	dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_byte(&b, 1);
	assert_int_equal(dsync_buffer_append_zeros(&b, SIZE_MAX), DSYNC_ERR_LIMIT); /* 1 + SIZE_MAX is no size */
	dsync_buffer_finish(&b);
}

static void
test_reserve(void **state)
{
	struct dsync_buffer b;
	unsigned char *place;

	(void)state;
	dsync_buffer_init(&b, 100);
	assert_non_null(dsync_buffer_reserve(&b, 0));
	place = dsync_buffer_reserve(&b, 100);
	assert_non_null(place);
	memset(place, 'q', 100);
	assert_int_equal(b.size, 0);
	dsync_buffer_added(&b, 3);
	check_contents(&b, "qqq", 3);
	dsync_buffer_finish(&b);
}

static void
test_take(void **state)
{
	struct dsync_buffer b;
	unsigned char *data;
	size_t size = 99;

	(void)state;
	dsync_buffer_init(&b, 100);
	assert_null(dsync_buffer_take(&b, &size));
	assert_int_equal(size, 0);
	dsync_buffer_append_text(&b, "hello");
	data = dsync_buffer_take(&b, &size);
	assert_int_equal(size, 5);
	assert_memory_equal(data, "hello", 5);
	free(data);

	check_contents(&b, NULL, 0);
	assert_int_equal(b.limit, 100);
	dsync_buffer_append_text(&b, "again");
	check_contents(&b, "again", 5);
	dsync_buffer_finish(&b);
	dsync_buffer_finish(&b);
	dsync_buffer_finish(NULL);
}

/* The model: an array that is large enough, a size and the failure. */
#define MODEL_LIMIT 3000

struct model {
	unsigned char data[MODEL_LIMIT];
	size_t size;
	int failed;
};

static void
model_append(struct model *m, const void *data, size_t size)
{
	if (m->failed == 0 && size > MODEL_LIMIT - m->size)
		m->failed = DSYNC_ERR_LIMIT;
	if (m->failed != 0 || size == 0)
		return;
	memcpy(m->data + m->size, data, size);
	m->size += size;
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
random_step(struct dsync_buffer *b, struct model *m, uint32_t *seed)
{
	unsigned char bytes[300];
	uint32_t choice = next_random(seed) % 40;
	size_t size = next_random(seed) % sizeof(bytes);
	unsigned char *place;
	unsigned char *taken;
	size_t taken_size;

	memset(bytes, (int)(choice + size), sizeof(bytes));
	if (choice < 20) {
		dsync_buffer_append(b, bytes, size);
		model_append(m, bytes, size);
	} else if (choice < 30) {
		place = dsync_buffer_reserve(b, sizeof(bytes));
		if (m->failed == 0 && sizeof(bytes) > MODEL_LIMIT - m->size)
			m->failed = DSYNC_ERR_LIMIT;
		assert_int_equal(place == NULL, m->failed != 0);
		if (place != NULL) {
			memcpy(place, bytes, size);
			dsync_buffer_added(b, size);
			model_append(m, bytes, size);
		}
	} else if (choice < 36) {
		snprintf((char *)bytes, sizeof(bytes), "%u,%zu", choice, size);
		dsync_buffer_printf(b, "%u,%zu", choice, size);
		model_append(m, bytes, strlen((char *)bytes));
	} else if (choice < 38) {
		dsync_buffer_clear(b);
		m->size = 0;
		m->failed = 0;
	} else {
		taken = dsync_buffer_take(b, &taken_size);
		assert_int_equal(taken_size, m->failed == 0 ? m->size : 0);
		if (taken_size > 0)
			assert_memory_equal(taken, m->data, taken_size);
		free(taken);
		m->size = 0;
		m->failed = 0;
	}
}

static void
test_random_operations(void **state)
{
	static struct model m;
	struct dsync_buffer b;
	uint32_t seed = 7;
	int failures = 0;
	int i;

	(void)state;
	dsync_buffer_init(&b, MODEL_LIMIT);
	for (i = 0; i < 20000; i++) {
		random_step(&b, &m, &seed);
		assert_int_equal(dsync_buffer_error(&b), m.failed);
		check_contents(&b, m.data, m.size);
		failures += m.failed != 0;
	}
	assert_in_range(failures, 100, 19000); /* both lives were led */
	dsync_buffer_finish(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_random_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
