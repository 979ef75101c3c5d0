/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Manifests that the reference implementation wrote mean to us what they mean to it. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/time.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "format/manifest_json.h"
#include "zip/reader.h"

#define SKIPPED 77
#define ARCHIVES_LEAST 10
#define PATH_SIZE 1024

/* Where we say something else on purpose. */
static const struct {
	const char *key;
	const char *why;
} differences[] = {
	{ "meta.created_at", "we show UTC and whole seconds; compared as a time below" },
	{ "encryption.meta", "we leave out what is not there, it says null" },
};

static bool
is_deliberate(const char *key, const json_t *theirs)
{
	size_t i;

	for (i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
		if (strcmp(differences[i].key, key) == 0)
			return strcmp(key, "encryption.meta") != 0 || json_is_null(theirs);
	}
	return false;
}

static json_t *
read_json(const char *path)
{
	json_error_t error;
	json_t *json = json_load_file(path, 0, &error);

	if (json == NULL)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return json;
}

static struct dsync_manifest *
read_manifest(const char *path)
{
	struct dsync_error err = { 0 };
	const struct dsync_zip_entry *entry;
	struct dsync_manifest *m;
	struct dsync_zip *zip;
	char *text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	zip = dsync_zip_open(fd, NULL, &err);
	if (zip == NULL)
		fail_msg("%s: %s", path, err.message);
	entry = dsync_zip_find(zip, DSYNC_ENTRY_MANIFEST);
	assert_non_null(entry);
	text = malloc((size_t)entry->size);
	assert_non_null(text);
	assert_int_equal(dsync_zip_read(zip, entry, text, &err), 0);

	m = dsync_manifest_parse(text, (size_t)entry->size, &err);
	if (m == NULL)
		fail_msg("%s: %s: %s", path, err.entry, err.message);
	free(text);
	dsync_zip_close(zip);
	close(fd);
	return m;
}

static json_t *
our_json(const struct dsync_manifest *m)
{
	struct dsync_buffer out;
	json_error_t error;
	json_t *json;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	assert_int_equal(dsync_manifest_json_append(&out, m), 0);
	json = json_loads(dsync_buffer_text(&out), JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("%s", error.text);
	dsync_buffer_finish(&out);
	return json;
}

/* Everything the reference lists must be in ours with the same value; ours may have more. */
static void
compare(const char *file, json_t *theirs, const json_t *ours)
{
	const char *table;
	const char *name;
	char key[256];
	json_t *rows;
	json_t *value;
	const json_t *our_value;

	json_object_foreach(theirs, table, rows)
	{
		json_object_foreach(rows, name, value)
		{
			snprintf(key, sizeof(key), "%s.%s", table, name);
			if (is_deliberate(key, value))
				continue;
			our_value = json_object_get(json_object_get(ours, table), name);
			if (!json_equal(value, our_value))
				fail_msg("%s: %s: the reference reads %s, we read %s", file, key,
					json_dumps(value, JSON_ENCODE_ANY),
					our_value != NULL ? json_dumps(our_value, JSON_ENCODE_ANY) : "nothing");
		}
	}
}

static void
compare_getters(const struct dsync_manifest *m, const json_t *reads)
{
	const json_t *manifest = json_object_get(reads, "manifest");
	const char *time = json_string_value(json_object_get(reads, "created_at_utc"));
	bool is_vault = dsync_manifest_variant(m) == DSYNC_VARIANT_VAULT;
	int64_t seconds;

	assert_non_null(time);
	assert_int_equal(dsync_time_parse(time, strlen(time), &seconds), 0);
	assert_true(dsync_manifest_created_at(m) == seconds);
	assert_true(dsync_manifest_timeout(m) == json_integer_value(json_object_get(reads, "timeout_secs")));
	assert_int_equal(dsync_manifest_write_allowed(m), json_is_true(json_object_get(reads, "write_allowed")));
	assert_int_equal(is_vault, json_is_true(json_object_get(reads, "manifest_is_vault")));
	assert_int_equal(dsync_manifest_has_signature(m), json_object_get(manifest, "signature") != NULL);
}

static void
check_archive(const char *folder, const char *name)
{
	char path[PATH_SIZE];
	struct dsync_manifest *m;
	json_t *theirs;
	json_t *ours;

	snprintf(path, sizeof(path), "%s/%.*s.json", folder, (int)(strlen(name) - strlen(".sync")), name);
	theirs = read_json(path);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	m = read_manifest(path);
	ours = our_json(m);

	assert_true(json_is_object(json_object_get(json_object_get(theirs, "reference_reads"), "manifest")));
	compare(name, json_object_get(json_object_get(theirs, "reference_reads"), "manifest"), ours);
	compare_getters(m, json_object_get(theirs, "reference_reads"));
	dsync_manifest_destroy(m);
	json_decref(ours);
	json_decref(theirs);
}

static void
test_reference(void **state)
{
	const char *folder = *state;
	DIR *dir = opendir(folder);
	const struct dirent *item;
	size_t count = 0;
	size_t size;

	assert_non_null(dir);
	while ((item = readdir(dir)) != NULL) {
		size = strlen(item->d_name);
		if (size <= 5 || strcmp(item->d_name + size - 5, ".sync") != 0)
			continue;
		check_archive(folder, item->d_name);
		count++;
	}
	closedir(dir);
	assert_in_range(count, ARCHIVES_LEAST, 1000);
}

int
main(void)
{
	static char folder[PATH_SIZE];
	const char *vectors = getenv("DOTSYNC_VECTORS");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_reference, folder),
	};

	snprintf(folder, sizeof(folder), "%s/reference", vectors != NULL ? vectors : "../shared/vectors");
	if (access(folder, R_OK) != 0) {
		printf("skipped: no archives of the reference implementation in %s\n", folder);
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
