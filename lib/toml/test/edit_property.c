/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whatever is edited in whatever document: the key has the new value, each other value
 * and every byte around the edit is what it was.  Documents and edits are made up from
 * a fixed seed; the valid conformance vectors are edited too where they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "toml/edit.h"
#include "toml/toml.h"

#define ROUNDS 4000

struct random {
	uint64_t state;
};

static unsigned
below(struct random *r, unsigned limit)
{
	r->state = r->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(r->state >> 33) % limit;
}

static const char *
one_of(struct random *r, const char *const *choices, unsigned count)
{
	return choices[below(r, count)];
}

static const char *const keys[] = { "a", "b", "c", "ttl", "x-y" };
static const char *const written[] = { "a", "\"b\"", "c", "'ttl'", "\"x\\u002dy\"" };
static const char *const values[] = { "1", "\"x # y\"", "'''\n'''", "[1, 2]", "[\n# c\n1,\n]", "{}", "{a = 1, b.c = 2}",
	"{ b = {c = [{}]} }", "2026-01-01", "true", "-1.5e3", "\"\"\"x\\\n y\"\"\"" };
static const char *const tables[] = { "", "a", "b", "a.b", "a.c", "b.x-y", "signature", "c.a.b" };
static const char *const headers[] = { "[a]", "[ b ]", "[a.b]", "[a . 'c']", "[b.\"x-y\"]", "[[c]]", "[signature]",
	"[a.c.ttl]" };
static const char *const comments[] = { "", "", "", " # c", "\t#", "   " };

#define ONE_OF(r, array) one_of(r, array, sizeof(array) / sizeof((array)[0]))

static void
make_line(struct random *r, struct dsync_buffer *out)
{
	switch (below(r, 6)) {
	case 0:
		dsync_buffer_append_text(out, ONE_OF(r, headers));
		break;
	case 1:
		dsync_buffer_append_text(out, "# about");
		break;
	case 2:
		break;
	default:
		if (below(r, 3) == 0) {
			dsync_buffer_append_text(out, ONE_OF(r, written));
			dsync_buffer_append_text(out, below(r, 2) ? "." : " . ");
		}
		dsync_buffer_append_text(out, ONE_OF(r, written));
		dsync_buffer_append_text(out, below(r, 4) ? " = " : "=");
		dsync_buffer_append_text(out, ONE_OF(r, values));
	}
	dsync_buffer_append_text(out, ONE_OF(r, comments));
}

/* Adds lines that keep the document valid; with LF or CRLF, with or without an end of the last line. */
static void
make_document(struct random *r, struct dsync_buffer *out)
{
	const char *newline = below(r, 3) ? "\n" : "\r\n";
	unsigned lines = below(r, 14), i;
	struct dsync_toml *doc;
	size_t before;

	dsync_buffer_clear(out);
	if (below(r, 8) == 0)
		dsync_buffer_append_text(out, "\xef\xbb\xbf");
	for (i = 0; i < lines; i++) {
		before = out->size;
		make_line(r, out);
		if (i + 1 < lines || below(r, 2))
			dsync_buffer_append_text(out, newline);
		doc = dsync_toml_parse((const char *)out->data, out->size, NULL);
		if (doc == NULL)
			out->size = before;
		dsync_toml_free(doc);
	}
}

/* Values as a set: removing a dotted key may move what it made further down. */
struct value_set {
	uint64_t sum;
	size_t count;
};

static uint64_t
hash_bytes(uint64_t hash, const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

/* All values but those of one node, with their paths. */
static void
add_values(const struct dsync_toml *doc, uint32_t node, uint32_t skip, uint64_t path, struct value_set *set)
{
	enum dsync_toml_type type = dsync_toml_type(doc, node);
	struct dsync_view view;
	uint32_t child, place = 0;

	if (node == skip)
		return;
	if (type != DSYNC_TOML_TABLE && type != DSYNC_TOML_ARRAY) {
		view = dsync_toml_raw(doc, node);
		set->sum += hash_bytes(path, view.data, view.size);
		set->count++;
		return;
	}
	for (child = dsync_toml_first(doc, node); child != DSYNC_TOML_NONE; child = dsync_toml_next(doc, child)) {
		view = dsync_toml_key(doc, child);
		place += type == DSYNC_TOML_ARRAY;
		add_values(doc, child, skip, hash_bytes(path * 31 + place, view.data, view.size), set);
	}
}

static uint32_t
find(const struct dsync_toml *doc, const char *table, const char *key)
{
	uint32_t node = DSYNC_TOML_ROOT;
	char part[64];
	size_t size;

	while (*table != '\0') {
		size = strcspn(table, ".");
		snprintf(part, sizeof(part), "%.*s", (int)size, table);
		node = dsync_toml_child(doc, node, part);
		table += size + (table[size] == '.');
	}
	return dsync_toml_child(doc, node, key);
}

static void
assert_same_values(const struct dsync_toml *a, uint32_t skip_a, const struct dsync_toml *b, uint32_t skip_b)
{
	struct value_set set_a = { 0, 0 }, set_b = { 0, 0 };

	add_values(a, DSYNC_TOML_ROOT, skip_a, 1, &set_a);
	add_values(b, DSYNC_TOML_ROOT, skip_b, 1, &set_b);
	assert_int_equal(set_a.count, set_b.count);
	assert_true(set_a.sum == set_b.sum);
}

/* Both texts are the same but for one piece, which in `text` is at most `most` bytes long. */
static void
assert_same_bytes(const char *text, size_t size, const struct dsync_buffer *out, size_t most)
{
	size_t least = size < out->size ? size : out->size, head = 0, tail = 0;

	while (head < least && text[head] == (char)out->data[head])
		head++;
	while (tail < least - head && text[size - 1 - tail] == (char)out->data[out->size - 1 - tail])
		tail++;
	assert_in_range(size - head - tail, 0, most);
}

/* Returns whether the edit was possible. */
static bool
check_edit(const char *text, size_t size, const char *table, const char *key, const char *value)
{
	struct dsync_toml *before = dsync_toml_parse(text, size, NULL), *after;
	struct dsync_error err = { .code = 0 };
	struct dsync_view raw;
	struct dsync_buffer out;
	uint32_t old, new;
	int rc;

	assert_non_null(before);
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	if (value != NULL)
		rc = dsync_toml_edit_set(&out, text, size, table, key, value, &err);
	else
		rc = dsync_toml_edit_remove(&out, text, size, table, key, &err);
	if (rc == 0) {
		after = dsync_toml_parse((const char *)out.data, out.size, NULL);
		assert_non_null(after);
		old = find(before, table, key);
		new = find(after, table, key);
		assert_int_equal(new == DSYNC_TOML_NONE, value == NULL);
		raw = dsync_toml_raw(after, new);
		if (value != NULL) {
			assert_int_equal(raw.size, strlen(value));
			assert_memory_equal(raw.data, value, raw.size);
			assert_same_bytes(text, size, &out, dsync_toml_raw(before, old).size);
		} else if (old == DSYNC_TOML_NONE) {
			assert_same_bytes(text, size, &out, 0);
		}
		assert_same_values(before, old, after, new);
		dsync_toml_free(after);
	} else {
		assert_int_equal(rc, DSYNC_ERR_INVALID);
		assert_string_equal(err.message, "the key cannot be changed here");
		assert_int_equal(out.size, 0);
	}
	dsync_buffer_finish(&out);
	dsync_toml_free(before);
	return rc == 0;
}

static void
made_up_documents(void **state)
{
	struct random r = { 1 };
	struct dsync_buffer text;
	size_t done = 0;
	unsigned i;

	(void)state;
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	for (i = 0; i < ROUNDS; i++) {
		const char *value = below(&r, 3) ? ONE_OF(&r, values) : NULL;
		const char *table, *key;

		make_document(&r, &text);
		table = ONE_OF(&r, tables);
		key = ONE_OF(&r, keys);
		done += check_edit((const char *)text.data, text.size, table, key, value);
	}
	dsync_buffer_finish(&text);
	printf("%zu of %d edits were possible\n", done, ROUNDS);
	assert_in_range(done, ROUNDS / 2, ROUNDS);
}

static void
conformance_vectors(void **state)
{
	struct corpus corpus;
	size_t size, i, t;
	char *text;

	(void)state;
	if (corpus_find(&corpus, "valid") == 0)
		skip();
	for (i = 0; i < corpus.count; i++) {
		text = corpus_read(corpus.paths[i], &size);
		assert_non_null(text);
		for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
			check_edit(text, size, tables[t], "a", "\"new\"");
			check_edit(text, size, tables[t], "unheard of", "[1]");
			check_edit(text, size, tables[t], "b", NULL);
		}
		free(text);
	}
	corpus_free(&corpus);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_documents),
		cmocka_unit_test(conformance_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
