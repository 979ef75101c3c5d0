/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* On file systems that share blocks a payload that stays is shared, not copied: seen in the free space. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "sample.h"

#define PAYLOAD_SIZE ((size_t)24 << 20)
#define PAYLOAD_TAIL 777          /* bytes that fill no block */
#define SLACK ((uint64_t)4 << 20) /* what the file system may need for itself */

static uint64_t
free_bytes(void)
{
	struct statvfs st;
	int fd = open("fs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(syncfs(fd), 0);
	assert_int_equal(fstatvfs(fd, &st), 0);
	close(fd);
	return (uint64_t)st.f_bfree * st.f_frsize;
}

static void
make_payload(const char *path)
{
	size_t size = PAYLOAD_SIZE + PAYLOAD_TAIL;
	unsigned char *data = malloc(size);
	size_t i;

	assert_non_null(data);
	for (i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	sample_spit(path, data, size);
	free(data);
}

static void
check_same(const char *archive_path, const char *path)
{
	struct dsync_archive *archive = sample_open(archive_path);
	struct dsync_view view;
	unsigned char *data;
	size_t size;

	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	data = sample_slurp(path, &size);
	assert_int_equal(view.size, size);
	assert_memory_equal(view.data, data, size);
	free(data);
	dsync_archive_unref(archive);
}

static void
share_on(const char *mkfs)
{
	struct dsync_archive *base;
	struct dsync_builder *b;
	struct dsync_error err;
	uint64_t before;
	char command[256];

	snprintf(command, sizeof(command),
		"{ truncate -s 400M image && %s image && mkdir fs && mount -o loop image fs; } >/dev/null 2>&1", mkfs);
	if (geteuid() != 0 || system(command) != 0) {
		print_message("skipped: cannot make and mount this file system: %s\n", mkfs);
		rmdir("fs");
		skip();
	}
	make_payload("fs/in");

	/* a new archive of a file beside it */
	before = free_bytes();
	b = sample_builder("");
	dsync_builder_set_payload_file(b, "fs/in");
	assert_int_equal(dsync_builder_write(b, "fs/a.sync", DSYNC_CREATE_NEW, &err), 0);
	dsync_builder_destroy(b);
	assert_true(free_bytes() + SLACK > before);
	check_same("fs/a.sync", "fs/in");

	/* another head, the same payload; the old version is still open */
	before = free_bytes();
	base = sample_open("fs/a.sync");
	b = dsync_builder_create();
	dsync_builder_set_base(b, base);
	dsync_builder_set_context(b, "{}", 2);
	assert_int_equal(dsync_builder_write(b, "fs/a.sync", DSYNC_CREATE_UPDATE, &err), 0);
	dsync_builder_destroy(b);
	assert_true(free_bytes() + SLACK > before);
	check_same("fs/a.sync", "fs/in");
	dsync_archive_unref(base);

	/* the measure itself: a copy does show in the free space */
	before = free_bytes();
	make_payload("fs/copy");
	assert_true(free_bytes() + PAYLOAD_SIZE / 2 < before);
	assert_int_equal(umount("fs"), 0);
	assert_int_equal(rmdir("fs"), 0);
}

static void
shares_on_xfs(void **state)
{
	(void)state;
	share_on("mkfs.xfs -q -m reflink=1");
}

static void
shares_on_btrfs(void **state)
{
	(void)state;
	share_on("mkfs.btrfs -q");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares_on_xfs, sample_setup, sample_teardown),
		cmocka_unit_test_setup_teardown(shares_on_btrfs, sample_setup, sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
