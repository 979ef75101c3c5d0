/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The state record as bytes, beside an archive, and as a hostile thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "home.h"
#include "runtime/state.h"

#define NOW INT64_C(1700000000)
#define YEAR (INT64_C(366) * 86400)
#define FLAGS_OFFSET 5
#define ZERO_OFFSET 6
#define BASE_OFFSET 24
#define TEXTS_OFFSET 80

static void
fill(struct dsync_state *s)
{
	dsync_state_init(s);
	memset(s->generation, 7, sizeof(s->generation));
	s->base = NOW - 10;
	s->last_attempt = NOW - 5;
	s->next_attempt = NOW + 100;
	s->held_until = NOW + 1000;
	s->failures = 3;
	s->last_code = DSYNC_ERR_NETWORK;
	s->held = true;
	memset(s->request, 9, sizeof(s->request));
	strcpy(s->last_error, "the server said 500 \303\274");
	strcpy(s->etag, "\"abc\"");
	strcpy(s->last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
	strcpy(s->last_rule, "http");
	strcpy(s->last_expected, "200");
	strcpy(s->last_hint, "try later \303\274");
}

static void
pack(const struct dsync_state *s, struct dsync_buffer *out)
{
	dsync_buffer_init(out, DSYNC_STATE_SIZE_MAX);
	assert_int_equal(dsync_state_pack(s, out), 0);
}

static void
check_equal(const struct dsync_state *a, const struct dsync_state *b)
{
	assert_memory_equal(a->generation, b->generation, sizeof(a->generation));
	assert_int_equal(a->base, b->base);
	assert_int_equal(a->last_attempt, b->last_attempt);
	assert_int_equal(a->next_attempt, b->next_attempt);
	assert_int_equal(a->held_until, b->held_until);
	assert_int_equal(a->failures, b->failures);
	assert_int_equal(a->last_code, b->last_code);
	assert_int_equal(a->held, b->held);
	assert_memory_equal(a->request, b->request, sizeof(a->request));
	assert_string_equal(a->last_error, b->last_error);
	assert_string_equal(a->etag, b->etag);
	assert_string_equal(a->last_modified, b->last_modified);
	assert_string_equal(a->last_rule, b->last_rule);
	assert_string_equal(a->last_expected, b->last_expected);
	assert_string_equal(a->last_hint, b->last_hint);
}

static void
test_round_trip(void **state)
{
	struct dsync_state in, out;
	struct dsync_buffer data;

	(void)state;
	fill(&in);
	pack(&in, &data);
	assert_int_equal(dsync_state_unpack(data.data, data.size, NOW, &out), 0);
	check_equal(&in, &out);
	dsync_buffer_finish(&data);

	dsync_state_init(&in);
	pack(&in, &data);
	assert_int_equal(dsync_state_unpack(data.data, data.size, NOW, &out), 0);
	check_equal(&in, &out);
	dsync_buffer_finish(&data);
}

/* Even with every text at its longest a record is within its limit. */
static void
test_largest(void **state)
{
	struct dsync_state in, out;
	struct dsync_buffer data;

	(void)state;
	fill(&in);
	memset(in.last_error, 'x', DSYNC_STATE_TEXT_MAX);
	memset(in.etag, 'y', DSYNC_STATE_VALIDATOR_MAX);
	memset(in.last_modified, 'z', DSYNC_STATE_VALIDATOR_MAX);
	memset(in.last_rule, 'r', DSYNC_STATE_RULE_MAX);
	memset(in.last_expected, 'e', DSYNC_STATE_EXPECTED_MAX);
	memset(in.last_hint, 'h', DSYNC_STATE_TEXT_MAX);
	in.last_rule[DSYNC_STATE_RULE_MAX] = in.last_expected[DSYNC_STATE_EXPECTED_MAX] =
		in.last_hint[DSYNC_STATE_TEXT_MAX] = '\0';
	in.last_error[DSYNC_STATE_TEXT_MAX] = in.etag[DSYNC_STATE_VALIDATOR_MAX] =
		in.last_modified[DSYNC_STATE_VALIDATOR_MAX] = '\0';
	pack(&in, &data);
	assert_int_equal(dsync_state_unpack(data.data, data.size, NOW, &out), 0);
	check_equal(&in, &out);
	dsync_buffer_finish(&data);
}

static void
refuse(const void *data, size_t size, const char *what)
{
	struct dsync_state empty, out;

	dsync_state_init(&empty);
	if (dsync_state_unpack(data, size, NOW, &out) != DSYNC_ERR_CORRUPT)
		fail_msg("accepted: %s", what);
	check_equal(&empty, &out);
}

static void
test_refuse(void **state)
{
	static const struct {
		const char *what;
		size_t offset;
		unsigned char value;
	} cases[] = {
		{ "another magic", 0, 'X' },
		{ "a later version", 4, 2 },
		{ "an earlier version", 4, 0 },
		{ "an unknown flag", FLAGS_OFFSET, 2 },
		{ "a reserved byte", ZERO_OFFSET, 1 },
		{ "a reserved byte", ZERO_OFFSET + 1, 0x80 },
		{ "a text past the end", TEXTS_OFFSET + 1, 0x7f },
		{ "a NUL in the error", TEXTS_OFFSET + 2, 0 },
		{ "an error that is no UTF-8", TEXTS_OFFSET + 2, 0xff },
		{ "a line end in the etag", TEXTS_OFFSET + 2 + 22 + 2, '\n' },
		{ "a letter beyond ASCII in the etag", TEXTS_OFFSET + 2 + 22 + 2, 0xc3 },
		{ "a hint that is no UTF-8", TEXTS_OFFSET + 2 + 22 + 2 + 5 + 2 + 29 + 2 + 4 + 2 + 3 + 2, 0xff },
		{ "a control character in the date", TEXTS_OFFSET + 2 + 22 + 2 + 5 + 2, 0x7f },
	};
	struct dsync_state in;
	struct dsync_buffer data;
	unsigned char changed[DSYNC_STATE_SIZE_MAX + 1];
	size_t i;

	(void)state;
	fill(&in);
	pack(&in, &data);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(changed, data.data, data.size);
		changed[cases[i].offset] = cases[i].value;
		refuse(changed, data.size, cases[i].what);
	}
	for (i = 0; i < data.size; i++)
		refuse(data.data, i, "a record that is cut");
	memcpy(changed, data.data, data.size);
	changed[data.size] = 0;
	refuse(changed, data.size + 1, "a byte too many");
	memset(changed, 0, sizeof(changed));
	refuse(changed, sizeof(changed), "more than a record may be");
	dsync_buffer_finish(&data);
}

static void
test_clamp(void **state)
{
	struct dsync_state in, out;
	struct dsync_buffer data;

	(void)state;
	fill(&in);
	in.base = INT64_MAX;
	in.last_attempt = NOW + YEAR + 1;
	in.next_attempt = NOW + 8 * 86400;
	in.held_until = INT64_MIN + 1;
	pack(&in, &data);
	assert_int_equal(dsync_state_unpack(data.data, data.size, NOW, &out), 0);
	assert_int_equal(out.base, NOW + YEAR);
	assert_int_equal(out.last_attempt, NOW + YEAR);
	assert_int_equal(out.next_attempt, NOW + 8 * 86400);
	assert_int_equal(out.held_until, INT64_MIN + 1);
	assert_int_equal(dsync_state_unpack(data.data, data.size, INT64_MAX - 1, &out), 0);
	assert_true(out.base == INT64_MAX);
	dsync_buffer_finish(&data);

	in.next_attempt = NOW + 8 * 86400 + 1; /* further than anybody waits: forgotten */
	pack(&in, &data);
	assert_int_equal(dsync_state_unpack(data.data, data.size, NOW, &out), 0);
	assert_true(out.next_attempt == DSYNC_STATE_NO_TIME);
	dsync_buffer_finish(&data);
}

/* A record of this archive, with a base by which it is known again. */
static void
remember(struct dsync_archive *archive, const char *path, int64_t base)
{
	struct dsync_state s;
	struct dsync_error err;

	dsync_state_init(&s);
	dsync_archive_generation(archive, s.generation);
	s.base = base;
	assert_int_equal(dsync_state_store(home_context(), archive, path, &s, &err), 0);
}

static int64_t
recall(struct dsync_archive *archive, const char *path)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];
	struct dsync_state s;

	assert_int_equal(dsync_state_load(home_context(), archive, path, &s, NULL), 0);
	dsync_archive_generation(archive, generation);
	assert_memory_equal(s.generation, generation, sizeof(generation));
	return s.base;
}

static bool
has_attributes(struct dsync_archive *archive)
{
	return fsetxattr(dsync_archive_fd(archive), "user.test", "x", 1, 0) == 0;
}

static void
test_store(void **state)
{
	struct dsync_archive *archive;
	int64_t now = dsync_sys_now();

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "one", NULL, 0);
	archive = home_open("a.sync");
	assert_int_equal(recall(archive, "a.sync"), DSYNC_STATE_NO_TIME);
	remember(archive, "a.sync", now - 77);
	assert_int_equal(recall(archive, "a.sync"), now - 77);
	if (has_attributes(archive)) {
		assert_int_equal(home_count("state"), 0);
		assert_int_equal(recall(archive, NULL), now - 77);
	} else {
		assert_int_equal(home_count("state/records"), 1);
	}
	dsync_archive_unref(archive);
}

/* What was remembered of one version says nothing of the next, nor of a copy with other content. */
static void
test_foreign_generation(void **state)
{
	struct dsync_archive *one, *two;
	int64_t now = dsync_sys_now();

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "one", NULL, 0);
	one = home_open("a.sync");
	remember(one, "a.sync", now - 77);
	home_make("a.sync", HOME_MANIFEST, "two", NULL, 0);
	two = home_open("a.sync");
	assert_int_equal(recall(two, "a.sync"), DSYNC_STATE_NO_TIME);
	remember(one, "a.sync", now - 76); /* a late writer of the version that was replaced */
	assert_int_equal(recall(two, "a.sync"), DSYNC_STATE_NO_TIME);
	dsync_archive_unref(one);
	dsync_archive_unref(two);
}

static void
test_damaged_attribute(void **state)
{
	struct dsync_archive *archive;
	char junk[4096];

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "one", NULL, 0);
	archive = home_open("a.sync");
	if (!has_attributes(archive)) {
		dsync_archive_unref(archive);
		print_message("skipped: the file system of the temporary folder has no extended attributes\n");
		skip();
	}
	memset(junk, 'j', sizeof(junk));
	assert_int_equal(fsetxattr(dsync_archive_fd(archive), DSYNC_STATE_ATTRIBUTE, junk, 100, 0), 0);
	assert_int_equal(recall(archive, "a.sync"), DSYNC_STATE_NO_TIME);
	if (fsetxattr(dsync_archive_fd(archive), DSYNC_STATE_ATTRIBUTE, junk, sizeof(junk) / 2, 0) == 0)
		assert_int_equal(recall(archive, "a.sync"), DSYNC_STATE_NO_TIME);
	assert_int_equal(fsetxattr(dsync_archive_fd(archive), DSYNC_STATE_ATTRIBUTE, junk, 0, 0), 0);
	assert_int_equal(recall(archive, "a.sync"), DSYNC_STATE_NO_TIME);
	dsync_archive_unref(archive);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_clamp),
		cmocka_unit_test_setup_teardown(test_store, home_setup, home_teardown),
		cmocka_unit_test_setup_teardown(test_foreign_generation, home_setup, home_teardown),
		cmocka_unit_test_setup_teardown(test_damaged_attribute, home_setup, home_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
