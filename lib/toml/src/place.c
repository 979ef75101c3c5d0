/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Finding the place of a key, and making the text that goes there.
 */
#include "place.h"

#include "base/error.h"
#include "scan.h"
#include "toml/edit.h"

#include <string.h>

/* Takes the next part off a dotted path. */
static size_t
path_part(const char **rest)
{
	size_t size = strcspn(*rest, ".");

	*rest += size + ((*rest)[size] == '.');
	return size;
}

static bool
is_value(const struct dsync__toml_node *n)
{
	return n->made == MADE_VALUE || n->made == MADE_BRACES;
}

static int
fail_not_editable(
	const struct dsync_toml *doc, uint32_t node, const char *name, const char *expected, struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_INVALID, "toml", "the key cannot be changed here");

	dsync_error_at_entry(err, name, strlen(name));
	dsync_error_at_line(err, dsync_toml_line(doc, node), dsync_toml_column(doc, node));
	dsync_error_expected(err, "%s", expected);
	dsync_error_found(err, "%s", dsync_toml_type_name(dsync_toml_type(doc, node)));
	return rc;
}

int
dsync__toml_place_find(
	const struct dsync_toml *doc, const char *table, const char *key, struct place *place, struct dsync_error *err)
{
	uint32_t at = DSYNC_TOML_ROOT, child;

	*place = (struct place){ DSYNC_TOML_NONE, DSYNC_TOML_ROOT, table, table };
	while (*place->missing != '\0') {
		const char *part = place->missing, *after = part;
		size_t size = path_part(&after);

		child = dsync__toml_index_find(doc, at, part, size);
		if (child == DSYNC_TOML_NONE)
			return 0;
		if (dsync_toml_type(doc, child) != DSYNC_TOML_TABLE)
			return fail_not_editable(doc, child, table, "a table", err);
		at = child;
		place->missing = after;
		if (doc->nodes[at].made != MADE_DOTTED) {
			place->anchor = at;
			place->rest = after;
		}
	}
	place->key = dsync_toml_child(doc, at, key);
	if (place->key != DSYNC_TOML_NONE && !is_value(&doc->nodes[place->key]))
		return fail_not_editable(doc, place->key, key, "a single value", err);
	return 0;
}

static void
write_key(struct dsync_buffer *out, const char *name, size_t size)
{
	size_t i = 0;

	while (i < size && (dsync__toml_class[(unsigned char)name[i]] & SCAN_BARE))
		i++;
	if (size > 0 && i == size)
		dsync_buffer_append(out, name, size);
	else
		dsync_toml_write_string(out, name, size);
}

/* "a.b.key = value", with the path below the anchor before the key. */
static void
write_entry(struct dsync_buffer *out, const char *rest, const char *key, const char *value)
{
	while (*rest != '\0') {
		const char *part = rest;

		write_key(out, part, path_part(&rest));
		dsync_buffer_append_byte(out, '.');
	}
	write_key(out, key, strlen(key));
	dsync_buffer_append_text(out, " = ");
	dsync_buffer_append_text(out, value);
}

static void
write_header(struct dsync_buffer *out, const char *path)
{
	dsync_buffer_append_byte(out, '[');
	while (*path != '\0') {
		const char *part = path;

		write_key(out, part, path_part(&path));
		if (*path != '\0')
			dsync_buffer_append_byte(out, '.');
	}
	dsync_buffer_append_byte(out, ']');
}

/* The line end that the document uses. */
static const char *
newline_of(const struct dsync_toml *doc)
{
	const unsigned char *lf = memchr(doc->text, '\n', doc->text_size);

	return lf != NULL && lf > doc->text && lf[-1] == '\r' ? "\r\n" : "\n";
}

static bool
at_line_start(const struct dsync_toml *doc, uint32_t at)
{
	return at == doc->text_start || doc->text[at - 1] == '\n';
}

static uint32_t
line_start(const struct dsync_toml *doc, uint32_t at)
{
	while (!at_line_start(doc, at))
		at--;
	return at;
}

static uint32_t
skip_blanks(const struct dsync_toml *doc, uint32_t at)
{
	while (at < doc->text_size && (doc->text[at] == ' ' || doc->text[at] == '\t'))
		at++;
	return at;
}

static uint32_t
back_over_blanks(const struct dsync_toml *doc, uint32_t at)
{
	while (at > 0 && (doc->text[at - 1] == ' ' || doc->text[at - 1] == '\t'))
		at--;
	return at;
}

/* The line before `at`, which is the start of one, holds nothing. */
static bool
after_blank_line(const struct dsync_toml *doc, uint32_t at)
{
	if (at == doc->text_start)
		return true;
	at--;
	if (at > doc->text_start && doc->text[at - 1] == '\r')
		at--;
	return at_line_start(doc, at);
}

/* A new table goes before [signature] and the comment lines right above it, else at the end. */
static uint32_t
new_table_place(const struct dsync_toml *doc, const char *table)
{
	uint32_t signature = dsync_toml_child(doc, DSYNC_TOML_ROOT, "signature"), at, above;

	if (signature == DSYNC_TOML_NONE || doc->nodes[signature].made != MADE_HEADER ||
		dsync_toml_type(doc, signature) != DSYNC_TOML_TABLE)
		return doc->text_size;
	if (strcspn(table, ".") == strlen("signature") && strncmp(table, "signature", strlen("signature")) == 0)
		return doc->text_size;
	at = line_start(doc, doc->nodes[signature].start);
	while (at > doc->text_start) {
		above = line_start(doc, at - 1);
		if (doc->text[skip_blanks(doc, above)] != '#')
			break;
		at = above;
	}
	return at;
}

static void
insert_table(const struct dsync_toml *doc, const char *table, const char *key, const char *value,
	struct dsync_buffer *out, uint32_t *at)
{
	const char *newline = newline_of(doc);

	*at = new_table_place(doc, table);
	if (!at_line_start(doc, *at))
		dsync_buffer_append_text(out, newline);
	if (!at_line_start(doc, *at) || !after_blank_line(doc, *at))
		dsync_buffer_append_text(out, newline);
	write_header(out, table);
	dsync_buffer_append_text(out, newline);
	write_entry(out, "", key, value);
	dsync_buffer_append_text(out, newline);
	if (*at < doc->text_size)
		dsync_buffer_append_text(out, newline);
}

/* Behind the last entry, or between the empty braces. */
static void
insert_in_braces(const struct dsync_toml *doc, const struct place *place, const char *key, const char *value,
	struct dsync_buffer *out, uint32_t *at)
{
	const struct dsync__toml_node *braces = &doc->nodes[place->anchor];
	bool empty = braces->u.children.count == 0;

	*at = empty ? braces->start + 1 : back_over_blanks(doc, braces->end - 1);
	dsync_buffer_append_text(out, empty ? " " : ", ");
	write_entry(out, place->rest, key, value);
	if (empty && doc->text[*at] == '}')
		dsync_buffer_append_byte(out, ' ');
}

/* Behind the last line of the header's body; a text without a last newline keeps being one. */
static void
insert_line(const struct dsync_toml *doc, const struct place *place, const char *key, const char *value,
	struct dsync_buffer *out, uint32_t *at)
{
	*at = doc->nodes[place->anchor].u.children.body_end;
	if (!at_line_start(doc, *at))
		dsync_buffer_append_text(out, newline_of(doc));
	write_entry(out, place->rest, key, value);
	if (at_line_start(doc, *at))
		dsync_buffer_append_text(out, newline_of(doc));
}

void
dsync__toml_place_insert(const struct dsync_toml *doc, const struct place *place, const char *table, const char *key,
	const char *value, struct dsync_buffer *out, uint32_t *at)
{
	uint8_t made = doc->nodes[place->anchor].made;

	if (made == MADE_BRACES)
		insert_in_braces(doc, place, key, value, out, at);
	else if (made == MADE_HEADER && *place->missing == '\0')
		insert_line(doc, place, key, value, out, at);
	else
		insert_table(doc, table, key, value, out, at);
}

/* The entry and one comma: the one behind it, or for the last entry the one before it. */
static struct dsync_toml_range
remove_in_braces(const struct dsync_toml *doc, const struct dsync__toml_node *n)
{
	struct dsync_toml_range range = { n->entry, n->end };
	uint32_t after = skip_blanks(doc, n->end), before = back_over_blanks(doc, n->entry);

	if (doc->text[after] == ',')
		range.end = skip_blanks(doc, after + 1);
	else if (doc->text[before - 1] == ',')
		range.start = before - 1;
	return range;
}

struct dsync_toml_range
dsync__toml_place_remove(const struct dsync_toml *doc, const struct place *place)
{
	const struct dsync__toml_node *n = &doc->nodes[place->key];
	struct dsync_toml_range range = { line_start(doc, n->entry), n->end };
	const unsigned char *lf;

	if (doc->nodes[place->anchor].made == MADE_BRACES)
		return remove_in_braces(doc, n);
	lf = memchr(doc->text + range.end, '\n', doc->text_size - range.end);
	range.end = lf != NULL ? (uint32_t)(lf - doc->text) + 1 : doc->text_size;
	return range;
}
