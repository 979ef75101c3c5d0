/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A manifest as JSON: known keys by the table of keys, all others as they are written. */
#include "format/manifest_json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "manifest_internal.h"

/* The object being written. */
struct members {
	struct dsync_buffer *out;
	size_t count; /* a comma is due from the second one on */
};

static void
open_member(struct members *members, const void *name, size_t size)
{
	if (members->count++ > 0)
		dsync_buffer_append_byte(members->out, ',');
	dsync_text_json_append(members->out, name, size);
	dsync_buffer_append_byte(members->out, ':');
}

static void
append_text(struct dsync_buffer *out, const char *text)
{
	if (text == NULL)
		dsync_buffer_append_text(out, "null");
	else
		dsync_text_json_append(out, text, strlen(text));
}

/* TOML's floats are JSON's numbers but for an underscore, a leading plus, inf and nan. */
static void
append_float(struct dsync_buffer *out, struct dsync_view raw)
{
	size_t i;

	if (memchr(raw.data, 'n', raw.size) != NULL) {
		dsync_text_json_append(out, raw.data, raw.size);
		return;
	}
	for (i = raw.data[0] == '+'; i < raw.size; i++) {
		if (raw.data[i] != '_')
			dsync_buffer_append_byte(out, raw.data[i]);
	}
}

/* A node that holds no others. */
static void
append_leaf(struct dsync_buffer *out, const struct dsync_toml *doc, uint32_t node)
{
	struct dsync_view text = dsync_toml_raw(doc, node);
	int64_t integer = 0;
	bool flag = false;

	switch (dsync_toml_type(doc, node)) {
	case DSYNC_TOML_STRING:
		dsync_toml_string(doc, node, &text);
		dsync_text_json_append(out, text.data, text.size);
		break;
	case DSYNC_TOML_INTEGER:
		dsync_toml_integer(doc, node, &integer);
		dsync_buffer_printf(out, "%" PRId64, integer);
		break;
	case DSYNC_TOML_FLOAT:
		append_float(out, text);
		break;
	case DSYNC_TOML_BOOLEAN:
		dsync_toml_boolean(doc, node, &flag);
		dsync_buffer_append_text(out, flag ? "true" : "false");
		break;
	default:
		dsync_text_json_append(out, text.data, text.size);
		break;
	}
}

static bool
holds_others(const struct dsync_toml *doc, uint32_t node)
{
	enum dsync_toml_type type = dsync_toml_type(doc, node);

	return type == DSYNC_TOML_TABLE || type == DSYNC_TOML_ARRAY;
}

/* Where the writer stands in one table or array. */
struct level {
	uint32_t next; /* child to write */
	bool is_table;
	bool has_some; /* a comma is due */
};

static void
open_level(struct dsync_buffer *out, const struct dsync_toml *doc, uint32_t node, struct level *level)
{
	level->next = dsync_toml_first(doc, node);
	level->is_table = dsync_toml_type(doc, node) == DSYNC_TOML_TABLE;
	level->has_some = false;
	dsync_buffer_append_byte(out, level->is_table ? '{' : '[');
}

/* Any value as it is written.  A stack of levels instead of recursion: nesting is the author's choice. */
static void
append_node(struct dsync_buffer *out, const struct dsync_toml *doc, uint32_t node)
{
	struct level levels[DSYNC_TOML_DEPTH_MAX + 2];
	struct level *level = levels;
	struct members members = { out, 0 };
	struct dsync_view name;
	uint32_t child;

	if (!holds_others(doc, node)) {
		append_leaf(out, doc, node);
		return;
	}

	open_level(out, doc, node, level);
	for (;;) {
		child = level->next;
		if (child == DSYNC_TOML_NONE) {
			dsync_buffer_append_byte(out, level->is_table ? '}' : ']');
			if (level-- == levels)
				return;
			continue;
		}
		level->next = dsync_toml_next(doc, child);
		members.count = level->has_some;
		level->has_some = true;
		if (level->is_table) {
			name = dsync_toml_key(doc, child);
			open_member(&members, name.data, name.size);
		} else if (members.count > 0) {
			dsync_buffer_append_byte(out, ',');
		}

		if (holds_others(doc, child)) {
			assert(level < levels + DSYNC_TOML_DEPTH_MAX + 1); /* the parser refuses deeper ones */
			open_level(out, doc, child, ++level);
		} else {
			append_leaf(out, doc, child);
		}
	}
}

static void
append_integer(struct dsync_buffer *out, int64_t value, int64_t unlimited)
{
	if (value == unlimited)
		dsync_buffer_append_text(out, "null");
	else
		dsync_buffer_printf(out, "%" PRId64, value);
}

static void
append_time(struct dsync_buffer *out, int64_t seconds)
{
	char text[DSYNC_TIME_TEXT_SIZE];

	dsync_time_format(text, seconds);
	append_text(out, text);
}

static void
append_list(struct dsync_buffer *out, const struct manifest_list *list)
{
	size_t i;

	dsync_buffer_append_byte(out, '[');
	for (i = 0; i < list->count; i++) {
		if (i > 0)
			dsync_buffer_append_byte(out, ',');
		append_text(out, list->items[i]);
	}
	dsync_buffer_append_byte(out, ']');
}

/* The value that the manifest gives a key, whether it is written or not. */
static void
append_value(struct dsync_buffer *out, const struct dsync_manifest *m, const struct manifest_key *key)
{
	const void *place = (const char *)&m->values + key->place;
	const void *fallback = (const char *)&dsync__manifest_defaults + key->place;
	int64_t unlimited = -1;

	switch (key->kind->store) {
	case STORE_TEXT:
		append_text(out, *(const char *const *)place);
		break;
	case STORE_WORD:
		append_text(out, key->kind->words[*(const int *)place]);
		break;
	case STORE_TIME:
		append_time(out, *(const int64_t *)place);
		break;
	case STORE_INTEGER:
		if (*(const int64_t *)fallback == DSYNC_MANIFEST_UNLIMITED)
			unlimited = DSYNC_MANIFEST_UNLIMITED;
		append_integer(out, *(const int64_t *)place, unlimited);
		break;
	case STORE_FLAG:
		dsync_buffer_append_text(out, *(const bool *)place ? "true" : "false");
		break;
	case STORE_LIST:
		append_list(out, place);
		break;
	case STORE_TABLE:
	case STORE_TABLES:
		break; /* have keys, no value */
	}
}

/* The others say something by being there at all: they are listed as they are written, or not. */
static bool
is_always_listed(enum manifest_table table)
{
	return table != TABLE_SIGNATURE && table != TABLE_PUBLISHER && table != TABLE_DOTSYNC &&
		table != TABLE_OWNER_CHAIN && table != TABLE_ENCRYPTION_META;
}

/* The keys of a table that are listed as they are written. */
static void
append_others(struct members *members, const struct dsync_manifest *m, enum manifest_table table, uint32_t node)
{
	const struct manifest_key *keys = dsync__manifest_table_keys(table);
	const struct manifest_key *key;
	struct dsync_view name;
	uint32_t child;

	for (child = dsync_toml_first(m->doc, node); child != DSYNC_TOML_NONE; child = dsync_toml_next(m->doc, child)) {
		name = dsync_toml_key(m->doc, child);
		key = dsync__manifest_key_find(keys, name);
		if (key != NULL &&
			(key->rows != TABLE_ROOT ? is_always_listed(key->rows) : key->place != MANIFEST_NOWHERE))
			continue;
		open_member(members, name.data, name.size);
		append_node(members->out, m->doc, child);
	}
}

/* One of the tables that every manifest has, written or not. */
static void
append_table(struct dsync_buffer *out, const struct dsync_manifest *m, enum manifest_table table, uint32_t node)
{
	const struct manifest_key *key;
	struct members members = { out, 0 };

	dsync_buffer_append_byte(out, '{');
	for (key = dsync__manifest_table_keys(table); key->table == table; key++) {
		if (key->place == MANIFEST_NOWHERE)
			continue;
		open_member(&members, key->name, key->name_size);
		append_value(out, m, key);
	}
	append_others(&members, m, table, node);
	dsync_buffer_append_byte(out, '}');
}

int
dsync_manifest_json_append(struct dsync_buffer *out, const struct dsync_manifest *m)
{
	const struct manifest_key *key;
	struct members members = { out, 0 };

	dsync_buffer_append_byte(out, '{');
	for (key = dsync__manifest_table_keys(TABLE_ROOT); key->table == TABLE_ROOT; key++) {
		if (!is_always_listed(key->rows))
			continue;
		open_member(&members, key->name, key->name_size);
		append_table(out, m, key->rows, dsync_toml_child(m->doc, DSYNC_TOML_ROOT, key->name));
	}
	append_others(&members, m, TABLE_ROOT, DSYNC_TOML_ROOT);
	dsync_buffer_append_byte(out, '}');
	return dsync_buffer_error(out);
}
