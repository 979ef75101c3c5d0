/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "scratch.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void
scratch_make(char folder[SCRATCH_PATH_SIZE])
{
	const char *parent = getenv("TMPDIR");

	snprintf(folder, SCRATCH_PATH_SIZE, "%s/dsync-test-XXXXXX", parent != NULL ? parent : "/tmp");
	assert_non_null(mkdtemp(folder));
}

void
scratch_path(char path[SCRATCH_PATH_SIZE], const char *folder, const char *name)
{
	int length = snprintf(path, SCRATCH_PATH_SIZE, "%s/%s", folder, name);

	assert_true(length > 0 && length < SCRATCH_PATH_SIZE);
}

/* Counts the names of a folder, unlinking them on the way if asked to. */
static size_t
visit(const char *folder, int with_unlink)
{
	char path[SCRATCH_PATH_SIZE];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		scratch_path(path, folder, entry->d_name);
		if (with_unlink)
			assert_int_equal(unlink(path), 0);
	}
	closedir(dir);
	return count;
}

void
scratch_remove(const char *folder)
{
	visit(folder, 1);
	assert_int_equal(rmdir(folder), 0);
}

size_t
scratch_count(const char *folder)
{
	return visit(folder, 0);
}

void
scratch_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void
scratch_check(const char *path, const char *text)
{
	char *found = calloc(1, strlen(text) + 2);
	FILE *file = fopen(path, "r");

	assert_non_null(found);
	assert_non_null(file);
	assert_int_equal(fread(found, 1, strlen(text) + 1, file), strlen(text));
	assert_string_equal(found, text);
	fclose(file);
	free(found);
}
