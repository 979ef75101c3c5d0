/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Opening in every way, and the payload and the entries of what was opened. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "sample.h"

static void
check_payload(struct dsync_archive *archive, const char *text)
{
	struct dsync_view view;

	assert_non_null(archive);
	assert_int_equal(dsync_archive_payload_size(archive), strlen(text));
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_int_equal(view.size, strlen(text));
	assert_memory_equal(view.data, text, view.size);
	assert_string_equal(dsync_manifest_content_type(dsync_archive_manifest(archive)), "text/csv");
}

static void
opens_by_path_folder_and_descriptor(void **state)
{
	struct dsync_error err;
	struct dsync_archive *archive;
	int fd;

	sample_make("a.sync", "one,two\n");
	archive = dsync_archive_open("a.sync", NULL, &err);
	check_payload(archive, "one,two\n");
	dsync_archive_unref(archive);

	assert_int_equal(symlink("a.sync", "link.sync"), 0);
	archive = dsync_archive_open("link.sync", NULL, &err);
	check_payload(archive, "one,two\n");
	assert_string_equal(dsync_archive_path(archive), "link.sync");
	dsync_archive_unref(archive);

	fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	archive = dsync_archive_open_at(fd, "a.sync", NULL, &err);
	close(fd);
	check_payload(archive, "one,two\n");
	dsync_archive_unref(archive);

	fd = open("a.sync", O_RDONLY | O_CLOEXEC);
	archive = dsync_archive_open_fd(fd, NULL, &err);
	close(fd); /* the archive has its own */
	check_payload(archive, "one,two\n");
	assert_string_equal(dsync_archive_path(archive), "");
	dsync_archive_unref(archive);
}

static void
refuses_what_is_no_file(void **state)
{
	struct dsync_error err;

	(void)state;
	assert_null(dsync_archive_open("missing.sync", NULL, &err));
	assert_int_equal(err.code, DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, 2);

	assert_int_equal(mkfifo("pipe.sync", 0600), 0);
	assert_null(dsync_archive_open("pipe.sync", NULL, &err)); /* and does not wait for a writer */
	assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
	assert_string_equal(err.rule, "Z1");

	assert_null(dsync_archive_open(".", NULL, &err));
	assert_int_equal(err.code, DSYNC_ERR_NOT_ARCHIVE);
	assert_null(dsync_archive_open("missing.sync", NULL, NULL)); /* err may be NULL */
	assert_null(dsync_archive_open_fd(-1, NULL, &err));
	assert_int_equal(err.code, DSYNC_ERR_SYSTEM);
}

static void
reads_ranges(void **state)
{
	struct dsync_archive *archive;
	char buf[32];

	(void)state;
	sample_make("a.sync", "0123456789");
	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_read_payload(archive, 0, buf, sizeof(buf), NULL), 10);
	assert_memory_equal(buf, "0123456789", 10);
	assert_int_equal(dsync_archive_read_payload(archive, 3, buf, 4, NULL), 4);
	assert_memory_equal(buf, "3456", 4);
	assert_int_equal(dsync_archive_read_payload(archive, 9, buf, 4, NULL), 1);
	assert_int_equal(dsync_archive_read_payload(archive, 10, buf, 4, NULL), 0);
	assert_int_equal(dsync_archive_read_payload(archive, UINT64_MAX, buf, 4, NULL), 0);
	assert_int_equal(dsync_archive_read_payload(archive, 0, buf, 0, NULL), 0);
	dsync_archive_unref(archive);
}

static void
says_where_the_payload_lies(void **state)
{
	struct dsync_archive *archive;
	struct dsync_extent extent;
	char buf[5];

	(void)state;
	sample_make("a.sync", "where");
	archive = sample_open("a.sync");
	extent = dsync_archive_payload_extent(archive);
	assert_int_equal(extent.offset % DSYNC_PAYLOAD_ALIGNMENT, 0);
	assert_int_equal(extent.size, 5);
	assert_int_equal(extent.fd, dsync_archive_fd(archive));
	assert_int_equal(pread(extent.fd, buf, 5, (off_t)extent.offset), 5);
	assert_memory_equal(buf, "where", 5);
	assert_int_equal(fcntl(extent.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	dsync_archive_unref(archive);
}

static void
maps_an_empty_payload(void **state)
{
	struct dsync_archive *archive;
	struct dsync_view view;

	(void)state;
	sample_make("a.sync", "");
	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_non_null(view.data);
	assert_int_equal(view.size, 0);
	dsync_archive_unref(archive);
}

static void
refuses_to_map_a_file_that_was_cut(void **state)
{
	struct dsync_archive *archive;
	struct dsync_error err;
	struct dsync_view view;

	(void)state;
	sample_make("a.sync", "soon gone");
	archive = sample_open("a.sync");
	assert_int_equal(truncate("a.sync", 100), 0);
	assert_int_equal(dsync_archive_map_payload(archive, &view, &err), DSYNC_ERR_CHANGED);
	assert_string_equal(err.rule, "Z30");
	assert_null(view.data);
	assert_true(dsync_archive_read_payload(archive, 0, &view, 4, &err) < 0);
	dsync_archive_unref(archive);
}

static void
is_a_snapshot(void **state)
{
	struct dsync_archive *old, *new;

	(void)state;
	sample_make("a.sync", "first");
	old = sample_open("a.sync");
	sample_make("a.sync", "second version");
	new = sample_open("a.sync");
	check_payload(old, "first");
	check_payload(new, "second version");
	dsync_archive_unref(old);
	dsync_archive_unref(new);
}

static void
counts_references(void **state)
{
	struct dsync_archive *archive;
	struct dsync_view view;

	(void)state;
	sample_make("a.sync", "kept");
	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_ptr_equal(dsync_archive_ref(archive), archive);
	dsync_archive_unref(archive);
	assert_memory_equal(view.data, "kept", 4); /* the second reference keeps it mapped */
	dsync_archive_unref(archive);
	dsync_archive_unref(NULL);
}

static int
collect(void *user, const void *data, size_t size)
{
	strncat(user, data, size);
	return 0;
}

static int
refuse(void *user, const void *data, size_t size)
{
	(void)user, (void)data, (void)size;
	return DSYNC_ERR_CANCELLED;
}

static void
streams_and_checks(void **state)
{
	struct dsync_archive *archive;
	struct dsync_extent extent;
	struct dsync_error err;
	char text[64] = "";
	int fd;

	(void)state;
	sample_make("a.sync", "streamed");
	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_stream_payload(archive, collect, text, &err), 0);
	assert_string_equal(text, "streamed");
	assert_int_equal(dsync_archive_stream_payload(archive, refuse, NULL, &err), DSYNC_ERR_CANCELLED);

	extent = dsync_archive_payload_extent(archive);
	fd = open("a.sync", O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "S", 1, (off_t)extent.offset), 1);
	close(fd);
	assert_int_equal(dsync_archive_stream_payload(archive, collect, text, &err), DSYNC_ERR_CORRUPT);
	assert_string_equal(err.rule, "Z29");
	dsync_archive_unref(archive);
}

static void
lists_and_reads_entries(void **state)
{
	static const char *const names[] = { "manifest.toml", "context.json", "sync.wasm", "notes/a.txt", "payload" };
	struct dsync_builder *b = sample_builder("x");
	struct dsync_archive_entry entry;
	struct dsync_archive *archive;
	struct dsync_error err;
	unsigned char *data;
	size_t i, size;

	(void)state;
	dsync_builder_set_entry(b, "notes/a.txt", "note", 4);
	dsync_builder_set_updater(b, "\0asm\1\0\0\0more", 12);
	dsync_builder_set_context(b, "{}", 2);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), 0);
	dsync_builder_destroy(b);

	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_entry_count(archive), 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(dsync_archive_entry(archive, i, &entry), 0);
		assert_string_equal(entry.name, names[i]);
		assert_int_equal(entry.known, i != 3);
		assert_int_equal(entry.deflated, i == 0);
		assert_false(entry.has_descriptor);
	}
	assert_int_equal(dsync_archive_entry(archive, 5, &entry), DSYNC_ERR_NOT_FOUND);
	assert_int_equal(dsync_archive_find(archive, "notes/a.txt", &entry), 0);
	assert_int_equal(entry.size, 4);
	assert_int_equal(dsync_archive_find(archive, "NOTES/a.txt", &entry), DSYNC_ERR_NOT_FOUND);
	assert_null(entry.name);

	assert_int_equal(dsync_archive_read_entry(archive, "notes/a.txt", 4, &data, &size, &err), 0);
	assert_int_equal(size, 4);
	assert_memory_equal(data, "note", 4);
	free(data);
	assert_int_equal(dsync_archive_read_entry(archive, "notes/a.txt", 3, &data, &size, &err), DSYNC_ERR_LIMIT);
	assert_null(data);
	assert_int_equal(dsync_archive_read_entry(archive, "nothing", 3, &data, &size, &err), DSYNC_ERR_NOT_FOUND);
	assert_true(dsync_archive_has_updater(archive));
	dsync_archive_unref(archive);
}

static void
tells_an_updater_from_the_stub(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool expected;
	} rows[] = {
		{ NULL, 0, false },
		{ "\0asm\1\0\0\0", 8, false },
		{ "\0asm\2\0\0\0", 8, true },
		{ "\0asm\1\0\0\0\0", 9, true },
		{ "", 0, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dsync_builder *b = sample_builder("x");
		struct dsync_archive *archive;

		dsync_builder_set_updater(b, rows[i].bytes, rows[i].size);
		assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_REPLACE, NULL), 0);
		dsync_builder_destroy(b);
		archive = sample_open("a.sync");
		assert_int_equal(dsync_archive_has_updater(archive), rows[i].expected);
		dsync_archive_unref(archive);
	}
}

static void
obeys_limits(void **state)
{
	struct dsync_archive_options options = DSYNC_ARCHIVE_OPTIONS_INIT;
	struct dsync_builder *b = sample_builder("x");
	struct dsync_archive *archive;
	struct dsync_error err;

	(void)state;
	dsync_builder_set_context(b, "[1, 2, 3]", 9);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), 0);
	dsync_builder_destroy(b);
	options.context_size_max = 8;
	assert_null(dsync_archive_open("a.sync", &options, &err));
	assert_string_equal(err.rule, "Z27");
	assert_string_equal(err.entry, "context.json");
	options.context_size_max = 9;
	archive = dsync_archive_open("a.sync", &options, &err);
	assert_non_null(archive);
	dsync_archive_unref(archive);
}

static void
generation_names_the_version_not_the_file(void **state)
{
	unsigned char a[DSYNC_GENERATION_SIZE], b[DSYNC_GENERATION_SIZE];
	char text[DSYNC_GENERATION_TEXT_SIZE];
	struct dsync_archive *archive;
	unsigned char *bytes;
	size_t size;

	(void)state;
	sample_make("a.sync", "one");
	bytes = sample_slurp("a.sync", &size);
	sample_spit("copy.sync", bytes, size);
	free(bytes);

	archive = sample_open("a.sync");
	dsync_archive_generation(archive, a);
	dsync_archive_unref(archive);
	archive = sample_open("copy.sync");
	dsync_archive_generation(archive, b);
	dsync_archive_unref(archive);
	assert_memory_equal(a, b, sizeof(a));

	sample_make("a.sync", "two"); /* the same size: only the CRC differs */
	archive = sample_open("a.sync");
	dsync_archive_generation(archive, b);
	dsync_archive_unref(archive);
	assert_memory_not_equal(a, b, sizeof(a));

	dsync_generation_format(text, a);
	assert_int_equal(strlen(text), 2 * DSYNC_GENERATION_SIZE);
	assert_int_equal(strspn(text, "0123456789abcdef"), strlen(text));
}

static void
opens_what_the_reference_made(void **state)
{
	static const char *const names[] = { "plain-minimal", "plain-context", "plain-updater", "manifest-all-tables",
		"updated-grown", "vault-small", "detached", "signed-payload" };
	const char *vectors = getenv("DOTSYNC_VECTORS");
	char path[1024];
	size_t i;

	(void)state;
	if (vectors == NULL || access(vectors, R_OK) != 0) {
		print_message("skipped: the vectors are not beside the source tree\n");
		skip();
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dsync_archive *archive;

		snprintf(path, sizeof(path), "%s/reference/%s.sync", vectors, names[i]);
		archive = sample_open(path);
		assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, NULL), 0);
		assert_int_equal(dsync_archive_has_updater(archive), strcmp(names[i], "plain-updater") == 0);
		dsync_archive_unref(archive);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opens_by_path_folder_and_descriptor),
		TEST(refuses_what_is_no_file),
		TEST(reads_ranges),
		TEST(says_where_the_payload_lies),
		TEST(maps_an_empty_payload),
		TEST(refuses_to_map_a_file_that_was_cut),
		TEST(is_a_snapshot),
		TEST(counts_references),
		TEST(streams_and_checks),
		TEST(lists_and_reads_entries),
		TEST(tells_an_updater_from_the_stub),
		TEST(obeys_limits),
		TEST(generation_names_the_version_not_the_file),
		TEST(opens_what_the_reference_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
