/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any bytes as a TOML document: it is parsed, every node is asked everything, and
 * edits are made; an edited document must be one again.
 */
#include <stdlib.h>
#include <string.h>

#include "toml/edit.h"
#include "toml/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion that is there in every kind of build. */
static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Reads what a node gives, so that a sanitizer sees every byte of it. */
static void
touch(struct dsync_view view)
{
	volatile unsigned char seen;
	size_t i;

	for (i = 0; i < view.size; i++)
		seen = view.data[i];
	(void)seen;
}

static void
ask_node(const struct dsync_toml *doc, uint32_t node, size_t size)
{
	struct dsync_toml_range range = dsync_toml_value_range(doc, node), key = dsync_toml_key_range(doc, node);
	struct dsync_view view;
	int64_t integer;
	double number;
	bool truth;

	require(range.start <= range.end && range.end <= size);
	require(key.start <= key.end && key.end <= size);
	require(dsync_toml_line(doc, node) >= 1);
	require(dsync_toml_type(doc, node) != DSYNC_TOML_ABSENT);
	range = dsync_toml_body_range(doc, node);
	require(range.start <= range.end && range.end <= size);
	touch(dsync_toml_key(doc, node));
	touch(dsync_toml_raw(doc, node));
	if (dsync_toml_string(doc, node, &view) == 0)
		touch(view);
	dsync_toml_integer(doc, node, &integer);
	dsync_toml_float(doc, node, &number);
	dsync_toml_boolean(doc, node, &truth);
}

/* Children must be found again by their keys. */
static void
ask_child(const struct dsync_toml *doc, uint32_t table, uint32_t child)
{
	struct dsync_view key = dsync_toml_key(doc, child);
	char *name = malloc(key.size + 1);

	if (name == NULL)
		return;
	memcpy(name, key.data, key.size);
	name[key.size] = '\0';
	if (strlen(name) == key.size)
		require(dsync_toml_child(doc, table, name) == child);
	free(name);
}

/* Depth is limited, so recursion is. */
static void
walk(const struct dsync_toml *doc, uint32_t node, size_t size)
{
	bool table = dsync_toml_type(doc, node) == DSYNC_TOML_TABLE;
	uint32_t child, count = 0;

	ask_node(doc, node, size);
	for (child = dsync_toml_first(doc, node); child != DSYNC_TOML_NONE; child = dsync_toml_next(doc, child)) {
		if (table)
			ask_child(doc, node, child);
		walk(doc, child, size);
		count++;
	}
	require(count == dsync_toml_count(doc, node));
}

static void
check_edited(int rc, struct dsync_buffer *out)
{
	struct dsync_toml *doc;

	if (rc == 0) {
		doc = dsync_toml_parse((const char *)dsync_buffer_view(out).data, out->size, NULL);
		require(doc != NULL);
		dsync_toml_free(doc);
	} else {
		require(out->size == 0);
	}
	dsync_buffer_clear(out);
}

static void
edit(const char *text, size_t size)
{
	static const char *const tables[] = { "", "a", "a.b", "policy", "signature.x" };
	struct dsync_buffer out;
	size_t i;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		check_edited(dsync_toml_edit_set(&out, text, size, tables[i], "b", "\"new\"", NULL), &out);
		check_edited(dsync_toml_edit_set(&out, text, size, tables[i], "not there", "[1]", NULL), &out);
		check_edited(dsync_toml_edit_remove(&out, text, size, tables[i], "b", NULL), &out);
	}
	dsync_buffer_finish(&out);
}

/* Any bytes as a value: refused, or exactly that value. */
static void
edit_value(const char *text, size_t size)
{
	char *value = malloc(size + 1);
	struct dsync_buffer out;

	if (value == NULL)
		return;
	memcpy(value, text, size);
	value[size] = '\0';
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	check_edited(dsync_toml_edit_set(&out, "a = {}\n", 7, "a", "b", value, NULL), &out);
	dsync_toml_write_string(&out, text, size);
	dsync_buffer_finish(&out);
	free(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct dsync_error err;
	struct dsync_toml *doc = dsync_toml_parse(text, size, &err);

	if (doc != NULL) {
		walk(doc, DSYNC_TOML_ROOT, size);
		edit(text, size);
	} else {
		require(err.code == DSYNC_ERR_SYNTAX);
		require(err.line >= 1 && err.column >= 1 && err.offset <= size);
	}
	edit_value(text, size);
	dsync_toml_free(doc);
	return 0;
}
