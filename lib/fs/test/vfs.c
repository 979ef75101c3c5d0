/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Names that people see, and the one entry of one archive. */
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

#include "../../runtime/test/home.h"
#include "../src/vfs_name.h"
#include "dotsync/archive.h"
#include "dotsync/vfs.h"

static void
test_names(void **state)
{
	static const struct {
		const char *file, *extension, *display;
	} cases[] = {
		{ "report.csv.sync", "csv", "report.csv" },
		{ "report.csv.sync", "txt", "report.csv" },
		{ "report.sync", "csv", "report.csv" },
		{ "report.sync", ".csv", "report.csv" },
		{ "report.sync", "tar.gz", "report.tar.gz" },
		{ "report.sync", "", "report" },
		{ "report", "csv", "report.csv" },
		{ "report.SYNC", "csv", "report.SYNC" },
		{ "psl.dat.v2.sync", "dat", "psl.dat.v2" },
		{ ".sync", "csv", ".sync.csv" },
		{ ".hidden.sync", "csv", ".hidden.csv" },
		{ "end..sync", "csv", "end..csv" },
		{ "..sync", "csv", "..csv" },
		{ "...sync", "", ".._" },
		{ "..sync", "", "._" },
		{ "caf\303\251.sync", "csv", "caf\303\251.csv" },
		{ "a\nb\tc.sync", "csv", "a_b_c.csv" },
		{ "a\177\302\205b.sync", "csv", "a__b.csv" },
		{ "a\377b.sync", "csv", "a_b.csv" },
		{ "a\303.sync", "csv", "a_.csv" },
		{ "-rf.sync", "csv", "-rf.csv" },
		{ " .sync", "csv", " .csv" },
	};
	char out[DSYNC_DISPLAY_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(dsync_vfs_display_name(out, cases[i].file, cases[i].extension, NULL), 0);
		if (strcmp(out, cases[i].display) != 0)
			fail_msg("\"%s\" + \"%s\": \"%s\"", cases[i].file, cases[i].extension, out);
	}
}

static void
test_refused_names(void **state)
{
	static const char *const names[] = { "", "/", "a/b.sync", "a.sync/" };
	char out[DSYNC_DISPLAY_NAME_SIZE];
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(dsync_vfs_display_name(out, names[i], "csv", &err), DSYNC_ERR_INVALID);
		assert_string_equal(out, "");
	}
}

/* A name is cut between two characters, and keeps its extension. */
static void
test_long_names(void **state)
{
	char name[600], out[DSYNC_DISPLAY_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < 255; i += 2)
		memcpy(name + i, "\303\251", 2);
	strcpy(name + 256, ".sync");
	assert_int_equal(dsync_vfs_display_name(out, name, "csv", NULL), 0);
	assert_int_equal(strlen(out), 254);
	assert_string_equal(out + 250, ".csv");
	assert_memory_equal(out + 248, "\303\251", 2);

	memset(name, 'n', 599);
	name[599] = '\0';
	assert_int_equal(dsync_vfs_display_name(out, name, "abcdefghijabcdefghijabcdefghijab", NULL), 0);
	assert_int_equal(strlen(out), 255);
	assert_string_equal(out + 222, ".abcdefghijabcdefghijabcdefghijab");
}

static void
test_titles(void **state)
{
	static const struct {
		const char *title, *extension, *display;
	} cases[] = {
		{ "Exchange rates", "csv", "Exchange rates.csv" },
		{ "Rates v1.2", "csv", "Rates v1.2.csv" },
		{ "rates.CSV", "csv", "rates.CSV" },
		{ "../../etc/passwd", "csv", ".._.._etc_passwd.csv" },
		{ "..", "", ".._" },
		{ "/", "", "_" },
	};
	char out[DSYNC_DISPLAY_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dsync__vfs_name_of_title(out, cases[i].title, cases[i].extension);
		assert_string_equal(out, cases[i].display);
	}
}

#define TITLED \
	"[sync]\nversion = \"1.3\"\ncontent_type = \"text/csv\"\ndisplay_ext = \"csv\"\n" \
	"[meta]\nname = \"A/title\"\ncreated_by = \"x\"\ncreated_at = \"2020-01-31T12:00:00Z\"\nhash_algo = \"blake3\"\n"

static void
check_display(
	struct dsync_archive *archive, const struct dsync_vfs_config *config, const char *display, const char *path)
{
	struct dsync_vfs *vfs = dsync_vfs_from_archive(archive, config, NULL);

	assert_non_null(vfs);
	assert_string_equal(dsync_vfs_entry_display_name(vfs, 0), display);
	assert_string_equal(dsync_vfs_entry_path(vfs, 0), path);
	dsync_vfs_destroy(vfs);
}

static void
test_entry(void **state)
{
	struct dsync_archive *archive;
	struct dsync_extent extent;
	struct dsync_vfs *vfs;

	(void)state;
	home_make("report.sync", TITLED, "payload", NULL, 0);
	archive = home_open("report.sync");
	extent = dsync_archive_payload_extent(archive);
	vfs = dsync_vfs_from_archive(archive, NULL, NULL);
	dsync_archive_unref(archive); /* the vfs keeps it open */
	assert_int_equal(dsync_vfs_entry_count(vfs), 1);
	assert_string_equal(dsync_vfs_entry_name(vfs, 0), "payload");
	assert_string_equal(dsync_vfs_entry_display_name(vfs, 0), "report.csv");
	assert_string_equal(dsync_vfs_entry_content_type(vfs, 0), "text/csv");
	assert_string_equal(dsync_vfs_entry_archive_path(vfs, 0), "report.sync");
	assert_string_equal(dsync_vfs_entry_path(vfs, 0), "/report.csv");
	assert_int_equal(dsync_vfs_entry_offset(vfs, 0), extent.offset);
	assert_int_equal(dsync_vfs_entry_size(vfs, 0), 7);
	assert_true(dsync_vfs_entry_read_only(vfs, 0));
	assert_int_equal(dsync_archive_payload_size(dsync_vfs_entry_archive(vfs, 0)), 7);
	dsync_vfs_destroy(vfs);
	dsync_vfs_destroy(NULL);
}

static void
test_config(void **state)
{
	struct dsync_vfs_config config = DSYNC_VFS_CONFIG_INIT;
	struct dsync_archive *archive;
	struct dsync_vfs *vfs;
	char path[1024];
	int fd;

	(void)state;
	home_make("report.csv.sync", TITLED, "payload", NULL, 0);
	assert_non_null(getcwd(path, sizeof(path) - 32));
	strcat(path, "/report.csv.sync");
	archive = home_open(path);
	config.mount_path = "/mnt";
	check_display(archive, &config, "report.csv", "/mnt/report.csv");
	config.mount_path = "/mnt///";
	check_display(archive, &config, "report.csv", "/mnt/report.csv");
	config.mount_path = "";
	check_display(archive, &config, "report.csv", "/report.csv");
	config.show_original_extension = false; /* the stem has one of its own */
	check_display(archive, &config, "report.csv", "/report.csv");
	config.name_from = DSYNC_VFS_NAME_FROM_MANIFEST;
	check_display(archive, &config, "A_title", "/A_title");
	config.show_original_extension = true;
	check_display(archive, &config, "A_title.csv", "/A_title.csv");
	config.read_only = false;
	vfs = dsync_vfs_from_archive(archive, &config, NULL);
	assert_false(dsync_vfs_entry_read_only(vfs, 0));
	dsync_vfs_destroy(vfs);
	dsync_archive_unref(archive);

	/* from a descriptor there is no file name */
	fd = open("report.csv.sync", O_RDONLY | O_CLOEXEC);
	archive = dsync_archive_open_fd(fd, NULL, NULL);
	close(fd);
	check_display(archive, NULL, "A_title.csv", "/A_title.csv");
	dsync_archive_unref(archive);

	home_make("report.sync", HOME_MANIFEST, "payload", NULL, 0);
	archive = home_open("report.sync");
	config.show_original_extension = false;
	config.name_from = DSYNC_VFS_NAME_FROM_FILE;
	check_display(archive, &config, "report", "/report");
	dsync_archive_unref(archive);
	fd = open("report.sync", O_RDONLY | O_CLOEXEC);
	archive = dsync_archive_open_fd(fd, NULL, NULL);
	close(fd);
	check_display(archive, NULL, "payload.csv", "/payload.csv");
	dsync_archive_unref(archive);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_titles),
		TEST(test_entry),
		TEST(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
