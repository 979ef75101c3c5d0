/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Byte classes, white space and comments, and the place and wording of errors.
 */
#include "scan.h"

#include "base/error.h"

/* clang-format off */

/* Names for the rows below: what a byte may be part of. */
#define T__ (SCAN_BASIC | SCAN_LITERAL | SCAN_COMMENT) /* text only */
#define ALP (T__ | SCAN_BARE | SCAN_TOKEN)
#define DIG (ALP | SCAN_DIGIT)
#define TOK (T__ | SCAN_TOKEN)                         /* + : */
#define DOT (TOK | SCAN_NODE)
#define NOD (T__ | SCAN_NODE)                          /* = , [ */
#define QUO (SCAN_LITERAL | SCAN_COMMENT)              /* " */
#define BSL (SCAN_LITERAL | SCAN_COMMENT | SCAN_OWN)
#define APO (SCAN_BASIC | SCAN_COMMENT)
#define CR_ SCAN_OWN
#define ROW_TEXT T__, T__, T__, T__, T__, T__, T__, T__, T__, T__, T__, T__, T__, T__, T__, T__

const unsigned char dsync__toml_class[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, T__, 0, 0, 0, CR_, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	T__, T__, QUO, T__, T__, T__, T__, APO, T__, T__, T__, TOK, NOD, ALP, DOT, T__,
	DIG, DIG, DIG, DIG, DIG, DIG, DIG, DIG, DIG, DIG, TOK, T__, T__, NOD, T__, T__,
	T__, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP,
	ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, NOD, BSL, T__, T__, ALP,
	T__, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP,
	ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, ALP, T__, T__, T__, T__, 0,
	ROW_TEXT, ROW_TEXT, ROW_TEXT, ROW_TEXT, ROW_TEXT, ROW_TEXT, ROW_TEXT, ROW_TEXT,
};

/* clang-format on */

/*
 * The size of the UTF-8 character at an offset; 0 when it is none.  `floor` is the least
 * second byte that is not an overlong form, `ceiling` the last that is no surrogate and
 * not past U+10FFFF.
 */
static size_t
utf8_size(const struct dsync_cursor *c, size_t offset)
{
	unsigned char lead = c->data[offset];
	unsigned char floor = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned char ceiling = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	size_t i;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4 || size > c->size - offset)
		return 0;
	if (c->data[offset + 1] < floor || c->data[offset + 1] > ceiling)
		return 0;
	for (i = 2; i < size; i++)
		if ((c->data[offset + i] & 0xc0) != 0x80)
			return 0;
	return size;
}

static void
describe_place(struct dsync__toml_parser *p, size_t offset)
{
	size_t start = p->doc->text_start, i;
	uint32_t line = 1;

	for (i = start; i < offset; i++) {
		if (p->c.data[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	dsync_error_at_offset(p->err, p->c.base + offset);
	dsync_error_at_line(p->err, line, (uint32_t)(offset - start) + 1);
}

static void
describe_found(struct dsync__toml_parser *p, size_t offset)
{
	size_t size;

	if (offset >= p->c.size) {
		dsync_error_found(p->err, "the end of the text");
		return;
	}
	if (p->c.data[offset] == '\n') {
		dsync_error_found(p->err, "the end of the line");
		return;
	}
	size = utf8_size(&p->c, offset);
	if (size == 0 || p->c.data[offset] < 0x20 || p->c.data[offset] == 0x7f)
		dsync_error_found(p->err, "byte 0x%02x", p->c.data[offset]);
	else
		dsync_error_found(p->err, "'%.*s'", (int)size, (const char *)p->c.data + offset);
}

int
dsync__toml_fail(struct dsync__toml_parser *p, size_t offset, const char *message, const char *expected)
{
	int rc = dsync_error_set(p->err, DSYNC_ERR_SYNTAX, "toml", "%s", message);

	describe_place(p, offset);
	dsync_error_expected(p->err, "%s", expected);
	describe_found(p, offset);
	return rc;
}

int
dsync__toml_fail_duplicate(struct dsync__toml_parser *p, const struct dsync__toml_key *key, uint32_t earlier)
{
	struct dsync_view name = dsync__toml_text(p->doc, key->name);
	int rc = dsync_error_set(p->err, DSYNC_ERR_SYNTAX, "toml", "this key is defined already");

	describe_place(p, key->start);
	dsync_error_expected(p->err, "a key that is not in use");
	dsync_error_found(p->err, "\"%.*s\", first on line %lu", (int)(name.size < 100 ? name.size : 100),
		(const char *)name.data, (unsigned long)p->doc->nodes[earlier].line);
	return rc;
}

int
dsync__toml_check_utf8(struct dsync__toml_parser *p)
{
	size_t offset = p->c.position, size;

	while (offset < p->c.size) {
		size = utf8_size(&p->c, offset);
		if (size == 0)
			return dsync__toml_fail(p, offset, "the text is not UTF-8", "a character in UTF-8");
		offset += size;
	}
	return 0;
}

/* Skips one newline, which must be there. */
int
dsync__toml_newline(struct dsync__toml_parser *p)
{
	if (!scan_at_newline(p))
		return dsync__toml_fail(p, p->c.position, "something is left over on the line", "the end of the line");
	p->c.position += scan_peek(p) == '\r' ? 2 : 1;
	p->line++;
	return 0;
}

/* Skips a comment, if there is one, up to its newline. */
int
dsync__toml_comment(struct dsync__toml_parser *p)
{
	if (!scan_take(p, '#'))
		return 0;
	scan_run(p, SCAN_COMMENT);
	if (scan_peek(p) != SCAN_END && !scan_at_newline(p))
		return dsync__toml_fail(
			p, p->c.position, "a control character in a comment", "text without control characters");
	return 0;
}

/* Skips blanks, a comment and the newline (or the end of the text): nothing else may stand there. */
int
dsync__toml_end_of_line(struct dsync__toml_parser *p)
{
	int rc;

	scan_blanks(p);
	rc = dsync__toml_comment(p);
	if (rc < 0 || scan_peek(p) == SCAN_END)
		return rc;
	return dsync__toml_newline(p);
}
