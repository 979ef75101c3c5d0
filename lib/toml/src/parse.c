/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A document from its first byte to its last: one look over the text to know how
 * much memory it can need at most, one allocation, then line by line.
 */
#include "scan.h"

#include "base/error.h"

#include <stdlib.h>

struct survey {
	size_t nodes;
	unsigned seen; /* classes of all bytes */
	unsigned high; /* 0x80 when a byte is not ASCII */
};

static struct survey
survey_text(const unsigned char *text, size_t size)
{
	struct survey s = { 0, 0, 0 };
	size_t i;

	for (i = 0; i < size; i++) {
		unsigned class = dsync__toml_class[text[i]];

		s.nodes += (class & SCAN_NODE) != 0;
		s.seen |= class;
		s.high |= text[i];
	}
	return s;
}

static struct dsync_toml *
allocate(const unsigned char *text, size_t size, const struct survey *s, struct dsync_error *err)
{
	size_t limit = s->nodes + 2; /* the root, and one that is prepared but never counted */
	size_t own = (s->seen & SCAN_OWN) ? size : 0;
	struct dsync_toml *doc = NULL;

	if (limit <= (SIZE_MAX - own - sizeof(*doc)) / sizeof(*doc->nodes))
		doc = malloc(sizeof(*doc) + limit * sizeof(*doc->nodes) + own);
	if (doc == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}
	doc->text = text;
	doc->text_size = (uint32_t)size;
	doc->text_start = size >= 3 && text[0] == 0xef && text[1] == 0xbb && text[2] == 0xbf ? 3 : 0;
	doc->nodes = (struct dsync__toml_node *)(void *)(doc + 1);
	doc->count = 0;
	doc->limit = (uint32_t)limit;
	doc->own = (unsigned char *)(doc->nodes + limit);
	doc->own_size = 0;
	return doc;
}

/* One line (or several, when its value goes on): a header, a key and its value, or nothing. */
static int
parse_line(struct dsync__toml_parser *p, uint32_t *table)
{
	uint32_t node;
	int byte, rc;

	scan_blanks(p);
	byte = scan_peek(p);
	if (byte == '#' || byte == SCAN_END || scan_at_newline(p))
		return dsync__toml_end_of_line(p);
	if (byte == '[') {
		rc = dsync__toml_table_header(p, table);
	} else {
		rc = dsync__toml_table_entry(p, *table, &node);
		if (rc == 0)
			rc = dsync__toml_value(p, node);
	}
	if (rc == 0)
		rc = dsync__toml_end_of_line(p);
	if (rc == 0)
		p->doc->nodes[*table].u.children.body_end = scan_position(p);
	return rc;
}

static int
parse_text(struct dsync_toml *doc, bool ascii, struct dsync_error *err)
{
	struct dsync__toml_parser p;
	uint32_t table = dsync__toml_table_root(doc);
	int rc = 0;

	dsync_cursor_init(&p.c, doc->text, doc->text_size, 0);
	p.c.position = doc->text_start;
	p.doc = doc;
	p.line = 1;
	p.level = 0;
	p.err = err;
	if (!ascii)
		rc = dsync__toml_check_utf8(&p);
	while (rc == 0 && scan_peek(&p) != SCAN_END)
		rc = parse_line(&p, &table);
	return rc;
}

struct dsync_toml *
dsync_toml_parse(const char *text, size_t size, struct dsync_error *err)
{
	const unsigned char *bytes = (const unsigned char *)(size > 0 ? text : "");
	struct dsync_toml *doc;
	struct survey s;

	if (size > DSYNC__TOML_TEXT_MAX) {
		dsync_error_set(err, DSYNC_ERR_LIMIT, "toml", "the text is too large");
		dsync_error_expected(err, "less than 2 GiB");
		return NULL;
	}
	s = survey_text(bytes, size);
	doc = allocate(bytes, size, &s, err);
	if (doc == NULL)
		return NULL;
	if (parse_text(doc, !(s.high & 0x80), err) < 0) {
		dsync_toml_free(doc);
		return NULL;
	}
	return doc;
}

void
dsync_toml_free(struct dsync_toml *doc)
{
	free(doc);
}
