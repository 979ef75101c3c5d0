/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/text.h"
#include "dotsync/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EMPTY_HASH "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
#define ABC_HASH "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"

static void
check_hash(const void *data, size_t size, const char *expected)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	char text[DSYNC_HASH_TEXT_SIZE];

	dsync_hash(digest, data, size);
	dsync_hash_format(text, digest);
	assert_string_equal(text, expected);
}

static void
test_known(void **state)
{
	(void)state;
	check_hash(NULL, 0, EMPTY_HASH);
	check_hash("abc", 3, ABC_HASH);
}

/* In pieces, copied midway and finished twice: always the digest of what went in. */
static void
test_pieces(void **state)
{
	unsigned char data[5000];
	unsigned char whole[DSYNC_HASH_SIZE];
	unsigned char half[DSYNC_HASH_SIZE];
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_hash h;
	struct dsync_hash copy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i % 251);
	dsync_hash(whole, data, sizeof(data));
	dsync_hash(half, data, 2500);

	dsync_hash_init(&h);
	for (i = 0; i < 2500; i += 100)
		dsync_hash_update(&h, data + i, 100);
	dsync_hash_update(&h, NULL, 0);
	dsync_hash_final(&h, digest);
	assert_memory_equal(digest, half, DSYNC_HASH_SIZE);

	copy = h;
	dsync_hash_update(&h, data + 2500, 2500);
	dsync_hash_final(&h, digest);
	assert_memory_equal(digest, whole, DSYNC_HASH_SIZE);
	dsync_hash_final(&copy, digest);
	assert_memory_equal(digest, half, DSYNC_HASH_SIZE);
	dsync_hash_update(&copy, data + 2500, 2500);
	dsync_hash_final(&copy, digest);
	assert_memory_equal(digest, whole, DSYNC_HASH_SIZE);
}

static void
test_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"blake3:",
		"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		"blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f326",
		"blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f32620",
		"blake3:AF1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		"BLAKE3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		"blake3:gf1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		"sha256:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
		"blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262\n",
	};
	unsigned char expected[DSYNC_HASH_SIZE];
	unsigned char digest[DSYNC_HASH_SIZE] = { 9 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(dsync_hash_parse(digest, bad[i], strlen(bad[i])), DSYNC_ERR_SYNTAX);
		assert_int_equal(digest[0], 9);
	}
	dsync_hash(expected, "abc", 3);
	assert_int_equal(dsync_hash_parse(digest, ABC_HASH, strlen(ABC_HASH)), 0);
	assert_memory_equal(digest, expected, DSYNC_HASH_SIZE);
}

/* The definition, a bit at a time. */
static uint32_t
slow_crc32(uint32_t crc, const unsigned char *data, size_t size)
{
	size_t i;
	int bit;

	crc = ~crc;
	for (i = 0; i < size; i++) {
		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

static void
test_crc_known(void **state)
{
	(void)state;
	assert_true(dsync_crc32(0, NULL, 0) == 0);
	assert_true(dsync_crc32(0, "123456789", 9) == UINT32_C(0xcbf43926));
	assert_true(dsync_crc32(0, "a", 1) == UINT32_C(0xe8b7be43));
	assert_true(dsync_crc32(dsync_crc32(0, "12345", 5), "6789", 4) == UINT32_C(0xcbf43926));
	assert_true(dsync_crc32(UINT32_C(0x12345678), "", 0) == UINT32_C(0x12345678));
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
test_crc_combine_random(void **state)
{
	unsigned char data[2000];
	uint32_t seed = 42;
	int i;
	size_t k;

	(void)state;
	for (i = 0; i < 500; i++) {
		size_t size_a = next_random(&seed) % 1000;
		size_t size_b = next_random(&seed) % 1000;
		uint32_t a;
		uint32_t b;

		for (k = 0; k < size_a + size_b; k++)
			data[k] = (unsigned char)next_random(&seed);
		a = dsync_crc32(0, data, size_a);
		b = dsync_crc32(0, data + size_a, size_b);
		assert_true(a == slow_crc32(0, data, size_a));
		assert_true(dsync_crc32_combine(a, b, size_b) == slow_crc32(0, data, size_a + size_b));
	}
}

/* Sizes that no test can hash: zeros are joined by doubling, and one long step equals two. */
static void
test_crc_combine_large(void **state)
{
	uint32_t a = dsync_crc32(0, "abc", 3);
	unsigned char zeros[1024] = { 0 };
	uint32_t doubled = dsync_crc32(0, zeros, 1);
	uint64_t size;

	(void)state;
	for (size = 1; size < sizeof(zeros); size *= 2)
		doubled = dsync_crc32_combine(doubled, doubled, size);
	assert_true(doubled == dsync_crc32(0, zeros, sizeof(zeros)));

	for (size = 1; size < UINT64_C(1) << 63; size *= 2)
		assert_true(dsync_crc32_combine(a, 0, 2 * (size - 1) + 1) ==
			dsync_crc32_combine(dsync_crc32_combine(a, 0, size), 0, size - 1));
	assert_true(dsync_crc32_combine(a, 0, UINT64_MAX) ==
		dsync_crc32_combine(dsync_crc32_combine(a, 0, UINT64_MAX - 12345), 0, 12345));
	assert_true(dsync_crc32_combine(a, 17, 0) == (a ^ 17));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_crc_known),
		cmocka_unit_test(test_crc_combine_random),
		cmocka_unit_test(test_crc_combine_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
