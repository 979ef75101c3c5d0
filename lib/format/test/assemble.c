/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A payload that arrives piece by piece, in any order, from anywhere; compared with a simple model. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/assemble.h"
#include "format/layout.h"
#include "sample.h"

#define MODEL_SIZE 200000

static int
open_new(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void
check_bytes(const char *path, const unsigned char *expected, size_t size)
{
	struct dsync_archive *archive = sample_open(path);
	struct dsync_view view;

	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, NULL), 0); /* the CRC is right */
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_int_equal(view.size, size);
	if (size > 0)
		assert_memory_equal(view.data, expected, size);
	dsync_archive_unref(archive);
}

static void
finish(struct dsync_assembly *a)
{
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m };
	struct dsync_error err = { .message = "" };

	if (dsync_assembly_finish(a, &parts, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(dsync_assembly_append(a, "x", 1, &err), DSYNC_ERR_STATE);
	assert_int_equal(dsync_assembly_finish(a, &parts, &err), DSYNC_ERR_STATE);
	dsync_manifest_destroy(m);
}

/* One random operation on both. */
static void
operate(struct dsync_assembly *a, unsigned char *model, size_t *size, const unsigned char *base, size_t base_size)
{
	unsigned char data[3000], digest[DSYNC_HASH_SIZE], expected[DSYNC_HASH_SIZE];
	size_t count = (size_t)rand() % sizeof(data);
	size_t offset = *size > 0 ? (size_t)rand() % (*size + 500) : 0;
	size_t i;

	for (i = 0; i < count; i++)
		data[i] = (unsigned char)rand();
	switch (rand() % 12) {
	case 0:
		assert_int_equal(dsync_assembly_discard(a, NULL), 0);
		memset(model, 0, *size);
		*size = 0;
		break;
	case 1:
		assert_int_equal(dsync_assembly_payload_hash(a, digest, NULL), 0);
		dsync_hash(expected, model, *size);
		assert_memory_equal(digest, expected, sizeof(digest));
		break;
	case 2:
	case 3:
	case 4:
		if (offset + count > MODEL_SIZE)
			break;
		assert_int_equal(dsync_assembly_write_at(a, offset, data, count, NULL), 0);
		memcpy(model + offset, data, count);
		if (count > 0 && offset + count > *size)
			*size = offset + count;
		break;
	case 5:
	case 6:
	case 7:
		offset = (size_t)rand() % 3 == 0 ? 0 : (size_t)rand() % base_size;
		count = offset == 0 ? base_size : (size_t)rand() % (base_size - offset + 1);
		if (*size + count > MODEL_SIZE)
			break;
		assert_int_equal(dsync_assembly_append_base(a, offset, count, NULL), 0);
		memcpy(model + *size, base + offset, count);
		*size += count;
		break;
	default:
		if (*size + count > MODEL_SIZE)
			break;
		assert_int_equal(dsync_assembly_append(a, data, count, NULL), 0);
		memcpy(model + *size, data, count);
		*size += count;
		break;
	}
	assert_int_equal(dsync_assembly_payload_size(a), *size);
}

static void
agrees_with_a_model(void **state)
{
	unsigned char *model = malloc(MODEL_SIZE);
	char base[30001];
	int round, i;

	(void)state;
	srand(3);
	for (i = 0; i < 30000; i++)
		base[i] = (char)('a' + rand() % 26);
	base[30000] = '\0';
	sample_make("base.sync", base);
	for (round = 0; round < 60; round++) {
		struct dsync_archive *archive = sample_open("base.sync");
		struct dsync_assembly *a;
		size_t size = 0;
		int fd = open_new("a.sync");

		memset(model, 0, MODEL_SIZE);
		assert_int_equal(dsync_assembly_begin(&a, fd, archive, 0, NULL), 0);
		dsync_archive_unref(archive);
		for (i = rand() % 40; i > 0; i--)
			operate(a, model, &size, (const unsigned char *)base, 30000);
		finish(a);
		dsync_assembly_destroy(a);
		close(fd);
		check_bytes("a.sync", model, size);
	}
	free(model);
}

static void
gives_way_to_a_grown_head(void **state)
{
	static const size_t sizes[] = { 1, 3000, 4000, 5000, 70000, 200000 };
	unsigned char payload[10000];
	size_t i, hinted;

	(void)state;
	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (unsigned char)(i * i >> 3);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (hinted = 0; hinted < 2; hinted++) {
			char *context = calloc(1, sizes[i] + 1);
			struct dsync_manifest *m = sample_manifest();
			struct dsync_assembly_parts parts = { .manifest = m };
			struct dsync_assembly *a;
			uint64_t place;
			int fd = open_new("a.sync");

			memset(context, ' ', sizes[i]);
			context[0] = '1';
			parts.context = (struct dsync_view){ (unsigned char *)context, sizes[i] };
			assert_int_equal(dsync_assembly_begin(&a, fd, NULL, hinted ? sizes[i] : 0, NULL), 0);
			assert_int_equal(dsync_assembly_append(a, payload, sizeof(payload), NULL), 0);
			place = dsync_assembly_payload_offset(a);
			assert_int_equal(dsync_assembly_finish(a, &parts, NULL), 0);
			assert_int_equal(dsync_assembly_payload_offset(a) % DSYNC_PAYLOAD_ALIGNMENT, 0);
			if (hinted || sizes[i] < 4096)
				assert_int_equal(dsync_assembly_payload_offset(a), place); /* nothing had to be moved */
			dsync_assembly_destroy(a);
			dsync_manifest_destroy(m);
			close(fd);
			free(context);
			check_bytes("a.sync", payload, sizeof(payload));
		}
	}
}

static void
keeps_the_place_of_the_base(void **state)
{
	struct dsync_assembly_parts parts = { .manifest = NULL };
	struct dsync_archive *base;
	struct dsync_assembly *a;
	struct dsync_builder *b = sample_builder("old");
	uint64_t place;
	int fd;

	(void)state;
	dsync_builder_set_entry(b, "sync.chunks", "list", 4);
	dsync_builder_set_entry(b, "sync.attest", "{\"old\":1}", 9);
	dsync_builder_set_entry(b, "stranger", "kept", 4);
	assert_int_equal(dsync_builder_write(b, "base.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);

	base = sample_open("base.sync");
	place = dsync_archive_payload_extent(base).offset;
	fd = open_new("a.sync");
	assert_int_equal(dsync_assembly_begin(&a, fd, base, 0, NULL), 0);
	assert_int_equal(dsync_assembly_payload_offset(a), place);
	assert_int_equal(dsync_assembly_append(a, "something new", 13, NULL), 0);
	parts.attest = (struct dsync_view){ (const unsigned char *)"{}", 2 };
	assert_int_equal(dsync_assembly_finish(a, &parts, NULL), 0);
	assert_int_equal(dsync_assembly_payload_offset(a), place);
	dsync_assembly_destroy(a);
	close(fd);
	dsync_archive_unref(base);

	base = sample_open("a.sync");
	assert_int_equal(
		dsync_archive_find(base, "sync.chunks", &(struct dsync_archive_entry){ 0 }), DSYNC_ERR_NOT_FOUND);
	assert_int_equal(dsync_archive_find(base, "stranger", &(struct dsync_archive_entry){ 0 }), 0);
	dsync_archive_unref(base);
	check_bytes("a.sync", (const unsigned char *)"something new", 13);
}

static void
obeys_limits(void **state)
{
	struct dsync_archive *base;
	struct dsync_assembly *a;
	struct dsync_error err;
	int fd;

	(void)state;
	sample_make("base.sync", "0123456789");
	base = sample_open("base.sync");
	fd = open_new("a.sync");
	assert_int_equal(dsync_assembly_begin(&a, fd, base, 0, &err), 0);
	dsync_assembly_set_limit(a, 8);
	assert_int_equal(dsync_assembly_append_base(a, 0, 10, &err), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_assembly_append_base(a, 5, 6, &err), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_assembly_append_base(a, UINT64_MAX, 2, &err), DSYNC_ERR_BOUNDS);
	assert_int_equal(dsync_assembly_append(a, "12345678", 8, &err), 0);
	assert_int_equal(dsync_assembly_append(a, "9", 1, &err), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_assembly_write_at(a, 7, "89", 2, &err), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_assembly_write_at(a, UINT64_MAX, "89", 2, &err), DSYNC_ERR_OVERFLOW);
	assert_int_equal(dsync_assembly_reserve(a, 9, &err), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_assembly_reserve(a, 8, &err), 0);
	finish(a);
	dsync_assembly_destroy(a);
	dsync_assembly_destroy(NULL);
	close(fd);
	dsync_archive_unref(base);
	check_bytes("a.sync", (const unsigned char *)"12345678", 8);

	fd = open_new("b.sync");
	assert_int_equal(dsync_assembly_begin(&a, fd, NULL, 0, &err), 0);
	assert_int_equal(dsync_assembly_append_base(a, 0, 0, &err), DSYNC_ERR_STATE);
	assert_int_equal(
		dsync_assembly_finish(a, &(struct dsync_assembly_parts){ .manifest = NULL }, &err), DSYNC_ERR_STATE);
	dsync_assembly_destroy(a);
	close(fd);
}

static void
cuts_what_was_reserved(void **state)
{
	struct dsync_assembly *a;
	struct stat st;
	int fd = open_new("a.sync");

	(void)state;
	assert_int_equal(dsync_assembly_begin(&a, fd, NULL, 0, NULL), 0);
	assert_int_equal(dsync_assembly_reserve(a, 1 << 20, NULL), 0);
	assert_int_equal(dsync_assembly_append(a, "less", 4, NULL), 0);
	finish(a);
	dsync_assembly_destroy(a);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size < 20000);
	close(fd);
	check_bytes("a.sync", (const unsigned char *)"less", 4);
}

static int
give_up(void *user, uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	++*(int *)user;
	return 1;
}

/* A payload that nobody has read yet may be huge: reading it back must be something one can stop. */
static void
stops_reading_back(void **state)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_assembly *a;
	struct dsync_error err;
	int fd = open_new("a.sync");
	int asked = 0;

	(void)state;
	assert_int_equal(dsync_assembly_begin(&a, fd, NULL, 0, NULL), 0);
	assert_int_equal(dsync_assembly_write_at(a, 3 << 20, "end", 3, NULL), 0);
	dsync_assembly_set_progress(a, give_up, &asked);
	assert_int_equal(dsync_assembly_payload_hash(a, digest, &err), DSYNC_ERR_CANCELLED);
	assert_int_equal(err.code, DSYNC_ERR_CANCELLED);
	assert_int_equal(asked, 1);
	dsync_assembly_destroy(a);
	close(fd);
}

/* Where the file stood after each piece, as progress tells it. */
struct ends {
	uint64_t place;
	unsigned count;
	unsigned uneven; /* not at a multiple of the piece */
};

static int
note_end(void *user, uint64_t done, uint64_t total)
{
	struct ends *ends = user;

	(void)total;
	ends->count++;
	ends->uneven += (ends->place + done) % DSYNC_ASSEMBLY_PIECE_MAX != 0;
	return 0;
}

/* Large parts of the page cache begin at multiples of their size: so pieces end there. */
static void
ends_pieces_evenly(void **state)
{
	const size_t size = 5 * DSYNC_ASSEMBLY_PIECE_MAX;
	unsigned char *bytes = malloc(size);
	struct ends ends = { .count = 0 };
	struct dsync_assembly *a;
	int fd = open_new("a.sync");

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', size);
	assert_int_equal(dsync_assembly_begin(&a, fd, NULL, 0, NULL), 0);
	assert_int_equal(dsync_assembly_append(a, bytes, 12345, NULL), 0);
	ends.place = dsync_assembly_payload_offset(a);
	assert_int_equal((ends.place + 12345 + dsync_assembly_piece(a)) % DSYNC_ASSEMBLY_PIECE_MAX, 0);
	dsync_assembly_set_progress(a, note_end, &ends);
	assert_int_equal(dsync_assembly_append(a, bytes, size - 12345, NULL), 0);
	assert_int_equal(ends.count, 6);
	assert_int_equal(ends.uneven, 1); /* the last */
	finish(a);
	dsync_assembly_destroy(a);
	close(fd);
	check_bytes("a.sync", bytes, size);
	free(bytes);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(agrees_with_a_model),
		TEST(gives_way_to_a_grown_head),
		TEST(keeps_the_place_of_the_base),
		TEST(obeys_limits),
		TEST(cuts_what_was_reserved),
		TEST(stops_reading_back),
		TEST(ends_pieces_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
