/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The strict ZIP reader: whatever the bytes, it refuses with a rule and a message, or what it hands out
 * lies inside the file, reads the same in every way, and can be copied by the writer into an
 * archive that reads the same again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "zip/reader.h"
#include "zip/writer.h"

#define READ_SIZE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dsync_zip_rule rules[] = {
	{ "manifest.toml", true, false, 256 * 1024 },
	{ "payload", true, true, UINT64_MAX },
};
static const struct dsync_zip_profile profile = { rules, sizeof(rules) / sizeof(rules[0]) };

static unsigned char whole[READ_SIZE_MAX + 1];
static unsigned char again[READ_SIZE_MAX + 1];

static void
require(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "zip_fuzz: violated: %s\n", what);
	abort();
}

struct sum {
	size_t size;
};

static int
compare_piece(void *context, const void *data, size_t size)
{
	struct sum *sum = context;

	require(size <= READ_SIZE_MAX - sum->size, "a stream is no longer than its entry");
	require(memcmp(whole + sum->size, data, size) == 0, "a stream has the bytes of a read");
	sum->size += size;
	return 0;
}

/* Reads an entry into `whole`; false when it is damaged or too large to look at. */
static int
read_entry(const struct dsync_zip *zip, const struct dsync_zip_entry *e)
{
	unsigned char buf[777];
	struct sum sum = { 0 };
	int rc;

	if (e->size > READ_SIZE_MAX)
		return 0;
	rc = dsync_zip_read(zip, e, whole, NULL);
	require(rc == 0 || rc == DSYNC_ERR_CORRUPT, "reading fails only on damage");
	require(rc == 0 || dsync_zip_stream(zip, e, buf, sizeof(buf), NULL, NULL, NULL) == rc,
		"streams fail when reads do");
	if (rc < 0)
		return 0;
	require(dsync_zip_stream(zip, e, buf, sizeof(buf), compare_piece, &sum, NULL) == 0,
		"what can be read can be streamed");
	require(sum.size == e->size, "a stream has the size of its entry");
	return 1;
}

static void
check_entry(const struct dsync_zip *zip, const struct dsync_zip_entry *e)
{
	uint64_t directory = dsync_zip_directory_offset(zip);

	require(dsync_zip_find(zip, e->name) == e, "a name finds its entry");
	require(e->header_offset < e->data_offset && e->data_offset <= directory, "data begins before the directory");
	require(e->stored_size <= directory - e->data_offset, "data ends before the directory");
	require(e->method == DSYNC_ZIP_DEFLATED || e->size == e->stored_size, "stored entries have one size");
	require(!e->is_directory || e->size == 0, "directories are empty");
}

/* Copies an entry that reads well as it lies. */
static void
copy_entry(int fd, const struct dsync_zip_entry *e, struct dsync_zip_writer *w, int to)
{
	static unsigned char stored[2 * READ_SIZE_MAX];
	int rc;

	if (e->stored_size > sizeof(stored))
		return;
	require(dsync_zip_writer_begin(w, e->name, NULL, NULL) == 0, "the writer takes the reader's names");
	require(dsync_sys_pread_all(fd, stored, (size_t)e->stored_size, e->data_offset) == 0, "data can be read");
	require(dsync_sys_pwrite_all(to, stored, (size_t)e->stored_size, dsync_zip_writer_data_offset(w)) == 0,
		"data can be written");
	if (e->method == DSYNC_ZIP_DEFLATED && !e->is_directory)
		rc = dsync_zip_writer_end_deflated(w, e->stored_size, e->size, e->crc32, NULL);
	else
		rc = dsync_zip_writer_end(w, e->size, e->crc32, NULL);
	require(rc == 0, "the writer takes the reader's sizes");
}

static void
check_copy(const struct dsync_zip *zip, int to, struct dsync_zip_writer *w)
{
	const struct dsync_zip_entry *e, *original;
	struct dsync_zip *copy;
	size_t i;

	if (dsync_zip_writer_finish(w, NULL, NULL) < 0)
		return; /* nothing was copied */
	copy = dsync_zip_open(to, NULL, NULL);
	require(copy != NULL, "the reader takes what the writer made");
	for (i = 0; (e = dsync_zip_at(copy, i)) != NULL; i++) {
		original = dsync_zip_find(zip, e->name);
		require(original != NULL && original->size == e->size, "a copy has the entries of the original");
		require(dsync_zip_read(copy, e, again, NULL) == 0, "a copy can be read");
		require(dsync_zip_read(zip, original, whole, NULL) == 0, "the original still can");
		require(memcmp(whole, again, (size_t)e->size) == 0, "a copy has the bytes of the original");
	}
	dsync_zip_close(copy);
}

static void
check_archive(int fd, const struct dsync_zip *zip, int to)
{
	const struct dsync_zip_entry *e;
	struct dsync_zip_writer w;
	size_t i;

	dsync_zip_writer_init(&w, to, NULL);
	for (i = 0; (e = dsync_zip_at(zip, i)) != NULL; i++) {
		check_entry(zip, e);
		if (read_entry(zip, e))
			copy_entry(fd, e, &w, to);
	}
	check_copy(zip, to, &w);
	dsync_zip_writer_destroy(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_error err = { 0 };
	struct dsync_zip *zip, *strict;
	int fd = memfd_create("archive", MFD_CLOEXEC);
	int to = memfd_create("copy", MFD_CLOEXEC);

	require(fd >= 0 && to >= 0 && dsync_sys_pwrite_all(fd, data, size, 0) == 0, "there are files in memory");
	zip = dsync_zip_open(fd, NULL, &err);
	strict = dsync_zip_open(fd, &profile, NULL);
	require(zip != NULL || strict == NULL, "a profile only forbids");
	require(zip != NULL || (err.code == DSYNC_ERR_NOT_ARCHIVE && err.rule[0] != '\0' && err.message[0] != '\0'),
		"refusals say why");
	if (zip != NULL)
		check_archive(fd, zip, to);
	dsync_zip_close(strict);
	dsync_zip_close(zip);
	dsync_sys_close(to);
	dsync_sys_close(fd);
	return 0;
}
