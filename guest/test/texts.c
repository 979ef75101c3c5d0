/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the built-in updater reads of servers as text: files of sums, references, places in a feed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "updaters/pointer.h"
#include "updaters/reference.h"
#include "updaters/sums.h"

#define ONE "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define LOW "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TWO "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* Of its own size, so that one byte too far is seen. */
static struct json_span
span(const char *text)
{
	struct json_span s = { NULL, (int32_t)strlen(text) };
	char *copy = malloc(strlen(text) + (s.size == 0));

	assert_non_null(copy);
	memcpy(copy, text, strlen(text));
	s.data = copy;
	return s;
}

static void
release(struct json_span s)
{
	free((char *)(uintptr_t)s.data);
}

static const struct {
	const char *text;
	int32_t found; /* 0, -1 none, -2 more than one */
	const char *sum;
} sums[] = {
	{ ONE, 0, LOW },
	{ "  " ONE " \r\n\n", 0, LOW },
	{ ONE "  f\n", 0, LOW },
	{ ONE " *f", 0, LOW },
	{ ONE "\tf \t\r\n", 0, LOW },
	{ TWO "  g\n" ONE "  f\n", 0, LOW },
	{ TWO "  d/f\n" ONE "  f\n", 0, LOW }, /* the name itself before one that ends in it */
	{ ONE "  f\n" TWO "  d/f\n", 0, LOW },
	{ ONE "  d/f\n", 0, LOW },
	{ ONE "  f\n" LOW "  f\n", 0, LOW },
	{ ONE "  f\n" TWO "  f\n", -2, NULL },
	{ ONE "  f\n" TWO "  f\n" ONE "  f\n", -2, NULL },
	{ "SHA256 (f) = " ONE "\n", 0, LOW },
	{ "SHA256(f)= " ONE, 0, LOW },
	{ "SHA2-256(f)= " ONE, 0, LOW },
	{ "SHA1 (f) = " ONE, -1, NULL },
	{ "MD5 (f) = 0123\nSHA256 (f) = " ONE, 0, LOW },
	{ "SHA256 f) = " ONE, -1, NULL },
	{ "SHA256 (f = " ONE, -1, NULL },
	{ "SHA256 () = " ONE, -1, NULL },
	{ "SHA256 (", -1, NULL },
	{ "", -1, NULL },
	{ "\n\n", -1, NULL },
	{ TWO "  g\n" ONE "  ", -1, NULL },
	{ ONE "f\n", -1, NULL },
	{ "g" ONE "  f\n", -1, NULL },
	{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg  f\n", -1, NULL },
	{ "0123  f\n", -1, NULL },
	{ ONE "  xf\n", -1, NULL },
	{ ONE "  f/\n", -1, NULL },
};

static void
test_sums(void **state)
{
	unsigned char sum[SUM_SIZE];
	char text[SUM_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		struct json_span s = span(sums[i].text);
		int32_t rc = sums_find(s, "f", sum);

		release(s);
		if (rc != sums[i].found)
			fail_msg("%s: %d", sums[i].text, (int)rc);
		if (rc == 0) {
			sums_format(sum, text);
			assert_string_equal(text, sums[i].sum);
		}
	}
}

static const struct {
	const char *base, *reference, *url; /* NULL: refused */
} references[] = {
	{ "https://h/a/b?q", "https://other/x", "https://other/x" },
	{ "http://h/a/b", "https://other/x", "https://other/x" },
	{ "http://h/a/b", "http://other/x", "http://other/x" },
	{ "https://h/a/b", "http://other/x", NULL },
	{ "https://h/a/b", "//other/x", "https://other/x" },
	{ "http://h/a/b", "//other/x", "http://other/x" },
	{ "https://h/a/b", "/x", "https://h/x" },
	{ "https://h", "/x", "https://h/x" },
	{ "https://h", "x", "https://h/x" },
	{ "https://h?q", "x", "https://h/x" },
	{ "https://h/a/b?q", "x", "https://h/a/x" },
	{ "https://h/a/b?q", "?x", "https://h/a/b?x" },
	{ "https://h/a/b", "./x", "https://h/a/x" },
	{ "https://h/a/b/c", "../x", "https://h/a/x" },
	{ "https://h/a/b/c", ".././../x", "https://h/x" },
	{ "https://h/a", "../../x", "https://h/x" },
	{ "https://h/a?b/c", "../x", "https://h/x" },
	{ "https://h/a", "x:1", NULL },
	{ "https://h/a", "ftp://h/x", NULL },
	{ "https://h/a", "javascript:1", NULL },
	{ "https://h/a", "#x", NULL },
	{ "https://h/a", "", NULL },
};

static void
test_references(void **state)
{
	static char out[URL_SIZE_MAX], text[URL_SIZE_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		int32_t rc = reference_resolve(references[i].base, references[i].reference, out);

		if ((rc == 0) != (references[i].url != NULL))
			fail_msg("%s at %s: %d", references[i].reference, references[i].base, (int)rc);
		if (rc == 0)
			assert_string_equal(out, references[i].url);
	}
	memset(text, 'x', sizeof(text) - 1);
	for (i = URL_SIZE_MAX - 20; i < URL_SIZE_MAX; i++) {
		text[i] = '\0';
		if (reference_resolve("https://h/", text, out) == 0)
			assert_int_equal(strlen(out), strlen("https://h/") + i);
		else
			assert_true(strlen("https://h/") + i + 2 >= URL_SIZE_MAX);
		text[i] = 'x';
	}
}

static void
test_origins(void **state)
{
	static const struct {
		const char *a, *b;
		int same;
	} rows[] = {
		{ "https://h/a", "https://h/b?c", 1 },
		{ "https://h", "https://h/", 1 },
		{ "https://h/", "http://h/", 0 },
		{ "https://h/", "https://g/", 0 },
		{ "https://h/", "https://h:444/", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(reference_same_origin(rows[i].a, rows[i].b), rows[i].same);
}

static void
test_file_names(void **state)
{
	static const struct {
		const char *url, *name;
	} rows[] = {
		{ "https://h/a/f.gz?x/y", "f.gz" },
		{ "https://h/a%20b%2Fc", "a b/c" },
		{ "https://h/a%2", "a%2" },
		{ "https://h/a%zz", "a%zz" },
		{ "https://h/", "" },
		{ "https://h", "" },
		{ "https://h/0123456789abcdef", "0123456" },
	};
	char name[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t size = reference_file_name(rows[i].url, name, sizeof(name));

		assert_string_equal(name, rows[i].name);
		assert_int_equal(size, strlen(name));
	}
}

#define FEED \
	" \n\t\r{\"a\":[{\"n\":\"x-1.gz\",\"u\":1},{\"n\":\"x-2.csv\",\"u\":2},{\"n\":7,\"u\":3}],\"b/c\":4,\"d~e\":5,\"f\":{\"\":6}}"

static const struct {
	const char *pointer, *value; /* NULL: leads nowhere */
	int32_t used;                /* of a pointer that leads nowhere */
} pointers[] = {
	{ "/a/0/u", "1", 0 },
	{ "/a/1/u", "2", 0 },
	{ "/a/n=*.csv/u", "2", 0 },
	{ "/a/n=x-*/u", "1", 0 },
	{ "/a/n=x-2.csv/u", "2", 0 },
	{ "/a/n=*2*v*/u", "2", 0 },
	{ "/b~1c", "4", 0 },
	{ "/d~0e", "5", 0 },
	{ "/f/", "6", 0 },
	{ "/a/3", NULL, 2 },
	{ "/a/00", NULL, 2 },
	{ "/a/", NULL, 2 },
	{ "/a/x", NULL, 2 },
	{ "/a/123456789", NULL, 2 },
	{ "/a/n=z*", NULL, 2 },
	{ "/a/m=x*", NULL, 2 },
	{ "/b~1c/d", NULL, 5 },
	{ "/z", NULL, 0 },
	{ "/f/x=1", NULL, 2 },
};

static void
test_pointers(void **state)
{
	static const char *const wrong[] = { "", "a", "/~", "/~2", "/a~" };
	char text[POINTER_SIZE_MAX + 1];
	struct json_span value;
	int32_t used, rc;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		struct json_span s = span(FEED);

		assert_int_equal(pointer_is_valid(pointers[i].pointer), 1);
		rc = pointer_find(s, pointers[i].pointer, &value, &used);
		if ((rc == 0) != (pointers[i].value != NULL))
			fail_msg("%s: %d", pointers[i].pointer, (int)rc);
		if (rc == 0)
			assert_int_equal(json_is(value, pointers[i].value), 1);
		else
			assert_int_equal(used, pointers[i].used);
		release(s);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(pointer_is_valid(wrong[i]), 0);
	memset(text, '/', sizeof(text));
	text[POINTER_SIZE_MAX] = '\0';
	assert_int_equal(pointer_is_valid(text), 0);
	text[POINTER_SIZE_MAX - 1] = '\0';
	assert_int_equal(pointer_is_valid(text), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_file_names),
		cmocka_unit_test(test_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
