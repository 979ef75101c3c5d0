/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The official BLAKE3 vectors: hash and keyed hash of every length they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/hash.h"
#include "base/text.h"

#define SKIPPED 77
#define LARGEST 200000

static unsigned char input[LARGEST];

/* The vectors' output is longer than ours (extendable); the first 32 bytes are the digest. */
static void
check_digest(const unsigned char digest[DSYNC_HASH_SIZE], const json_t *vector, const char *key)
{
	const char *expected = json_string_value(json_object_get(vector, key));
	char text[2 * DSYNC_HASH_SIZE + 1];

	assert_non_null(expected);
	assert_true(strlen(expected) >= 2 * DSYNC_HASH_SIZE);
	dsync_text_hex_encode(text, digest, DSYNC_HASH_SIZE);
	assert_memory_equal(text, expected, 2 * DSYNC_HASH_SIZE);
}

static void
check_vector(const json_t *vector, const unsigned char *key)
{
	const json_t *length = json_object_get(vector, "input_len");
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_hash h;
	size_t size;

	assert_true(json_is_integer(length));
	size = (size_t)json_integer_value(length);
	assert_true(size <= LARGEST);

	dsync_hash(digest, input, size);
	check_digest(digest, vector, "hash");

	dsync_hash_init_keyed(&h, key);
	dsync_hash_update(&h, input, size / 3);
	dsync_hash_update(&h, input + size / 3, size - size / 3);
	dsync_hash_final(&h, digest);
	check_digest(digest, vector, "keyed_hash");
}

static void
test_vectors(void **state)
{
	const json_t *vectors = *state;
	const json_t *cases = json_object_get(vectors, "cases");
	const char *key = json_string_value(json_object_get(vectors, "key"));
	size_t i;

	assert_non_null(key);
	assert_int_equal(strlen(key), DSYNC_HASH_SIZE);
	for (i = 0; i < LARGEST; i++)
		input[i] = (unsigned char)(i % 251);
	for (i = 0; i < json_array_size(cases); i++)
		check_vector(json_array_get(cases, i), (const unsigned char *)key);
	assert_in_range(i, 30, 1000);
}

/* NULL, having said why, when the file is not there (*status is then a skip) or no JSON. */
static json_t *
load(int *status)
{
	const char *folder = getenv("DOTSYNC_VECTORS");
	json_error_t error;
	json_t *vectors;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/blake3/test_vectors.json", folder != NULL ? folder : ".");
	file = folder != NULL ? fopen(path, "r") : NULL;
	if (file == NULL) {
		printf("skipped: the BLAKE3 vectors are not there (DOTSYNC_VECTORS names their folder)\n");
		*status = SKIPPED;
		return NULL;
	}
	vectors = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (vectors == NULL) {
		printf("%s: line %d: %s\n", path, error.line, error.text);
		*status = 1;
	}
	return vectors;
}

int
main(void)
{
	int status = 0;
	json_t *vectors = load(&status);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_vectors, vectors),
	};

	if (vectors == NULL)
		return status;
	status = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(vectors);
	return status;
}
