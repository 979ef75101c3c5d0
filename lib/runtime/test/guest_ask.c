/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "guest_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

char *const guest_no_environment[] = { NULL };
static struct dsync_guest *guest;
static char *text;

int
guest_setup(void **state)
{
	home_setup(state);
	home_make("a.sync", HOME_MANIFEST OPEN_TO_ALL, "payload", NULL, 0);
	assert_int_equal(dsync_guest_create(
				 &guest, "a.sync", home_context(), guest_no_environment, DSYNC_GUEST_PAYLOAD_MAX, NULL),
		0);
	return 0;
}

int
guest_teardown(void **state)
{
	dsync_guest_destroy(guest);
	guest = NULL;
	free(text);
	text = NULL;
	return home_teardown(state);
}

void
guest_restart(char *const *environment, uint64_t payload_max)
{
	dsync_guest_destroy(guest);
	assert_int_equal(dsync_guest_create(&guest, "a.sync", home_context(), environment, payload_max, NULL), 0);
}

const char *
guest_answer_bytes(const void *line, size_t size)
{
	struct dsync_buffer out;
	size_t length;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	assert_int_equal(dsync_guest_answer(guest, line, size, &out), 0);
	free(text);
	text = (char *)dsync_buffer_take(&out, &length);
	assert_true(length > 0 && text[length - 1] == '\n');
	assert_null(memchr(text, '\n', length - 1)); /* one line, whatever happens */
	text[length - 1] = '\0';
	return text;
}

static const char *
quote(char *copy)
{
	char *at;

	for (at = copy; *at != '\0'; at++) {
		if (*at == '\'')
			*at = '"';
	}
	return copy;
}

const char *
guest_answer(const char *line)
{
	char *copy = strdup(line);
	const char *found;

	assert_non_null(copy);
	quote(copy);
	found = guest_answer_bytes(copy, strlen(copy));
	free(copy);
	return found;
}

void
guest_expect(const char *line, const char *expected)
{
	char *copy = strdup(expected);

	assert_non_null(copy);
	assert_string_equal(guest_answer(line), quote(copy));
	free(copy);
}

void
guest_expect_error(const char *line, const char *code)
{
	json_t *root = json_loads(guest_answer(line), 0, NULL), *error = json_object_get(root, "error");
	const json_t *found = json_object_get(error, "code");
	char number[32] = "";

	if (!json_is_string(found))
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(found));
	if (strcmp(json_is_string(found) ? json_string_value(found) : number, code) != 0)
		fail_msg("%s\nexpected %s, found %s", line, code, text);
	assert_non_null(json_string_value(json_object_get(error, "message")));
	json_decref(root);
}

const char *
guest_text(void)
{
	return text;
}
