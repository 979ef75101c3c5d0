/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Changed copies: what is kept, where it lies, and when a change is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "base/error.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/builder.h"
#include "format/layout.h"
#include "manifest_texts.h"
#include "sample.h"

static void
write_ok(struct dsync_builder *b, const char *path, enum dsync_create_mode mode)
{
	struct dsync_error err = { .message = "" };

	if (dsync_builder_write(b, path, mode, &err) < 0)
		fail_msg("%s (%s)", err.message, err.rule);
	dsync_builder_destroy(b);
}

static struct dsync_builder *
with_base(const char *path)
{
	struct dsync_archive *base = sample_open(path);
	struct dsync_builder *b = dsync_builder_create();

	assert_int_equal(dsync_builder_set_base(b, base), 0);
	dsync_archive_unref(base);
	return b;
}

static void
check_entry(const char *path, const char *name, const char *text)
{
	struct dsync_archive *archive = sample_open(path);
	unsigned char *data;
	size_t size;

	assert_int_equal(dsync_archive_read_entry(archive, name, 1 << 20, &data, &size, NULL), 0);
	assert_int_equal(size, strlen(text));
	assert_memory_equal(data, text, size);
	free(data);
	dsync_archive_unref(archive);
}

static bool
has_entry(const char *path, const char *name)
{
	struct dsync_archive *archive = sample_open(path);
	struct dsync_archive_entry entry;
	int rc = dsync_archive_find(archive, name, &entry);

	dsync_archive_unref(archive);
	return rc == 0;
}

static uint64_t
payload_offset(const char *path)
{
	struct dsync_archive *archive = sample_open(path);
	uint64_t offset = dsync_archive_payload_extent(archive).offset;

	dsync_archive_unref(archive);
	return offset;
}

static void
lays_out_a_head_that_can_grow(void **state)
{
	static const char magic[] = "PK\3\4";
	struct dsync_builder *b;
	uint64_t offset;
	unsigned char *bytes;
	size_t size;
	char *context = malloc(3000);

	(void)state;
	write_ok(sample_builder("stays"), "a.sync", DSYNC_CREATE_NEW);
	bytes = sample_slurp("a.sync", &size);
	assert_memory_equal(bytes, magic, 4);
	assert_memory_equal(bytes + 30, "manifest.toml", 13);
	assert_int_equal(bytes[28] | bytes[29] << 8, 0); /* no extra field */
	free(bytes);
	offset = payload_offset("a.sync");
	assert_int_equal(offset, 8192);

	memset(context, ' ', 3000);
	context[0] = '1';
	b = with_base("a.sync");
	dsync_builder_set_context(b, context, 3000);
	write_ok(b, "a.sync", DSYNC_CREATE_UPDATE);
	sample_check("a.sync", "stays");
	assert_int_equal(payload_offset("a.sync"), offset);

	b = with_base("a.sync"); /* and it does not move when the head shrinks */
	dsync_builder_set_context(b, NULL, 0);
	write_ok(b, "a.sync", DSYNC_CREATE_UPDATE);
	assert_int_equal(payload_offset("a.sync"), offset);
	assert_false(has_entry("a.sync", "context.json"));

	b = with_base("a.sync"); /* too much: moves once, with new room */
	context = realloc(context, 20000);
	memset(context + 1, ' ', 19999);
	dsync_builder_set_context(b, context, 20000);
	write_ok(b, "a.sync", DSYNC_CREATE_UPDATE);
	sample_check("a.sync", "stays");
	assert_true(payload_offset("a.sync") > offset);
	assert_int_equal(payload_offset("a.sync") % DSYNC_PAYLOAD_ALIGNMENT, 0);
	free(context);
}

static void
keeps_more_room_for_a_publisher(void **state)
{
	struct dsync_manifest *m = sample_manifest();
	struct dsync_builder *b = sample_builder("x");
	struct dsync_error err;
	uint64_t plain;

	(void)state;
	write_ok(sample_builder("x"), "a.sync", DSYNC_CREATE_NEW);
	plain = payload_offset("a.sync");
	assert_int_equal(dsync_manifest_set_raw(m, "publisher", "keys",
				 "[\"did:key:z6MkvDqGT54cXesYGvABpF1UapVNwjCqRcafi4Px6Thv5T3Z\"]", &err),
		0);
	dsync_builder_set_manifest(b, m);
	dsync_manifest_destroy(m);
	write_ok(b, "b.sync", DSYNC_CREATE_NEW);
	assert_int_equal(payload_offset("b.sync"), plain + 4096);
}

static void
keeps_what_is_not_set(void **state)
{
	struct dsync_archive *before, *after;
	struct dsync_builder *b = sample_builder("old payload");
	size_t i;

	(void)state;
	dsync_builder_set_context(b, "{\"a\":1}", 7);
	dsync_builder_set_updater(b, "\0asm\1\0\0\0code", 12);
	dsync_builder_set_entry(b, "sync.release", "{}", 2);
	dsync_builder_set_entry(b, "sync.attest", "{}", 2);
	dsync_builder_set_entry(b, "sync.chunks", "list", 4);
	dsync_builder_set_entry(b, "z/unknown", "zzz", 3);
	dsync_builder_set_entry(b, "a/unknown", "aaa", 3);
	write_ok(b, "a.sync", DSYNC_CREATE_NEW);

	/* nothing set: a copy with every byte the same */
	write_ok(with_base("a.sync"), "b.sync", DSYNC_CREATE_NEW);
	before = sample_open("a.sync");
	after = sample_open("b.sync");
	assert_int_equal(dsync_archive_entry_count(before), 9);
	assert_int_equal(dsync_archive_entry_count(after), 9);
	for (i = 0; i < 9; i++) {
		struct dsync_archive_entry x, y;

		dsync_archive_entry(before, i, &x);
		dsync_archive_entry(after, i, &y);
		assert_string_equal(x.name, y.name);
		assert_int_equal(x.offset, y.offset);
		assert_int_equal(x.crc32, y.crc32);
		assert_int_equal(x.deflated, y.deflated);
	}
	dsync_archive_unref(before);
	dsync_archive_unref(after);

	/* a new payload: what spoke of the old one is gone, the rest stays */
	b = with_base("a.sync");
	dsync_builder_set_payload_bytes(b, "new payload, longer", 19);
	write_ok(b, "a.sync", DSYNC_CREATE_UPDATE);
	sample_check("a.sync", "new payload, longer");
	assert_false(has_entry("a.sync", "sync.attest"));
	assert_false(has_entry("a.sync", "sync.chunks"));
	check_entry("a.sync", "context.json", "{\"a\":1}");
	check_entry("a.sync", "sync.release", "{}");
	check_entry("a.sync", "z/unknown", "zzz");
	check_entry("a.sync", "a/unknown", "aaa");

	/* removing */
	b = with_base("a.sync");
	dsync_builder_set_entry(b, "z/unknown", NULL, 0);
	dsync_builder_set_entry(b, "never there", NULL, 0);
	dsync_builder_set_updater(b, NULL, 0);
	write_ok(b, "a.sync", DSYNC_CREATE_UPDATE);
	sample_check("a.sync", "new payload, longer");
	assert_false(has_entry("a.sync", "z/unknown"));
	assert_false(has_entry("a.sync", "sync.wasm"));
	assert_true(has_entry("a.sync", "a/unknown"));
}

/* An archive as somebody else's program makes it: payload in the middle, a Deflated stranger, a folder. */
static void
copies_strangers_byte_for_byte(void **state)
{
	static const char program[] = "import zipfile\n"
				      "z = zipfile.ZipFile('foreign.sync', 'w')\n"
				      "z.write('m.toml', 'manifest.toml', zipfile.ZIP_STORED)\n"
				      "z.writestr(zipfile.ZipInfo('META-INF/'), '')\n"
				      "z.writestr('payload', 'foreign payload')\n"
				      "z.writestr('META-INF/long.txt', 'abc' * 5000, zipfile.ZIP_DEFLATED)\n"
				      "z.close()\n";
	struct dsync_manifest *m = sample_manifest();
	struct dsync_view text = dsync_manifest_text(m);
	struct dsync_archive *before, *after;
	struct dsync_archive_entry x, y;
	unsigned char *a, *b;
	size_t size;

	(void)state;
	sample_spit("m.toml", text.data, text.size);
	dsync_manifest_destroy(m);
	sample_spit("make.py", program, sizeof(program) - 1);
	if (system("python3 make.py") != 0) {
		print_message("skipped: no python3 to write the archive with\n");
		skip();
	}
	write_ok(with_base("foreign.sync"), "ours.sync", DSYNC_CREATE_NEW);
	sample_check("ours.sync", "foreign payload");
	assert_true(has_entry("ours.sync", "META-INF/"));

	before = sample_open("foreign.sync");
	after = sample_open("ours.sync");
	assert_int_equal(dsync_archive_find(before, "META-INF/long.txt", &x), 0);
	assert_int_equal(dsync_archive_find(after, "META-INF/long.txt", &y), 0);
	assert_true(x.deflated && y.deflated);
	assert_int_equal(x.stored_size, y.stored_size);
	a = sample_slurp("foreign.sync", &size);
	b = sample_slurp("ours.sync", &size);
	assert_memory_equal(a + x.offset, b + y.offset, x.stored_size);
	free(a);
	free(b);
	assert_int_equal(dsync_archive_payload_extent(after).offset % DSYNC_PAYLOAD_ALIGNMENT, 0);
	dsync_archive_unref(before);
	dsync_archive_unref(after);
}

static void
writes_what_the_rust_reader_wants(void **state)
{
	struct dsync_builder *b = sample_builder("for both");
	struct dsync_archive *archive;
	struct dsync_archive_entry entry;
	size_t i;

	(void)state;
	dsync_builder_set_profile(b, DSYNC_PROFILE_SYNC_RS);
	write_ok(b, "rs.sync", DSYNC_CREATE_NEW);
	check_entry("rs.sync", "manifest.toml", MINIMAL);

	/* a change keeps it so, without being told */
	b = with_base("rs.sync");
	dsync_builder_set_payload_bytes(b, "changed", 7);
	dsync_builder_set_updater(b, NULL, 0);
	write_ok(b, "rs.sync", DSYNC_CREATE_UPDATE);

	archive = sample_open("rs.sync");
	for (i = 0; dsync_archive_entry(archive, i, &entry) == 0; i++)
		assert_false(entry.deflated);
	assert_int_equal(dsync_archive_find(archive, "sync.wasm", &entry), 0);
	assert_int_equal(entry.size, DSYNC_UPDATER_STUB_SIZE);
	assert_false(dsync_archive_has_updater(archive));
	dsync_archive_unref(archive);

	/* and back, and again */
	b = with_base("rs.sync");
	dsync_builder_set_profile(b, DSYNC_PROFILE_DEFAULT);
	write_ok(b, "default.sync", DSYNC_CREATE_NEW);
	archive = sample_open("default.sync");
	assert_int_equal(dsync_archive_find(archive, "manifest.toml", &entry), 0);
	assert_true(entry.deflated);
	dsync_archive_unref(archive);
	b = with_base("default.sync");
	dsync_builder_set_profile(b, DSYNC_PROFILE_SYNC_RS);
	write_ok(b, "rs2.sync", DSYNC_CREATE_NEW);
	archive = sample_open("rs2.sync");
	assert_int_equal(dsync_archive_find(archive, "manifest.toml", &entry), 0);
	assert_false(entry.deflated);
	dsync_archive_unref(archive);
}

static void
obeys_the_create_modes(void **state)
{
	struct dsync_archive *old;
	struct dsync_error err;
	struct dsync_builder *b;

	(void)state;
	sample_make("a.sync", "one");
	sample_spit("plain.txt", "not an archive", 14);

	b = sample_builder("two");
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_EXISTS);
	assert_int_equal(dsync_builder_write(b, "plain.txt", DSYNC_CREATE_REPLACE, &err), DSYNC_ERR_NOT_ARCHIVE);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, &err), DSYNC_ERR_STATE); /* no base */
	sample_check("a.sync", "one");
	assert_int_equal(dsync_builder_write(b, "plain.txt", DSYNC_CREATE_FORCE, &err), 0);
	sample_check("plain.txt", "two");

	/* an update of a version that is no longer there would undo somebody's work */
	old = sample_open("a.sync");
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_REPLACE, &err), 0);
	dsync_builder_destroy(b);
	b = dsync_builder_create();
	dsync_builder_set_base(b, old);
	dsync_builder_set_context(b, "{}", 2);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, &err), DSYNC_ERR_CONFLICT);
	assert_int_equal(dsync_builder_write(b, "gone.sync", DSYNC_CREATE_UPDATE, &err), DSYNC_ERR_NOT_FOUND);
	sample_check("a.sync", "two");
	dsync_builder_destroy(b);
	dsync_archive_unref(old);
	assert_int_equal(sample_count(), 2);
}

/* What the callback saw, and what it answers. */
struct moment {
	int answer;
	unsigned calls;
};

static int
before_publish(void *user, struct dsync_commit *commit, struct dsync_error *err)
{
	struct dsync_archive *staged = dsync_archive_open_fd(dsync_commit_fd(commit), NULL, err);
	struct moment *moment = user;

	moment->calls++;
	assert_non_null(staged);
	assert_int_equal(dsync_archive_payload_size(staged), 3);
	assert_int_equal(dsync_archive_payload_size(dsync_commit_base(commit)), 4);
	dsync_archive_unref(staged);
	assert_int_equal(dsync_commit_set_attribute(commit, "user.test", "x", 1), 0);
	return moment->answer < 0 ? dsync_error_set(err, moment->answer, "", "no") : 0;
}

/* Under the lock, with the new version whole and the old one still in place; a refusal changes nothing. */
static void
asks_before_it_publishes(void **state)
{
	struct moment moment = { .answer = DSYNC_ERR_POLICY };
	struct dsync_builder *b;
	struct dsync_error err;
	char value[8];

	(void)state;
	sample_make("a.sync", "four");
	b = with_base("a.sync");
	dsync_builder_set_payload_bytes(b, "new", 3);
	dsync_builder_set_before_publish(b, before_publish, &moment);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, &err), DSYNC_ERR_POLICY);
	assert_string_equal(err.message, "no");
	sample_check("a.sync", "four");
	assert_int_equal(sample_count(), 1);
	moment.answer = 0;
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, &err), 0);
	assert_int_equal(moment.calls, 2);
	sample_check("a.sync", "new");
	if (listxattr("a.sync", value, 0) > 0) /* where the file system keeps any */
		assert_int_equal(getxattr("a.sync", "user.test", value, sizeof(value)), 1);
	dsync_builder_destroy(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lays_out_a_head_that_can_grow),
		TEST(keeps_more_room_for_a_publisher),
		TEST(keeps_what_is_not_set),
		TEST(copies_strangers_byte_for_byte),
		TEST(writes_what_the_rust_reader_wants),
		TEST(obeys_the_create_modes),
		TEST(asks_before_it_publishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
