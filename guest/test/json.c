/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "updaters/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A copy without anything behind it, so that a read past the end is seen by the sanitizer. */
static struct json_span
span(const char *text)
{
	struct json_span s = { NULL, (int32_t)strlen(text) };
	char *copy = malloc(strlen(text) + 1);

	assert_non_null(copy);
	memcpy(copy, text, strlen(text));
	s.data = realloc(copy, strlen(text) > 0 ? strlen(text) : 1);
	assert_non_null(s.data);
	return s;
}

static void
release(struct json_span s)
{
	free((char *)(uintptr_t)s.data);
}

/* "name=value;" of all members, or with '!' at the end when it stopped at something that is not JSON. */
static void
list(struct json_span text, char *out)
{
	struct json_span name, value;
	struct json_walk walk;
	int32_t more;

	*out = '\0';
	if (json_walk_init(
		    &walk, text, text.size > 0 && memchr(text.data, '{', (size_t)text.size) != NULL ? '{' : '[') < 0) {
		strcpy(out, "neither");
		return;
	}
	while ((more = json_walk_next(&walk, &name, &value)) > 0) {
		strncat(out, name.data, (size_t)name.size);
		strcat(out, "=");
		strncat(out, value.data, (size_t)value.size);
		strcat(out, ";");
	}
	if (more < 0)
		strcat(out, "!");
}

static void
test_walk(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} rows[] = {
		{ "{}", "" },
		{ " \r\n\t{ } ", "" },
		{ "[]", "" },
		{ "{\"a\":1}", "a=1;" },
		{ "{ \"a\" : \"b\" , \"c\" : [1, {\"d\": \"]}\"}] }", "a=\"b\";c=[1, {\"d\": \"]}\"}];" },
		{ "[1,\"x\\\"y\",null]", "=1;=\"x\\\"y\";=null;" },
		{ "[[[[1]]],2]", "=[[[1]]];=2;" },
		{ "", "neither" },
		{ "1", "neither" },
		{ "\"{\"", "neither" },
		{ "{", "!" },
		{ "{\"a", "!" },
		{ "{\"a\"", "!" },
		{ "{\"a\":", "!" },
		{ "{\"a\":}", "!" },
		{ "{\"a\":1", "a=1;!" },
		{ "{\"a\":1,", "a=1;!" },
		{ "{\"a\":1,}", "a=1;!" },
		{ "{\"a\":1 \"b\":2}", "a=1;!" },
		{ "{a:1}", "!" },
		{ "{\"a\" 1}", "!" },
		{ "{\"a\":\"b}", "!" },
		{ "{\"a\":\"b\\", "!" },
		{ "{\"a\":\"b\\\"", "!" },
		{ "{\"a\":\"b\nc\"}", "!" },
		{ "{\"a\":\"b\\\nc\"}", "!" },
		{ "{\"a\":[1,2}", "a=[1,2};!" },
		{ "[,1]", "!" },
		{ "[1,]", "=1;!" },
		{ "[1", "=1;!" },
	};
	char out[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_span text = span(rows[i].text);

		list(text, out);
		if (strcmp(out, rows[i].expected) != 0)
			fail_msg("row %zu, %s: expected %s, found %s", i, rows[i].text, rows[i].expected, out);
		release(text);
	}
}

/* Nesting that is too deep is refused; everything is cut at every length without leaving the text. */
static void
test_hostile(void **state)
{
	static const char whole[] =
		"{\"v\":1,\"urls\":[\"http://a/\\u0041\",\"b\\\\\"],\"headers\":{\"A\":\"b\"},\"x\":[[{}]]}";
	char deep[200], out[512];
	size_t i;

	(void)state;
	memset(deep, '[', 100);
	memset(deep + 100, ']', 99);
	deep[199] = '\0';
	deep[0] = '{';
	memcpy(deep, "{\"a\":", 5);
	{
		struct json_span text = span(deep);

		list(text, out);
		assert_string_equal(out, "!");
		release(text);
	}
	for (i = 0; i < sizeof(whole) - 1; i++) {
		struct json_span text = span(whole);

		text.size = (int32_t)i;
		list(text, out);
		assert_true(i == 0 || out[strlen(out) - 1] == '!');
		release(text);
	}
}

static void
test_string(void **state)
{
	static const struct {
		const char *text;
		const char *expected; /* NULL: refused */
	} rows[] = {
		{ "\"\"", "" },
		{ "\"abc\"", "abc" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u007e\\u002F\"", "A~/" },
		{ "\"\xc3\xa4\xff\"", "\xc3\xa4\xff" },
		{ "\"123456789\"", "123456789" },
		{ "\"1234567890\"", NULL },
		{ "\"\\u0000\"", NULL },
		{ "\"\\u00e4\\u20ac\\ud83d\\ude00\"", "\303\244\342\202\254\360\237\230\200" },
		{ "\"\\ud83d\"", NULL },
		{ "\"\\ud83d\\u0041\"", NULL },
		{ "\"\\ud83dabcdef\"", NULL },
		{ "\"\\ude00\"", NULL },
		{ "\"\\u004\"", NULL },
		{ "\"\\u004g\"", NULL },
		{ "\"\\x\"", NULL },
		{ "\"\\\"", NULL },
		{ "\"", NULL },
		{ "", NULL },
		{ "1", NULL },
		{ "null", NULL },
		{ "\"a", NULL },
		{ "a\"", NULL },
	};
	char out[10];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_span text = span(rows[i].text);
		int32_t size = json_string(text, out, sizeof(out));

		if (rows[i].expected == NULL)
			assert_int_equal(size, -1);
		else if (size < 0 || strcmp(out, rows[i].expected) != 0 || (size_t)size != strlen(out))
			fail_msg("row %zu, %s: found %d", i, rows[i].text, size);
		release(text);
	}
}

static void
test_is(void **state)
{
	(void)state;
	assert_true(json_is((struct json_span){ "urls,", 4 }, "urls"));
	assert_true(json_is((struct json_span){ NULL, 0 }, ""));
	assert_false(json_is((struct json_span){ "url", 3 }, "urls"));
	assert_false(json_is((struct json_span){ "urlss", 5 }, "urls"));
	assert_false(json_is((struct json_span){ NULL, 0 }, "urls"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
