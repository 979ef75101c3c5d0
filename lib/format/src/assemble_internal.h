/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * assemble_internal.h - the parts of writing an archive.
 *
 *	assemble.c          an assembly's life, its payload, finish
 *	assemble_hash.c     CRC-32 and BLAKE3 of the payload, now or later
 *	assemble_append.c   the payload from a file, a pipe or the base
 *	assemble_copy.c     bytes from file to file: shared, copied in the kernel, holes kept
 *	assemble_head.c     the entries in front of the payload: which, in what order
 *	assemble_place.c    where the payload goes, and moving it
 */
#ifndef FORMAT_ASSEMBLE_INTERNAL_H
#define FORMAT_ASSEMBLE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "archive_internal.h"
#include "base/hash.h"
#include "dotsync/builder.h"
#include "dotsync/error.h"
#include "format/assemble.h"
#include "zip/writer.h"
#include "zip/zip.h"

/*
 * Payload bytes handled at once; large enough to hide the calls, small enough for the processor's cache.  Pieces end at multiples of it in
 * the file: the page cache then keeps each as one large part, and writing takes two thirds of the time.
 */
#define DSYNC__PIECE_SIZE DSYNC_ASSEMBLY_PIECE_MAX

/* One entry of the head. */
struct dsync__head_entry {
	const char *name;                   /* borrowed */
	struct dsync_view data;             /* what to write, when `copy` is NULL */
	uint16_t method;                    /* to write it with */
	const struct dsync_zip_entry *copy; /* of the base: the same stored bytes */
};

/* The head to be, in order. */
struct dsync__head {
	const struct dsync_archive *base; /* of the copies; may be NULL */
	bool all_stored;                  /* nothing is or stays Deflated */
	size_t count;
	struct dsync__head_entry entries[DSYNC_ZIP_ENTRIES_MAX];
};

struct dsync_assembly {
	int fd;
	struct dsync_archive *base; /* referenced, or NULL */
	uint64_t place;             /* of the payload in fd */
	uint64_t size;              /* of the payload so far */
	uint64_t size_max;
	bool is_base_payload; /* the payload is the base's, whole */
	bool finished;

	/* assemble_hash.c: how much of the payload each sum covers */
	uint64_t crc_size;
	uint32_t crc;
	uint64_t hash_size;
	bool hash_on_demand; /* BLAKE3 is left until somebody asks */
	struct dsync_hash hash;

	struct dsync_zip_writer writer;
	bool head_written;

	dsync_builder_progress *progress; /* may be NULL */
	uint64_t progress_total;          /* 0: not known */
	void *progress_user;

	unsigned char *piece; /* working memory, DSYNC__PIECE_SIZE bytes */
};

/* --- assemble_hash.c --- */

void dsync__assembly_forget_hashes(struct dsync_assembly *a);

/* Takes bytes that were put at the payload's end (before its size counts them) into the sums that are up to date. */
void dsync__assembly_hash(struct dsync_assembly *a, const void *data, size_t size);

/* Reads what the CRC, and the hash if asked for, do not cover yet. */
int dsync__assembly_catch_up(struct dsync_assembly *a, bool with_hash, struct dsync_error *err);

/* --- assemble.c --- */

/* Refuses what would make the payload too large. */
int dsync__assembly_check_room(const struct dsync_assembly *a, uint64_t end, struct dsync_error *err);

/* Tells how far it is; DSYNC_ERR_CANCELLED when the caller has had enough. */
int dsync__assembly_report(struct dsync_assembly *a, struct dsync_error *err);

/*
 * Writes the head now, when it is known before the payload: then the payload's place is exact.  Before any
 * payload byte.
 */
int dsync__assembly_write_head(
	struct dsync_assembly *a, const struct dsync__head *head, size_t reserve, struct dsync_error *err);

/* The rest of finish: head (unless written), payload's header, sync.chunks, directory. */
int dsync__assembly_close(struct dsync_assembly *a, const struct dsync__head *head, size_t reserve,
	const struct dsync_view *chunks, struct dsync_error *err);

/* --- assemble_append.c --- */

/*
 * Appends what the source gives until it ends; it is called on this thread, its negative code is returned
 * without filling err.
 */
int dsync__assembly_append_source(
	struct dsync_assembly *a, dsync_builder_source *source, void *user, struct dsync_error *err);

/* --- assemble_place.c --- */

/* How much room to keep between head and payload. */
size_t dsync__head_reserve(const struct dsync_manifest *manifest);

/* Where a payload goes whose head ends at `head_end`: where it `was` (0: nowhere) if that will do. */
uint64_t dsync__payload_place(uint64_t head_end, uint64_t was, size_t reserve);

/* How many bytes the base's own head takes. */
uint64_t dsync__head_size(const struct dsync_archive *base);

int dsync__assembly_move(struct dsync_assembly *a, uint64_t place, struct dsync_error *err);

/* --- assemble_head.c --- */

/* Starts with every entry of the base but payload and sync.chunks; base may be NULL. */
int
dsync__head_init(struct dsync__head *head, const struct dsync_archive *base, bool all_stored, struct dsync_error *err);

/* Puts an entry in its place, instead of one of that name; its bytes are borrowed until the head is written. */
int dsync__head_set(
	struct dsync__head *head, const char *name, struct dsync_view data, uint16_t method, struct dsync_error *err);
bool dsync__head_has(const struct dsync__head *head, const char *name);
void dsync__head_remove(struct dsync__head *head, const char *name);
int dsync__head_write(const struct dsync__head *head, struct dsync_zip_writer *writer, struct dsync_error *err);

/* Writes one entry, for those behind the payload. */
int dsync__head_write_entry(const struct dsync__head *head, const struct dsync__head_entry *entry,
	struct dsync_zip_writer *writer, struct dsync_error *err);

/* The method that a new manifest gets beside this base. */
uint16_t dsync__manifest_method(const struct dsync_archive *base);

/* --- assemble_copy.c --- */

/* One stretch of bytes from file to file; the target's holes read as zeros already. */
struct dsync__copy {
	int src;
	uint64_t src_offset;
	int dst;
	uint64_t dst_offset;
	uint64_t size;
	unsigned char *buf; /* working memory, DSYNC__PIECE_SIZE bytes */
};

/*
 * Shares as many whole blocks as the file system lets us, from the start of the stretch; returns how many
 * bytes that were.
 */
uint64_t dsync__copy_share(const struct dsync__copy *copy);

/* Copies all of it, in the kernel where that can; holes of the source are left out. */
int dsync__copy_bytes(const struct dsync__copy *copy, struct dsync_error *err);

/*
 * The first stretch of data at or after `offset` and before `end`: [*start, *stop); both are `end` when only
 * a hole is left.
 */
int
dsync__copy_next_data(int fd, uint64_t offset, uint64_t end, uint64_t *start, uint64_t *stop, struct dsync_error *err);

#endif
