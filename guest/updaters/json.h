/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * json.h - as much of JSON as an updater's context needs: one object, read in place.
 *
 *	struct json_walk walk;
 *	json_walk_init(&walk, text, '{');
 *	while (json_walk_next(&walk, &name, &value) > 0)
 *		...
 *
 * A value is the bytes as they stand in the text.  Nothing is copied but strings that are asked for.
 */
#ifndef GUEST_JSON_H
#define GUEST_JSON_H

#include <stdint.h>

struct json_span {
	const char *data;
	int32_t size;
};

/* Walks the members of an object or the elements of an array. */
struct json_walk {
	const char *next;
	const char *end;
	char close; /* '}' or ']' */
	int32_t first;
};

/* Starts on the text of an object ('{') or array ('['); 0, or -1 when it is neither. */
int32_t json_walk_init(struct json_walk *walk, struct json_span text, char open);

/* 1 with the next member (name: the string's raw bytes without quotes; empty in arrays), 0 at the end, -1 when it is not JSON. */
int32_t json_walk_next(struct json_walk *walk, struct json_span *name, struct json_span *value);

/* Copies a string value without its escapes and adds a NUL; returns the length, or -1 (no string, does not fit, NUL or half a surrogate pair). */
int32_t json_string(struct json_span value, char *out, int32_t size);

/* 0 to 15, or -1. */
int32_t json_hex_digit(char c);

/* 1 when the raw bytes are these. */
int32_t json_is(struct json_span span, const char *text);

#endif
