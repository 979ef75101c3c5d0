/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * text.h - character classes, encodings, durations and sizes, whatever the locale.
 *
 * Classes are ASCII only.  Decoders are strict: one input, one meaning; they return 0
 * or a negative code and leave their output alone when they fail.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/view.h"

bool dsync_text_is_digit(unsigned char c);
bool dsync_text_is_alpha(unsigned char c);
bool dsync_text_is_alnum(unsigned char c);
bool dsync_text_is_hex(unsigned char c); /* both cases */
unsigned char dsync_text_lower(unsigned char c);

/* Compare ignoring ASCII case. */
bool dsync_text_equal_case(const char *a, size_t a_size, const char *b, size_t b_size);

/* True when a view's bytes are exactly this string. */
bool dsync_text_view_is(struct dsync_view view, const char *text);

/* Valid UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool dsync_text_is_utf8(const void *data, size_t size);

/*
 * Makes text safe for a terminal: C0 and C1 controls, DEL, bidirectional controls (U+061C, U+200E,
 * U+200F, U+202A-202E, U+2066-2069), U+2028, U+2029 and bytes that are no UTF-8 become \xNN (one
 * byte) or \u{NNNN} (a character past U+007F), digits in lower case; everything else is copied,
 * the backslash too: the result is for reading, not for parsing.  Always NUL-terminates and never
 * cuts an escape or a character in two.  Returns the number of bytes written without the NUL.
 */
size_t dsync_text_escape(char *out, size_t out_size, const void *text, size_t size);
int dsync_text_escape_append(struct dsync_buffer *out, const void *text, size_t size);

/* Lower-case hexadecimal; `out` has 2 * size + 1 bytes. */
void dsync_text_hex_encode(char *out, const unsigned char *data, size_t size);

/* Exactly 2 * size lower-case digits, else DSYNC_ERR_SYNTAX. */
int dsync_text_hex_decode(unsigned char *out, size_t size, const char *text, size_t text_size);

/*
 * Standard base64 with padding (RFC 4648 section 4); strict when decoding: no white space, padding
 * and spare bits canonical.
 */
int dsync_text_base64_encode(struct dsync_buffer *out, const void *data, size_t size);
int dsync_text_base64_decode(struct dsync_buffer *out, const char *text, size_t size);

/* A decimal integer of digits only, without sign or leading zero; DSYNC_ERR_SYNTAX or DSYNC_ERR_OVERFLOW. */
int dsync_text_parse_u64(const char *text, size_t size, uint64_t *value);

/* "90s", "15m", "6h", "7d" or plain seconds, as whole seconds up to INT64_MAX. */
int dsync_text_parse_duration(const char *text, int64_t *seconds);

/* "64K", "10M", "2G", "1T" (powers of 1024, capitals only) or plain bytes. */
int dsync_text_parse_size(const char *text, uint64_t *bytes);

/*
 * People's forms: "2 h 5 min", "1.2 MiB"; the two largest units or one decimal, rounded towards zero.
 * `out` has DSYNC_TEXT_HUMAN_SIZE bytes.
 */
#define DSYNC_TEXT_HUMAN_SIZE 32
void dsync_text_human_duration(char out[DSYNC_TEXT_HUMAN_SIZE], int64_t seconds);
void dsync_text_human_size(char out[DSYNC_TEXT_HUMAN_SIZE], uint64_t bytes);

/* Appends a JSON string with its quotes; each byte that is no UTF-8 becomes U+FFFD. */
int dsync_text_json_append(struct dsync_buffer *out, const void *text, size_t size);

#endif
