/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One line for people out of a struct dsync_error. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dotsync/error.h"
#include "internal.h"

/* Text that may be longer than its memory: `length` goes on counting past the end. */
struct line {
	char *buf;
	size_t size;
	size_t length;
};

static void
put(struct line *line, const char *text)
{
	size_t length = strlen(text);
	size_t room;

	if (line->length < line->size) {
		room = line->size - line->length;
		memcpy(line->buf + line->length, text, length < room ? length : room);
	}
	line->length += length;
}

/* Opens the bracket before the first item, puts a comma before the others. */
static void
put_item(struct line *line, int *items, const char *text)
{
	if (text[0] == '\0')
		return;
	put(line, (*items)++ == 0 ? " (" : ", ");
	put(line, text);
}

static void
put_place(struct line *line, const struct dsync_error *err)
{
	char number[64];
	int items = 0;

	put_item(line, &items, err->rule);
	put_item(line, &items, err->entry);
	if (err->line > 0) {
		snprintf(number, sizeof(number), "line %" PRIu32, err->line);
		put_item(line, &items, number);
	}
	if (err->line > 0 && err->column > 0) {
		snprintf(number, sizeof(number), "column %" PRIu32, err->column);
		put_item(line, &items, number);
	}
	if (err->offset != DSYNC_ERROR_NO_OFFSET) {
		snprintf(number, sizeof(number), "offset %" PRIu64, err->offset);
		put_item(line, &items, number);
	}
	if (items > 0)
		put(line, ")");
}

static void
put_detail(struct line *line, const struct dsync_error *err)
{
	const char *separator = ": ";

	if (err->expected[0] != '\0') {
		put(line, ": expected ");
		put(line, err->expected);
		separator = ", ";
	}
	if (err->found[0] != '\0') {
		put(line, separator);
		put(line, "found ");
		put(line, err->found);
	}
	if (err->hint[0] != '\0') {
		put(line, "; ");
		put(line, err->hint);
	}
}

size_t
dsync_error_format(const struct dsync_error *err, char *buf, size_t size)
{
	struct line line = { buf, size, 0 };

	if (err == NULL || err->code == DSYNC_OK) {
		put(&line, dsync_error_text(DSYNC_OK));
	} else {
		put(&line, err->message[0] != '\0' ? err->message : dsync_error_text(err->code));
		put_place(&line, err);
		put_detail(&line, err);
	}

	if (line.length < size)
		buf[line.length] = '\0';
	else if (size > 0)
		buf[dsync__text_utf8_cut(buf, size - 1)] = '\0';
	return line.length;
}
