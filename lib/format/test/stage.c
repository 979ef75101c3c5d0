/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/manifest.h"
#include "format/assemble.h"
#include "format/commit.h"
#include "sample.h"

int
stage_begin(struct dsync_commit **commit, const char *path, struct dsync_error *err)
{
	const struct dsync_commit_options options = { .wait_ms = 0, .create = true };

	return dsync_commit_begin(commit, path, &options, err);
}

void
stage_payload(struct dsync_commit *commit, const char *payload)
{
	struct dsync_manifest *m = sample_manifest();
	const struct dsync_assembly_parts parts = { .manifest = m };
	struct dsync_assembly *a;
	struct dsync_error err;

	assert_int_equal(dsync_assembly_begin(&a, dsync_commit_fd(commit), NULL, 0, &err), 0);
	assert_int_equal(dsync_assembly_append(a, payload, strlen(payload), &err), 0);
	assert_int_equal(dsync_assembly_finish(a, &parts, &err), 0);
	dsync_assembly_destroy(a);
	dsync_manifest_destroy(m);
}

int
stage_as_stranger(int (*work)(void))
{
	int rc;

	assert_int_equal(setegid(STAGE_STRANGER), 0);
	assert_int_equal(seteuid(STAGE_STRANGER), 0);
	rc = work();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	return rc;
}
