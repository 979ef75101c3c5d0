/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * assemble.h - write an archive into a staging file while its payload is still arriving.
 *
 * The builder writes from things that are there; the refresher does not know the payload's size until the
 * server has sent it.  An assembly puts the payload at its aligned place first and the head in front of it
 * at the end, when created_at, context and attestation are known.
 *
 *	dsync_assembly_begin(&a, fd, base, &err);               room for the head is reserved from the base's head
 *	dsync_assembly_append(a, bytes, size, &err);            or _append_base(), _append_fd(), _write_at()
 *	dsync_assembly_finish(a, &parts, &err);                 head, directory; the file is a whole archive now
 *	dsync_assembly_destroy(a);
 *
 * Hash and CRC are computed while appending; what was shared, copied in the kernel or written out of order
 * is read again for them when they are needed.  Memory is constant whatever the size.  After a failure only
 * discard and destroy make sense.
 */
#ifndef FORMAT_ASSEMBLE_H
#define FORMAT_ASSEMBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "dotsync/builder.h"
#include "dotsync/error.h"
#include "dotsync/view.h"

struct dsync_archive;
struct dsync_assembly;
struct dsync_manifest;

/*
 * Head entries that differ from the base's; a NULL view.data keeps the base's entry.  The base's sync.chunks is
 * kept only with its whole payload, for which alone it is right.
 */
struct dsync_assembly_parts {
	const struct dsync_manifest *manifest; /* NULL: the base's, byte for byte */
	struct dsync_view context;
	struct dsync_view updater;
	struct dsync_view attest;
	struct dsync_view release;
};

/*
 * `fd` is an empty file and stays the caller's; `base` is referenced and may be NULL (then parts must bring
 * a manifest). `head_size_hint`: by how many bytes the head is expected to grow, 0 for none.  The payload
 * keeps the base's place when the head fits before it.
 */
int dsync_assembly_begin(
	struct dsync_assembly **a, int fd, struct dsync_archive *base, size_t head_size_hint, struct dsync_error *err);

/* Bytes in the payload so far: one past the last byte written. */
uint64_t dsync_assembly_payload_size(const struct dsync_assembly *a);

/* DSYNC_ERR_LIMIT when the payload would pass this; default unlimited. */
void dsync_assembly_set_limit(struct dsync_assembly *a, uint64_t payload_size_max);

/* Told now and then while bytes are copied or read back; when it returns non-zero the call fails with DSYNC_ERR_CANCELLED. */
void dsync_assembly_set_progress(struct dsync_assembly *a, dsync_builder_progress *progress, void *user);

/*
 * Reserves disk for a payload of this size, so that a full disk is found early; best effort, -EOPNOTSUPP is
 * ignored.
 */
int dsync_assembly_reserve(struct dsync_assembly *a, uint64_t payload_size, struct dsync_error *err);

int dsync_assembly_append(struct dsync_assembly *a, const void *data, size_t size, struct dsync_error *err);

#define DSYNC_ASSEMBLY_PIECE_MAX (256u * 1024u)

/* Of how many bytes, 1 to DSYNC_ASSEMBLY_PIECE_MAX, the next append is best made by whoever gathers them. */
size_t dsync_assembly_piece(const struct dsync_assembly *a);

/*
 * Appends all of a file, or what a pipe brings until it ends.  Holes stay holes, blocks are shared where the file
 * system can.  A file that changes meanwhile is DSYNC_ERR_CHANGED.
 */
int dsync_assembly_append_fd(struct dsync_assembly *a, int fd, struct dsync_error *err);

/*
 * Appends a range of the base's payload: shared where file system and alignment allow, else copied in the
 * kernel; holes stay holes. Of the whole payload the CRC is known and nothing is read.
 */
int dsync_assembly_append_base(struct dsync_assembly *a, uint64_t offset, uint64_t size, struct dsync_error *err);

/* Writes anywhere; a gap reads as zeros.  Never shortens. */
int dsync_assembly_write_at(
	struct dsync_assembly *a, uint64_t offset, const void *data, size_t size, struct dsync_error *err);

/* Forgets the payload written so far. */
int dsync_assembly_discard(struct dsync_assembly *a, struct dsync_error *err);

/* BLAKE3 of the payload; may read the file when it was written out of order. */
int
dsync_assembly_payload_hash(struct dsync_assembly *a, unsigned char digest[DSYNC_HASH_SIZE], struct dsync_error *err);

/* Where the payload lies in `fd`: for a check command. */
uint64_t dsync_assembly_payload_offset(const struct dsync_assembly *a);

/* Writes head and directory. When the head outgrew its room the payload is moved (slow, correct). */
int dsync_assembly_finish(struct dsync_assembly *a, const struct dsync_assembly_parts *parts, struct dsync_error *err);
void dsync_assembly_destroy(struct dsync_assembly *a);

#endif
