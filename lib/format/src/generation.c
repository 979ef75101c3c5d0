/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A generation names what was published, not where: the directory holds every
 * entry's size, place and CRC, so two versions differ in it, and a copy has the same.
 */
#include <string.h>

#include "archive_internal.h"
#include "base/hash.h"
#include "base/text.h"

void
dsync_archive_generation(const struct dsync_archive *archive, unsigned char generation[DSYNC_GENERATION_SIZE])
{
	struct dsync_view tail = dsync_zip_tail(archive->zip);
	unsigned char digest[DSYNC_HASH_SIZE];

	dsync_hash(digest, tail.data, tail.size);
	memcpy(generation, digest, DSYNC_GENERATION_SIZE);
}

void
dsync_generation_format(char out[DSYNC_GENERATION_TEXT_SIZE], const unsigned char generation[DSYNC_GENERATION_SIZE])
{
	dsync_text_hex_encode(out, generation, DSYNC_GENERATION_SIZE);
}
