/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "internal.h"
#include "writer_header.h"

#define MADE_BY_UNIX 0x0300u
#define VERSION_STORED 10u
#define VERSION_DEFLATED 20u
#define VERSION_ZIP64 45u

#define ATTRIBUTES_FILE 0x81a40000u      /* a regular file, 0644 */
#define ATTRIBUTES_DIRECTORY 0x41ed0010u /* a directory, 0755, and DOS's mark for one */

/* Bit 15 of the padding field's alignment means something else, so the largest is recorded as half. */
#define RECORDED_ALIGNMENT_MAX 16384u

#define SECONDS_1980 INT64_C(315532800)
#define SECONDS_2108 INT64_C(4354819200)

void
dsync__zip_dos_time(int64_t seconds, uint16_t *date, uint16_t *time)
{
	static const unsigned char month_days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t rest = seconds < SECONDS_1980 ? 0
		: seconds >= SECONDS_2108     ? SECONDS_2108 - 2 - SECONDS_1980
					      : seconds - SECONDS_1980;
	unsigned days = (unsigned)(rest / 86400);
	unsigned second = (unsigned)(rest % 86400);
	unsigned year = 0, month = 0, length;
	bool leap;

	for (;;) {
		leap = year % 4 == 0 && year != 120; /* 2100 is none */
		length = leap ? 366 : 365;
		if (days < length)
			break;
		days -= length;
		year++;
	}
	for (;;) {
		length = month_days[month] + (unsigned)(leap && month == 1);
		if (days < length)
			break;
		days -= length;
		month++;
	}
	*date = (uint16_t)(year << 9 | (month + 1) << 5 | (days + 1));
	*time = (uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
}

bool
dsync__zip_written_is_large(const struct dsync__zip_written *e)
{
	return e->size >= DSYNC__ZIP_MAX32 || e->stored_size >= DSYNC__ZIP_MAX32;
}

/* W6: all ones is a mark, so a value that happens to be that needs ZIP64 too. */
static bool
needs_zip64(const struct dsync__zip_written *e)
{
	return dsync__zip_written_is_large(e) || e->header_offset >= DSYNC__ZIP_MAX32;
}

static uint16_t
version_of(const struct dsync__zip_written *e)
{
	if (needs_zip64(e))
		return VERSION_ZIP64;
	return e->method == DSYNC_ZIP_DEFLATED ? VERSION_DEFLATED : VERSION_STORED;
}

/* From version needed to the sizes: the same in both headers. */
static void
append_common(struct dsync_buffer *out, const struct dsync__zip_written *e, bool zip64)
{
	dsync_buffer_append_u16le(out, version_of(e));
	dsync_buffer_append_u16le(out, 0); /* flags */
	dsync_buffer_append_u16le(out, e->method);
	dsync_buffer_append_u16le(out, e->dos_time);
	dsync_buffer_append_u16le(out, e->dos_date);
	dsync_buffer_append_u32le(out, e->crc32);
	dsync_buffer_append_u32le(out, zip64 ? DSYNC__ZIP_MAX32 : (uint32_t)e->stored_size);
	dsync_buffer_append_u32le(out, zip64 ? DSYNC__ZIP_MAX32 : (uint32_t)e->size);
}

/* Field 0xa11e: id 2, size 2, alignment 2, zeros. */
static void
append_padding(struct dsync_buffer *out, size_t size, uint16_t alignment)
{
	if (size == 0)
		return;
	dsync_buffer_append_u16le(out, DSYNC_ZIP_EXTRA_ALIGNMENT);
	dsync_buffer_append_u16le(out, (uint16_t)(size - 4));
	dsync_buffer_append_u16le(out, alignment > RECORDED_ALIGNMENT_MAX ? RECORDED_ALIGNMENT_MAX : alignment);
	dsync_buffer_append_zeros(out, size - DSYNC__ZIP_PADDING_SIZE);
}

void
dsync__zip_append_local(struct dsync_buffer *out, const struct dsync__zip_written *e)
{
	bool large = dsync__zip_written_is_large(e);
	size_t padding = e->room;

	dsync_buffer_append_u32le(out, DSYNC_ZIP_LOCAL_SIGNATURE);
	append_common(out, e, large);
	dsync_buffer_append_u16le(out, (uint16_t)strlen(e->name));
	dsync_buffer_append_u16le(out, e->room);
	dsync_buffer_append_text(out, e->name);
	if (large) {
		dsync_buffer_append_u16le(out, DSYNC_ZIP_EXTRA_ZIP64);
		dsync_buffer_append_u16le(out, 16);
		dsync_buffer_append_u64le(out, e->size);
		dsync_buffer_append_u64le(out, e->stored_size);
		padding -= DSYNC__ZIP_LOCAL_ZIP64_SIZE;
	}
	append_padding(out, padding, e->alignment);
}

void
dsync__zip_append_central(struct dsync_buffer *out, const struct dsync__zip_written *e)
{
	size_t name_size = strlen(e->name);
	bool is_directory = e->name[name_size - 1] == '/';
	bool zip64 = needs_zip64(e);

	dsync_buffer_append_u32le(out, DSYNC_ZIP_CENTRAL_SIGNATURE);
	dsync_buffer_append_u16le(out, MADE_BY_UNIX | version_of(e));
	append_common(out, e, zip64);
	dsync_buffer_append_u16le(out, (uint16_t)name_size);
	dsync_buffer_append_u16le(out, zip64 ? 28 : 0);
	dsync_buffer_append_u16le(out, 0); /* comment */
	dsync_buffer_append_u16le(out, 0); /* disk */
	dsync_buffer_append_u16le(out, 0); /* internal attributes */
	dsync_buffer_append_u32le(out, is_directory ? ATTRIBUTES_DIRECTORY : ATTRIBUTES_FILE);
	dsync_buffer_append_u32le(out, zip64 ? DSYNC__ZIP_MAX32 : (uint32_t)e->header_offset);
	dsync_buffer_append_text(out, e->name);
	if (zip64) {
		dsync_buffer_append_u16le(out, DSYNC_ZIP_EXTRA_ZIP64);
		dsync_buffer_append_u16le(out, 24);
		dsync_buffer_append_u64le(out, e->size);
		dsync_buffer_append_u64le(out, e->stored_size);
		dsync_buffer_append_u64le(out, e->header_offset);
	}
}

static void
append_end64(struct dsync_buffer *out, uint32_t count, uint64_t directory_size, uint64_t offset)
{
	dsync_buffer_append_u32le(out, DSYNC_ZIP_END64_SIGNATURE);
	dsync_buffer_append_u64le(out, DSYNC_ZIP_END64_SIZE - 12u);
	dsync_buffer_append_u16le(out, MADE_BY_UNIX | VERSION_ZIP64);
	dsync_buffer_append_u16le(out, VERSION_ZIP64);
	dsync_buffer_append_u32le(out, 0); /* disk */
	dsync_buffer_append_u32le(out, 0); /* disk of the directory */
	dsync_buffer_append_u64le(out, count);
	dsync_buffer_append_u64le(out, count);
	dsync_buffer_append_u64le(out, directory_size);
	dsync_buffer_append_u64le(out, offset);

	dsync_buffer_append_u32le(out, DSYNC_ZIP_LOCATOR_SIGNATURE);
	dsync_buffer_append_u32le(out, 0); /* disk of the record */
	dsync_buffer_append_u64le(out, offset + directory_size);
	dsync_buffer_append_u32le(out, 1); /* disks */
}

/* Count and directory size are far below their marks (Z9), so the offset alone decides. */
void
dsync__zip_append_end(struct dsync_buffer *out, uint32_t count, uint64_t directory_size, uint64_t offset)
{
	bool zip64 = offset >= DSYNC__ZIP_MAX32;

	if (zip64)
		append_end64(out, count, directory_size, offset);
	dsync_buffer_append_u32le(out, DSYNC_ZIP_END_SIGNATURE);
	dsync_buffer_append_u16le(out, 0); /* disk */
	dsync_buffer_append_u16le(out, 0); /* disk of the directory */
	dsync_buffer_append_u16le(out, (uint16_t)count);
	dsync_buffer_append_u16le(out, (uint16_t)count);
	dsync_buffer_append_u32le(out, (uint32_t)directory_size);
	dsync_buffer_append_u32le(out, zip64 ? DSYNC__ZIP_MAX32 : (uint32_t)offset);
	dsync_buffer_append_u16le(out, 0); /* comment */
}
