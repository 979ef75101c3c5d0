/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every read that the readers make fails once, on the way to each refusal and over long headers: the caller
 * hears of the disk, not of an archive that is none, and nobody is told that a broken archive is whole.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/sys.h"
#include "hostile.h"
#include "hostile_cases.h"
#include "zip/loose.h"

static struct hostile *h;
static int fd;

/* Opens and streams everything; the code. */
static int
work(void)
{
	static unsigned char buf[4096];
	struct dsync_error err = { 0 };
	struct dsync_zip *zip = dsync_zip_open(fd, &hostile_profile, &err);
	int rc = err.code;
	size_t i;

	for (i = 0; zip != NULL && rc == 0 && i < dsync_zip_count(zip); i++)
		rc = dsync_zip_stream(zip, dsync_zip_at(zip, i), buf, sizeof(buf), NULL, NULL, &err);
	dsync_zip_close(zip);
	return rc;
}

/* The loose reader, which takes a structure that it cannot read for one that is not there, and looks for it elsewhere. */
static int
work_loosely(void)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip = dsync_zip_open_loose(fd, NULL, NULL, &err);

	assert_true(zip == NULL || dsync_zip_count(zip) == h->count);
	dsync_zip_close(zip);
	return err.code;
}

/* What stands in `h`, with each read of the strict reader failing; *calls is how many there were. */
static void
sweep(const char *name, uint64_t *calls)
{
	bool fired = true;
	int plain, rc;
	uint64_t n;

	hostile_file_fill(fd, h->out.data, h->out.size);
	plain = work();
	for (n = 1; fired; n++) {
		dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, n, false);
		rc = work();
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		if (rc != (fired ? DSYNC_ERR_SYSTEM : plain))
			fail_msg("%s: code %d with fault %u", name, rc, (unsigned)n);
	}
	*calls = n - 2;
}

static void
test_refused(void **state)
{
	uint64_t calls;
	size_t i;

	(void)state;
	for (i = 0; i < hostile_case_count; i++) {
		hostile_init(h);
		hostile_case_build(&hostile_cases[i], h);
		sweep(hostile_cases[i].name, &calls);
		assert_true(calls >= 1);
		hostile_finish(h);
	}
}

/* Fields, the rest after them, and descriptors that begin where a piece of the file ends, wherever that is. */
static void
test_long_headers(void **state)
{
	static const char filler[9000];
	uint64_t calls;
	size_t size;

	(void)state;
	for (size = 3980; size < 4110; size++) {
		hostile_init(h);
		hostile_add_sample(h);
		hostile_extra(&h->entries[1].local, 0xa11e, filler, size);
		hostile_extra64(&h->entries[1].local, 2, 2, 0, 16);
		dsync_buffer_append_zeros(&h->entries[1].local.extra, 3);
		hostile_describe(&h->entries[2], 16);
		hostile_emit(h);
		sweep("long headers", &calls);
		assert_true(calls >= 4);
		hostile_finish(h);
	}
	hostile_init(h);
	hostile_add_sample(h);
	hostile_describe(hostile_add(h, "long", filler, sizeof(filler), 0), 24);
	hostile_emit(h);
	sweep("descriptor behind much data", &calls);
	hostile_finish(h);
}

static void
test_loose(void **state)
{
	bool fired = true;
	uint64_t n;
	int rc;

	(void)state;
	hostile_init(h);
	hostile_add_sample(h);
	hostile_emit(h);
	hostile_file_fill(fd, h->out.data, h->out.size);
	for (n = 1; fired; n++) {
		dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, n, false);
		rc = work_loosely();
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		assert_true(rc == 0 || (fired && (rc == DSYNC_ERR_SYSTEM || rc == DSYNC_ERR_NOT_ARCHIVE)));
	}
	assert_true(n > 6);
	fired = true;
	for (n = 1; fired; n++) {
		dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, n, false);
		rc = work_loosely();
		fired = dsync_fault_fired();
		dsync_fault_disarm();
		assert_int_equal(rc, fired ? DSYNC_ERR_NO_MEMORY : 0);
	}
	assert_int_equal(n, 5); /* what the search reads, the archive, the order of its entries */
	hostile_finish(h);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_headers),
		cmocka_unit_test(test_loose),
	};
	int rc;

	fd = hostile_file_create();
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return 1;
	rc = cmocka_run_group_tests_name("zip_fault", tests, NULL, NULL);
	free(h);
	return rc;
}
