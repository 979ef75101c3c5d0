/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Documents made to hurt.  Each has 2 MiB: work that grew with the square of the size
 * would run into the test's time limit, recursion into the end of the stack.  Then:
 * how often memory is asked for, and what happens when there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "toml/edit.h"
#include "toml/toml.h"

#define SIZE ((size_t)2 << 20)

/* A text of `begin`, then `piece` over and over (its %x counts), then `end`. */
static void
make_text(struct dsync_buffer *out, const char *begin, const char *piece, const char *end)
{
	const char *number = strchr(piece, '%');
	unsigned count = 0;

	dsync_buffer_clear(out);
	dsync_buffer_append_text(out, begin);
	while (out->size < SIZE) {
		if (number == NULL) {
			dsync_buffer_append_text(out, piece);
			continue;
		}
		dsync_buffer_append(out, piece, (size_t)(number - piece));
		dsync_buffer_printf(out, "%x", count++);
		dsync_buffer_append_text(out, number + 1);
	}
	dsync_buffer_append_text(out, end);
	assert_int_equal(dsync_buffer_error(out), 0);
}

static const struct {
	const char *begin, *piece, *end;
	const char *message; /* of the refusal; NULL: a valid document */
} texts[] = {
	{ "", "k%=1\n", "", NULL },
	{ "", "k%=1\n", "k0=1\n", "this key is defined already" },
	{ "", "[k%]\n", "", NULL },
	{ "", "[k%]\n", "[k7]\n", "this key is defined already" },
	{ "", "[a.b.c.k%]\n", "", NULL },
	{ "", "[[a]]\n", "", NULL },
	{ "", "[[a]]\n[a.b]\n", "", NULL },
	{ "", "a.b.k%=1\n", "", NULL },
	{ "", "\"\\u006b%\"=1\n", "", NULL },
	{ "", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk%=1\n", "", NULL },
	{ "a={", "k%=1,", "z=1}", NULL },
	{ "a=[", "1,", "]", NULL },
	{ "a=[", "[],", "]", NULL },
	{ "a=[", "{},", "]", NULL },
	{ "a=[", "\n#\n", "]", NULL },
	{ "a=", "[", "", "nesting is too deep" },
	{ "a=", "{a=", "", "nesting is too deep" },
	{ "a", ".a", "=1", "nesting is too deep" },
	{ "[a", ".a", "]", "nesting is too deep" },
	{ "#", ".", "", NULL },
	{ "#", "=[,.", "\r", "a control character in a comment" },
	{ "", "\n", "", NULL },
	{ "", " ", "", NULL },
	{ "", "k", "=1", NULL },
	{ "", "k", "", "a key without a value" },
	{ "\"", "\\n", "\"=1", NULL },
	{ "a=\"", "\\u0041", "\"", NULL },
	{ "a=\"\"\"", "\r\n", "\"\"\"", NULL },
	{ "a=\"\"\"", "\\\n ", "\"\"\"", NULL },
	{ "a=\"\"\"", "x\"\"", "", "a string is not closed" },
	{ "a=\"", "\xc3\xa9", "\xc3", "the text is not UTF-8" },
	{ "a=", "1_1", "", "an integer does not fit 64 bits" },
	{ "a=0.", "0", "1", NULL },
	{ "a=1e", "9", "", NULL },
	{ "a=00:00:00.", "0", "", NULL },
};

static void
hostile_texts(void **state)
{
	struct dsync_error err;
	struct dsync_buffer text;
	struct dsync_toml *doc;
	double value;
	size_t i;

	(void)state;
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		make_text(&text, texts[i].begin, texts[i].piece, texts[i].end);
		err.message[0] = '\0';
		doc = dsync_toml_parse((const char *)text.data, text.size, &err);
		if ((doc != NULL) != (texts[i].message == NULL))
			fail_msg("%s%s...: %s", texts[i].begin, texts[i].piece, err.message);
		if (texts[i].message != NULL)
			assert_string_equal(err.message, texts[i].message);
		else
			dsync_toml_float(doc, dsync_toml_child(doc, DSYNC_TOML_ROOT, "a"), &value);
		dsync_toml_free(doc);
	}
	dsync_buffer_finish(&text);
}

/* Each key is the one before it and one letter more: the deepest tree of keys there is. */
static void
growing_keys(void **state)
{
	enum { KEYS = 2800 };
	struct dsync_buffer text;
	struct dsync_toml *doc;
	char key[KEYS + 1];
	int i;

	(void)state;
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	memset(key, 'k', sizeof(key));
	for (i = 1; i <= KEYS; i++) {
		dsync_buffer_append(&text, key, (size_t)i);
		dsync_buffer_append_text(&text, "=1\n");
	}
	doc = dsync_toml_parse((const char *)text.data, text.size, NULL);
	assert_non_null(doc);
	assert_int_equal(dsync_toml_count(doc, DSYNC_TOML_ROOT), KEYS);
	key[KEYS] = '\0';
	assert_int_not_equal(dsync_toml_child(doc, DSYNC_TOML_ROOT, key), DSYNC_TOML_NONE);
	assert_int_equal(dsync_toml_child(doc, DSYNC_TOML_ROOT, ""), DSYNC_TOML_NONE);
	dsync_toml_free(doc);
	dsync_buffer_finish(&text);
}

static const char small[] = "[a]\r\nb = \"\\u0041\"\r\nc = [1, {d = 2.5}]\r\n[[e.f]]\r\ng.h = 1979-05-27\r\n";

/* One allocation, whatever the document. */
static void
allocations(void **state)
{
	struct dsync_buffer text;
	struct dsync_toml *doc;

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	doc = dsync_toml_parse(small, sizeof(small) - 1, NULL);
	assert_int_equal(dsync_fault_count(), 1);
	dsync_toml_free(doc);

	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	make_text(&text, "", "\"\\u006b%\"=[1, 2, {a = 3}]\n", "");
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	doc = dsync_toml_parse((const char *)text.data, text.size, NULL);
	assert_non_null(doc);
	assert_int_equal(dsync_fault_count(), 1);
	dsync_fault_disarm();
	dsync_toml_free(doc);
	dsync_buffer_finish(&text);
}

/* Reading a value asks for none. */
static void
no_allocation_in_values(void **state)
{
	struct dsync_toml *doc = dsync_toml_parse(small, sizeof(small) - 1, NULL);
	uint32_t a = dsync_toml_child(doc, DSYNC_TOML_ROOT, "a"), c = dsync_toml_child(doc, a, "c");
	struct dsync_view view;
	double number;

	(void)state;
	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	assert_int_equal(dsync_toml_string(doc, dsync_toml_child(doc, a, "b"), &view), 0);
	assert_int_equal(view.size, 1);
	c = dsync_toml_next(doc, dsync_toml_first(doc, c));
	assert_int_equal(dsync_toml_float(doc, dsync_toml_child(doc, c, "d"), &number), 0);
	assert_true(number == 2.5);
	assert_int_equal(dsync_fault_count(), 0);
	dsync_fault_disarm();
	dsync_toml_free(doc);
}

static int
work(struct dsync_buffer *out, int which, struct dsync_error *err)
{
	struct dsync_toml *doc;

	switch (which) {
	case 0:
		doc = dsync_toml_parse(small, sizeof(small) - 1, err);
		dsync_toml_free(doc);
		return doc != NULL ? 0 : err->code;
	case 1:
		return dsync_toml_edit_set(out, small, sizeof(small) - 1, "a", "b", "2", err);
	case 2:
		return dsync_toml_edit_set(out, small, sizeof(small) - 1, "new", "b", "2", err);
	case 3:
		return dsync_toml_edit_remove(out, small, sizeof(small) - 1, "a", "c", err);
	default:
		return dsync_toml_write_string(out, small, sizeof(small) - 1);
	}
}

/* Each allocation fails once: the error says so, nothing was handed out, nothing leaks (sanitizers). */
static void
no_memory(void **state)
{
	struct dsync_error err;
	struct dsync_buffer out;
	bool fired = true;
	int which, rc;
	unsigned n;

	(void)state;
	for (which = 0; which < 5; which++) {
		for (n = 1, fired = true; fired; n++) {
			dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
			err.code = 0;
			dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, n, false);
			rc = work(&out, which, &err);
			fired = dsync_fault_fired();
			dsync_fault_disarm();
			assert_int_equal(rc, fired ? DSYNC_ERR_NO_MEMORY : 0);
			if (fired && which < 4)
				assert_int_equal(err.code, DSYNC_ERR_NO_MEMORY);
			if (fired && which < 4)
				assert_int_equal(out.size, 0);
			dsync_buffer_finish(&out);
		}
		assert_in_range(n, 3, 40); /* at least one allocation failed, then none */
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(growing_keys),
		cmocka_unit_test(allocations),
		cmocka_unit_test(no_allocation_in_values),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
