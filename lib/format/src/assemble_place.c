/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The payload's place.  Whoever remembered an offset into the file is right for as
 * long as the payload stays where it was, and a payload that stays need not
 * be copied by file systems that share blocks; so the head gets room to grow, which the
 * padding of the payload's local header takes up (extra field 0xa11e, at most 64 KiB).
 */
#include <string.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"
#include "format/layout.h"

/* The payload's local header with the least extra area that the writer makes: room for ZIP64, and padding. */
#define HEADER_SIZE (DSYNC_ZIP_LOCAL_SIZE + (sizeof(DSYNC_ENTRY_PAYLOAD) - 1))
#define HEADER_SIZE_MIN (HEADER_SIZE + 20u + 6u)
#define HEADER_SIZE_MAX (HEADER_SIZE + 65535u)

size_t
dsync__head_reserve(const struct dsync_manifest *manifest)
{
	return manifest != NULL && dsync_manifest_has_publisher(manifest) ? DSYNC_HEAD_RESERVE_PUBLISHER
									  : DSYNC_HEAD_RESERVE;
}

static bool
fits(uint64_t head_end, uint64_t place)
{
	return place % DSYNC_PAYLOAD_ALIGNMENT == 0 && place >= head_end + HEADER_SIZE_MIN &&
		place <= head_end + HEADER_SIZE_MAX;
}

uint64_t
dsync__payload_place(uint64_t head_end, uint64_t was, size_t reserve)
{
	uint64_t place = head_end + HEADER_SIZE_MIN + reserve;

	if (fits(head_end, was))
		return was;
	return place + (DSYNC_PAYLOAD_ALIGNMENT - place % DSYNC_PAYLOAD_ALIGNMENT) % DSYNC_PAYLOAD_ALIGNMENT;
}

uint64_t
dsync__head_size(const struct dsync_archive *base)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < dsync_zip_count(base->zip); i++) {
		const struct dsync_zip_entry *entry = dsync_zip_at(base->zip, i);

		if (entry != base->payload && strcmp(entry->name, DSYNC_ENTRY_CHUNKS) != 0)
			size += DSYNC_ZIP_LOCAL_SIZE + strlen(entry->name) + entry->stored_size;
	}
	return size;
}

static int
move_piece(const struct dsync_assembly *a, uint64_t place, uint64_t offset, size_t size, struct dsync_error *err)
{
	int rc;

	rc = dsync_sys_pread_all(a->fd, a->piece, size, a->place + offset);
	if (rc == 0)
		rc = dsync_sys_pwrite_all(a->fd, a->piece, size, place + offset);
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot move the payload") : 0;
}

/* Old and new place overlap: upwards from the end, downwards from the start. */
int
dsync__assembly_move(struct dsync_assembly *a, uint64_t place, struct dsync_error *err)
{
	uint64_t done = 0;
	int rc;

	while (done < a->size) {
		uint64_t left = a->size - done;
		size_t size = left < DSYNC__PIECE_SIZE ? (size_t)left : DSYNC__PIECE_SIZE;

		rc = move_piece(a, place, place > a->place ? left - size : done, size, err);
		if (rc < 0)
			return rc;
		done += size;
	}
	a->place = place;
	return 0;
}
