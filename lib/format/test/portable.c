/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The whole way, with nothing but what every system has, WebAssembly included: make, open, change, verify, remove. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "manifest_texts.h"

#define PATH "format-portable.sync"
#define STAGING ".format-portable.sync.next"

static void
check(int rc, const struct dsync_error *err)
{
	char text[1024];

	if (rc >= 0)
		return;
	dsync_error_format(err, text, sizeof(text));
	fail_msg("%s", text);
}

static void
check_payload(const char *text)
{
	struct dsync_archive *archive;
	struct dsync_error err;
	struct dsync_view view;
	struct stat st;

	archive = dsync_archive_open(PATH, NULL, &err);
	check(archive != NULL ? 0 : -1, &err);
	check(dsync_archive_map_payload(archive, &view, &err), &err);
	assert_int_equal(view.size, strlen(text));
	assert_memory_equal(view.data, text, view.size);
	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, &err), 0);
	dsync_archive_unref(archive);
	assert_int_equal(dsync_sys_fstatat(DSYNC_SYS_CWD, STAGING, &st, false), -ENOENT);
}

static void
goes_the_whole_way(void **state)
{
	struct dsync_archive *base;
	struct dsync_manifest *m;
	struct dsync_builder *b;
	struct dsync_error err;

	(void)state;
	m = dsync_manifest_parse(MINIMAL, sizeof(MINIMAL) - 1, &err);
	check(m != NULL ? 0 : -1, &err);
	b = dsync_builder_create();
	dsync_builder_set_manifest(b, m);
	dsync_manifest_destroy(m);
	dsync_builder_set_payload_bytes(b, "everywhere", 10);
	check(dsync_builder_write(b, PATH, DSYNC_CREATE_FORCE, &err), &err);
	assert_int_equal(dsync_builder_write(b, PATH, DSYNC_CREATE_NEW, &err), DSYNC_ERR_EXISTS);
	dsync_builder_destroy(b);
	check_payload("everywhere");

	base = dsync_archive_open(PATH, NULL, &err);
	check(base != NULL ? 0 : -1, &err);
	b = dsync_builder_create();
	dsync_builder_set_base(b, base);
	dsync_archive_unref(base);
	dsync_builder_set_context(b, "{}", 2);
	check(dsync_builder_write(b, PATH, DSYNC_CREATE_UPDATE, &err), &err);
	check_payload("everywhere"); /* copied from the base */
	dsync_builder_set_payload_bytes(b, "changed", 7);
	assert_int_equal(dsync_builder_write(b, PATH, DSYNC_CREATE_UPDATE, &err), DSYNC_ERR_CONFLICT);
	check(dsync_builder_write(b, PATH, DSYNC_CREATE_REPLACE, &err), &err);
	dsync_builder_destroy(b);
	check_payload("changed");
	assert_int_equal(dsync_sys_unlinkat(DSYNC_SYS_CWD, PATH), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_the_whole_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
