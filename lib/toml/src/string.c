/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Strings: "basic", 'literal', and both of three quotes, which may hold newlines.
 *
 * A newline inside a string is always one LF, whatever the file has.
 */
#include "scan.h"

/* What differs between the kinds of quotes. */
struct quotes {
	int quote;
	unsigned plain; /* the class of bytes that mean themselves */
	const char *end;
	const char *end_three;
};

static const struct quotes basic = { '"', SCAN_BASIC, "a closing '\"'", "a closing '\"\"\"'" };
static const struct quotes literal = { '\'', SCAN_LITERAL, "a closing \"'\"", "a closing \"'''\"" };

static const struct quotes *
quotes_at(const struct dsync__toml_parser *p)
{
	return scan_peek(p) == '"' ? &basic : &literal;
}

static void
begin(const struct dsync__toml_parser *p, struct dsync__toml_text *out)
{
	out->at = scan_position(p);
	out->size = 0;
	out->own = false;
}

/* Takes over bytes that mean themselves. */
static void
plain(struct dsync__toml_parser *p, const struct quotes *q, struct dsync__toml_text *out)
{
	size_t from = p->c.position;

	if (scan_run(p, q->plain) > 0)
		dsync__toml_string_add(p, out, from, p->c.position);
}

static int
fail_inside(struct dsync__toml_parser *p, const char *end)
{
	int byte = scan_peek(p);

	if (byte == SCAN_END || scan_at_newline(p))
		return dsync__toml_fail(p, p->c.position, "a string is not closed", end);
	return dsync__toml_fail(p, p->c.position, "a control character in a string", "an escape such as \\u0000");
}

static int
one_line(struct dsync__toml_parser *p, const struct quotes *q, struct dsync__toml_text *out)
{
	int rc;

	p->c.position++;
	begin(p, out);
	for (;;) {
		plain(p, q, out);
		if (scan_take(p, q->quote))
			return 0;
		if (q->quote != '"' || !scan_take(p, '\\'))
			return fail_inside(p, q->end);
		rc = dsync__toml_string_escape(p, out);
		if (rc < 0)
			return rc;
	}
}

/* A newline: the LF of it counts, a CR before it does not. */
static int
inner_newline(struct dsync__toml_parser *p, struct dsync__toml_text *out)
{
	int rc = dsync__toml_newline(p);

	if (rc == 0)
		dsync__toml_string_add(p, out, p->c.position - 1, p->c.position);
	return rc;
}

/* A backslash at the end of a line eats all white space up to the next visible character. */
static bool
line_ending_backslash(struct dsync__toml_parser *p)
{
	size_t start = p->c.position;

	scan_blanks(p);
	if (!scan_at_newline(p)) {
		p->c.position = start;
		return false;
	}
	while (scan_at_newline(p)) {
		dsync__toml_newline(p);
		scan_blanks(p);
	}
	return true;
}

/* One or more quotes: text, or the end with up to two quotes of text before it. */
static bool
inner_quotes(struct dsync__toml_parser *p, const struct quotes *q, struct dsync__toml_text *out)
{
	size_t from = p->c.position, count = 0;

	while (count < 5 && scan_take(p, q->quote))
		count++;
	dsync__toml_string_add(p, out, from, p->c.position - (count >= 3 ? 3 : 0));
	return count >= 3;
}

static int
many_lines(struct dsync__toml_parser *p, const struct quotes *q, struct dsync__toml_text *out)
{
	int rc = 0;

	p->c.position += 3;
	if (scan_at_newline(p))
		dsync__toml_newline(p);
	begin(p, out);
	while (rc == 0) {
		plain(p, q, out);
		if (scan_peek(p) == q->quote) {
			if (inner_quotes(p, q, out))
				return 0;
		} else if (scan_at_newline(p)) {
			rc = inner_newline(p, out);
		} else if (q->quote == '"' && scan_take(p, '\\')) {
			if (!line_ending_backslash(p))
				rc = dsync__toml_string_escape(p, out);
		} else {
			return fail_inside(p, q->end_three);
		}
	}
	return rc;
}

int
dsync__toml_string_line(struct dsync__toml_parser *p, struct dsync__toml_text *out)
{
	return one_line(p, quotes_at(p), out);
}

int
dsync__toml_string_any(struct dsync__toml_parser *p, struct dsync__toml_text *out)
{
	const struct quotes *q = quotes_at(p);

	if (scan_peek_at(p, 1) == q->quote && scan_peek_at(p, 2) == q->quote)
		return many_lines(p, q, out);
	return one_line(p, q, out);
}
