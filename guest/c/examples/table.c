/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A table out of an interface that answers in pages: {"results": [{"id", "name", "price"}, ...], "next": URL or null}. */
#include "dotsync.h"
#include "updaters/json.h"

#define FIRST "GET https://example.com/items?page=1"
#define ACCEPT "\nAccept: application/json"
#define COLUMNS 3
#define FIELD_MAX 2048

static const char *const columns[COLUMNS] = { "id", "name", "price" };
static char head[8192], page[1 << 20], row[COLUMNS * (2 * FIELD_MAX + 3)];

/* Appends a field to the row, in quotes where it needs them; the row's new length, or -1. */
static int32_t
add_field(int32_t size, struct json_span value)
{
	static char text[FIELD_MAX];
	const char *field = text;
	int32_t i, quoted = 0, got = json_string(value, text, sizeof(text));

	if (got < 0) { /* a number as it stands, or nothing */
		field = value.data;
		got = json_is(value, "null") ? 0 : value.size;
		if (got > FIELD_MAX || (got > 0 && field[0] != '-' && (field[0] < '0' || field[0] > '9')))
			return -1;
	}
	for (i = 0; i < got; i++)
		quoted |= field[i] == ',' || field[i] == '"' || field[i] == '\n' || field[i] == '\r';
	if (quoted)
		row[size++] = '"';
	for (i = 0; i < got; i++) {
		row[size++] = field[i];
		if (field[i] == '"')
			row[size++] = '"';
	}
	if (quoted)
		row[size++] = '"';
	return size;
}

static int
write_row(struct json_span object)
{
	struct json_span name, value, fields[COLUMNS] = { { 0, 0 } };
	struct json_walk walk;
	int32_t c, size = 0, more = json_walk_init(&walk, object, '{') < 0 ? -1 : 1;

	while (more > 0 && (more = json_walk_next(&walk, &name, &value)) > 0) {
		for (c = 0; c < COLUMNS; c++)
			fields[c] = json_is(name, columns[c]) ? value : fields[c];
	}
	for (c = 0; c < COLUMNS && size >= 0; c++) {
		size = add_field(size, fields[c]);
		if (size >= 0)
			row[size++] = c == COLUMNS - 1 ? '\n' : ',';
	}
	return more == 0 && size > 0 && dotsync_write(row, size) == size ? 0 : -1;
}

/* Writes the rows of a page and makes the next page's request in `head`; its length, 0 after the last page, or -1. */
static int32_t
write_page(struct json_span text)
{
	struct json_span name, value, unnamed, object;
	struct json_walk walk, rows;
	int32_t more, next = 0;

	if (json_walk_init(&walk, text, '{') < 0)
		return -1;
	while ((more = json_walk_next(&walk, &name, &value)) > 0) {
		if (json_is(name, "next")) {
			next = json_string(
				value, head + 4, (int32_t)sizeof(head) - 64); /* not a string: there is none */
		} else if (json_is(name, "results") && json_walk_init(&rows, value, '[') == 0) {
			while ((more = json_walk_next(&rows, &unnamed, &object)) > 0 && write_row(object) == 0)
				continue;
			if (more != 0)
				return -1;
		}
	}
	return more < 0 ? -1 : next > 0 ? next + 4 : 0;
}

/* Appends to the request; its new length. */
static int32_t
put(int32_t size, const char *text)
{
	while (*text != '\0')
		head[size++] = *text++;
	return size;
}

/* Asks for the page that stands in `head`; what write_page() says. */
static int32_t
fetch_page(int32_t size)
{
	int64_t got = -1, answer = dotsync_fetch(head, size, 0, 0, 0);

	if (answer < 0)
		return -1;
	if (dotsync_status((int32_t)answer) == 200)
		got = dotsync_read((int32_t)answer, 0, page, sizeof(page));
	dotsync_close((int32_t)answer);
	return got < 0 || got == sizeof(page) ? -1 : write_page((struct json_span){ page, (int32_t)got });
}

void
run(void)
{
	static const char why[] = "no usable answer";
	int32_t size = put(0, FIRST);

	dotsync_write("id,name,price\n", 14);
	while (size > 0)
		size = fetch_page(put(size, ACCEPT));
	if (size < 0)
		dotsync_finish(DOTSYNC_FAILED, 0, why, sizeof(why) - 1);
	else
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
}
