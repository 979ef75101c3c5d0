/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Integers, and the form of floats (whose value number_float.c makes when asked).
 */
#include "scan.h"

#include "base/text.h"

#include <string.h>

#define NOT_A_NUMBER "this is no number"

static int
byte_at(struct dsync_view v, size_t at)
{
	return at < v.size ? v.data[at] : SCAN_END;
}

/* -1 when it is no digit of the base. */
static int
digit_value(int byte, unsigned base)
{
	int value = -1;

	if (byte >= '0' && byte <= '9')
		value = byte - '0';
	else if (byte >= 'a' && byte <= 'f')
		value = byte - 'a' + 10;
	else if (byte >= 'A' && byte <= 'F')
		value = byte - 'A' + 10;
	return value < (int)base ? value : -1;
}

/* Where the digits that start at `at` end; single underscores may stand between digits. */
static size_t
digits_end(struct dsync_view v, size_t at, unsigned base)
{
	while (digit_value(byte_at(v, at), base) >= 0) {
		at++;
		if (byte_at(v, at) == '_' && digit_value(byte_at(v, at + 1), base) >= 0)
			at++;
	}
	return at;
}

static int
fail_at(struct dsync__toml_parser *p, const struct dsync__toml_node *node, size_t at, const char *expected)
{
	return dsync__toml_fail(p, node->start + at, NOT_A_NUMBER, expected);
}

/* Digits [from, to) as a signed number. */
static int
integer_value(
	struct dsync__toml_parser *p, struct dsync__toml_node *node, struct dsync_view v, size_t from, unsigned base)
{
	bool negative = v.data[0] == '-';
	uint64_t limit = (uint64_t)INT64_MAX + negative, value = 0;
	size_t at;

	for (at = from; at < v.size; at++) {
		uint64_t digit = (uint64_t)digit_value(v.data[at], base);

		if (v.data[at] == '_')
			continue;
		if (value > limit / base || value * base > limit - digit)
			return dsync__toml_fail(p, node->start, "an integer does not fit 64 bits",
				"-9223372036854775808 to 9223372036854775807");
		value = value * base + digit;
	}
	node->type = DSYNC_TOML_INTEGER;
	node->u.integer = negative && value > 0 ? -(int64_t)(value - 1) - 1 : (int64_t)value;
	return 0;
}

/* 0x, 0o, 0b: no sign. */
static int
prefixed_integer(struct dsync__toml_parser *p, struct dsync__toml_node *node, struct dsync_view v)
{
	unsigned base = v.data[1] == 'x' ? 16 : v.data[1] == 'o' ? 8 : 2;
	size_t end = digits_end(v, 2, base);

	if (end == 2 || end < v.size)
		return fail_at(p, node, end,
			base == 16          ? "a hexadecimal digit"
				: base == 8 ? "an octal digit"
					    : "0 or 1");
	return integer_value(p, node, v, 2, base);
}

/* A fraction, an exponent or both, behind the integer part that ends at `at`. */
static int
float_form(struct dsync__toml_parser *p, struct dsync__toml_node *node, struct dsync_view v, size_t at)
{
	size_t end;

	if (byte_at(v, at) == '.') {
		end = digits_end(v, at + 1, 10);
		if (end == at + 1)
			return fail_at(p, node, end, "a digit after the point");
		at = end;
	}
	if (byte_at(v, at) == 'e' || byte_at(v, at) == 'E') {
		at++;
		if (byte_at(v, at) == '+' || byte_at(v, at) == '-')
			at++;
		end = digits_end(v, at, 10);
		if (end == at)
			return fail_at(p, node, end, "a digit of the exponent");
		at = end;
	}
	if (at < v.size)
		return fail_at(p, node, at, "the end of the number");
	node->type = DSYNC_TOML_FLOAT;
	return 0;
}

static int
decimal(struct dsync__toml_parser *p, struct dsync__toml_node *node, struct dsync_view v, size_t sign)
{
	size_t end = digits_end(v, sign, 10);
	int byte = byte_at(v, end);

	if (end == sign)
		return dsync__toml_fail(p, node->start + end, sign ? NOT_A_NUMBER : "a value is missing",
			sign ? "a digit" : "a string, number, date, time, true, false, '[' or '{'");
	if (v.data[sign] == '0' && end > sign + 1)
		return fail_at(p, node, sign, "a number without leading zeros");
	if (byte == '.' || byte == 'e' || byte == 'E')
		return float_form(p, node, v, end);
	if (byte != SCAN_END)
		return fail_at(p, node, end, "the end of the number");
	return integer_value(p, node, v, sign, 10);
}

int
dsync__toml_number(struct dsync__toml_parser *p, struct dsync__toml_node *node)
{
	struct dsync_view v, word;
	size_t sign;

	v.data = p->c.data + p->c.position;
	v.size = scan_run(p, SCAN_TOKEN);
	sign = byte_at(v, 0) == '+' || byte_at(v, 0) == '-';
	word.data = v.data + sign;
	word.size = v.size - sign;

	if (dsync_text_view_is(word, "inf") || dsync_text_view_is(word, "nan")) {
		node->type = DSYNC_TOML_FLOAT;
		return 0;
	}
	if (byte_at(v, 0) == '0' && v.size > 1 && memchr("xob", v.data[1], 3) != NULL)
		return prefixed_integer(p, node, v);
	return decimal(p, node, v, sign);
}
