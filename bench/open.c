/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * open - what opening an archive and looking at its payload costs, in this process.
 *
 *	open ARCHIVE BLOCKS
 *
 * In each block every way is run COUNT times; the block's figure is the mean.  The ways take turns block by block,
 * so that what disturbs the machine disturbs them alike.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dotsync/archive.h"
#include "format/layout.h"
#include "measure.h"
#include "open.h"
#include "zip/reader.h"

#define COUNT 200
#define BLOCKS_MAX 1000
#define PAGE 4096

static volatile unsigned char touched;

/* The limit: no rule checked, nothing known; a page of the file mapped and read. */
static void
open_mmap(const char *path)
{
	size_t size;
	int fd = measure_open(path, &size);
	unsigned char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		measure_fail("mmap");
	touched = map[size / 2];
	munmap(map, size);
	close(fd);
}

/* The limit without a mapping: tail and head read. */
static void
open_pread(const char *path)
{
	unsigned char buf[PAGE];
	size_t size;
	int fd = measure_open(path, &size);

	if (pread(fd, buf, 1024, (off_t)(size > 1024 ? size - 1024 : 0)) < 0 || pread(fd, buf, PAGE, 0) < 0)
		measure_fail("pread");
	touched = buf[0];
	close(fd);
}

/* The descriptor alone: the reader looks at the file's size itself. */
static int
open_descriptor(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		measure_fail(path);
	return fd;
}

static struct dsync_zip *
open_zip(int fd)
{
	static const struct dsync_zip_rule rules[] = {
		{ DSYNC_ENTRY_MANIFEST, .required = true, .size_max = 256 << 10 },
		{ DSYNC_ENTRY_PAYLOAD, .required = true, .stored_only = true, .size_max = UINT64_MAX },
	};
	static const struct dsync_zip_profile profile = { rules, sizeof(rules) / sizeof(rules[0]) };
	struct dsync_error err;
	struct dsync_zip *zip = dsync_zip_open(fd, &profile, &err);

	if (zip == NULL)
		measure_fail_with("open", &err);
	return zip;
}

static void
open_container(const char *path)
{
	int fd = open_descriptor(path);
	struct dsync_zip *zip = open_zip(fd);

	if (dsync_zip_find(zip, DSYNC_ENTRY_PAYLOAD) == NULL)
		abort();
	dsync_zip_close(zip);
	close(fd);
}

static void
open_container_view(const char *path)
{
	size_t size, lead;
	int fd = open_descriptor(path);
	struct dsync_zip *zip = open_zip(fd);
	const struct dsync_zip_entry *payload = dsync_zip_find(zip, DSYNC_ENTRY_PAYLOAD);
	unsigned char *map;

	lead = (size_t)(payload->data_offset % PAGE);
	size = (size_t)payload->size + lead;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)(payload->data_offset - lead));
	if (map == MAP_FAILED)
		measure_fail("mmap");
	touched = map[size / 2];
	munmap(map, size);
	dsync_zip_close(zip);
	close(fd);
}

static void
open_archive(const char *path)
{
	struct dsync_error err;
	struct dsync_archive *archive = dsync_archive_open(path, NULL, &err);

	if (archive == NULL)
		measure_fail_with("open", &err);
	dsync_archive_unref(archive);
}

static void
open_archive_view(const char *path)
{
	struct dsync_error err;
	struct dsync_archive *archive = dsync_archive_open(path, NULL, &err);
	struct dsync_view payload;

	if (archive == NULL || dsync_archive_map_payload(archive, &payload, &err) < 0)
		measure_fail_with("open", &err);
	touched = payload.data[payload.size / 2];
	dsync_archive_unref(archive);
}

static const struct open_way ways[] = {
	{ "mmap", open_mmap },
	{ "pread", open_pread },
	{ "container", open_container },
	{ "container, view", open_container_view },
	{ "archive", open_archive },
	{ "archive, view", open_archive_view },
};
#define WAY_COUNT (sizeof(ways) / sizeof(ways[0]))
#define PEERS_MAX 4

static int64_t
time_block(const struct open_way *way, const char *path)
{
	int64_t start = measure_now();
	int i;

	for (i = 0; i < COUNT; i++)
		way->run(path);
	return (measure_now() - start) / COUNT;
}

int
main(int argc, char **argv)
{
	static int64_t times[WAY_COUNT + PEERS_MAX][BLOCKS_MAX];
	size_t blocks, i, k;

	if (argc != 3 || (blocks = strtoul(argv[2], NULL, 10)) < 1 || blocks > BLOCKS_MAX) {
		fprintf(stderr, "usage: open ARCHIVE BLOCKS\n");
		return 2;
	}
	for (i = 0; i < blocks; i++) {
		for (k = 0; k < WAY_COUNT; k++)
			times[k][i] = time_block(&ways[k], argv[1]);
		for (k = 0; k < open_peer_count; k++)
			times[WAY_COUNT + k][i] = time_block(&open_peers[k], argv[1]);
	}
	for (k = 0; k < WAY_COUNT + open_peer_count; k++) {
		fputs(k == 0 ? "{" : ", ", stdout);
		measure_print_list(k < WAY_COUNT ? ways[k].name : open_peers[k - WAY_COUNT].name, times[k], blocks);
	}
	puts("}");
	return 0;
}
