/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * writer_header.h - the bytes of headers and end records as we write them (W4 to W8).
 *
 * Each function appends to a buffer, whose failure the caller asks for once.
 */
#ifndef ZIP_WRITER_HEADER_H
#define ZIP_WRITER_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "zip/zip.h"

#define DSYNC__ZIP_LOCAL_ZIP64_SIZE 20u /* the extra field with both sizes */
#define DSYNC__ZIP_PADDING_SIZE 6u      /* the smallest padding field */

/* An entry whose data is in place. */
struct dsync__zip_written {
	const char *name;
	uint64_t header_offset;
	uint64_t stored_size;
	uint64_t size;
	uint32_t crc32;
	uint16_t method;
	uint16_t dos_time;
	uint16_t dos_date;
	uint16_t room;      /* size of the local extra area: 0, or enough for what goes into it */
	uint16_t alignment; /* for the padding field */
};

/* W5: DOS date and time of a moment in UTC, clamped to 1980-2107; they count years from 1980 and pairs of seconds. */
void dsync__zip_dos_time(int64_t seconds, uint16_t *date, uint16_t *time);

/* Do the sizes need ZIP64 in the local header? */
bool dsync__zip_written_is_large(const struct dsync__zip_written *e);

/* Local header, name, ZIP64 field if needed, padding up to `room`. */
void dsync__zip_append_local(struct dsync_buffer *out, const struct dsync__zip_written *e);

/* Directory record. */
void dsync__zip_append_central(struct dsync_buffer *out, const struct dsync__zip_written *e);

/* ZIP64 end records if needed, and the end record, for a directory at `offset`. */
void dsync__zip_append_end(struct dsync_buffer *out, uint32_t count, uint64_t directory_size, uint64_t offset);

#endif
