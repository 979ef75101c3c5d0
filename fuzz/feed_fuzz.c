/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the built-in updater reads of servers as text: feeds, files of sums, references.  The first line is the pointer or name. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "updaters/pointer.h"
#include "updaters/reference.h"
#include "updaters/sums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_feed(const char *pointer, struct json_span text)
{
	static char url[URL_SIZE_MAX], out[URL_SIZE_MAX];
	struct json_span value;
	int32_t used, length;

	if (!pointer_is_valid(pointer) || pointer_find(text, pointer, &value, &used) < 0)
		return;
	assert(value.size >= 0 && value.data >= text.data && value.data + value.size <= text.data + text.size);
	length = json_string(value, url, URL_SIZE_MAX);
	if (length < 0)
		return;
	assert((size_t)length == strlen(url));
	if (reference_resolve("https://a.example/b/c?d", url, out) == 0)
		assert(strncmp(out, "https://", 8) == 0 && strlen(out) < URL_SIZE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
	unsigned char sum[SUM_SIZE];
	char first[POINTER_SIZE_MAX], name[64];
	struct json_span text;
	char *copy;
	size_t head;

	if (line == NULL || (size_t)(line - data) >= sizeof(first))
		return 0;
	head = (size_t)(line - data);
	memcpy(first, data, head);
	first[head] = '\0';
	copy = malloc(size - head); /* of its own size, so that one byte too far is seen */
	if (copy == NULL)
		return 0;
	memcpy(copy, line + 1, size - head - 1);
	text.data = copy;
	text.size = (int32_t)(size - head - 1);
	try_feed(first, text);
	reference_file_name(first, name, sizeof(name));
	assert(strlen(name) < sizeof(name));
	sums_find(text, name, sum);
	free(copy);
	return 0;
}
