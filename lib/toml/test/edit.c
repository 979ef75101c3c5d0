/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Edits: exact texts before and after, refusals, and strings as they are written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "toml/edit.h"
#include "toml/toml.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct edit_case {
	const char *before, *table, *key, *value, *after;
};

static const struct edit_case sets[] = {
	/* where the key is */
	{ "[policy]\nttl = 1 # why\nx = 2\n", "policy", "ttl", "3600", "[policy]\nttl = 3600 # why\nx = 2\n" },
	{ "ttl=1", "", "ttl", "\"x\"", "ttl=\"x\"" },
	{ "[a]\r\nb = \"\"\"\r\nx\"\"\"\r\nc = 2\r\n", "a", "b", "1", "[a]\r\nb = 1\r\nc = 2\r\n" },
	{ "a.b.c = 1\n", "a.b", "c", "2", "a.b.c = 2\n" },
	{ "['a']\n\"b\\u0063\" = 1\n", "a", "bc", "2", "['a']\n\"b\\u0063\" = 2\n" },
	{ "a = {b = 1, c = {d = 2}}\n", "a.c", "d", "[3]", "a = {b = 1, c = {d = [3]}}\n" },
	{ "[a]\nb = {c = 1}\n", "a", "b", "2", "[a]\nb = 2\n" },
	{ "[a]\nb = [ # one\n 1 ]\n", "a", "b", "[\n 2\n]", "[a]\nb = [\n 2\n]\n" },
	/* at the end of the table's body */
	{ "[a]\nb = 1 # c\n\n# of d\n[d]\n", "a", "k", "2", "[a]\nb = 1 # c\nk = 2\n\n# of d\n[d]\n" },
	{ "[a]\n[b]\n", "a", "k", "2", "[a]\nk = 2\n[b]\n" },
	{ "[a]", "a", "k", "2", "[a]\nk = 2" },
	{ "[a]\r\nb = 1", "a", "k", "2", "[a]\r\nb = 1\r\nk = 2" },
	{ "[a]\r\n\r\n[b]\r\n", "a", "k", "2", "[a]\r\nk = 2\r\n\r\n[b]\r\n" },
	{ "x = 1\n[a]\n", "", "k", "2", "x = 1\nk = 2\n[a]\n" },
	{ "\xef\xbb\xbf[a]\n", "", "k", "2", "\xef\xbb\xbfk = 2\n[a]\n" },
	{ "", "", "k", "2", "k = 2\n" },
	{ "# c", "", "k", "2", "k = 2\n# c" },
	{ "[a]\n", "a", "two words", "2", "[a]\n\"two words\" = 2\n" },
	{ "[a]\n", "a", "", "2", "[a]\n\"\" = 2\n" },
	{ "[a.b]\nc = 1\n[a]\nd = 1\n", "a", "k", "2", "[a.b]\nc = 1\n[a]\nd = 1\nk = 2\n" },
	/* dotted keys and braces */
	{ "a.b = 1\nc = 2\n", "a", "k", "2", "a.b = 1\nc = 2\na.k = 2\n" },
	{ "[t]\na.b.c = 1\n[u]\n", "t.a.b", "k", "2", "[t]\na.b.c = 1\na.b.k = 2\n[u]\n" },
	{ "a = {}\n", "a", "k", "2", "a = { k = 2 }\n" },
	{ "a = { }\n", "a", "k", "2", "a = { k = 2 }\n" },
	{ "a = {b = 1}\n", "a", "k", "2", "a = {b = 1, k = 2}\n" },
	{ "a = { b = [1] } # c\n", "a", "k", "2", "a = { b = [1], k = 2 } # c\n" },
	{ "a = { b.c = 1 }\n", "a.b", "k", "2", "a = { b.c = 1, b.k = 2 }\n" },
	{ "a = { b = 1 }\n", "a.x.y", "k", "2", "a = { b = 1, x.y.k = 2 }\n" },
	/* a new table */
	{ "", "a", "k", "2", "[a]\nk = 2\n" },
	{ "x = 1\n", "a.b", "k", "2", "x = 1\n\n[a.b]\nk = 2\n" },
	{ "x = 1", "a", "k", "2", "x = 1\n\n[a]\nk = 2\n" },
	{ "[a]\r\n\r\n", "b c", "k", "2", "[a]\r\n\r\n[\"b c\"]\r\nk = 2\r\n" },
	{ "[a.b]\nc = 1\n", "a", "k", "2", "[a.b]\nc = 1\n\n[a]\nk = 2\n" },
	{ "[a.b]\nc = 1\n", "a.d", "k", "2", "[a.b]\nc = 1\n\n[a.d]\nk = 2\n" },
	{ "a.b = 1\n", "a.c", "k", "2", "a.b = 1\n\n[a.c]\nk = 2\n" },
	{ "[a]\nb = 1\n\n# sealed\n# here\n[signature]\nvalue = 1\n", "n", "k", "2",
		"[a]\nb = 1\n\n[n]\nk = 2\n\n# sealed\n# here\n[signature]\nvalue = 1\n" },
	{ "[a]\nb = 1\n[signature]\n", "n", "k", "2", "[a]\nb = 1\n\n[n]\nk = 2\n\n[signature]\n" },
	{ "[signature]\r\n", "n", "k", "2", "[n]\r\nk = 2\r\n\r\n[signature]\r\n" },
	{ "[signature]\nvalue = 1\n", "signature.x", "k", "2", "[signature]\nvalue = 1\n\n[signature.x]\nk = 2\n" },
};

static const struct edit_case removals[] = {
	{ "[a]\nb = 1 # c\nd = 2\n", "a", "b", NULL, "[a]\nd = 2\n" },
	{ "[a]\r\n  b = [1,\r\n 2] # c\r\nd = 2", "a", "b", NULL, "[a]\r\nd = 2" },
	{ "[a]\nb = 1", "a", "b", NULL, "[a]\n" },
	{ "\xef\xbb\xbf"
	  "b = 1\nc = 2",
		"", "b", NULL,
		"\xef\xbb\xbf"
		"c = 2" },
	{ "a . \"b\".c = 1\nd = 2\n", "a.b", "c", NULL, "d = 2\n" },
	{ "a = {b = 1, c = 2, d = 3}\n", "a", "b", NULL, "a = {c = 2, d = 3}\n" },
	{ "a = {b = 1, c = 2, d = 3}\n", "a", "c", NULL, "a = {b = 1, d = 3}\n" },
	{ "a = { b = 1, x.c = 2 }\n", "a.x", "c", NULL, "a = { b = 1 }\n" },
	{ "a = { ',{'.b = 1 }\n", "a.,{", "b", NULL, "a = {  }\n" },
	{ "[a]\nb = {c = 1}\n", "a", "b", NULL, "[a]\n" },
	{ "[a]\nb = 1\n", "a", "c", NULL, "[a]\nb = 1\n" },
	{ "[a]\nb = 1\n", "x.y", "c", NULL, "[a]\nb = 1\n" },
};

static const struct edit_case refusals[] = {
	{ "[a]\nb = 1\n", "", "a", "1", "a single value" },
	{ "[a.b]\n", "", "a", "1", "a single value" },
	{ "a.b = 1\n", "", "a", "1", "a single value" },
	{ "[[a]]\n", "", "a", "1", "a single value" },
	{ "[[a]]\n", "a", "b", "1", "a table" },
	{ "a = 1\n", "a", "b", "1", "a table" },
	{ "a = [{}]\n", "a.b", "c", "1", "a table" },
	{ "[a]\n", "", "a", NULL, "a single value" },
	{ "a = 1\n", "", "a", "", "one TOML value" },
	{ "a = 1\n", "", "a", "2 3", "one TOML value" },
	{ "a = 1\n", "", "a", "2\nb = 3", "one TOML value" },
	{ "a = 1\n", "", "a", "2 # c", "one TOML value" },
	{ "a = 1\n", "", "b", " 2", "one TOML value" },
	{ "a = 1\n", "", "b", "2\n[c]", "one TOML value" },
	{ "a = {b = 1}\n", "a", "c", "2, d = 3", "one TOML value" },
	{ "a = {b = 1}\n", "a", "c", "2}\nd = {e = 1", "one TOML value" },
	{ "a = 1\n", "", "b", "\"\\e\"", "one TOML value" },
};

static int
apply(struct dsync_buffer *out, const struct edit_case *c, struct dsync_error *err)
{
	size_t size = strlen(c->before);

	if (c->value == NULL)
		return dsync_toml_edit_remove(out, c->before, size, c->table, c->key, err);
	return dsync_toml_edit_set(out, c->before, size, c->table, c->key, c->value, err);
}

static void
check_table(const struct edit_case *cases, size_t count)
{
	struct dsync_error err = { .code = 0 };
	struct dsync_buffer out;
	size_t i;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	for (i = 0; i < count; i++) {
		dsync_buffer_clear(&out);
		if (apply(&out, &cases[i], &err) < 0)
			fail_msg("%s: %s, expected %s", cases[i].before, err.message, err.expected);
		assert_string_equal(dsync_buffer_text(&out), cases[i].after);
	}
	dsync_buffer_finish(&out);
}

static void
set(void **state)
{
	(void)state;
	check_table(sets, COUNT(sets));
}

static void
removed(void **state)
{
	(void)state;
	check_table(removals, COUNT(removals));
}

static void
refused(void **state)
{
	struct dsync_error err;
	struct dsync_buffer out;
	size_t i;

	(void)state;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	for (i = 0; i < COUNT(refusals); i++) {
		err.code = 0;
		if (apply(&out, &refusals[i], &err) != DSYNC_ERR_INVALID ||
			strcmp(err.expected, refusals[i].after) != 0)
			fail_msg("%s, value %s: not refused as expected", refusals[i].before, refusals[i].value);
		assert_int_equal(apply(&out, &refusals[i], NULL), DSYNC_ERR_INVALID);
		assert_int_equal(out.size, 0);
	}
	assert_int_equal(dsync_toml_edit_set(&out, "a", 1, "", "b", "1", &err), DSYNC_ERR_SYNTAX);
	assert_int_equal(dsync_toml_edit_set(&out, "a", 1, "", "b", "1", NULL), DSYNC_ERR_SYNTAX);
	dsync_buffer_finish(&out);
}

static void
output_limit(void **state)
{
	struct dsync_error err;
	struct dsync_buffer out;

	(void)state;
	dsync_buffer_init(&out, 8);
	assert_int_equal(dsync_toml_edit_set(&out, "abc = 1\n", 8, "", "abc", "10", &err), DSYNC_ERR_LIMIT);
	assert_int_equal(err.code, DSYNC_ERR_LIMIT);
	dsync_buffer_finish(&out);
}

/* Appending: what the buffer held stays. */
static void
output_is_appended(void **state)
{
	struct dsync_buffer out;

	(void)state;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&out, "x");
	assert_int_equal(dsync_toml_edit_set(&out, "a = 1", 5, "", "a", "2", NULL), 0);
	assert_string_equal(dsync_buffer_text(&out), "xa = 2");
	dsync_buffer_finish(&out);
}

static void
written_strings(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *written; /* NULL: refused */
	} cases[] = {
		{ "", 0, "\"\"" },
		{ "a b", 3, "\"a b\"" },
		{ "\"\\\b\t\n\f\r", 7, "\"\\\"\\\\\\b\\t\\n\\f\\r\"" },
		{ "\0\x1b\x7f", 3, "\"\\u0000\\u001B\\u007F\"" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\xff", 1, NULL },
		{ "\xed\xa0\x80", 3, NULL },
	};
	struct dsync_buffer out;
	size_t i;
	int rc;

	(void)state;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	for (i = 0; i < COUNT(cases); i++) {
		dsync_buffer_clear(&out);
		rc = dsync_toml_write_string(&out, cases[i].text, cases[i].size);
		assert_int_equal(rc, cases[i].written != NULL ? 0 : DSYNC_ERR_INVALID);
		if (cases[i].written != NULL)
			assert_string_equal(dsync_buffer_text(&out), cases[i].written);
		else
			assert_int_equal(out.size, 0);
	}
	dsync_buffer_finish(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set),
		cmocka_unit_test(removed),
		cmocka_unit_test(refused),
		cmocka_unit_test(output_limit),
		cmocka_unit_test(output_is_appended),
		cmocka_unit_test(written_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
