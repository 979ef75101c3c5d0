/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What opening costs, counted: allocations and system calls of our own; and what happens when each fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
#include "sample.h"

/*
 * The archive, the container, the decompressor, and what the manifest's text and typed values take: 6, and two copies of
 * strings, which are counted only where the C library is linked statically.
 */
#define OPEN_ALLOCATIONS_MAX 8u

/* open, fstat, tail, head, manifest; a directory near the end is in the tail. */
#define OPEN_CALLS_MAX 5u

static void
opening_takes_a_known_number(void **state)
{
	struct dsync_archive *archive;
	struct dsync_view view;

	(void)state;
	sample_make("a.sync", "counted");

	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	archive = sample_open("a.sync");
	print_message("allocations to open: %u\n", (unsigned)dsync_fault_count());
	assert_in_range(dsync_fault_count(), 1, OPEN_ALLOCATIONS_MAX);

	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	assert_int_equal(dsync_fault_count(), 0);
	dsync_archive_unref(archive);

	dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, 0, false);
	archive = sample_open("a.sync");
	print_message("system calls to open: %u\n", (unsigned)dsync_fault_count());
	assert_in_range(dsync_fault_count(), 1, OPEN_CALLS_MAX);
	dsync_fault_disarm();
	dsync_archive_unref(archive);
}

/* Opening, mapping, reading with the n-th call failing: a clean error or the right bytes. */
static bool
try_everything(enum dsync_fault_kind kind, uint64_t n, bool persistent)
{
	struct dsync_error err;
	struct dsync_archive *archive;
	struct dsync_view view;
	char buf[16];
	int rc = 0;

	dsync_fault_arm(kind, EIO, n, persistent);
	archive = dsync_archive_open("a.sync", NULL, &err);
	if (archive == NULL)
		rc = err.code;
	if (archive != NULL)
		rc = dsync_archive_map_payload(archive, &view, &err);
	if (rc == 0)
		rc = (int)dsync_archive_read_payload(archive, 0, buf, sizeof(buf), &err);
	dsync_fault_disarm();

	if (rc >= 0)
		assert_memory_equal(buf, "counted", 7);
	else if (kind == DSYNC_FAULT_MEMORY)
		assert_int_equal(rc, DSYNC_ERR_NO_MEMORY);
	else
		assert_int_equal(rc, DSYNC_ERR_SYSTEM);
	if (rc < 0)
		assert_int_equal(rc, err.code);
	dsync_archive_unref(archive);
	return dsync_fault_fired();
}

static void
every_failure_is_clean(void **state)
{
	static const enum dsync_fault_kind kinds[] = { DSYNC_FAULT_ERROR, DSYNC_FAULT_SHORT, DSYNC_FAULT_MEMORY };
	uint64_t n;
	size_t i;
	int persistent;

	(void)state;
	sample_make("a.sync", "counted");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (persistent = 0; persistent < 2; persistent++) {
			for (n = 1; try_everything(kinds[i], n, persistent != 0); n++)
				;
			assert_true(n > 2); /* something was there to fail */
		}
	}
}

/* A manifest that is more than fits on the stack, and an entry. */
static void
make_larger(void)
{
	struct dsync_manifest *m = sample_manifest();
	struct dsync_builder *b = sample_builder("counted");
	char value[6000];

	memset(value, 'x', sizeof(value));
	value[0] = value[sizeof(value) - 2] = '"';
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(dsync_manifest_set_raw(m, "elsewhere", "text", value, NULL), 0);
	assert_int_equal(dsync_builder_set_manifest(b, m), 0);
	dsync_manifest_destroy(m);
	dsync_builder_set_context(b, "{}", 2);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	dsync_builder_destroy(b);
}

static int
take_nothing(void *user, const void *data, size_t size)
{
	(void)user, (void)data, (void)size;
	return 0;
}

/* Checks, reads and streams with the n-th call failing: as many faults as there are, which is none, or an error. */
static bool
check_everything(enum dsync_fault_kind kind, uint64_t n)
{
	static const unsigned char nothing[DSYNC_HASH_SIZE];
	unsigned char hash[DSYNC_HASH_SIZE], *data = NULL;
	struct dsync_error err;
	struct dsync_archive *archive;
	size_t size;
	int rc;

	dsync_fault_arm(kind, EIO, n, false);
	archive = dsync_archive_open("a.sync", NULL, &err);
	rc = archive != NULL ? dsync_archive_verify(archive, NULL, NULL, hash, &err) : err.code;
	if (archive != NULL && rc < 0)
		assert_memory_equal(hash, nothing, sizeof(hash));
	if (rc == 0)
		rc = dsync_archive_read_entry(archive, "context.json", 100, &data, &size, &err);
	if (archive != NULL && rc < 0)
		assert_null(data);
	if (rc == 0)
		rc = dsync_archive_stream_payload(archive, take_nothing, NULL, &err);
	dsync_fault_disarm();

	free(data);
	dsync_archive_unref(archive);
	if (rc < 0)
		assert_int_equal(rc, kind == DSYNC_FAULT_MEMORY ? DSYNC_ERR_NO_MEMORY : DSYNC_ERR_SYSTEM);
	assert_true(rc == 0 || (rc == err.code && dsync_fault_fired()));
	return dsync_fault_fired();
}

static void
every_failure_of_a_check_is_clean(void **state)
{
	static const enum dsync_fault_kind kinds[] = { DSYNC_FAULT_ERROR, DSYNC_FAULT_MEMORY };
	struct dsync_archive *archive;
	struct stat st;
	uint64_t n;
	size_t i;

	(void)state;
	make_larger();
	archive = sample_open("a.sync");
	assert_int_equal(stat("a.sync", &st), 0);
	assert_int_equal(dsync_archive_file_size(archive), st.st_size);
	assert_true(dsync_manifest_text(dsync_archive_manifest(archive)).size > 4096);
	dsync_archive_unref(archive);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (n = 1; check_everything(kinds[i], n); n++)
			;
		assert_true(n > 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opening_takes_a_known_number, sample_setup, sample_teardown),
		cmocka_unit_test_setup_teardown(every_failure_is_clean, sample_setup, sample_teardown),
		cmocka_unit_test_setup_teardown(every_failure_of_a_check_is_clean, sample_setup, sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
