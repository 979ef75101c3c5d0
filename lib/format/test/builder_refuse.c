/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a builder refuses, when it gives up, and what becomes of a stream when the system fails. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/commit.h"
#include "sample.h"
#include "stage.h"

static int64_t
give_nothing(void *user, void *buf, size_t size)
{
	(void)user, (void)buf, (void)size;
	return 0;
}

static int
give_up(void *user, uint64_t done, uint64_t total)
{
	(void)done, (void)total;
	++*(int *)user;
	return 1;
}

/* The first error is the one that counts, whatever is called after it. */
static void
keeps_the_first_error(void **state)
{
	struct dsync_builder *b = sample_builder("x");
	struct dsync_manifest *m = sample_manifest();
	struct dsync_archive *base;
	struct dsync_error err;
	int fd;

	(void)state;
	sample_make("base.sync", "base");
	base = sample_open("base.sync");
	fd = dsync_archive_fd(base);
	assert_int_equal(dsync_builder_set_payload_file(b, "missing"), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_base(b, base), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_manifest(b, m), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_payload_bytes(b, "y", 1), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_payload_file(b, "base.sync"), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_payload_fd(b, fd), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_payload_source(b, give_nothing, NULL), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_context(b, "{}", 2), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_updater(b, "", 0), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_entry(b, "payload", "", 0), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_profile(b, DSYNC_PROFILE_DEFAULT), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_time(b, 0), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_mode(b, 0600), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_progress(b, NULL, NULL), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_write_fd(b, -1, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, ENOENT);
	assert_int_equal(sample_count(), 1);
	dsync_manifest_destroy(m);
	dsync_archive_unref(base);
	dsync_builder_destroy(b);
}

static void
says_what_is_missing(void **state)
{
	struct dsync_manifest *m = sample_manifest();
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_error err;

	(void)state;
	dsync_builder_set_manifest(b, m);
	dsync_manifest_destroy(m);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_STATE);
	assert_non_null(strstr(err.message, "payload"));
	assert_int_equal(dsync_builder_write_fd(b, -1, &err), DSYNC_ERR_STATE);
	dsync_builder_set_payload_bytes(b, "x", 1);
	sample_make("a.sync", "old");
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, &err), DSYNC_ERR_STATE);
	assert_non_null(strstr(err.message, "base"));
	sample_check("a.sync", "old");
	dsync_builder_destroy(b);
}

static void
takes_the_last_of_one_name(void **state)
{
	struct dsync_builder *b = sample_builder("x");
	struct dsync_archive *archive;
	struct dsync_archive_entry entry;
	unsigned char *data;
	size_t size;

	(void)state;
	dsync_builder_set_entry(b, "notes", "first", 5);
	dsync_builder_set_entry(b, "gone", "x", 1);
	dsync_builder_set_entry(b, "notes", "second", 6);
	dsync_builder_set_entry(b, "gone", NULL, 0);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_entry_count(archive), 3);
	assert_int_equal(dsync_archive_read_entry(archive, "notes", 100, &data, &size, NULL), 0);
	assert_string_equal((const char *)data, "second");
	free(data);
	assert_int_equal(dsync_archive_find(archive, "gone", &entry), DSYNC_ERR_NOT_FOUND);
	dsync_archive_unref(archive);
}

static void
counts_entries(void **state)
{
	struct dsync_builder *b = sample_builder("x");
	struct dsync_error err;
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "entry-%d", i);
		assert_int_equal(dsync_builder_set_entry(b, name, "y", 1), 0);
	}
	/* with the manifest and the payload there are two too many */
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_LIMIT);
	assert_string_equal(err.rule, "Z9");
	assert_int_equal(dsync_builder_set_entry(b, "one-more", "y", 1), DSYNC_ERR_LIMIT);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_LIMIT);
	assert_int_equal(sample_count(), 0);
	dsync_builder_destroy(b);
}

static void
can_be_cancelled_while_it_waits(void **state)
{
	struct dsync_builder *b = sample_builder("x");
	struct dsync_commit *other;
	struct dsync_error err;
	int asked = 0;

	(void)state;
	sample_make("a.sync", "old");
	assert_int_equal(stage_begin(&other, "a.sync", NULL), 0);
	dsync_builder_set_progress(b, give_up, &asked);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_REPLACE, &err), DSYNC_ERR_CANCELLED);
	assert_int_equal(asked, 1);
	dsync_commit_close(other);
	dsync_builder_destroy(b);
	sample_check("a.sync", "old");
}

static int
open_out(void)
{
	int fd = open("out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static void
finds_room_for_a_stream(void **state)
{
	struct dsync_builder *b = sample_builder("x");
	struct dsync_error err;
	char folder[5000];
	int fd = open_out();

	(void)state;
	memset(folder, 'f', sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = '\0';
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	assert_int_equal(dsync_builder_write_fd(b, fd, &err), 0);
	assert_int_equal(setenv("TMPDIR", "missing", 1), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(dsync_builder_write_fd(b, fd, &err), 0);

	dsync_fault_arm(DSYNC_FAULT_ERROR, EACCES, 1, true);
	dsync_fault_only("openat");
	assert_int_equal(dsync_builder_write_fd(b, fd, &err), DSYNC_ERR_SYSTEM);
	dsync_fault_disarm();
	assert_int_equal(err.sys_errno, EACCES);
	assert_non_null(strstr(err.hint, "TMPDIR"));
	assert_int_equal(unsetenv("TMPDIR"), 0);
	dsync_builder_destroy(b);
	close(fd);
}

static int
stream(int fd)
{
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_manifest *m = dsync_manifest_create("text/csv", "csv", NULL);
	int rc = DSYNC_ERR_NO_MEMORY;

	if (b != NULL && m != NULL) {
		dsync_builder_set_manifest(b, m);
		dsync_builder_set_payload_bytes(b, "streamed", 8);
		dsync_builder_set_entry(b, "notes", "x", 1);
		rc = dsync_builder_write_fd(b, fd, NULL);
	}
	dsync_manifest_destroy(m);
	dsync_builder_destroy(b);
	return rc;
}

/* Each call fails once: success means the whole archive. */
static void
sweep_stream(enum dsync_fault_kind kind, int sys_errno)
{
	bool fired = true;
	uint64_t n;
	int fd, rc;

	for (n = 1; fired; n++) {
		fd = open_out();
		dsync_fault_arm(kind, sys_errno, n, false);
		rc = stream(fd);
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		close(fd);
		if (rc == 0)
			sample_check("out", "streamed");
		else
			assert_true(fired);
		assert_true(kind != DSYNC_FAULT_MEMORY || (rc < 0) == fired);
	}
	assert_true(n > 8);
}

static void
streams_whole_archives_only(void **state)
{
	(void)state;
	assert_int_equal(setenv("TMPDIR", ".", 1), 0); /* its name may stay when unlinking it fails */
	sweep_stream(DSYNC_FAULT_ERROR, EIO);
	assert_true(sample_count() <= 2);
	sweep_stream(DSYNC_FAULT_MEMORY, 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_the_first_error),
		TEST(says_what_is_missing),
		TEST(takes_the_last_of_one_name),
		TEST(counts_entries),
		TEST(can_be_cancelled_while_it_waits),
		TEST(finds_room_for_a_stream),
		TEST(streams_whole_archives_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
