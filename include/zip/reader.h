/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * reader.h - the strict ZIP reader: rules Z1 to Z32 of doc/format.md.
 *
 * Opening reads the tail, the directory and every local header once, with pread,
 * into private memory, and checks every rule; nothing is handed out of a file that
 * breaks one.  It knows no manifest: which names must be there, and how large each may
 * be, the caller says in a profile.
 *
 *	struct dsync_zip *zip = dsync_zip_open(fd, &profile, &err);
 *	const struct dsync_zip_entry *e = dsync_zip_find(zip, "payload");
 *	... e->data_offset, e->size ...
 *	dsync_zip_close(zip);
 *
 * The reader borrows the descriptor and never closes it.  A zip may be read by several threads at
 * once.  Opening allocates once, a size that comes from checked counts.
 */
#ifndef ZIP_READER_H
#define ZIP_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/view.h"
#include "zip/zip.h"

struct dsync_zip;

/* One entry; all fields come from the checked directory. */
struct dsync_zip_entry {
	const char *name;       /* NUL-terminated, plain ASCII (Z11); lives as long as the zip */
	uint64_t header_offset; /* of the local header */
	uint64_t data_offset;   /* of the first stored byte */
	uint64_t stored_size;   /* bytes in the file */
	uint64_t size;          /* bytes after inflating */
	uint32_t crc32;         /* of the inflated bytes; checked when they are read, not at open */
	uint16_t method;        /* DSYNC_ZIP_STORED or DSYNC_ZIP_DEFLATED */
	bool has_descriptor;    /* bit 3 was set */
	bool is_directory;      /* the name ends in '/' */
};

/* What the caller demands of certain names (Z12, Z13, Z26, Z27). */
struct dsync_zip_rule {
	const char *name;
	bool required;     /* else "no NAME" (Z26) */
	bool stored_only;  /* Deflate is refused (Z13) */
	uint64_t size_max; /* of the inflated bytes (Z27); UINT64_MAX for none */
};

struct dsync_zip_profile {
	const struct dsync_zip_rule *rules; /* names in here are reserved ignoring case (Z12) */
	size_t rule_count;
};

/*
 * Opens and checks; `profile` may be NULL.  On failure NULL with DSYNC_ERR_NOT_ARCHIVE, the rule's id, entry, offset,
 * expected, found and a hint; DSYNC_ERR_SYSTEM when the file could not be read, DSYNC_ERR_CHANGED when it shrank
 * meanwhile.  `fd` must stay open while the zip is.
 */
struct dsync_zip *dsync_zip_open(int fd, const struct dsync_zip_profile *profile, struct dsync_error *err);
void dsync_zip_close(struct dsync_zip *zip);

/* The entries in the order of their data in the file; NULL past the last. */
size_t dsync_zip_count(const struct dsync_zip *zip);
const struct dsync_zip_entry *dsync_zip_at(const struct dsync_zip *zip, size_t index);

/* The entry with exactly this name, or NULL. */
const struct dsync_zip_entry *dsync_zip_find(const struct dsync_zip *zip, const char *name);

uint64_t dsync_zip_file_size(const struct dsync_zip *zip);
uint64_t dsync_zip_directory_offset(const struct dsync_zip *zip);

/* The directory and all end records as read: what a generation is made of.  Lives as long as the zip. */
struct dsync_view dsync_zip_tail(const struct dsync_zip *zip);

/*
 * Reads a whole entry into `buf`, which has exactly entry->size bytes, inflating where needed, and checks
 * CRC-32 and, for Deflate, that the stream ends exactly at both sizes (Z28, Z29): DSYNC_ERR_CORRUPT.  On failure `buf`
 * holds nothing of use.  Deflated entries over DSYNC_ZIP_INFLATE_SIZE_MAX: DSYNC_ERR_LIMIT.
 */
int
dsync_zip_read(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, struct dsync_error *err);

/*
 * Reads part of a Stored entry, unchecked; returns 0 or an error, never fewer bytes.  Outside the entry:
 * DSYNC_ERR_BOUNDS.
 */
int dsync_zip_read_stored(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, uint64_t offset, void *buf,
	size_t size, struct dsync_error *err);

/*
 * Streams an entry through the caller's sink in pieces (`buf` and its size are the caller's working memory) and checks
 * CRC-32 at the end; any size in constant memory for Stored entries.  Deflated ones are inflated whole first (same
 * limit as above) and reach the sink only when they are right.  The sink returns 0 or a negative code, which ends the
 * stream and is returned.  NULL sink: check only.
 */
typedef int dsync_zip_sink(void *context, const void *data, size_t size);
int dsync_zip_stream(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, size_t buf_size,
	dsync_zip_sink *sink, void *context, struct dsync_error *err);

#endif
