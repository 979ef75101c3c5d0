/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"

static void
check_line(const struct dsync_error *err, const char *expected)
{
	char line[2048];

	assert_int_equal(dsync_error_format(err, line, sizeof(line)), strlen(expected));
	assert_string_equal(line, expected);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(dsync_error_name(DSYNC_ERR_NOT_ARCHIVE), "NOT_ARCHIVE");
	assert_string_equal(dsync_error_name(DSYNC_ERR_SYSTEM), "SYSTEM");
	assert_string_equal(dsync_error_name(DSYNC_ERR_HELD), "HELD");
	assert_string_equal(dsync_error_name(0), "OK");
	assert_string_equal(dsync_error_name(1), "UNKNOWN");
	assert_string_equal(dsync_error_name(-9999), "UNKNOWN");
	assert_string_equal(dsync_error_text(DSYNC_ERR_CORRUPT), "damaged data");
	assert_string_equal(dsync_error_text(-9999), "unknown error");
}

/* Codes are part of the interface: each is taken once, negative, and none is missing on the way. */
static void
test_codes(void **state)
{
#define CODE(name, value, text) DSYNC_ERR_##name,
	static const int codes[] = { DSYNC_ERROR_TABLE(CODE) };
#undef CODE
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(codes[i], -1 - (int)i);
}

static void
test_set(void **state)
{
	struct dsync_error err;

	(void)state;
	memset(&err, 0xee, sizeof(err));
	assert_int_equal(
		dsync_error_set(&err, DSYNC_ERR_NOT_ARCHIVE, "Z3", "comment of %d bytes", 5), DSYNC_ERR_NOT_ARCHIVE);
	assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
	assert_int_equal(err.sys_errno, 0);
	assert_true(err.offset == DSYNC_ERROR_NO_OFFSET);
	assert_int_equal(err.line, 0);
	assert_int_equal(err.column, 0);
	assert_string_equal(err.rule, "Z3");
	assert_string_equal(err.entry, "");
	assert_string_equal(err.message, "comment of 5 bytes");
	assert_string_equal(err.expected, "");
	assert_string_equal(err.found, "");
	assert_string_equal(err.hint, "");
	check_line(&err, "comment of 5 bytes (Z3)");
}

static void
test_full_line(void **state)
{
	struct dsync_error err;

	(void)state;
	dsync_error_set(&err, DSYNC_ERR_CORRUPT, "Z21", "the CRC does not fit");
	dsync_error_at_entry(&err, "data/x", 6);
	dsync_error_at_offset(&err, 4711);
	dsync_error_expected(&err, "%08x", 0x12ab);
	dsync_error_found(&err, "%08x", 0xff);
	dsync_error_hint(&err, "fetch it again");
	check_line(&err,
		"the CRC does not fit (Z21, data/x, offset 4711): expected 000012ab, found 000000ff; fetch it again");
}

static void
test_parts_of_line(void **state)
{
	struct dsync_error err;

	(void)state;
	dsync_error_set(&err, DSYNC_ERR_SYNTAX, "", "m");
	check_line(&err, "m");
	dsync_error_at_offset(&err, 0);
	check_line(&err, "m (offset 0)");
	dsync_error_found(&err, "Y");
	check_line(&err, "m (offset 0): found Y");
	dsync_error_at_line(&err, 3, 0);
	check_line(&err, "m (line 3, offset 0): found Y");
	dsync_error_at_line(&err, 3, 7);
	err.offset = DSYNC_ERROR_NO_OFFSET;
	check_line(&err, "m (line 3, column 7): found Y");

	dsync_error_set(&err, DSYNC_ERR_SYNTAX, NULL, "m");
	dsync_error_expected(&err, "X");
	dsync_error_found(&err, NULL);
	check_line(&err, "m: expected X");
	dsync_error_set(&err, DSYNC_ERR_LOCKED, "", "%s", "");
	dsync_error_hint(&err, "give the key");
	check_line(&err, "key or passphrase missing or wrong; give the key");
}

static void
test_nothing_wrong(void **state)
{
	struct dsync_error err = { 0 };

	(void)state;
	check_line(&err, "no error");
	check_line(NULL, "no error");
}

static void
test_errno(void **state)
{
	struct dsync_error err;
	char expected[256];
	char path[600];

	(void)state;
	assert_int_equal(dsync_error_set_errno(&err, ENOSPC, "cannot write %s", "f"), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENOSPC);
	strcpy(expected, "cannot write f: ");
	strcat(expected, strerror(ENOSPC));
	assert_string_equal(err.message, expected);

	assert_int_equal(dsync_error_set_errno(&err, ENOMEM, "x"), DSYNC_ERR_NO_MEMORY);
	assert_int_equal(err.sys_errno, ENOMEM);

	/* However long the path, the reason is still there. */
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	dsync_error_set_errno(&err, EACCES, "cannot open %s", path);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_string_equal(err.message + strlen(err.message) - strlen(strerror(EACCES)), strerror(EACCES));
}

static void
test_memory(void **state)
{
	struct dsync_error err;

	(void)state;
	assert_int_equal(dsync_error_set_memory(&err), DSYNC_ERR_NO_MEMORY);
	check_line(&err, "out of memory");
}

/* No field lets a control character through, whichever way it came in. */
static void
test_escapes(void **state)
{
	static const char evil[] = "a\x1b[2J\xe2\x80\xae\xff\nz";
	static const char safe[] = "a\\x1b[2J\\u{202e}\\xff\\x0az";
	struct dsync_error err;

	(void)state;
	dsync_error_set(&err, DSYNC_ERR_SYNTAX, "\n", "%s", evil);
	dsync_error_at_entry(&err, evil, strlen(evil));
	dsync_error_expected(&err, "%s", evil);
	dsync_error_found(&err, "%s", evil);
	dsync_error_hint(&err, "%s", evil);
	assert_string_equal(err.rule, "\\x0a");
	assert_string_equal(err.entry, safe);
	assert_string_equal(err.message, safe);
	assert_string_equal(err.expected, safe);
	assert_string_equal(err.found, safe);
	assert_string_equal(err.hint, safe);
	dsync_error_set_errno(&err, EIO, "%s", evil);
	assert_memory_equal(err.message, safe, strlen(safe));
}

/* Fields hold whole characters only, whatever their length. */
static void
test_fields_are_cut(void **state)
{
	struct dsync_error err;
	char text[3000];
	size_t i;

	(void)state;
	for (i = 0; i + 3 <= sizeof(text) - 1; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[i] = '\0';
	dsync_error_set(&err, DSYNC_ERR_SYNTAX, text, "x%s", text);
	dsync_error_at_entry(&err, text, strlen(text));
	assert_int_equal(strlen(err.rule), 15);
	assert_int_equal(strlen(err.message), 253);
	assert_int_equal(strlen(err.entry), 255);
	assert_true(dsync_text_is_utf8(err.message, strlen(err.message)));
	assert_true(dsync_text_is_utf8(err.rule, strlen(err.rule)));
}

/* With every size of memory: the start of the line, no half characters, and the full length returned. */
static void
test_line_is_cut(void **state)
{
	struct dsync_error err;
	char whole[512];
	char line[512];
	size_t length;
	size_t size;

	(void)state;
	dsync_error_set(&err, DSYNC_ERR_SYNTAX, "toml",
		"a\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xbc"
		"b");
	dsync_error_hint(&err, "\xe2\x82\xac");
	length = dsync_error_format(&err, whole, sizeof(whole));
	assert_int_equal(length, strlen(whole));
	assert_int_equal(dsync_error_format(&err, NULL, 0), length);
	for (size = 1; size <= length + 1; size++) {
		memset(line, '#', sizeof(line));
		assert_int_equal(dsync_error_format(&err, line, size), length);
		assert_true(strlen(line) < size && strlen(line) + 4 >= size);
		assert_memory_equal(line, whole, strlen(line));
		assert_true(dsync_text_is_utf8(line, strlen(line)));
		assert_int_equal(line[size], '#');
	}
}

static void
test_null(void **state)
{
	(void)state;
	assert_int_equal(dsync_error_set(NULL, DSYNC_ERR_BUSY, "", "x"), DSYNC_ERR_BUSY);
	assert_int_equal(dsync_error_set_errno(NULL, EIO, "x"), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_error_set_errno(NULL, ENOMEM, "x"), DSYNC_ERR_NO_MEMORY);
	assert_int_equal(dsync_error_set_memory(NULL), DSYNC_ERR_NO_MEMORY);
	dsync_error_at_entry(NULL, "x", 1);
	dsync_error_at_offset(NULL, 1);
	dsync_error_at_line(NULL, 1, 1);
	dsync_error_expected(NULL, "x");
	dsync_error_found(NULL, "x");
	dsync_error_hint(NULL, "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_full_line),
		cmocka_unit_test(test_parts_of_line),
		cmocka_unit_test(test_nothing_wrong),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_fields_are_cut),
		cmocka_unit_test(test_line_is_cut),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
