/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A table that grows: asks a JSON interface for today's values and appends them as one row of CSV.
 *
 * context.json is {"url": "https://api.example/rates", "fields": ["date", "usd", "gbp"]}; the answer is an object with these members.  The
 * first of them names the row: when the table already ends with a row of that name, there is nothing to do.  The table begins
 * with whatever the archive was made from, such as a line of titles, and its last line has an end.
 */
#include "dotsync.h"
#include "updaters/json.h"

#define TEXT_MAX 8192
#define ROW_MAX 1024

static char context[TEXT_MAX], answer[TEXT_MAX], head[TEXT_MAX], row[ROW_MAX], tail[2 * ROW_MAX];

static void
fail(const char *why)
{
	int32_t size = 0;

	while (why[size] != '\0')
		size++;
	dotsync_finish(DOTSYNC_FAILED, 0, why, size);
}

/* The value of a member of the object `text`, or one of size 0. */
static struct json_span
member(struct json_span text, struct json_span wanted)
{
	struct json_span name, value = { 0, 0 };
	struct json_walk walk;

	if (json_walk_init(&walk, text, '{') < 0)
		return value;
	while (json_walk_next(&walk, &name, &value) > 0) {
		int32_t i = 0;

		while (i < name.size && i < wanted.size && name.data[i] == wanted.data[i])
			i++;
		if (i == name.size && i == wanted.size)
			return value;
	}
	return (struct json_span){ 0, 0 };
}

/* The new row; its length, or -1.  `key` becomes the length of its first field. */
static int32_t
make_row(struct json_span fields, struct json_span values, int32_t *key)
{
	struct json_span name, field, value;
	struct json_walk walk;
	int32_t i, got, size = 0;

	*key = 0;
	if (json_walk_init(&walk, fields, '[') < 0)
		return -1;
	while (json_walk_next(&walk, &name, &field) > 0) {
		value = member(values, (struct json_span){ field.data + 1, field.size - 2 });
		if (value.size == 0 || size + value.size + 2 > ROW_MAX)
			return -1;
		if (size > 0)
			row[size++] = ',';
		got = json_string(value, row + size, ROW_MAX - size);
		for (i = 0; got < 0 && i < value.size; i++)
			row[size + i] = value.data[i];
		got = got < 0 ? value.size : got;
		for (i = 0; i < got; i++) { /* one that would need quotes is no number and no date */
			if (row[size + i] == ',' || row[size + i] == '"' || row[size + i] < ' ')
				return -1;
		}
		size += got;
		*key = *key == 0 ? size : *key;
	}
	row[size] = '\n';
	return size > 0 ? size + 1 : -1;
}

/* Whether the table's last line begins with the row's first field. */
static int
is_there(int32_t key)
{
	int64_t size = dotsync_size(DOTSYNC_PAYLOAD);
	int64_t from = size > (int64_t)sizeof(tail) ? size - (int64_t)sizeof(tail) : 0;
	int64_t end = dotsync_read(DOTSYNC_PAYLOAD, from, tail, sizeof(tail)) - 1; /* the last line's end */
	int64_t start = end > 0 ? end - 1 : 0;
	int32_t i = 0;

	while (start > 0 && tail[start - 1] != '\n')
		start--;
	while (i < key && start + i < end && tail[start + i] == row[i])
		i++;
	return key > 0 && i == key && (tail[start + i] == ',' || start + i == end);
}

/* Asks; the length of the answer, or -1. */
static int64_t
ask(struct json_span url)
{
	static const char get[] = "GET ";
	int32_t i, size;
	int64_t handle;

	for (i = 0; i < 4; i++)
		head[i] = get[i];
	size = json_string(url, head + 4, TEXT_MAX - 4);
	handle = size < 0 ? -1 : dotsync_fetch(head, size + 4, 0, 0, 0);
	if (handle < 0 || dotsync_status((int32_t)handle) != 200)
		return -1;
	return dotsync_read((int32_t)handle, 0, answer, TEXT_MAX);
}

void
run(void)
{
	struct json_span plan = { context, (int32_t)dotsync_read(DOTSYNC_CONTEXT, 0, context, TEXT_MAX) };
	struct json_span fields = member(plan, (struct json_span){ "fields", 6 });
	int64_t got = ask(member(plan, (struct json_span){ "url", 3 }));
	int32_t key, size;

	if (got <= 0) {
		fail("no usable answer from the url in context.json");
		return;
	}
	size = make_row(fields, (struct json_span){ answer, (int32_t)got }, &key);
	if (size < 0) {
		fail("the answer does not have the fields that context.json names");
	} else if (is_there(key)) {
		dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
	} else if (dotsync_copy(DOTSYNC_PAYLOAD, 0, -1) >= 0 && dotsync_write(row, size) == size) {
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
	}
}
