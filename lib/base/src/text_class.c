/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ASCII classes and comparisons.  <ctype.h> is not used: it follows the locale. */
#include <string.h>

#include "base/text.h"

bool
dsync_text_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

bool
dsync_text_is_alpha(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
dsync_text_is_alnum(unsigned char c)
{
	return dsync_text_is_digit(c) || dsync_text_is_alpha(c);
}

bool
dsync_text_is_hex(unsigned char c)
{
	return dsync_text_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

unsigned char
dsync_text_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

bool
dsync_text_equal_case(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t i;

	if (a_size != b_size)
		return false;
	for (i = 0; i < a_size; i++) {
		if (dsync_text_lower((unsigned char)a[i]) != dsync_text_lower((unsigned char)b[i]))
			return false;
	}
	return true;
}

bool
dsync_text_view_is(struct dsync_view view, const char *text)
{
	size_t size = strlen(text);

	return view.size == size && (size == 0 || memcmp(view.data, text, size) == 0);
}
