/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/builtin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WASM "\0asm\1\0\0\0"

static void
test_http(void **state)
{
	struct dsync_view wasm = dsync_builtin_http();
	unsigned char *copy = malloc(wasm.size + 1);

	(void)state;
	assert_non_null(copy);
	assert_true(wasm.size > 8 && memcmp(wasm.data, WASM, 8) == 0);
	memcpy(copy, wasm.data, wasm.size);
	assert_string_equal(dsync_builtin_name(copy, wasm.size), "http");
	assert_null(dsync_builtin_name(copy, wasm.size - 1));
	copy[wasm.size] = 0;
	assert_null(dsync_builtin_name(copy, wasm.size + 1));
	copy[wasm.size / 2] ^= 1;
	assert_null(dsync_builtin_name(copy, wasm.size));
	assert_null(dsync_builtin_name(copy, 0));
	free(copy);
}

/* The URL stands in the module once, ends with a NUL, and is all that differs. */
static void
test_host(void **state)
{
	static const char url[] = "https://example.com/data?q=1";
	unsigned char *wasm, *other;
	size_t size, other_size, i;
	unsigned char *place;

	(void)state;
	assert_int_equal(dsync_builtin_make_host(url, &wasm, &size, NULL), 0);
	assert_int_equal(dsync_builtin_make_host("", &other, &other_size, NULL), 0);
	assert_int_equal(size, other_size);
	assert_memory_equal(wasm, WASM, 8);
	place = memmem(wasm, size, url, sizeof(url));
	assert_non_null(place);
	assert_null(memmem(place + 1, size - (size_t)(place + 1 - wasm), url, sizeof(url) - 1));
	for (i = 0; i < size; i++) {
		if (wasm + i < place || wasm + i >= place + sizeof(url))
			assert_int_equal(wasm[i], other[i]);
	}
	assert_string_equal(dsync_builtin_name(wasm, size), "http-host");
	assert_string_equal(dsync_builtin_name(other, size), "http-host");
	wasm[20] ^= 1;
	assert_null(dsync_builtin_name(wasm, size));
	free(wasm);
	free(other);
}

static void
test_longest_url(void **state)
{
	char url[DSYNC_BUILTIN_URL_MAX + 2];
	unsigned char *wasm;
	size_t size;

	(void)state;
	memset(url, 'u', sizeof(url));
	url[DSYNC_BUILTIN_URL_MAX] = '\0';
	assert_int_equal(dsync_builtin_make_host(url, &wasm, &size, NULL), 0);
	assert_non_null(memmem(wasm, size, url, sizeof(url) - 1));
	free(wasm);

	url[DSYNC_BUILTIN_URL_MAX] = 'u';
	url[DSYNC_BUILTIN_URL_MAX + 1] = '\0';
	assert_int_equal(dsync_builtin_make_host(url, &wasm, &size, NULL), DSYNC_ERR_LIMIT);
	assert_null(wasm);
	assert_int_equal(size, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_longest_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
