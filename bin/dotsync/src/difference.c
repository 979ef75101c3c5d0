/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "difference.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define LINES_SHOWN 12
#define LINE_SHOWN 160 /* bytes of a line */
#define LINE_TEXT (4 * LINE_SHOWN + 1)

/* The part of one of them that the other has not. */
struct part {
	const unsigned char *data;
	size_t size;
};

static size_t
common_start(struct dsync_view a, struct dsync_view b)
{
	const size_t least = a.size < b.size ? a.size : b.size;
	size_t i = 0;

	while (i < least && a.data[i] == b.data[i])
		i++;
	return i;
}

int64_t
difference_at(struct dsync_view before, struct dsync_view after)
{
	const size_t at = common_start(before, after);

	return at == before.size && at == after.size ? -1 : (int64_t)at;
}

/* Cuts off what both have at either end, whole lines only. */
static void
cut(struct dsync_view before, struct dsync_view after, struct part *removed, struct part *added)
{
	size_t start = common_start(before, after);
	size_t end = 0;
	size_t least;

	while (start > 0 && before.data[start - 1] != '\n')
		start--;
	least = (before.size < after.size ? before.size : after.size) - start;
	while (end < least && before.data[before.size - 1 - end] == after.data[after.size - 1 - end])
		end++;
	while (end > 0 && end < least && before.data[before.size - end - 1] != '\n')
		end--;
	*removed = (struct part){ before.data + start, before.size - start - end };
	*added = (struct part){ after.data + start, after.size - start - end };
}

static bool
is_text(struct part part)
{
	return memchr(part.data, '\0', part.size) == NULL && dsync_text_is_utf8((const char *)part.data, part.size);
}

static void
show_lines(FILE *stream, char mark, struct part part)
{
	char line[LINE_TEXT];
	size_t shown = 0, more = 0;

	while (part.size > 0) {
		const unsigned char *end = memchr(part.data, '\n', part.size);
		const size_t size = end != NULL ? (size_t)(end - part.data) : part.size;

		if (shown < LINES_SHOWN) {
			dsync_text_escape(
				line, sizeof(line), (const char *)part.data, size < LINE_SHOWN ? size : LINE_SHOWN);
			fprintf(stream, "  %c%s%s\n", mark, line, size > LINE_SHOWN ? "..." : "");
			shown++;
		} else {
			more++;
		}
		part.data += end != NULL ? size + 1 : size;
		part.size -= end != NULL ? size + 1 : size;
	}
	if (more > 0)
		fprintf(stream, "  %c... and %zu more\n", mark, more);
}

static size_t
line_number(struct dsync_view text, size_t at)
{
	size_t line = 1;
	size_t i;

	for (i = 0; i < at; i++)
		line += text.data[i] == '\n';
	return line;
}

void
difference_show(FILE *stream, struct dsync_view before, struct dsync_view after)
{
	const int64_t at = difference_at(before, after);
	struct part removed, added;

	if (at < 0) {
		fputs("the same bytes as before\n", stream);
		return;
	}
	cut(before, after, &removed, &added);
	if (!is_text(removed) || !is_text(added)) {
		fprintf(stream, "differs from byte %" PRId64 "\n", at);
		return;
	}
	fprintf(stream, "differs from line %zu\n", line_number(after, (size_t)at));
	show_lines(stream, '-', removed);
	show_lines(stream, '+', added);
}
