/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a parsed document answers.
 */
#include "toml/toml.h"

#include "internal.h"

#include <string.h>

static const struct dsync__toml_node *
node_of(const struct dsync_toml *doc, uint32_t node, enum dsync_toml_type type)
{
	if (node == DSYNC_TOML_NONE || doc->nodes[node].type != type)
		return NULL;
	return &doc->nodes[node];
}

static const struct dsync__toml_children *
children_of(const struct dsync_toml *doc, uint32_t node)
{
	enum dsync_toml_type type = dsync_toml_type(doc, node);

	if (type != DSYNC_TOML_TABLE && type != DSYNC_TOML_ARRAY)
		return NULL;
	return &doc->nodes[node].u.children;
}

struct dsync_view
dsync__toml_text(const struct dsync_toml *doc, struct dsync__toml_text text)
{
	struct dsync_view view = { (text.own ? doc->own : doc->text) + text.at, text.size };

	return view;
}

enum dsync_toml_type
dsync_toml_type(const struct dsync_toml *doc, uint32_t node)
{
	return node == DSYNC_TOML_NONE ? DSYNC_TOML_ABSENT : (enum dsync_toml_type)doc->nodes[node].type;
}

const char *
dsync_toml_type_name(enum dsync_toml_type type)
{
	switch (type) {
	case DSYNC_TOML_ABSENT:
		return "nothing";
	case DSYNC_TOML_TABLE:
		return "a table";
	case DSYNC_TOML_ARRAY:
		return "an array";
	case DSYNC_TOML_STRING:
		return "a string";
	case DSYNC_TOML_INTEGER:
		return "an integer";
	case DSYNC_TOML_FLOAT:
		return "a float";
	case DSYNC_TOML_BOOLEAN:
		return "a boolean";
	case DSYNC_TOML_DATETIME:
		return "a date and time";
	case DSYNC_TOML_DATETIME_LOCAL:
		return "a local date and time";
	case DSYNC_TOML_DATE_LOCAL:
		return "a local date";
	case DSYNC_TOML_TIME_LOCAL:
		return "a local time";
	}
	return "something unknown";
}

uint32_t
dsync_toml_child(const struct dsync_toml *doc, uint32_t table, const char *key)
{
	if (node_of(doc, table, DSYNC_TOML_TABLE) == NULL)
		return DSYNC_TOML_NONE;
	return dsync__toml_index_find(doc, table, key, strlen(key));
}

uint32_t
dsync_toml_first(const struct dsync_toml *doc, uint32_t node)
{
	const struct dsync__toml_children *children = children_of(doc, node);

	return children != NULL ? children->first : DSYNC_TOML_NONE;
}

uint32_t
dsync_toml_next(const struct dsync_toml *doc, uint32_t node)
{
	return node == DSYNC_TOML_NONE ? DSYNC_TOML_NONE : doc->nodes[node].next;
}

uint32_t
dsync_toml_count(const struct dsync_toml *doc, uint32_t node)
{
	const struct dsync__toml_children *children = children_of(doc, node);

	return children != NULL ? children->count : 0;
}

struct dsync_view
dsync_toml_key(const struct dsync_toml *doc, uint32_t node)
{
	const struct dsync__toml_node *n = &doc->nodes[node == DSYNC_TOML_NONE ? DSYNC_TOML_ROOT : node];
	struct dsync__toml_text name = { n->name, n->name_size, n->name_own };

	return dsync__toml_text(doc, name);
}

int
dsync_toml_string(const struct dsync_toml *doc, uint32_t node, struct dsync_view *value)
{
	const struct dsync__toml_node *n = node_of(doc, node, DSYNC_TOML_STRING);

	*value = (struct dsync_view){ doc->text, 0 };
	if (n == NULL)
		return DSYNC_ERR_INVALID;
	*value = dsync__toml_text(doc, n->u.string);
	return 0;
}

int
dsync_toml_integer(const struct dsync_toml *doc, uint32_t node, int64_t *value)
{
	const struct dsync__toml_node *n = node_of(doc, node, DSYNC_TOML_INTEGER);

	*value = n != NULL ? n->u.integer : 0;
	return n != NULL ? 0 : DSYNC_ERR_INVALID;
}

int
dsync_toml_float(const struct dsync_toml *doc, uint32_t node, double *value)
{
	const struct dsync__toml_node *n = node_of(doc, node, DSYNC_TOML_FLOAT);

	*value = n != NULL ? dsync__toml_number_float(dsync_toml_raw(doc, node)) : 0;
	return n != NULL ? 0 : DSYNC_ERR_INVALID;
}

int
dsync_toml_boolean(const struct dsync_toml *doc, uint32_t node, bool *value)
{
	const struct dsync__toml_node *n = node_of(doc, node, DSYNC_TOML_BOOLEAN);

	*value = n != NULL && n->u.integer != 0;
	return n != NULL ? 0 : DSYNC_ERR_INVALID;
}

struct dsync_view
dsync_toml_raw(const struct dsync_toml *doc, uint32_t node)
{
	struct dsync_toml_range range = dsync_toml_value_range(doc, node);
	struct dsync_view view = { doc->text + range.start, range.end - range.start };

	return view;
}

uint32_t
dsync_toml_line(const struct dsync_toml *doc, uint32_t node)
{
	return node == DSYNC_TOML_NONE ? 0 : doc->nodes[node].line;
}

uint32_t
dsync_toml_column(const struct dsync_toml *doc, uint32_t node)
{
	uint32_t at;

	if (node == DSYNC_TOML_NONE)
		return 0;
	at = doc->nodes[node].key_start;
	while (at > doc->text_start && doc->text[at - 1] != '\n')
		at--;
	return doc->nodes[node].key_start - at + 1;
}

struct dsync_toml_range
dsync_toml_value_range(const struct dsync_toml *doc, uint32_t node)
{
	struct dsync_toml_range range = { 0, 0 };

	if (node != DSYNC_TOML_NONE) {
		range.start = doc->nodes[node].start;
		range.end = doc->nodes[node].end;
	}
	return range;
}

struct dsync_toml_range
dsync_toml_key_range(const struct dsync_toml *doc, uint32_t node)
{
	struct dsync_toml_range range = { 0, 0 };

	if (node != DSYNC_TOML_NONE) {
		range.start = doc->nodes[node].key_start;
		range.end = doc->nodes[node].key_end;
	}
	return range;
}

struct dsync_toml_range
dsync_toml_body_range(const struct dsync_toml *doc, uint32_t table)
{
	const struct dsync__toml_node *n = node_of(doc, table, DSYNC_TOML_TABLE);
	struct dsync_toml_range range = { 0, 0 };

	if (n != NULL && n->made == MADE_HEADER) {
		range.start = n->start;
		range.end = n->u.children.body_end;
	}
	return range;
}
