/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * text.h - texts in arrays of fixed size, for updaters that have no library.
 *
 * Appending never leaves the array: what does not fit is cut, and the text always ends with a NUL.
 */
#ifndef GUEST_TEXT_H
#define GUEST_TEXT_H

#include <stdint.h>

int32_t text_size(const char *text);

/* The new length, at most `size` - 1. */
int32_t text_append(char *out, int32_t length, int32_t size, const char *text);
int32_t text_append_bytes(char *out, int32_t length, int32_t size, const char *data, int32_t data_size);
int32_t text_append_number(char *out, int32_t length, int32_t size, int64_t number);

/* 1 when the bytes are this text. */
int32_t text_is(const char *data, int32_t size, const char *text);
int32_t text_begins(const char *text, const char *start);

/* 1 without line breaks: a line break in a URL or a value would begin a header that nobody asked for. */
int32_t text_is_one_line(const char *text, int32_t size);

#endif
