/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * writer.h - the deterministic ZIP writer: rules W1 to W9 of doc/format.md.
 *
 * Writes to a seekable descriptor from offset 0: entries in the order they are
 * given, then the directory.  No descriptors, no flags, no clock: the same calls
 * make the same bytes.  One entry at a time:
 *
 *	struct dsync_zip_writer w;
 *	dsync_zip_writer_init(&w, fd, NULL);
 *	dsync_zip_writer_add(&w, "manifest.toml", bytes, size, DSYNC_ZIP_DEFLATED, &err);
 *	dsync_zip_writer_begin(&w, "payload", &options, &err);    any size, streamed or written by others
 *	dsync_zip_writer_end(&w, size, crc, &err);
 *	dsync_zip_writer_finish(&w, &err);
 *
 * Between begin and end the data belongs to the caller: it lies at dsync_zip_writer_data_offset()
 * in the descriptor and may be written in any way (pwrite, clone, copy_file_range).  The
 * writer's struct is the caller's; it owns its directory buffer and nothing else.
 */
#ifndef ZIP_WRITER_H
#define ZIP_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/error.h"
#include "zip/zip.h"

struct dsync_zip_writer_options {
	int64_t time; /* seconds since 1970 for every entry, clamped to 1980-2107, even; INT64_MIN: 1980-01-01 (W5) */
};

struct dsync_zip_entry_options {
	uint32_t alignment; /* of the data: a power of two up to 32768, 0 or 1 for none (W8, extra field 0xa11e) */
	uint64_t
		data_offset_min; /* the data starts no earlier: head padding that keeps a payload's place; 0 for none */
	bool may_exceed_4g;      /* keep room in the header so that ZIP64 needs no move (W7) */
};

struct dsync_zip_writer {
	int fd;
	uint64_t position;           /* where the next header goes */
	uint64_t data_offset;        /* of the open entry's data; 0 when none is open */
	struct dsync_buffer central; /* directory so far */
	uint32_t count;
	uint16_t dos_time;
	uint16_t dos_date;
	uint16_t open_room; /* size of the open entry's extra area, kept for ZIP64 and padding */
	uint16_t open_alignment;
	char open_name[DSYNC_ZIP_NAME_SIZE_MAX + 1];
};

/* Starts at offset 0 of `fd`; options may be NULL. */
void dsync_zip_writer_init(struct dsync_zip_writer *w, int fd, const struct dsync_zip_writer_options *options);
void dsync_zip_writer_destroy(struct dsync_zip_writer *w);

/*
 * A whole entry from memory; DEFLATED falls back to STORED where deflating does not shrink it.  Names that break
 * Z11 or Z12 are DSYNC_ERR_INVALID, more than DSYNC_ZIP_ENTRIES_MAX entries DSYNC_ERR_LIMIT.
 */
int dsync_zip_writer_add(struct dsync_zip_writer *w, const char *name, const void *data, size_t size, uint16_t method,
	struct dsync_error *err);

/*
 * Opens an entry whose data the caller writes; options may be NULL.  A name that ends in '/' makes a directory, whose
 * size must be 0.  DSYNC_ERR_INVALID where alignment or data_offset_min ask for more padding than an extra area holds.
 */
int dsync_zip_writer_begin(struct dsync_zip_writer *w, const char *name, const struct dsync_zip_entry_options *options,
	struct dsync_error *err);
uint64_t dsync_zip_writer_data_offset(const struct dsync_zip_writer *w);

/*
 * Closes it as Stored: writes its header with the final size and CRC-32.  The data offset does not move; 4 GiB and
 * more without room for ZIP64 is DSYNC_ERR_LIMIT, and the entry stays open.
 */
int dsync_zip_writer_end(struct dsync_zip_writer *w, uint64_t size, uint32_t crc32, struct dsync_error *err);

/* The same for data that is a Deflate stream of `stored_size` bytes: an entry copied as it lies in another archive. */
int dsync_zip_writer_end_deflated(
	struct dsync_zip_writer *w, uint64_t stored_size, uint64_t size, uint32_t crc32, struct dsync_error *err);

/* Writes the directory and end records and cuts the file to its length.  `file_size` may be NULL. */
int dsync_zip_writer_finish(struct dsync_zip_writer *w, uint64_t *file_size, struct dsync_error *err);

#endif
