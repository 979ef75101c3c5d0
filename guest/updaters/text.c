/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "text.h"

#ifdef __wasm__
#include <stddef.h>

/* The compiler calls these two for structs, and there is no library that has them. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

void *
memcpy(void *restrict to, const void *restrict from, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *
memset(void *to, int value, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((char *)to)[i] = (char)value;
	return to;
}
#endif

int32_t
text_size(const char *text)
{
	int32_t size = 0;

	while (text[size] != '\0')
		size++;
	return size;
}

int32_t
text_append_bytes(char *out, int32_t length, int32_t size, const char *data, int32_t data_size)
{
	int32_t i;

	for (i = 0; i < data_size && length + 1 < size; i++)
		out[length++] = data[i];
	out[length] = '\0';
	return length;
}

int32_t
text_append(char *out, int32_t length, int32_t size, const char *text)
{
	return text_append_bytes(out, length, size, text, text_size(text));
}

int32_t
text_append_number(char *out, int32_t length, int32_t size, int64_t number)
{
	char digits[24];
	int32_t i = sizeof(digits) - 1;
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + left % 10);
		left /= 10;
	} while (left != 0);
	if (number < 0)
		digits[--i] = '-';
	return text_append(out, length, size, digits + i);
}

int32_t
text_is(const char *data, int32_t size, const char *text)
{
	int32_t i;

	for (i = 0; i < size; i++) {
		if (text[i] == '\0' || data[i] != text[i])
			return 0;
	}
	return text[i] == '\0';
}

int32_t
text_begins(const char *text, const char *start)
{
	while (*start != '\0') {
		if (*text++ != *start++)
			return 0;
	}
	return 1;
}

int32_t
text_is_one_line(const char *text, int32_t size)
{
	int32_t i;

	for (i = 0; i < size; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			return 0;
	}
	return 1;
}
