/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sources with holes, sources that shrink while they are read, and a staging file that fails. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/hash.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/assemble.h"
#include "sample.h"

#define SPARSE_SIZE (3u << 20)
#define MIDDLE_AT (1u << 20)
#define SEVERAL_PIECES 700000u

static int
open_new(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static struct dsync_assembly *
begin(int fd, struct dsync_archive *base)
{
	struct dsync_assembly *a;

	assert_int_equal(dsync_assembly_begin(&a, fd, base, 0, NULL), 0);
	return a;
}

static void
finish(struct dsync_assembly *a, int fd)
{
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m };
	struct dsync_error err = { .message = "" };

	if (dsync_assembly_finish(a, &parts, &err) < 0)
		fail_msg("%s", err.message);
	dsync_manifest_destroy(m);
	dsync_assembly_destroy(a);
	close(fd);
}

/* "start", a hole, "middle", a hole to the end; what it holds is in *model.  False where files have no holes. */
static bool
make_sparse(const char *path, unsigned char **model)
{
	int fd = open_new(path);
	bool sparse;

	*model = calloc(1, SPARSE_SIZE);
	assert_non_null(*model);
	memcpy(*model, "start", 5);
	memcpy(*model + MIDDLE_AT, "middle", 6);
	assert_int_equal(ftruncate(fd, SPARSE_SIZE), 0);
	assert_int_equal(pwrite(fd, "start", 5, 0), 5);
	assert_int_equal(pwrite(fd, "middle", 6, MIDDLE_AT), 6);
	sparse = lseek(fd, MIDDLE_AT / 2, SEEK_DATA) > MIDDLE_AT / 2;
	close(fd);
	return sparse;
}

static void
check_payload(const char *path, const unsigned char *expected, size_t size)
{
	struct dsync_archive *archive = sample_open(path);
	struct dsync_view view;

	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_int_equal(view.size, size);
	assert_memory_equal(view.data, expected, size);
	dsync_archive_unref(archive);
}

static void
check_holes(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true((size_t)st.st_blocks * 512 < SPARSE_SIZE / 2);
}

static int
give_up_in_the_hole(void *user, uint64_t done, uint64_t total)
{
	(void)user, (void)total;
	return done > MIDDLE_AT / 2;
}

static void
keeps_holes(void **state)
{
	struct dsync_archive *base;
	struct dsync_assembly *a;
	unsigned char *model;
	int source, fd;

	(void)state;
	if (!make_sparse("in", &model)) {
		print_message("skipped: no sparse files on this file system\n");
		free(model);
		skip();
	}
	source = open("in", O_RDONLY | O_CLOEXEC);
	fd = open_new("a.sync");
	a = begin(fd, NULL);
	assert_int_equal(dsync_assembly_append_fd(a, source, NULL), 0);
	finish(a, fd);
	check_payload("a.sync", model, SPARSE_SIZE);
	check_holes("a.sync");

	fd = open_new("b.sync");
	a = begin(fd, NULL);
	dsync_assembly_set_progress(a, give_up_in_the_hole, NULL);
	assert_int_equal(dsync_assembly_append_fd(a, source, NULL), DSYNC_ERR_CANCELLED);
	dsync_assembly_destroy(a);
	close(fd);
	close(source);

	base = sample_open("a.sync"); /* from one byte on, so that no file system can share what it has */
	fd = open_new("b.sync");
	a = begin(fd, base);
	assert_int_equal(dsync_assembly_append_base(a, 1, SPARSE_SIZE - 1, NULL), 0);
	dsync_archive_unref(base);
	finish(a, fd);
	check_payload("b.sync", model + 1, SPARSE_SIZE - 1);
	check_holes("b.sync");
	free(model);
}

static int
shorten(void *user, uint64_t done, uint64_t total)
{
	(void)done, (void)total;
	assert_int_equal(truncate(user, 1), 0);
	return 0;
}

static void
notices_a_source_that_shrinks(void **state)
{
	char *bytes = calloc(1, SEVERAL_PIECES), name[] = "in";
	struct dsync_assembly *a;
	struct dsync_error err;
	int source, fd = open_new("a.sync");

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', SEVERAL_PIECES);
	sample_spit(name, bytes, SEVERAL_PIECES);
	free(bytes);
	source = open(name, O_RDONLY | O_CLOEXEC);
	a = begin(fd, NULL);
	dsync_assembly_set_progress(a, shorten, name);
	assert_int_equal(dsync_assembly_append_fd(a, source, &err), DSYNC_ERR_CHANGED);
	assert_true(err.hint[0] != '\0');
	dsync_assembly_destroy(a);
	close(source);
	close(fd);
}

static void
notices_a_base_that_shrinks(void **state)
{
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m };
	struct dsync_builder *b = sample_builder("to be cut");
	struct dsync_archive *base;
	struct dsync_assembly *a;
	struct dsync_error err;
	int fd = open_new("a.sync");

	(void)state;
	dsync_builder_set_context(b, "{}", 2);
	assert_int_equal(dsync_builder_write(b, "base.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
	base = sample_open("base.sync");
	a = begin(fd, base);
	assert_int_equal(truncate("base.sync", (off_t)dsync_archive_payload_extent(base).offset + 2), 0);
	assert_int_equal(dsync_assembly_append_base(a, 0, 9, &err), DSYNC_ERR_CHANGED);
	assert_int_equal(dsync_assembly_discard(a, &err), 0);
	assert_int_equal(truncate("base.sync", 10), 0);
	assert_int_equal(dsync_assembly_append(a, "new", 3, &err), 0);
	assert_int_equal(dsync_assembly_finish(a, &parts, &err), DSYNC_ERR_CHANGED);
	assert_string_equal(err.rule, "Z30");
	dsync_assembly_destroy(a);
	dsync_archive_unref(base);
	dsync_manifest_destroy(m);
	close(fd);
}

/* A descriptor that only reads stands for a disk that fails. */
static void
reports_a_staging_file_that_cannot_be_written(void **state)
{
	struct dsync_archive *base;
	struct dsync_assembly *a;
	struct dsync_error err;
	int fd;

	(void)state;
	sample_make("base.sync", "0123456789");
	sample_spit("a.sync", "", 0);
	base = sample_open("base.sync");
	fd = open("a.sync", O_RDONLY | O_CLOEXEC);
	a = begin(fd, base);
	dsync_archive_unref(base);
	assert_int_equal(dsync_assembly_append_base(a, 0, 10, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, EBADF);

	dsync_fault_arm(DSYNC_FAULT_ERROR, ENODATA, 1, false); /* cut after it was asked where its data lies */
	dsync_fault_only("pread");
	assert_int_equal(dsync_assembly_append_base(a, 0, 10, &err), DSYNC_ERR_CHANGED);
	dsync_fault_disarm();
	assert_int_equal(dsync_assembly_append(a, "x", 1, NULL), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_assembly_write_at(a, 5, "x", 1, NULL), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_assembly_discard(a, NULL), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_assembly_payload_size(a), 0);
	dsync_assembly_destroy(a);
	close(fd);
}

static void
reports_a_staging_file_that_lost_its_end(void **state)
{
	static const char context[20000] = "1";
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m,
		.context = { (const unsigned char *)context, sizeof(context) } };
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_assembly *a;
	int fd = open_new("a.sync");

	(void)state;
	a = begin(fd, NULL);
	assert_int_equal(dsync_assembly_write_at(a, 5, "gap before this", 15, NULL), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(dsync_assembly_payload_hash(a, digest, NULL), DSYNC_ERR_SYSTEM);
	dsync_assembly_destroy(a);

	a = begin(fd, NULL); /* and when the payload has to give way to a head that has grown */
	assert_int_equal(dsync_assembly_append(a, "payload", 7, NULL), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(dsync_assembly_finish(a, &parts, NULL), DSYNC_ERR_SYSTEM);
	dsync_assembly_destroy(a);
	dsync_manifest_destroy(m);
	close(fd);
}

/* A gap is not hashed until somebody appends behind it. */
static void
reads_a_gap_before_a_pipe(void **state)
{
	static const unsigned char expected[] = "\0\0ab from a pipe";
	struct dsync_assembly *a;
	int fds[2], fd = open_new("a.sync");

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], " from a pipe", 12), 12);
	close(fds[1]);
	a = begin(fd, NULL);
	assert_int_equal(dsync_assembly_write_at(a, 2, "ab", 2, NULL), 0);
	assert_int_equal(dsync_assembly_append_fd(a, fds[0], NULL), 0);
	close(fds[0]);
	finish(a, fd);
	check_payload("a.sync", expected, sizeof(expected) - 1);
}

static void
obeys_limits(void **state)
{
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m };
	struct dsync_assembly *a;
	int source, fd = open_new("a.sync");

	(void)state;
	sample_spit("in", "123456789", 9);
	source = open("in", O_RDONLY | O_CLOEXEC);
	a = begin(fd, NULL);
	dsync_assembly_set_limit(a, 8);
	assert_int_equal(dsync_assembly_append_fd(a, source, NULL), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_assembly_append(a, "1", 1, NULL), 0);
	assert_int_equal(dsync_assembly_finish(a, &parts, NULL), 0);
	assert_int_equal(dsync_assembly_discard(a, NULL), DSYNC_ERR_STATE);
	dsync_assembly_destroy(a);
	dsync_manifest_destroy(m);
	close(source);
	close(fd);
	check_payload("a.sync", (const unsigned char *)"1", 1);
}

static void
has_no_room_for_one_more_entry(void **state)
{
	const struct dsync_view part = { (const unsigned char *)"{}", 2 };
	const struct dsync_assembly_parts parts[] = { { .context = part }, { .context = part, .attest = part } };
	struct dsync_builder *b = sample_builder("full");
	struct dsync_archive *base;
	struct dsync_assembly *a;
	struct dsync_error err;
	char name[16];
	int i, fd = open_new("a.sync");

	(void)state;
	for (i = 2; i < 64; i++) {
		snprintf(name, sizeof(name), "entry-%d", i);
		assert_int_equal(dsync_builder_set_entry(b, name, "x", 1), 0);
	}
	assert_int_equal(dsync_builder_write(b, "base.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
	base = sample_open("base.sync");
	for (i = 0; i < 2; i++) {
		a = begin(fd, base);
		assert_int_equal(dsync_assembly_append(a, "new", 3, NULL), 0);
		assert_int_equal(dsync_assembly_finish(a, &parts[i], &err), DSYNC_ERR_LIMIT);
		assert_string_equal(err.rule, "Z9");
		dsync_assembly_destroy(a);
	}
	dsync_archive_unref(base);
	close(fd);
}

/* More than is left to the disk at a time. */
static void
writes_much(void **state)
{
	size_t size = (17u << 20) + 3;
	unsigned char *bytes = calloc(1, size);
	struct dsync_assembly *a;
	int fd = open_new("a.sync");

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'y', size);
	a = begin(fd, NULL);
	assert_int_equal(dsync_assembly_append(a, bytes, size, NULL), 0);
	finish(a, fd);
	check_payload("a.sync", bytes, size);
	free(bytes);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_holes),
		TEST(notices_a_source_that_shrinks),
		TEST(notices_a_base_that_shrinks),
		TEST(reports_a_staging_file_that_cannot_be_written),
		TEST(reports_a_staging_file_that_lost_its_end),
		TEST(reads_a_gap_before_a_pipe),
		TEST(obeys_limits),
		TEST(has_no_room_for_one_more_entry),
		TEST(writes_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
