/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Decoding: whole, cut at every byte, spoiled, in pieces of any size, and what is left to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "decode.h"
#include "runtime/frame.h"

#define DATA_SIZE 200000u
#define PACKED_MAX 300000u
#define SOURCE_ERROR (-5)

struct bytes {
	unsigned char data[PACKED_MAX];
	size_t size;
	size_t piece; /* the most that one read gives; 0: whatever is asked for */
	bool broken;  /* the end is an error */
};

struct scene {
	unsigned char data[DATA_SIZE], out[3 * DATA_SIZE];
	struct bytes packed;
};

static int64_t
read_bytes(void *user, uint64_t offset, unsigned char *out, size_t size)
{
	const struct bytes *b = user;
	size_t left = b->size - (size_t)offset;

	assert_true(offset <= b->size);
	if (left == 0)
		return b->broken ? SOURCE_ERROR : 0;
	size = size < left ? size : left;
	if (b->piece > 0 && size > b->piece)
		size = b->piece;
	memcpy(out, b->data + offset, size);
	return (int64_t)size;
}

static void
deflate_into(struct bytes *out, int bits, const unsigned char *data, size_t size)
{
	z_stream z;

	memset(&z, 0, sizeof(z));
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)size;
	z.next_out = out->data;
	z.avail_out = PACKED_MAX;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->size = PACKED_MAX - z.avail_out;
	deflateEnd(&z);
}

static void
pack(struct bytes *out, int32_t kind, const unsigned char *data, size_t size)
{
	memset(out, 0, sizeof(*out));
	switch (kind) {
	case DSYNC_DECODE_GZIP:
		deflate_into(out, 15 + 16, data, size);
		break;
	case DSYNC_DECODE_DEFLATE:
		deflate_into(out, -15, data, size);
		break;
	case DSYNC_DECODE_ZSTD:
		out->size = ZSTD_compress(out->data, PACKED_MAX, data, size, 3);
		assert_false(ZSTD_isError(out->size));
		break;
	case DSYNC_DECODE_XZ:
		assert_int_equal(lzma_easy_buffer_encode(
					 0, LZMA_CHECK_CRC64, NULL, data, size, out->data, &out->size, PACKED_MAX),
			LZMA_OK);
		break;
	default:
		memcpy(out->data, data, size);
		out->size = size;
	}
}

/* Everything, or the error. */
static int64_t
drain(struct dsync_decode *d, unsigned char *out)
{
	struct dsync_view view;
	int64_t done = 0, n;

	while ((n = dsync_decode_next(d, &view)) > 0) {
		assert_true(done + n <= 3 * (int64_t)DATA_SIZE);
		memcpy(out + done, view.data, (size_t)n);
		dsync_decode_take(d, (size_t)n);
		done += n;
	}
	return n < 0 ? n : done;
}

static int64_t
decode(struct scene *s, int32_t kind)
{
	struct dsync_decode *d = dsync_decode_open(kind, read_bytes, &s->packed);
	int64_t n;

	assert_non_null(d);
	n = drain(d, s->out);
	assert_true((n == DSYNC_GUEST_ERR_INVAL || n == DSYNC_GUEST_ERR_LIMIT) == (dsync_decode_why(d)[0] != '\0'));
	if (n < 0)
		assert_int_equal(drain(d, s->out), n); /* again and again */
	dsync_decode_close(d);
	return n;
}

static int
set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	uint32_t random = 1;
	size_t i;

	assert_non_null(s);
	for (i = 0; i < DATA_SIZE; i++) {
		random = random * 1664525 + 1013904223;
		s->data[i] = (unsigned char)(i % 3 == 0 ? random >> 24 : 'a');
	}
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

static const int32_t kinds[] = { DSYNC_DECODE_PLAIN, DSYNC_DECODE_GZIP, DSYNC_DECODE_ZSTD, DSYNC_DECODE_XZ,
	DSYNC_DECODE_DEFLATE, DSYNC_DECODE_SHA256, DSYNC_DECODE_CRC32 };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool
is_compression(int32_t kind)
{
	return kind >= DSYNC_DECODE_GZIP && kind <= DSYNC_DECODE_DEFLATE;
}

static void
test_whole(void **state)
{
	static const size_t pieces[] = { 0, 1, 7, 4096 };
	struct scene *s = *state;
	size_t i, k;

	for (i = 0; i < KINDS; i++) {
		pack(&s->packed, kinds[i], s->data, DATA_SIZE);
		for (k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
			s->packed.piece = pieces[k];
			assert_int_equal(decode(s, kinds[i]), DATA_SIZE);
			assert_memory_equal(s->out, s->data, DATA_SIZE);
		}
		s->packed.broken = true; /* what ends by itself need not hear that */
		assert_int_equal(
			decode(s, kinds[i]), kinds[i] == DSYNC_DECODE_DEFLATE ? (int64_t)DATA_SIZE : SOURCE_ERROR);
	}
}

static void
test_cut(void **state)
{
	struct scene *s = *state;
	size_t i, size, whole;

	for (i = 0; i < KINDS; i++) {
		if (!is_compression(kinds[i]))
			continue;
		pack(&s->packed, kinds[i], s->data, 500);
		whole = s->packed.size;
		for (size = 0; size < whole; size++) {
			s->packed.size = size;
			assert_int_equal(decode(s, kinds[i]), DSYNC_GUEST_ERR_INVAL);
		}
		s->packed.size = whole;
		assert_int_equal(decode(s, kinds[i]), 500);
	}
}

/* One byte behind the end, several in a row, and each byte wrong: never other data than there was. */
static void
test_spoiled(void **state)
{
	struct scene *s = *state;
	size_t i, k, size;

	for (i = 0; i < KINDS; i++) {
		if (!is_compression(kinds[i]) || kinds[i] == DSYNC_DECODE_DEFLATE)
			continue;
		pack(&s->packed, kinds[i], s->data, 500);
		size = s->packed.size;
		memcpy(s->packed.data + size, s->packed.data, size);
		s->packed.size = 2 * size;
		assert_int_equal(decode(s, kinds[i]), 1000);
		s->packed.size++;
		assert_int_equal(decode(s, kinds[i]), DSYNC_GUEST_ERR_INVAL);
		memset(s->packed.data + size, 'x', 64);
		s->packed.size = size + 64;
		assert_int_equal(decode(s, kinds[i]), DSYNC_GUEST_ERR_INVAL);
		s->packed.size = size;
		for (k = 0; k < size && kinds[i] != DSYNC_DECODE_ZSTD; k++) { /* a frame of zstd need not have a sum */
			s->packed.data[k] ^= 0x40;
			/* gzip's date, and bits that only fill a byte, may be anything */
			if (decode(s, kinds[i]) == 500)
				assert_memory_equal(s->out, s->data, 500);
			s->packed.data[k] ^= 0x40;
		}
	}
}

/* What stands behind a deflate stream is the next one's, whoever asks. */
static void
test_rest(void **state)
{
	struct scene *s = *state;
	struct dsync_decode *below, *deflated, *summed;
	struct dsync_view view;
	unsigned char sum[DSYNC_DECODE_SUM_MAX];
	int round;

	pack(&s->packed, DSYNC_DECODE_DEFLATE, s->data, DATA_SIZE);
	memcpy(s->packed.data + s->packed.size, "rest", 4);
	s->packed.size += 4;
	below = dsync_decode_open(DSYNC_DECODE_PLAIN, read_bytes, &s->packed);
	for (round = 0; round < 2; round++) { /* closed early, it leaves what it did not need */
		deflated = dsync_decode_open_over(DSYNC_DECODE_DEFLATE, below);
		summed = dsync_decode_open_over(DSYNC_DECODE_CRC32, deflated);
		if (round == 0) {
			assert_true(dsync_decode_peek(summed, 100, &view) >= 100);
			assert_int_equal(dsync_decode_position(summed), 0);
			assert_true(drain(summed, s->out) == (int64_t)DATA_SIZE);
			assert_int_equal(dsync_decode_sum(summed, sum), 4);
			assert_true((sum[0] | (uint32_t)sum[1] << 8 | (uint32_t)sum[2] << 16 |
					    (uint32_t)sum[3] << 24) == crc32(0, s->data, DATA_SIZE));
			assert_int_equal(dsync_decode_position(below), s->packed.size - 4);
		} else {
			assert_int_equal(drain(summed, s->out), DSYNC_GUEST_ERR_INVAL);
			assert_string_not_equal(dsync_decode_why(summed), "");
		}
		dsync_decode_close(summed);
		dsync_decode_close(deflated);
		if (round == 0) {
			assert_int_equal(dsync_decode_peek(below, 100, &view), 4);
			assert_memory_equal(view.data, "rest", 4);
			dsync_decode_take(below, 3);
		}
	}
	dsync_decode_close(below);
}

static void
test_sums(void **state)
{
	static const unsigned char abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde,
		0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2,
		0x00, 0x15, 0xad };
	struct scene *s = *state;
	struct dsync_decode *d;
	struct dsync_view view;
	unsigned char sum[DSYNC_DECODE_SUM_MAX];

	memset(&s->packed, 0, sizeof(s->packed));
	memcpy(s->packed.data, "abcd", 4);
	s->packed.size = 4;
	s->packed.piece = 1;
	d = dsync_decode_open(DSYNC_DECODE_SHA256, read_bytes, &s->packed);
	assert_int_equal(dsync_decode_peek(d, 4, &view), 4);
	dsync_decode_take(d, 3); /* only what was taken counts */
	assert_int_equal(dsync_decode_sum(d, sum), 32);
	assert_memory_equal(sum, abc, 32);
	dsync_decode_take(d, 1000);
	assert_int_equal(dsync_decode_position(d), 4);
	assert_int_equal(dsync_decode_sum(d, sum), 32); /* the sum so far may be asked again and again */
	assert_memory_not_equal(sum, abc, 32);
	dsync_decode_close(d);
	d = dsync_decode_open(DSYNC_DECODE_PLAIN, read_bytes, &s->packed);
	assert_int_equal(dsync_decode_sum(d, sum), 0);
	dsync_decode_close(d);
	assert_null(dsync_decode_open(7, read_bytes, &s->packed));
	assert_null(dsync_decode_open(-1, read_bytes, &s->packed));
	dsync_decode_close(NULL);
}

/* An xz file whose sums nobody can compute is not taken on trust. */
static void
test_unknown_check(void **state)
{
	struct scene *s = *state;
	uint32_t crc;
	int i;

	pack(&s->packed, DSYNC_DECODE_XZ, s->data, 500);
	s->packed.data[7] = 2; /* a kind of four bytes that is kept for later */
	crc = (uint32_t)crc32(0, s->packed.data + 6, 2);
	for (i = 0; i < 4; i++)
		s->packed.data[8 + i] = (unsigned char)(crc >> (8 * i));
	assert_int_equal(decode(s, DSYNC_DECODE_XZ), DSYNC_GUEST_ERR_INVAL);
}

/* Windows and dictionaries up to the limit, and one step beyond it. */
static void
test_memory(void **state)
{
	struct scene *s = *state;
	unsigned char window;

	for (window = 0; window < 32; window++) {
		unsigned char frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, (unsigned char)(window << 3), 1 | 3 << 3, 0, 0,
			'a', 'b', 'c' };

		memset(&s->packed, 0, sizeof(s->packed));
		memcpy(s->packed.data, frame, sizeof(frame));
		s->packed.size = sizeof(frame);
		assert_int_equal(decode(s, DSYNC_DECODE_ZSTD),
			window + 10 <= DSYNC_DECODE_WINDOW_LOG ? 3 : DSYNC_GUEST_ERR_LIMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spoiled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sums, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_check, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
