/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dotsync/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_hex(void **state)
{
	static const unsigned char data[] = { 0x00, 0x01, 0x7f, 0x80, 0xab, 0xff };
	unsigned char out[sizeof(data)];
	char text[2 * sizeof(data) + 1];

	(void)state;
	dsync_text_hex_encode(text, data, sizeof(data));
	assert_string_equal(text, "00017f80abff");
	assert_int_equal(dsync_text_hex_decode(out, sizeof(out), text, strlen(text)), 0);
	assert_memory_equal(out, data, sizeof(data));
	dsync_text_hex_encode(text, data, 0);
	assert_string_equal(text, "");
	assert_int_equal(dsync_text_hex_decode(out, 0, "", 0), 0);
}

static void
test_hex_refused(void **state)
{
	static const char *const bad[] = { "", "a", "abc", "abcdef", "ABCD", "abcg", "ab c", "0x12", " abc", "abc\n" };
	unsigned char out[2] = { 7, 7 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(dsync_text_hex_decode(out, 2, bad[i], strlen(bad[i])), DSYNC_ERR_SYNTAX);
		assert_true(out[0] == 7 && out[1] == 7);
	}
}

static void
test_base64(void **state)
{
	static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar", "\xfb\xff\xfe" };
	static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "+//+" };
	struct dsync_buffer b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(plain); i++) {
		dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
		assert_int_equal(dsync_text_base64_encode(&b, plain[i], strlen(plain[i])), 0);
		assert_string_equal(dsync_buffer_text(&b), coded[i]);
		dsync_buffer_clear(&b);
		assert_int_equal(dsync_text_base64_decode(&b, coded[i], strlen(coded[i])), 0);
		assert_string_equal(dsync_buffer_text(&b), plain[i]);
		dsync_buffer_finish(&b);
	}
}

static void
test_base64_refused(void **state)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zm8", "Zm9vY",           /* padding missing */
		"Zg===", "====", "=", "Zm9v====", "Z===",   /* too much of it */
		"=Zg=", "Z=g=", "Zg==Zg==", "Zm8=Zm9v",     /* in the wrong place */
		"Zh==", "Zm9=", "Zm9vYh==", "Zv==", "Zm+=", /* spare bits set */
		"Zm 9", "Zm9v\n", " Zm9v", "Zm9v Zm9v",     /* white space */
		"Zm-_", "Zm9*", "Zm\xc3\xbc",               /* other alphabets */
	};
	struct dsync_buffer b;
	size_t i;

	(void)state;
	dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&b, "before");
	for (i = 0; i < COUNT(bad); i++) {
		if (dsync_text_base64_decode(&b, bad[i], strlen(bad[i])) != DSYNC_ERR_SYNTAX)
			fail_msg("%s is accepted", bad[i]);
		assert_int_equal(dsync_buffer_error(&b), 0);
		assert_string_equal(dsync_buffer_text(&b), "before");
	}
	dsync_buffer_finish(&b);
}

/* One input, one meaning: of all texts of four digits that decode, encoding gives the same text back. */
static void
test_base64_canonical(void **state)
{
	static const char tail[] = "AQgwBEIMQUYcgkosw048+/=-";
	struct dsync_buffer in;
	struct dsync_buffer out;
	char text[5] = "Zg";
	size_t accepted = 0;
	size_t i;
	size_t j;

	(void)state;
	dsync_buffer_init(&in, 16);
	dsync_buffer_init(&out, 16);
	for (i = 0; i + 1 < sizeof(tail); i++) {
		for (j = 0; j + 1 < sizeof(tail); j++) {
			text[2] = tail[i];
			text[3] = tail[j];
			dsync_buffer_clear(&in);
			dsync_buffer_clear(&out);
			if (dsync_text_base64_decode(&in, text, 4) < 0)
				continue;
			assert_int_equal(dsync_text_base64_encode(&out, dsync_buffer_view(&in).data, in.size), 0);
			assert_string_equal(dsync_buffer_text(&out), text);
			accepted++;
		}
	}
	assert_true(accepted > 22 * 22 - 1 && accepted < 24 * 24);
	dsync_buffer_finish(&in);
	dsync_buffer_finish(&out);
}

static void
test_base64_limits(void **state)
{
	struct dsync_buffer b;

	(void)state;
	dsync_buffer_init(&b, 3);
	assert_int_equal(dsync_text_base64_decode(&b, "Zm9vYg==", 8), DSYNC_ERR_LIMIT);
	dsync_buffer_clear(&b);
	assert_int_equal(dsync_text_base64_decode(&b, "Zm9v", 4), 0);
	dsync_buffer_clear(&b);
	assert_int_equal(dsync_text_base64_encode(&b, "x", 1), DSYNC_ERR_LIMIT);
	dsync_buffer_finish(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hex_refused),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_refused),
		cmocka_unit_test(test_base64_canonical),
		cmocka_unit_test(test_base64_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
