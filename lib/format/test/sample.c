/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sample.h"

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

#include "../../base/test/scratch.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "manifest_texts.h"

int
sample_setup(void **state)
{
	char *folder = malloc(SCRATCH_PATH_SIZE);

	assert_non_null(folder);
	scratch_make(folder);
	assert_int_equal(chdir(folder), 0);
	*state = folder;
	return 0;
}

int
sample_teardown(void **state)
{
	assert_int_equal(chdir("/"), 0);
	scratch_remove(*state);
	free(*state);
	return 0;
}

struct dsync_manifest *
sample_manifest(void)
{
	struct dsync_error err;
	struct dsync_manifest *m = dsync_manifest_parse(MINIMAL, sizeof(MINIMAL) - 1, &err);

	assert_non_null(m);
	return m;
}

struct dsync_builder *
sample_builder(const char *payload)
{
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_manifest *m = sample_manifest();

	assert_non_null(b);
	assert_int_equal(dsync_builder_set_manifest(b, m), 0);
	assert_int_equal(dsync_builder_set_payload_bytes(b, payload, strlen(payload)), 0);
	dsync_manifest_destroy(m);
	return b;
}

static void
check_ok(int rc, const struct dsync_error *err)
{
	char text[1024];

	if (rc >= 0)
		return;
	dsync_error_format(err, text, sizeof(text));
	fail_msg("%s", text);
}

void
sample_make(const char *path, const char *payload)
{
	struct dsync_builder *b = sample_builder(payload);
	struct dsync_error err;

	check_ok(dsync_builder_write(b, path, DSYNC_CREATE_REPLACE, &err), &err);
	dsync_builder_destroy(b);
}

struct dsync_archive *
sample_open(const char *path)
{
	struct dsync_error err;
	struct dsync_archive *archive = dsync_archive_open(path, NULL, &err);

	check_ok(archive != NULL ? 0 : -1, &err);
	return archive;
}

void
sample_check(const char *path, const char *payload)
{
	struct dsync_archive *archive = sample_open(path);
	struct dsync_view view;
	struct dsync_error err;

	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, &err), 0);
	check_ok(dsync_archive_map_payload(archive, &view, &err), &err);
	assert_int_equal(view.size, strlen(payload));
	assert_memory_equal(view.data, payload, view.size);
	dsync_archive_unref(archive);
}

unsigned char *
sample_slurp(const char *path, size_t *size)
{
	unsigned char *data;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	*size = (size_t)st.st_size;
	data = malloc(*size + 1);
	assert_non_null(data);
	assert_int_equal(read(fd, data, *size + 1), (ssize_t)*size);
	close(fd);
	return data;
}

void
sample_spit(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	assert_int_equal(close(fd), 0);
}

bool
sample_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

size_t
sample_count(void)
{
	return scratch_count(".");
}
