/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which tables there are, and who may add to them.
 *
 * A table is defined once: by its [header], by dotted keys, or by braces.  Headers
 * may pass through tables of the first two kinds to reach ones below; dotted keys
 * only through tables that dotted keys made (or that no header named itself yet).
 */
#include "scan.h"

#include <assert.h>

static void
become(struct dsync__toml_node *n, enum dsync_toml_type type, enum dsync__toml_made made)
{
	n->type = (uint8_t)type;
	n->made = (uint8_t)made;
	n->start = 0; /* a header comes later, or never */
	n->end = 0;
	n->u.children.first = DSYNC_TOML_NONE;
	n->u.children.last = DSYNC_TOML_NONE;
	n->u.children.count = 0;
	n->u.children.index = 0;
	n->u.children.body_end = 0;
}

uint32_t
dsync__toml_table_root(struct dsync_toml *doc)
{
	struct dsync__toml_node *root = &doc->nodes[0];

	*root = (struct dsync__toml_node){ .next = DSYNC_TOML_NONE, .line = 1 };
	become(root, DSYNC_TOML_TABLE, MADE_HEADER);
	root->entry = root->key_start = root->key_end = root->start = root->end = doc->text_start;
	root->u.children.body_end = doc->text_start;
	doc->count = 1;
	return DSYNC_TOML_ROOT;
}

/* Writes the next node, which counts only once append() was called. */
static int
prepare(struct dsync__toml_parser *p, uint32_t parent, const struct dsync__toml_key *key)
{
	struct dsync__toml_node *n = &p->doc->nodes[p->doc->count];
	unsigned depth = p->doc->nodes[parent].depth + 1u;

	assert(p->doc->count < p->doc->limit);
	if (depth > DSYNC_TOML_DEPTH_MAX)
		return dsync__toml_fail(
			p, key->start, "nesting is too deep", "at most 80 levels of tables, arrays and dots");
	n->entry = key->entry;
	n->key_start = n->start = key->start;
	n->key_end = n->end = key->end;
	n->line = key->line;
	n->next = DSYNC_TOML_NONE;
	n->name = key->name.at;
	n->name_size = key->name.size;
	n->name_own = key->name.own;
	n->type = DSYNC_TOML_ABSENT;
	n->made = MADE_VALUE;
	n->depth = (uint8_t)depth;
	return 0;
}

static uint32_t
append(struct dsync_toml *doc, uint32_t parent)
{
	struct dsync__toml_children *children = &doc->nodes[parent].u.children;
	uint32_t node = doc->count++;

	if (children->last == DSYNC_TOML_NONE)
		children->first = node;
	else
		doc->nodes[children->last].next = node;
	children->last = node;
	children->count++;
	return node;
}

/* The table's child of that name, made when it is not there (its type is ABSENT then). */
static int
put(struct dsync__toml_parser *p, uint32_t table, const struct dsync__toml_key *key, uint32_t *node)
{
	int rc = prepare(p, table, key);

	if (rc < 0)
		return rc;
	*node = dsync__toml_index_put(p->doc, table, p->doc->count);
	if (*node == DSYNC_TOML_NONE)
		*node = append(p->doc, table);
	return 0;
}

/* Goes into the table that a dotted key names on its way. */
static int
enter_dotted(struct dsync__toml_parser *p, uint32_t *table, const struct dsync__toml_key *key)
{
	struct dsync__toml_node *n;
	uint32_t node;
	int rc = put(p, *table, key, &node);

	if (rc < 0)
		return rc;
	n = &p->doc->nodes[node];
	if (n->type == DSYNC_TOML_ABSENT)
		become(n, DSYNC_TOML_TABLE, MADE_DOTTED);
	else if (n->type != DSYNC_TOML_TABLE || n->made == MADE_HEADER || n->made == MADE_BRACES)
		return dsync__toml_fail_duplicate(p, key, node);
	n->made = MADE_DOTTED;
	*table = node;
	return 0;
}

/* Goes into the table that a header names on its way; of an array of tables that is the last one. */
static int
enter_super(struct dsync__toml_parser *p, uint32_t *table, const struct dsync__toml_key *key)
{
	struct dsync__toml_node *n;
	uint32_t node;
	int rc = put(p, *table, key, &node);

	if (rc < 0)
		return rc;
	n = &p->doc->nodes[node];
	if (n->type == DSYNC_TOML_ABSENT)
		become(n, DSYNC_TOML_TABLE, MADE_BY_SUPER);
	else if (n->type == DSYNC_TOML_ARRAY && n->made == MADE_HEADER)
		node = n->u.children.last;
	else if (n->type != DSYNC_TOML_TABLE || n->made == MADE_BRACES)
		return dsync__toml_fail_duplicate(p, key, node);
	*table = node;
	return 0;
}

/* A new element of an array, without a key. */
int
dsync__toml_table_element(struct dsync__toml_parser *p, uint32_t array, uint32_t *node)
{
	uint32_t here = scan_position(p);
	struct dsync__toml_key key = { here, here, here, p->line, { here, 0, false } };
	int rc = prepare(p, array, &key);

	if (rc == 0)
		*node = append(p->doc, array);
	return rc;
}

/* Reads a key, dotted or not, and its '='; the node waits for its value. */
int
dsync__toml_table_entry(struct dsync__toml_parser *p, uint32_t table, uint32_t *node)
{
	struct dsync__toml_key key;
	bool more;
	int rc;

	key.entry = scan_position(p);
	rc = dsync__toml_key(p, &key, &more);
	while (rc == 0 && more) {
		rc = enter_dotted(p, &table, &key);
		if (rc == 0)
			rc = dsync__toml_key(p, &key, &more);
	}
	if (rc < 0)
		return rc;
	if (!scan_take(p, '='))
		return dsync__toml_fail(p, p->c.position, "a key without a value", "'='");
	scan_blanks(p);

	rc = put(p, table, &key, node);
	if (rc == 0 && p->doc->nodes[*node].type != DSYNC_TOML_ABSENT)
		return dsync__toml_fail_duplicate(p, &key, *node);
	return rc;
}

/* The [table] itself. */
static int
define_table(struct dsync__toml_parser *p, uint32_t parent, const struct dsync__toml_key *key, uint32_t *table)
{
	struct dsync__toml_node *n;
	int rc = put(p, parent, key, table);

	if (rc < 0)
		return rc;
	n = &p->doc->nodes[*table];
	if (n->type == DSYNC_TOML_ABSENT) {
		become(n, DSYNC_TOML_TABLE, MADE_HEADER);
		return 0;
	}
	if (n->made != MADE_BY_SUPER)
		return dsync__toml_fail_duplicate(p, key, *table);
	n->made = MADE_HEADER;
	n->entry = key->entry;
	n->key_start = key->start;
	n->key_end = key->end;
	n->line = key->line;
	return 0;
}

/* The next table of [[array]]. */
static int
define_element(struct dsync__toml_parser *p, uint32_t parent, const struct dsync__toml_key *key, uint32_t *table)
{
	struct dsync__toml_key unnamed = { key->entry, key->start, key->start, key->line, { key->start, 0, false } };
	struct dsync__toml_node *n;
	uint32_t array;
	int rc = put(p, parent, key, &array);

	if (rc < 0)
		return rc;
	n = &p->doc->nodes[array];
	if (n->type == DSYNC_TOML_ABSENT)
		become(n, DSYNC_TOML_ARRAY, MADE_HEADER);
	else if (n->type != DSYNC_TOML_ARRAY || n->made != MADE_HEADER)
		return dsync__toml_fail_duplicate(p, key, array);
	rc = prepare(p, array, &unnamed);
	if (rc < 0)
		return rc;
	*table = append(p->doc, array);
	become(&p->doc->nodes[*table], DSYNC_TOML_TABLE, MADE_HEADER);
	return 0;
}

/* Reads [a.b] or [[a.b]] and gives the table that the lines below it belong to. */
int
dsync__toml_table_header(struct dsync__toml_parser *p, uint32_t *table)
{
	uint32_t parent = DSYNC_TOML_ROOT, start = scan_position(p);
	struct dsync__toml_key key;
	bool many, more;
	int rc;

	scan_take(p, '[');
	many = scan_take(p, '[');
	scan_blanks(p);
	key.entry = start;
	rc = dsync__toml_key(p, &key, &more);
	while (rc == 0 && more) {
		rc = enter_super(p, &parent, &key);
		if (rc == 0)
			rc = dsync__toml_key(p, &key, &more);
	}
	if (rc < 0)
		return rc;
	if (!scan_take(p, ']') || (many && !scan_take(p, ']')))
		return dsync__toml_fail(p, p->c.position, "a header is not closed", many ? "\"]]\"" : "']'");

	rc = many ? define_element(p, parent, &key, table) : define_table(p, parent, &key, table);
	if (rc < 0)
		return rc;
	p->doc->nodes[*table].start = start;
	p->doc->nodes[*table].end = scan_position(p);
	return 0;
}
