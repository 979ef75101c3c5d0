/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Whatever the pieces that a stream comes in, its hash is that of the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../src/hasher.h"

#define STREAM_SIZE (3u * 1024u * 1024u + 17u)

static void
test_pieces(void **state)
{
	static const size_t pieces[] = { 1000, HASHER_PIECE_SIZE - 1, HASHER_PIECE_SIZE, HASHER_PIECE_SIZE + 1,
		2 * HASHER_PIECE_SIZE + 3, STREAM_SIZE };
	unsigned char *stream = malloc(STREAM_SIZE);
	unsigned char expected[DSYNC_HASH_SIZE], found[DSYNC_HASH_SIZE];
	struct hasher hasher;
	size_t i, at, size;

	(void)state;
	assert_non_null(stream);
	for (i = 0; i < STREAM_SIZE; i++)
		stream[i] = (unsigned char)(i * 31 + i / 251);
	dsync_hash(expected, stream, STREAM_SIZE);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		hasher_begin(&hasher);
		for (at = 0; at < STREAM_SIZE; at += size) {
			size = STREAM_SIZE - at < pieces[i] ? STREAM_SIZE - at : pieces[i];
			hasher_update(&hasher, stream + at, size);
		}
		hasher_end(&hasher, found);
		assert_memory_equal(found, expected, DSYNC_HASH_SIZE);
	}
	free(stream);
}

static void
test_empty(void **state)
{
	unsigned char expected[DSYNC_HASH_SIZE], found[DSYNC_HASH_SIZE];
	struct hasher hasher;

	(void)state;
	dsync_hash(expected, "", 0);
	hasher_begin(&hasher);
	hasher_update(&hasher, "", 0);
	hasher_end(&hasher, found);
	assert_memory_equal(found, expected, DSYNC_HASH_SIZE);
	hasher_begin(&hasher);
	hasher_end(&hasher, NULL); /* given up */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
