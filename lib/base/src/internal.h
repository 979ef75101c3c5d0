/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * internal.h - what the files of this folder share and nobody else sees.
 */
#ifndef BASE_INTERNAL_H
#define BASE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of a text.  Returns how many bytes it takes (1 to 4)
 * and stores its number, or returns 0 when the bytes are no UTF-8 or size is 0.
 */
size_t dsync__text_utf8_decode(const unsigned char *text, size_t size, uint32_t *character);

/*
 * The longest start of a valid UTF-8 text that has at most `size` bytes and does
 * not cut a character in two.
 */
size_t dsync__text_utf8_cut(const char *text, size_t size);

#endif
