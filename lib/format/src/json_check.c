/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "json_check.h"

#include <stdbool.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/text.h"

#define END (-1)

/* What may come next. */
enum state { VALUE, FIRST_ELEMENT, FIRST_KEY, KEY, AFTER_VALUE };

struct json {
	struct dsync_cursor c;
	size_t depth;
	char open[DSYNC__JSON_DEPTH_MAX]; /* '{' or '[' */
};

static int
peek(const struct json *j)
{
	struct dsync_cursor c = j->c;
	uint8_t byte;

	return dsync_cursor_u8(&c, &byte) == 0 ? byte : END;
}

static int
next(struct json *j)
{
	uint8_t byte;

	return dsync_cursor_u8(&j->c, &byte) == 0 ? byte : END;
}

static int
next_token(struct json *j)
{
	int byte;

	do {
		byte = next(j);
	} while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r');
	return byte;
}

static bool
skip_digits(struct json *j)
{
	bool any = false;

	while (peek(j) >= '0' && peek(j) <= '9') {
		next(j);
		any = true;
	}
	return any;
}

/* The rest of a number that begins with `byte`. */
static bool
skip_number(struct json *j, int byte)
{
	if (byte == '-')
		byte = next(j);
	if (byte < '0' || byte > '9')
		return false;
	if (byte != '0')
		skip_digits(j);
	if (peek(j) == '.') {
		next(j);
		if (!skip_digits(j))
			return false;
	}
	if (peek(j) == 'e' || peek(j) == 'E') {
		next(j);
		if (peek(j) == '+' || peek(j) == '-')
			next(j);
		return skip_digits(j);
	}
	return true;
}

/* What follows a backslash. */
static bool
skip_escape(struct json *j)
{
	int byte = next(j);
	int i;

	if (byte != 'u')
		return byte != END && strchr("\"\\/bfnrt", byte) != NULL && byte != '\0';
	for (i = 0; i < 4; i++) {
		byte = next(j);
		if (byte == END || !dsync_text_is_hex((unsigned char)byte))
			return false;
	}
	return true;
}

/* The rest of a string; that it is UTF-8 was seen before. */
static bool
skip_string(struct json *j)
{
	for (;;) {
		int byte = next(j);

		if (byte == '"')
			return true;
		if (byte < 0x20 || (byte == '\\' && !skip_escape(j))) /* END is below too */
			return false;
	}
}

static bool
skip_word(struct json *j, const char *rest)
{
	for (; *rest != '\0'; rest++) {
		if (next(j) != *rest)
			return false;
	}
	return true;
}

/* A value that is no object and no array. */
static bool
skip_simple(struct json *j, int byte)
{
	switch (byte) {
	case '"':
		return skip_string(j);
	case 't':
		return skip_word(j, "rue");
	case 'f':
		return skip_word(j, "alse");
	case 'n':
		return skip_word(j, "ull");
	default:
		return skip_number(j, byte);
	}
}

/* Takes one token and moves on; false when it may not stand there. */
static bool
step(struct json *j, enum state *state, int byte)
{
	bool in_object = j->depth > 0 && j->open[j->depth - 1] == '{';

	if ((*state == FIRST_ELEMENT && byte == ']') || (*state == FIRST_KEY && byte == '}') ||
		(*state == AFTER_VALUE && j->depth > 0 && byte == (in_object ? '}' : ']'))) {
		j->depth--;
		*state = AFTER_VALUE;
		return true;
	}
	switch (*state) {
	case AFTER_VALUE:
		*state = in_object ? KEY : VALUE;
		return j->depth > 0 && byte == ',';
	case FIRST_KEY:
	case KEY:
		*state = VALUE;
		return byte == '"' && skip_string(j) && next_token(j) == ':';
	default:
		break;
	}
	if (byte == '{' || byte == '[') {
		*state = byte == '{' ? FIRST_KEY : FIRST_ELEMENT;
		j->open[j->depth++] = (char)byte;
		return true;
	}
	*state = AFTER_VALUE;
	return skip_simple(j, byte);
}

int
dsync__json_check(const void *text, size_t size, struct dsync_error *err)
{
	struct json j = { .depth = 0 };
	enum state state = VALUE;
	int rc;

	if (!dsync_text_is_utf8(text, size))
		return dsync_error_set(err, DSYNC_ERR_SYNTAX, "json", "not UTF-8, as JSON is");
	dsync_cursor_init(&j.c, text, size, 0);
	for (;;) {
		int byte = next_token(&j);

		if (byte == END && state == AFTER_VALUE && j.depth == 0)
			return 0;
		if (j.depth == DSYNC__JSON_DEPTH_MAX && (byte == '{' || byte == '['))
			return dsync_error_set(
				err, DSYNC_ERR_LIMIT, "json", "nested deeper than %u levels", DSYNC__JSON_DEPTH_MAX);
		if (byte == END || !step(&j, &state, byte))
			break;
	}
	rc = dsync_error_set(err, DSYNC_ERR_SYNTAX, "json", "not JSON");
	dsync_error_at_offset(err, dsync_cursor_offset(&j.c) - (dsync_cursor_left(&j.c) < size));
	return rc;
}
