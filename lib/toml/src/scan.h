/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * scan.h - the bytes of the text, one after the other.
 *
 * All reading goes through the functions below, which never leave the cursor's
 * view.  They stand in a header so that the compiler can fold them into the loops
 * that use them: most of the time of opening an archive is spent there.
 */
#ifndef TOML_SCAN_H
#define TOML_SCAN_H

#include "internal.h"

#define SCAN_END (-1)

/* Classes of bytes; a byte may be in several. */
enum scan_class {
	SCAN_BARE = 1,  /* in bare keys */
	SCAN_TOKEN = 2, /* in numbers, dates, true and false */
	SCAN_DIGIT = 4,
	SCAN_BASIC = 8,    /* in "strings" without a second look */
	SCAN_LITERAL = 16, /* in 'strings' */
	SCAN_COMMENT = 32,
	SCAN_NODE = 64, /* announces a node: = . , [ */
	SCAN_OWN = 128, /* a string with it may differ from its text: backslash, CR */
};

extern const unsigned char dsync__toml_class[256];

/* The byte at the position, or SCAN_END. */
static inline int
scan_peek(const struct dsync__toml_parser *p)
{
	return p->c.position < p->c.size ? p->c.data[p->c.position] : SCAN_END;
}

/* The byte `ahead` places on, or SCAN_END. */
static inline int
scan_peek_at(const struct dsync__toml_parser *p, size_t ahead)
{
	return ahead < p->c.size - p->c.position ? p->c.data[p->c.position + ahead] : SCAN_END;
}

/* Moves on when the next byte is `byte`. */
static inline bool
scan_take(struct dsync__toml_parser *p, int byte)
{
	if (scan_peek(p) != byte)
		return false;
	p->c.position++;
	return true;
}

/* Skips bytes of a class and returns how many there were. */
static inline size_t
scan_run(struct dsync__toml_parser *p, unsigned class)
{
	size_t start = p->c.position, at = start;

	while (at < p->c.size && (dsync__toml_class[p->c.data[at]] & class))
		at++;
	p->c.position = at;
	return at - start;
}

static inline void
scan_blanks(struct dsync__toml_parser *p)
{
	int byte = scan_peek(p);

	while (byte == ' ' || byte == '\t') {
		p->c.position++;
		byte = scan_peek(p);
	}
}

static inline uint32_t
scan_position(const struct dsync__toml_parser *p)
{
	return (uint32_t)p->c.position;
}

/* A newline of either form stands at the position. */
static inline bool
scan_at_newline(const struct dsync__toml_parser *p)
{
	int byte = scan_peek(p);

	return byte == '\n' || (byte == '\r' && scan_peek_at(p, 1) == '\n');
}

#endif
