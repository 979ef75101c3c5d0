/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What opening costs, counted: allocations and system calls of our own; and what happens when each fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(opening_takes_a_known_number, sample_setup, sample_teardown),
		cmocka_unit_test_setup_teardown(every_failure_is_clean, sample_setup, sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
