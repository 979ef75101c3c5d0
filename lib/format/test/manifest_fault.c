/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Memory runs out at each allocation in turn, and how many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "dotsync/manifest.h"
#include "format/manifest_json.h"
#include "manifest_texts.h"

#define BASE_ALLOCATIONS 3

static int
work_parse(struct dsync_error *err)
{
	struct dsync_manifest *m = dsync_manifest_parse(FULL, sizeof(FULL) - 1, err);

	dsync_manifest_destroy(m);
	return m != NULL ? 0 : err->code;
}

static int
work_create(struct dsync_error *err)
{
	struct dsync_manifest *m = dsync_manifest_create("text/csv", "csv", err);

	dsync_manifest_destroy(m);
	return m != NULL ? 0 : err->code;
}

static struct dsync_manifest *subject;

static int
work_set(struct dsync_error *err)
{
	const char *const hosts[] = { "a.example", "b.example" };
	int rc = dsync_manifest_set_strings(subject, "permissions", "allow_hosts", hosts, 2, err);

	if (rc < 0)
		assert_int_equal(dsync_manifest_allow_host_count(subject), 0);
	else
		rc = dsync_manifest_remove(subject, "permissions", "allow_hosts", err);
	if (rc < 0 && dsync_manifest_allow_host_count(subject) > 0)
		assert_string_equal(dsync_manifest_allow_host(subject, 1), "b.example");
	return rc;
}

static int
work_json(struct dsync_error *err)
{
	struct dsync_buffer out;
	int rc;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	rc = dsync_manifest_json_append(&out, subject);
	dsync_buffer_finish(&out);
	err->code = rc;
	return rc;
}

/* Fails the n-th allocation for every n; returns how many there are. */
static uint64_t
sweep(int (*work)(struct dsync_error *err))
{
	struct dsync_error err;
	uint64_t n;
	bool fired;
	int rc;

	for (n = 1; n < 1000; n++) {
		subject = dsync_manifest_parse(MINIMAL, sizeof(MINIMAL) - 1, NULL);
		assert_non_null(subject);
		memset(&err, 0, sizeof(err));
		dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, n, false);
		rc = work(&err);
		fired = dsync_fault_fired();
		dsync_fault_disarm();

		assert_int_equal(rc, fired ? DSYNC_ERR_NO_MEMORY : 0);
		assert_int_equal(err.code, rc);
		dsync_manifest_destroy(subject);
		if (!fired)
			return n - 1;
	}
	fail_msg("the sweep does not end");
	return 0;
}

static void
test_parse(void **state)
{
	(void)state;
	sweep(work_parse);
}

static void
test_create(void **state)
{
	(void)state;
	sweep(work_create);
}

static void
test_set(void **state)
{
	(void)state;
	sweep(work_set);
}

static void
test_json(void **state)
{
	(void)state;
	sweep(work_json);
}

static uint64_t
allocations_of(const char *text)
{
	struct dsync_manifest *m;
	uint64_t count;

	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	m = dsync_manifest_parse(text, strlen(text), NULL);
	count = dsync_fault_count();
	dsync_fault_disarm();
	assert_non_null(m);
	dsync_manifest_destroy(m);
	return count;
}

/* In a static program the linker sends the C library's own calls through the counter too. */
static bool
counts_the_c_library(void)
{
	uint64_t count;
	char *copy;

	dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, 0, false);
	copy = strdup("copy");
	count = dsync_fault_count();
	dsync_fault_disarm();
	free(copy);
	return count > 0;
}

/* The manifest, its text with the strings, the TOML document, and one a list that is not empty. */
static void
test_allocations(void **state)
{
	(void)state;
	if (counts_the_c_library()) {
		print_message("skipped: allocations of a static C library cannot be told from ours\n");
		skip();
	}
	assert_int_equal(allocations_of(MINIMAL), BASE_ALLOCATIONS);
	assert_int_equal(allocations_of(MINIMAL "[policy]\nttl = 60\ntimeout = 5\n[permissions]\nallow_hosts = []\n"),
		BASE_ALLOCATIONS);
	assert_int_equal(allocations_of(MINIMAL "[permissions]\nallow_hosts = [\"a\", \"b\", \"c\", \"d\"]\n"),
		BASE_ALLOCATIONS + 1);
	assert_int_equal(allocations_of(FULL), BASE_ALLOCATIONS + 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
