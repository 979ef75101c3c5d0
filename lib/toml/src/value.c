/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Values.  Arrays and inline tables that are still open stand on a stack of
 * DSYNC_TOML_DEPTH_MAX frames; each step reads one element, one comma or one end.
 * A frame's node is a level deeper than the frame below it, so that the depth limit
 * of nodes keeps the stack in its bounds.
 */
#include "scan.h"

#include "base/text.h"

#include <assert.h>

static void
open_frame(struct dsync__toml_parser *p, uint32_t node, enum dsync_toml_type type)
{
	struct dsync__toml_node *n = &p->doc->nodes[node];

	assert(p->level < DSYNC_TOML_DEPTH_MAX);
	n->type = (uint8_t)type;
	n->made = type == DSYNC_TOML_TABLE ? MADE_BRACES : MADE_VALUE;
	n->u.children = (struct dsync__toml_children){ DSYNC_TOML_NONE, DSYNC_TOML_NONE, 0, 0, 0 };
	p->frames[p->level].node = node;
	p->frames[p->level].comma = false;
	p->level++;
	p->c.position++;
}

static int
boolean(struct dsync__toml_parser *p, struct dsync__toml_node *n)
{
	struct dsync_view word = { p->c.data + p->c.position, 0 };

	word.size = scan_run(p, SCAN_TOKEN);
	n->type = DSYNC_TOML_BOOLEAN;
	n->u.integer = dsync_text_view_is(word, "true");
	if (n->u.integer == 0 && !dsync_text_view_is(word, "false"))
		return dsync__toml_fail(p, n->start, "an unknown word", "true or false");
	return 0;
}

static int
string(struct dsync__toml_parser *p, struct dsync__toml_node *n)
{
	n->type = DSYNC_TOML_STRING;
	return dsync__toml_string_any(p, &n->u.string);
}

/* Digits, and then what no number has: four and a '-', or two and a ':'. */
static bool
at_datetime(const struct dsync__toml_parser *p)
{
	size_t digits = 0;

	while (digits < 4 && scan_peek_at(p, digits) >= '0' && scan_peek_at(p, digits) <= '9')
		digits++;
	return (digits == 4 && scan_peek_at(p, 4) == '-') || (digits == 2 && scan_peek_at(p, 2) == ':');
}

/* Reads a whole scalar, or the opening bracket of an array or inline table. */
static int
begin_value(struct dsync__toml_parser *p, uint32_t node)
{
	struct dsync__toml_node *n = &p->doc->nodes[node];
	int rc = 0;

	n->start = scan_position(p);
	switch (scan_peek(p)) {
	case '[':
		open_frame(p, node, DSYNC_TOML_ARRAY);
		break;
	case '{':
		open_frame(p, node, DSYNC_TOML_TABLE);
		break;
	case '"':
	case '\'':
		rc = string(p, n);
		break;
	case 't':
	case 'f':
		rc = boolean(p, n);
		break;
	default:
		rc = at_datetime(p) ? dsync__toml_datetime(p, n) : dsync__toml_number(p, n);
	}
	n->end = scan_position(p);
	return rc;
}

static void
close_frame(struct dsync__toml_parser *p, const struct dsync__toml_frame *frame)
{
	p->doc->nodes[frame->node].end = scan_position(p);
	p->level--;
}

/* Blanks, comments and newlines between the elements of an array. */
static int
skip_between(struct dsync__toml_parser *p)
{
	int rc = 0;

	scan_blanks(p);
	while (rc == 0 && (scan_peek(p) == '#' || scan_at_newline(p))) {
		rc = dsync__toml_end_of_line(p);
		scan_blanks(p);
	}
	return rc;
}

static int
step_array(struct dsync__toml_parser *p, struct dsync__toml_frame *frame)
{
	const struct dsync__toml_children *elements = &p->doc->nodes[frame->node].u.children;
	uint32_t node;
	int rc = skip_between(p);

	if (rc < 0)
		return rc;
	if (scan_take(p, ']')) {
		close_frame(p, frame);
		return 0;
	}
	if (elements->count > 0 && !frame->comma) {
		if (!scan_take(p, ','))
			return dsync__toml_fail(p, p->c.position, "an array is not closed", "',' or ']'");
		frame->comma = true;
		return 0;
	}
	frame->comma = false;
	rc = dsync__toml_table_element(p, frame->node, &node);
	return rc < 0 ? rc : begin_value(p, node);
}

/* All on one line, no comma before the brace: newer TOML is not TOML 1.0. */
static int
step_inline(struct dsync__toml_parser *p, struct dsync__toml_frame *frame)
{
	const struct dsync__toml_children *entries = &p->doc->nodes[frame->node].u.children;
	uint32_t node;
	int rc;

	scan_blanks(p);
	if (!frame->comma && scan_take(p, '}')) {
		close_frame(p, frame);
		return 0;
	}
	if (entries->count > 0 && !frame->comma) {
		if (!scan_take(p, ','))
			return dsync__toml_fail(
				p, p->c.position, "an inline table is not closed", "',' or '}' on the same line");
		frame->comma = true;
		return 0;
	}
	frame->comma = false;
	rc = dsync__toml_table_entry(p, frame->node, &node);
	return rc < 0 ? rc : begin_value(p, node);
}

int
dsync__toml_value(struct dsync__toml_parser *p, uint32_t node)
{
	int rc = begin_value(p, node);

	while (rc == 0 && p->level > 0) {
		struct dsync__toml_frame *frame = &p->frames[p->level - 1];

		if (p->doc->nodes[frame->node].type == DSYNC_TOML_ARRAY)
			rc = step_array(p, frame);
		else
			rc = step_inline(p, frame);
	}
	return rc;
}
