/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pointer.h"

#include "text.h"

static char part[POINTER_SIZE_MAX];
static char text[POINTER_SIZE_MAX];

int32_t
pointer_is_valid(const char *pointer)
{
	int32_t i;

	if (pointer[0] != '/' || text_size(pointer) >= POINTER_SIZE_MAX)
		return 0;
	for (i = 0; pointer[i] != '\0'; i++) {
		if (pointer[i] == '~' && pointer[i + 1] != '0' && pointer[i + 1] != '1')
			return 0;
	}
	return 1;
}

/* The part behind the slash at `pointer`, into `part`; what of the pointer is used. */
static int32_t
take_part(const char *pointer)
{
	int32_t i = 1, length = 0;

	while (pointer[i] != '\0' && pointer[i] != '/') {
		if (pointer[i] == '~')
			part[length++] = pointer[++i] == '0' ? '~' : '/';
		else
			part[length++] = pointer[i];
		i++;
	}
	part[length] = '\0';
	return i;
}

/* A member's name with its quotes, as json_string() wants it. */
static int32_t
name_is(struct json_span name, const char *wanted)
{
	const struct json_span quoted = { name.data - 1, name.size + 2 };
	int32_t size = json_string(quoted, text, POINTER_SIZE_MAX);

	return size >= 0 && text_is(text, size, wanted);
}

static int32_t
find_member(struct json_span object, const char *wanted, struct json_span *value)
{
	struct json_span name;
	struct json_walk walk;

	if (json_walk_init(&walk, object, '{') < 0)
		return -1;
	while (json_walk_next(&walk, &name, value) > 0) {
		if (name_is(name, wanted))
			return 0;
	}
	return -1;
}

/* A star is any run of characters: the last one seen is tried again one character later. */
static int32_t
is_like(const char *subject, const char *pattern)
{
	const char *star = 0, *again = 0;

	while (*subject != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			again = subject;
		} else if (*pattern == *subject) {
			pattern++;
			subject++;
		} else if (star != 0) {
			pattern = star + 1;
			subject = ++again;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* -1 for what is no index. */
static int32_t
index_of(const char *digits)
{
	int32_t index = 0, i;

	if (digits[0] == '\0' || (digits[0] == '0' && digits[1] != '\0'))
		return -1;
	for (i = 0; digits[i] != '\0'; i++) {
		if (digits[i] < '0' || digits[i] > '9' || i > 7)
			return -1;
		index = index * 10 + digits[i] - '0';
	}
	return index;
}

/* The element that `part` names: by its place, or by a member that is like something. */
static int32_t
find_element(struct json_span array, struct json_span *value)
{
	int32_t wanted = index_of(part), i, equals = 0;
	struct json_span name, member;
	struct json_walk walk;

	while (part[equals] != '\0' && part[equals] != '=')
		equals++;
	if (json_walk_init(&walk, array, '[') < 0 || (wanted < 0 && part[equals] == '\0'))
		return -1;
	for (i = 0; json_walk_next(&walk, &name, value) > 0; i++) {
		if (wanted >= 0 && i != wanted)
			continue;
		if (wanted >= 0)
			return 0;
		part[equals] = '\0';
		if (find_member(*value, part, &member) == 0 && json_string(member, text, POINTER_SIZE_MAX) >= 0 &&
			is_like(text, part + equals + 1))
			return 0;
	}
	return -1;
}

int32_t
pointer_find(struct json_span document, const char *pointer, struct json_span *value, int32_t *used)
{
	struct json_span found;
	int32_t size;

	*used = 0;
	*value = document;
	while (value->size > 0 &&
		(value->data[0] == ' ' || value->data[0] == '\n' || value->data[0] == '\t' || value->data[0] == '\r')) {
		value->data++;
		value->size--;
	}
	while (pointer[*used] == '/') {
		size = take_part(pointer + *used);
		if (find_member(*value, part, &found) < 0 && find_element(*value, &found) < 0)
			return -1;
		*value = found;
		*used += size;
	}
	return 0;
}
