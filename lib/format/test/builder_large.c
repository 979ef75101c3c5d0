/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A payload that is larger than 4 GiB, and than the memory we allow ourselves; sparse, so that the disk
 * hardly notices.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "sample.h"

#define LARGE_SIZE (INT64_C(5) << 30)
#define DISK_MAX (INT64_C(8) << 20)
#define MEMORY_KIB_MAX (32 * 1024)

#ifdef __SANITIZE_ADDRESS__
#define MEMORY_IS_MEASURED 0
#else
#define MEMORY_IS_MEASURED 1
#endif

static void
make_sparse(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LARGE_SIZE), 0); /* ends in a hole */
	assert_int_equal(pwrite(fd, "start", 5, 0), 5);
	assert_int_equal(pwrite(fd, "middle", 6, LARGE_SIZE / 2 + 1), 6);
	close(fd);
}

static int
pack(void)
{
	struct dsync_builder *b = sample_builder("");
	int rc;

	dsync_builder_set_payload_file(b, "large");
	rc = dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL);
	dsync_builder_destroy(b);
	return rc;
}

static int
change(void)
{
	struct dsync_archive *base = dsync_archive_open("a.sync", NULL, NULL);
	struct dsync_builder *b = dsync_builder_create();
	int rc;

	dsync_builder_set_base(b, base);
	dsync_builder_set_context(b, "{}", 2);
	rc = dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, NULL);
	dsync_builder_destroy(b);
	dsync_archive_unref(base);
	return rc;
}

/* What the CRC must be; reading the archive's holes back would take far longer. */
static uint32_t
expected_crc(void)
{
	static const unsigned char zeros[1 << 20];
	int64_t left = LARGE_SIZE / 2 + 1 - 5;
	uint32_t crc = dsync_crc32(0, "start", 5);

	for (; left > 0; left -= (int64_t)sizeof(zeros))
		crc = dsync_crc32(crc, zeros, left < (int64_t)sizeof(zeros) ? (size_t)left : sizeof(zeros));
	crc = dsync_crc32(crc, "middle", 6);
	for (left = LARGE_SIZE - LARGE_SIZE / 2 - 1 - 6; left > 0; left -= (int64_t)sizeof(zeros))
		crc = dsync_crc32(crc, zeros, left < (int64_t)sizeof(zeros) ? (size_t)left : sizeof(zeros));
	return crc;
}

/* Works in a child and looks at the most memory that it had. */
static void
run(int (*work)(void))
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(work() == 0 ? 0 : 1);
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_int_equal(status, 0);
	print_message("%ld KiB\n", usage.ru_maxrss);
	if (MEMORY_IS_MEASURED)
		assert_true(usage.ru_maxrss <= MEMORY_KIB_MAX);
}

static void
check_disk(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true((int64_t)st.st_blocks * 512 < DISK_MAX);
}

static void
takes_constant_memory_and_keeps_holes(void **state)
{
	struct dsync_archive_entry entry;
	struct dsync_archive *archive;
	struct stat st;
	char buf[6];

	(void)state;
	make_sparse("large");
	assert_int_equal(stat("large", &st), 0);
	if ((int64_t)st.st_blocks * 512 > DISK_MAX) {
		print_message("skipped: no sparse files on this file system\n");
		skip();
	}
	run(pack);
	check_disk("a.sync");
	run(change);
	check_disk("a.sync");

	archive = sample_open("a.sync");
	assert_int_equal(dsync_archive_payload_size(archive), LARGE_SIZE);
	assert_int_equal(dsync_archive_find(archive, "payload", &entry), 0);
	assert_int_equal(entry.crc32, expected_crc());
	assert_int_equal(dsync_archive_read_payload(archive, LARGE_SIZE / 2 + 1, buf, 6, NULL), 6);
	assert_memory_equal(buf, "middle", 6);
	assert_int_equal(dsync_archive_read_payload(archive, LARGE_SIZE - 3, buf, 6, NULL), 3);
	dsync_archive_unref(archive);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_constant_memory_and_keeps_holes, sample_setup, sample_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
