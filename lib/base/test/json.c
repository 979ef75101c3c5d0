/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The JSON writer: commas, names, every kind of value, bytes that are no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static void
test_objects(void **state)
{
	static const unsigned char bytes[] = { 0x00, 0xff };
	struct dsync_buffer out;

	(void)state;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	dsync_json_open(&out, NULL);
	dsync_json_put_text(&out, "a", "x\"\n");
	dsync_json_put_text(&out, "left out", NULL);
	dsync_json_put_integer(&out, "b", INT64_MIN);
	dsync_json_put_unsigned(&out, "c", UINT64_MAX);
	dsync_json_open_array(&out, "d");
	dsync_json_put_bool(&out, NULL, true);
	dsync_json_put_null(&out, NULL);
	dsync_json_open(&out, NULL);
	dsync_json_close(&out);
	dsync_json_close_array(&out);
	dsync_json_put_hex(&out, "e", bytes, sizeof(bytes));
	dsync_json_put_time(&out, "f", 0);
	dsync_json_put_raw(&out, "g", "[1]", 3);
	dsync_json_put_bytes(&out, "h", bytes, sizeof(bytes));
	dsync_json_close(&out);
	assert_string_equal(dsync_buffer_text(&out),
		"{\"a\":\"x\\\"\\n\",\"b\":-9223372036854775808,\"c\":18446744073709551615,"
		"\"d\":[true,null,{}],\"e\":\"00ff\",\"f\":\"1970-01-01T00:00:00Z\",\"g\":[1],"
		"\"h\":\"\\u0000\xef\xbf\xbd\"}");
	dsync_buffer_finish(&out);
}

/* One object a line: what follows a newline is not the next member of anything. */
static void
test_lines(void **state)
{
	struct dsync_buffer out;

	(void)state;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	dsync_json_open(&out, NULL);
	dsync_json_close(&out);
	dsync_buffer_append_byte(&out, '\n');
	dsync_json_open(&out, NULL);
	dsync_json_close(&out);
	assert_string_equal(dsync_buffer_text(&out), "{}\n{}");
	dsync_buffer_finish(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
