/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From TOML nodes to typed values, by the table of keys. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "manifest_internal.h"

#define FOUND_SIZE_MAX 80

struct reader {
	const struct dsync_toml *doc;
	struct manifest_values *values;
	char *strings; /* where the next string goes */
	struct dsync_error *err;
};

static void
set_place(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	char name[64];
	const char *table = dsync__manifest_table_name(key->table);
	size_t table_size = strlen(table);
	size_t size = 0;

	if (table_size > 0) {
		memcpy(name, table, table_size);
		name[table_size] = '.';
		size = table_size + 1;
	}
	memcpy(name + size, key->name, key->name_size);
	dsync_error_at_entry(r->err, name, size + key->name_size);
	if (node != DSYNC_TOML_NONE && node != DSYNC_TOML_ROOT)
		dsync_error_at_line(r->err, dsync_toml_line(r->doc, node), dsync_toml_column(r->doc, node));
}

/* Fills in what was found: the value as written, shortened between characters. */
static void
set_found(struct reader *r, uint32_t node, const char *type, const char *separator)
{
	struct dsync_view raw = dsync_toml_raw(r->doc, node);
	size_t size = raw.size;

	if (size > FOUND_SIZE_MAX) {
		size = FOUND_SIZE_MAX;
		while (size > 0 && (raw.data[size] & 0xc0) == 0x80)
			size--;
	}
	dsync_error_found(r->err, "%s%s%.*s%s", type, size > 0 ? separator : "", (int)size, (const char *)raw.data,
		size < raw.size ? "..." : "");
}

static int
wrong_type(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	int rc = dsync_error_set(r->err, DSYNC_ERR_MANIFEST, "manifest", "manifest key has the wrong type");

	set_place(r, key, node);
	dsync_error_expected(r->err, "%s", key->kind->expected);
	set_found(r, node, dsync_toml_type_name(dsync_toml_type(r->doc, node)), ": ");
	return rc;
}

static int
wrong_value(struct reader *r, const struct manifest_key *key, uint32_t node, const char *expected)
{
	int rc = dsync_error_set(r->err, DSYNC_ERR_MANIFEST, "manifest", "manifest value is not allowed");

	set_place(r, key, node);
	dsync_error_expected(r->err, "%s", expected);
	set_found(r, node, "", "");
	return rc;
}

static void *
place_of(struct reader *r, const struct manifest_key *key)
{
	return (char *)r->values + key->place;
}

/* Copies a string into the manifest's memory, NUL-terminated. */
static const char *
keep(struct reader *r, struct dsync_view text)
{
	char *copy = r->strings;

	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	r->strings += text.size + 1;
	return copy;
}

/* Checks one string by all rules of its key; `word` is its place in the list of words, if there is one. */
static int
check_text(struct reader *r, const struct manifest_key *key, uint32_t node, struct dsync_view *text, int *word)
{
	const struct manifest_kind *kind = key->kind;
	const char *bytes;

	*word = -1;
	if (dsync_toml_string(r->doc, node, text) < 0)
		return wrong_type(r, key, node);
	if (memchr(text->data, '\0', text->size) != NULL)
		return wrong_value(r, key, node, "a string without NUL characters");

	bytes = (const char *)text->data;
	if (kind->words != NULL) {
		*word = dsync__manifest_word_find(kind->words, bytes, text->size);
		if (*word < 0)
			return wrong_value(r, key, node, kind->expected);
	}
	if (kind->fits != NULL && !kind->fits(bytes, text->size))
		return wrong_value(r, key, node, kind->expected);
	return 0;
}

static int
read_text(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	struct dsync_view text;
	int word;
	int rc = check_text(r, key, node, &text, &word);

	if (rc < 0 || key->place == MANIFEST_NOWHERE)
		return rc;
	if (key->kind->store == STORE_WORD)
		*(int *)place_of(r, key) = word;
	else if (key->kind->store == STORE_TIME)
		return dsync_time_parse((const char *)text.data, text.size, (int64_t *)place_of(r, key));
	else
		*(const char **)place_of(r, key) = keep(r, text);
	return 0;
}

static int
read_integer(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	int64_t value;

	if (dsync_toml_integer(r->doc, node, &value) < 0)
		return wrong_type(r, key, node);
	if (value < key->kind->minimum)
		return wrong_value(r, key, node, key->kind->expected);
	if (key->place != MANIFEST_NOWHERE)
		*(int64_t *)place_of(r, key) = value;
	return 0;
}

static int
read_flag(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	bool value;

	if (dsync_toml_boolean(r->doc, node, &value) < 0)
		return wrong_type(r, key, node);
	if (key->place != MANIFEST_NOWHERE)
		*(bool *)place_of(r, key) = value;
	return 0;
}

static int
read_items(struct reader *r, const struct manifest_key *key, uint32_t node, const char **items)
{
	struct dsync_view text;
	uint32_t item;
	size_t count = 0;
	int word;
	int rc;

	for (item = dsync_toml_first(r->doc, node); item != DSYNC_TOML_NONE; item = dsync_toml_next(r->doc, item)) {
		rc = check_text(r, key, item, &text, &word);
		if (rc < 0)
			return rc;
		if (items != NULL)
			items[count++] = keep(r, text);
	}
	return 0;
}

static int
read_list(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	struct manifest_list *list;
	uint32_t count = dsync_toml_count(r->doc, node);

	if (dsync_toml_type(r->doc, node) != DSYNC_TOML_ARRAY)
		return wrong_type(r, key, node);
	if (key->place == MANIFEST_NOWHERE || count == 0)
		return read_items(r, key, node, NULL);

	list = place_of(r, key);
	list->items = calloc(count, sizeof(*list->items));
	if (list->items == NULL)
		return dsync_error_set_memory(r->err);
	list->count = count;
	return read_items(r, key, node, list->items);
}

static int read_table(struct reader *r, const struct manifest_key *key, uint32_t node);

static int
read_tables(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	uint32_t item;
	int rc;

	if (dsync_toml_type(r->doc, node) != DSYNC_TOML_ARRAY)
		return wrong_type(r, key, node);
	for (item = dsync_toml_first(r->doc, node); item != DSYNC_TOML_NONE; item = dsync_toml_next(r->doc, item)) {
		rc = read_table(r, key, item);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
read_value(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	switch (key->kind->store) {
	case STORE_TEXT:
	case STORE_WORD:
	case STORE_TIME:
		return read_text(r, key, node);
	case STORE_INTEGER:
		return read_integer(r, key, node);
	case STORE_FLAG:
		return read_flag(r, key, node);
	case STORE_LIST:
		return read_list(r, key, node);
	case STORE_TABLE:
		return read_table(r, key, node);
	case STORE_TABLES:
		return read_tables(r, key, node);
	}
	return 0;
}

static int
read_keys(struct reader *r, enum manifest_table table, uint32_t node)
{
	const struct manifest_key *keys = dsync__manifest_table_keys(table);
	const struct manifest_key *key;
	uint32_t child;
	int rc;

	for (child = dsync_toml_first(r->doc, node); child != DSYNC_TOML_NONE; child = dsync_toml_next(r->doc, child)) {
		key = dsync__manifest_key_find(keys, dsync_toml_key(r->doc, child));
		if (key == NULL)
			continue; /* not ours: kept, never judged */
		rc = read_value(r, key, child);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Calls itself no deeper than the table of keys has tables in tables, whatever the text holds. */
static int
read_table(struct reader *r, const struct manifest_key *key, uint32_t node)
{
	if (dsync_toml_type(r->doc, node) != DSYNC_TOML_TABLE)
		return wrong_type(r, key, node);
	if (key->place != MANIFEST_NOWHERE)
		*(bool *)place_of(r, key) = true;
	return read_keys(r, key->rows, node);
}

static int
check_required(struct reader *r)
{
	const struct manifest_key *key;
	uint32_t table;
	int rc;

	for (key = dsync__manifest_keys; key->name != NULL; key++) {
		if (!key->required)
			continue;
		table = dsync_toml_child(r->doc, DSYNC_TOML_ROOT, dsync__manifest_table_name(key->table));
		if (dsync_toml_child(r->doc, table, key->name) != DSYNC_TOML_NONE)
			continue;
		rc = dsync_error_set(r->err, DSYNC_ERR_MANIFEST, "manifest", "manifest key is missing");
		set_place(r, key, table);
		dsync_error_expected(r->err, "%s", key->kind->expected);
		dsync_error_hint(r->err, "add it to [%s]", dsync__manifest_table_name(key->table));
		return rc;
	}
	return 0;
}

int
dsync__manifest_read(
	struct manifest_values *values, const struct dsync_toml *doc, char *strings, struct dsync_error *err)
{
	struct reader r = { doc, values, strings, err };
	int rc;

	*values = dsync__manifest_defaults;
	rc = read_keys(&r, TABLE_ROOT, DSYNC_TOML_ROOT);
	if (rc < 0)
		return rc;
	rc = check_required(&r);
	if (rc < 0)
		return rc;
	if (values->display_ext[0] == '.')
		values->display_ext++;
	return 0;
}
