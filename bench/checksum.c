/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * checksum - the limits of verifying: one thread reads a file and computes nothing, one sum, or both.
 *
 *	checksum read|crc|blake3|both|blake3-mapped FILE
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"
#include "measure.h"

#define PIECE (256u * 1024u)

struct sums {
	bool with_crc, with_hash;
	uint32_t crc;
	struct dsync_hash hash;
};

static void
take(struct sums *sums, const void *data, size_t size)
{
	if (sums->with_crc)
		sums->crc = dsync_crc32(sums->crc, data, size);
	if (sums->with_hash)
		dsync_hash_update(&sums->hash, data, size);
}

static void
take_file(struct sums *sums, int fd)
{
	unsigned char *buf = malloc(PIECE);
	ssize_t got;

	if (buf == NULL)
		measure_fail("memory");
	while ((got = read(fd, buf, PIECE)) > 0)
		take(sums, buf, (size_t)got);
	if (got < 0)
		measure_fail("read");
	free(buf);
}

static void
take_mapping(struct sums *sums, int fd, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		measure_fail("mmap");
	take(sums, map, size);
	munmap(map, size);
}

int
main(int argc, char **argv)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	struct sums sums = { 0 };
	size_t size;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: checksum read|crc|blake3|both|blake3-mapped FILE\n");
		return 2;
	}
	sums.with_crc = strcmp(argv[1], "crc") == 0 || strcmp(argv[1], "both") == 0;
	sums.with_hash = strncmp(argv[1], "blake3", 6) == 0 || strcmp(argv[1], "both") == 0;
	dsync_hash_init(&sums.hash);
	fd = measure_open(argv[2], &size);
	if (strcmp(argv[1], "blake3-mapped") == 0)
		take_mapping(&sums, fd, size);
	else
		take_file(&sums, fd);
	close(fd);
	dsync_hash_final(&sums.hash, digest);
	printf("%08x %02x%02x\n", (unsigned)sums.crc, digest[0], digest[1]);
	return 0;
}
