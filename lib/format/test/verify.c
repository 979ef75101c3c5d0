/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Faults and warnings of verify, and the JSON check that it uses. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../src/json_check.h"
#include "base/hash.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "sample.h"

struct heard {
	int faults;
	int warnings;
	char text[1024]; /* "F payload;W context.json;" in order */
};

static void
hear(void *user, bool is_warning, const struct dsync_error *problem)
{
	struct heard *h = user;
	size_t used = strlen(h->text);

	assert_true(problem->code < 0);
	assert_true(problem->message[0] != '\0');
	*(is_warning ? &h->warnings : &h->faults) += 1;
	snprintf(h->text + used, sizeof(h->text) - used, "%c %s;", is_warning ? 'W' : 'F', problem->entry);
}

static struct heard
verify(const char *path)
{
	struct heard h = { 0, 0, "" };
	struct dsync_archive *archive = sample_open(path);
	int faults = dsync_archive_verify(archive, hear, &h, NULL, NULL);

	assert_int_equal(faults, h.faults);
	dsync_archive_unref(archive);
	return h;
}

static void
says_nothing_of_a_sound_one(void **state)
{
	unsigned char digest[DSYNC_HASH_SIZE], expected[DSYNC_HASH_SIZE];
	struct dsync_builder *b = sample_builder("sound");
	struct dsync_archive *archive;
	struct heard h;

	(void)state;
	dsync_builder_set_context(b, "{\"a\": [1, 2.5e3, \"\\u00e4\", null]}", 33);
	dsync_builder_set_updater(b, "\0asm\1\0\0\0code", 12);
	dsync_builder_set_entry(b, "sync.attest", "{}", 2);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
	h = verify("a.sync");
	assert_string_equal(h.text, "");

	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, digest, NULL), 0);
	dsync_hash(expected, "sound", 5);
	assert_memory_equal(digest, expected, sizeof(digest));
	dsync_archive_unref(archive);
}

static void
warns_of_what_is_not_as_it_says(void **state)
{
	struct dsync_builder *b = sample_builder("odd");
	struct heard h;

	(void)state;
	dsync_builder_set_context(b, "{,}", 3);
	dsync_builder_set_updater(b, "(module)", 8);
	dsync_builder_set_entry(b, "sync.attest", "", 0);
	dsync_builder_set_entry(b, "stranger", "x", 1);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
	h = verify("a.sync");
	assert_string_equal(h.text, "W context.json;W sync.wasm;W sync.attest;W stranger;");
}

static void
finds_every_damage(void **state)
{
	struct dsync_builder *b = sample_builder("to be damaged");
	struct dsync_archive_entry entry;
	struct dsync_archive *archive;
	unsigned char *data;
	uint64_t places[2];
	struct heard h;
	size_t i, size;
	int fd;

	(void)state;
	dsync_builder_set_context(b, "{}", 2);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
	archive = sample_open("a.sync");
	dsync_archive_find(archive, "context.json", &entry);
	places[0] = entry.offset;
	dsync_archive_find(archive, "payload", &entry);
	places[1] = entry.offset;
	dsync_archive_unref(archive);

	fd = open("a.sync", O_WRONLY | O_CLOEXEC);
	for (i = 0; i < 2; i++)
		assert_int_equal(pwrite(fd, "!", 1, (off_t)places[i]), 1);
	close(fd);
	h = verify("a.sync");
	assert_string_equal(h.text, "F context.json;F payload;");

	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_read_entry(archive, "context.json", 100, &data, &size, NULL), DSYNC_ERR_CORRUPT);
	assert_null(data);
	dsync_archive_unref(archive);
}

static void
warns_of_a_descriptor(void **state)
{
	static const char program[] = "import zipfile, sys\n"
				      "z = zipfile.ZipFile(sys.stdout.buffer, 'w')\n"
				      "z.write('m.toml', 'manifest.toml')\n"
				      "z.writestr('payload', 'streamed')\n"
				      "z.close()\n";
	struct dsync_manifest *m = sample_manifest();
	struct dsync_view text = dsync_manifest_text(m);
	struct heard h;

	(void)state;
	sample_spit("m.toml", text.data, text.size);
	dsync_manifest_destroy(m);
	sample_spit("make.py", program, sizeof(program) - 1);
	if (system("python3 make.py | cat > a.sync") != 0 || access("a.sync", R_OK) != 0) {
		print_message("skipped: no python3 to write the archive with\n");
		skip();
	}
	h = verify("a.sync");
	assert_string_equal(h.text, "W payload;");
}

static void
checks_json(void **state)
{
	static const char *const good[] = {
		"{}",
		"[]",
		"0",
		"-0.5e+10",
		"\"\"",
		" \t\r\n1 ",
		"true",
		"false",
		"null",
		"[1,2]",
		"{\"a\":{}}",
		"[[]]",
		"\"\\u12aF\\n\"",
		"[{}]",
		"{\"a\":1,\"b\":[2]}",
		"1E5",
		"\"\xc3\xa4\"",
	};
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"[",
		"}",
		"{]",
		"[}",
		"[1,]",
		"{\"a\":1,}",
		"{,}",
		"{a:1}",
		"01",
		"1.",
		".5",
		"+1",
		"1e",
		"-",
		"tru",
		"nul",
		"\"",
		"\"\n\"",
		"\"\\x\"",
		"\"\\u12g4\"",
		"1 2",
		"[1 2]",
		"{\"a\" 1}",
		"{\"a\"}",
		"'a'",
		"// x\n1",
		"NaN",
		"\xef\xbb\xbf{}",
		"\"\xff\"",
		"[1]]",
		"\"\\",
	};
	struct dsync_error err;
	char deep[2 * DSYNC__JSON_DEPTH_MAX + 3];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (dsync__json_check(good[i], strlen(good[i]), &err) != 0)
			fail_msg("refused: %s", good[i]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dsync__json_check(bad[i], strlen(bad[i]), &err) != DSYNC_ERR_SYNTAX)
			fail_msg("accepted: %s", bad[i]);
	}
	assert_int_equal(dsync__json_check("\"a\0b\"", 5, &err), DSYNC_ERR_SYNTAX);

	memset(deep, '[', DSYNC__JSON_DEPTH_MAX);
	memset(deep + DSYNC__JSON_DEPTH_MAX, ']', DSYNC__JSON_DEPTH_MAX);
	assert_int_equal(dsync__json_check(deep, 2 * (size_t)DSYNC__JSON_DEPTH_MAX, &err), 0);
	memset(deep, '[', DSYNC__JSON_DEPTH_MAX + 1);
	assert_int_equal(dsync__json_check(deep, DSYNC__JSON_DEPTH_MAX + 1, &err), DSYNC_ERR_LIMIT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_nothing_of_a_sound_one),
		TEST(warns_of_what_is_not_as_it_says),
		TEST(finds_every_damage),
		TEST(warns_of_a_descriptor),
		cmocka_unit_test(checks_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
