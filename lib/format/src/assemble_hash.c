/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Two sums run beside the payload: CRC-32, which the container needs, and BLAKE3,
 * which some callers ask for.  Each knows how many bytes it covers.  Bytes that
 * pass through our hands are taken in at once; those that the kernel moved are
 * read when somebody needs the sum.
 */
#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"

void
dsync__assembly_forget_hashes(struct dsync_assembly *a)
{
	a->crc_size = 0;
	a->crc = 0;
	a->hash_size = 0;
	dsync_hash_init(&a->hash);
}

void
dsync__assembly_hash(struct dsync_assembly *a, const void *data, size_t size)
{
	if (a->crc_size == a->size) {
		a->crc = dsync_crc32(a->crc, data, size);
		a->crc_size += size;
	}
	if (a->hash_size == a->size && !a->hash_on_demand) {
		dsync_hash_update(&a->hash, data, size);
		a->hash_size += size;
	}
}

/* The piece that begins where the sum that is further behind stands, and ends where the other stands at the latest. */
static size_t
next_piece(const struct dsync_assembly *a, bool with_hash, uint64_t *start)
{
	uint64_t stop = a->size;

	*start = a->crc_size;
	if (with_hash && a->hash_size < a->crc_size) { /* never the other way round */
		*start = a->hash_size;
		stop = a->crc_size;
	}
	return stop - *start < DSYNC__PIECE_SIZE ? (size_t)(stop - *start) : DSYNC__PIECE_SIZE;
}

int
dsync__assembly_catch_up(struct dsync_assembly *a, bool with_hash, struct dsync_error *err)
{
	uint64_t start;
	size_t size;
	int rc;

	while (a->crc_size < a->size || (with_hash && a->hash_size < a->size)) {
		size = next_piece(a, with_hash, &start);
		rc = dsync_sys_pread_all(a->fd, a->piece, size, a->place + start);
		if (rc < 0)
			return dsync_error_set_errno(err, -rc, "cannot read the payload back");
		rc = dsync__assembly_report(a, err);
		if (rc < 0)
			return rc;
		if (a->crc_size == start) {
			a->crc = dsync_crc32(a->crc, a->piece, size);
			a->crc_size += size;
		}
		if (with_hash && a->hash_size == start) {
			dsync_hash_update(&a->hash, a->piece, size);
			a->hash_size += size;
		}
	}
	return 0;
}

int
dsync_assembly_payload_hash(struct dsync_assembly *a, unsigned char digest[DSYNC_HASH_SIZE], struct dsync_error *err)
{
	int rc;

	rc = dsync__assembly_catch_up(a, true, err);
	if (rc == 0)
		dsync_hash_final(&a->hash, digest);
	return rc;
}
