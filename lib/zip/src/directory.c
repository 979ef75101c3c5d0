/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The directory (APPNOTE 4.3.12): records of 46 bytes, each followed by its name,
 * extra area and comment: signature 4, made by 2, version needed 2, flags 2, method 2,
 * time 2, date 2, CRC-32 4, stored size 4, size 4, name size 2, extra size 2, comment
 * size 2, disk 2, internal attributes 2, external attributes 4, local header offset 4.
 */
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "internal.h"

#define FLAGS_ALLOWED 0x080eu   /* bits 1 and 2: Deflate level, 3: descriptor, 11: UTF-8 name */
#define FLAGS_ENCRYPTED 0x2041u /* bits 0, 6, 13 */
#define FLAGS_PATCHED 0x0020u   /* bit 5 */

#define DOS_VOLUME 0x08u
#define DOS_DIRECTORY 0x10u

#define UNIX_TYPE_MASK 0170000u
#define UNIX_TYPE_FIFO 0010000u
#define UNIX_TYPE_DIRECTORY 0040000u
#define UNIX_TYPE_REGULAR 0100000u
#define UNIX_TYPE_LINK 0120000u

static int
read_header(struct dsync_cursor *c, struct dsync__zip_header *h)
{
	uint32_t stored_size = 0, size = 0, offset = 0;
	uint16_t disk = 0;
	int rc;

	rc = dsync_cursor_u32le(c, &h->signature);
	rc |= dsync_cursor_skip(c, 2);
	rc |= dsync_cursor_u16le(c, &h->version);
	rc |= dsync_cursor_u16le(c, &h->flags);
	rc |= dsync_cursor_u16le(c, &h->method);
	rc |= dsync_cursor_skip(c, 4); /* time and date: any are fine */
	rc |= dsync_cursor_u32le(c, &h->crc32);
	rc |= dsync_cursor_u32le(c, &stored_size);
	rc |= dsync_cursor_u32le(c, &size);
	rc |= dsync_cursor_u16le(c, &h->name_size);
	rc |= dsync_cursor_u16le(c, &h->extra_size);
	rc |= dsync_cursor_u16le(c, &h->comment_size);
	rc |= dsync_cursor_u16le(c, &disk);
	rc |= dsync_cursor_skip(c, 2);
	rc |= dsync_cursor_u32le(c, &h->attributes);
	rc |= dsync_cursor_u32le(c, &offset);
	h->stored_size = stored_size;
	h->size = size;
	h->disk = disk;
	h->offset = offset;
	return rc;
}

static int
check_flags(const struct dsync__zip_header *h, uint64_t offset, struct dsync_error *err)
{
	unsigned bad = h->flags & ~FLAGS_ALLOWED;

	if (bad == 0)
		return 0;
	if (bad & FLAGS_ENCRYPTED)
		return dsync__zip_refuse(err, "Z14", offset, "entry is encrypted");
	if (bad & FLAGS_PATCHED)
		return dsync__zip_refuse(err, "Z14", offset, "entry is patched data");
	return dsync__zip_refuse(err, "Z14", offset, "reserved flags 0x%04x are set", bad);
}

bool
dsync__zip_sizes_possible(uint16_t method, uint64_t stored_size, uint64_t size)
{
	uint64_t most = DSYNC_ZIP_DEFLATE_RATIO_MAX;

	if (method == DSYNC_ZIP_STORED)
		return stored_size == size;
	return stored_size >= 2 && (size / most < stored_size || (size / most == stored_size && size % most == 0));
}

/* Z16 */
static int
check_sizes(const struct dsync__zip_header *h, uint64_t offset, struct dsync_error *err)
{
	if (!dsync__zip_sizes_possible(h->method, h->stored_size, h->size))
		return dsync__zip_refuse(err, "Z16", offset,
			"declares %" PRIu64 " bytes from %" PRIu64 " %s bytes: impossible", h->size, h->stored_size,
			h->method == DSYNC_ZIP_STORED ? "stored" : "compressed");
	if (h->size == 0 && h->crc32 != 0)
		return dsync__zip_refuse(err, "Z16", offset, "an empty entry has CRC-32 0, not 0x%08" PRIx32, h->crc32);
	return 0;
}

/* Z20: regular files and directories, whatever system the archive says it is from. */
static int
check_type(const struct dsync__zip_header *h, bool is_directory, uint64_t offset, struct dsync_error *err)
{
	unsigned type = (h->attributes >> 16) & UNIX_TYPE_MASK;

	if (h->attributes & DOS_VOLUME)
		return dsync__zip_refuse(err, "Z20", offset, "entry is a volume label");
	if (type == UNIX_TYPE_LINK)
		return dsync__zip_refuse(err, "Z20", offset, "entry is a symbolic link");
	if (is_directory && h->size != 0)
		return dsync__zip_refuse(err, "Z20", offset, "directory entry has %" PRIu64 " bytes of data", h->size);
	if (is_directory && (type == 0 || type == UNIX_TYPE_DIRECTORY))
		return 0;
	if (!is_directory && (type == UNIX_TYPE_DIRECTORY || h->attributes & DOS_DIRECTORY))
		return dsync__zip_refuse(
			err, "Z20", offset, "entry is marked as a directory but its name has no slash at the end");
	if (!is_directory && (type == 0 || type == UNIX_TYPE_REGULAR || type == UNIX_TYPE_FIFO))
		return 0;
	return dsync__zip_refuse(err, "Z20", offset, "entry is of file type 0%o", type);
}

static int
check_method(const struct dsync__zip_header *h, uint64_t offset, struct dsync_error *err)
{
	if (h->method != DSYNC_ZIP_STORED && h->method != DSYNC_ZIP_DEFLATED)
		return dsync__zip_refuse(err, "Z13", offset, "method %u is not supported", (unsigned)h->method);
	if ((h->version & 0xffu) > DSYNC__ZIP_VERSION_MAX)
		return dsync__zip_refuse(err, "Z15", offset, "needs ZIP version %u.%u", (h->version & 0xffu) / 10,
			(h->version & 0xffu) % 10);
	return 0;
}

/* The record's fixed part, and that what follows it is there. */
static int
read_record(struct dsync_cursor *c, struct dsync__zip_header *h, struct dsync_view *name, struct dsync_error *err)
{
	uint64_t offset = dsync_cursor_offset(c);

	if (read_header(c, h) < 0 || h->signature != DSYNC_ZIP_CENTRAL_SIGNATURE)
		return dsync__zip_refuse(err, "Z10", offset, "no directory record here");
	if (dsync_cursor_take(c, h->name_size, name) < 0 || dsync_cursor_skip(c, h->extra_size) < 0)
		return dsync__zip_refuse(err, "Z10", offset, "directory record runs past the directory");
	return 0;
}

/* Everything about one record that needs no other; `w` holds the directory. */
static int
check_record(struct dsync__zip_window *w, uint64_t offset, struct dsync__zip_header *h, bool is_directory,
	struct dsync_error *err)
{
	int rc;

	if (h->comment_size != 0) {
		rc = dsync__zip_refuse(
			err, "Z10", offset, "entry comment of %u bytes is not allowed", (unsigned)h->comment_size);
		dsync_error_hint(err, "%s", DSYNC__ZIP_HINT_REPACK);
		return rc;
	}
	rc = check_flags(h, offset, err);
	if (rc == 0)
		rc = check_method(h, offset, err);
	if (rc == 0)
		rc = dsync__zip_extra_check(w, offset + DSYNC_ZIP_CENTRAL_SIZE + h->name_size, false, h, err);
	if (rc == 0 && h->disk != 0)
		rc = dsync__zip_refuse(err, "Z5", offset, "multi-part archives are not supported");
	if (rc == 0)
		rc = check_sizes(h, offset, err);
	if (rc == 0)
		rc = check_type(h, is_directory, offset, err);
	return rc;
}

static int
check_name(struct dsync_view name, uint64_t offset, struct dsync_error *err)
{
	char text[DSYNC__ZIP_NAME_FAULT_SIZE];
	const char *fault = dsync__zip_name_fault((const char *)name.data, name.size, text);

	if (fault == NULL)
		return 0;
	return dsync__zip_refuse(err, "Z11", offset, "entry name %s", fault);
}

static void
fill_record(struct dsync__zip_record *r, const struct dsync__zip_header *h, const char *name, uint64_t offset)
{
	*r = (struct dsync__zip_record){
		.entry = {
			.name = name,
			.header_offset = h->offset,
			.stored_size = h->stored_size,
			.size = h->size,
			.crc32 = h->crc32,
			.method = h->method,
			.has_descriptor = (h->flags & DSYNC_ZIP_FLAG_DESCRIPTOR) != 0,
			.is_directory = name[h->name_size - 1] == '/',
		},
		.record_offset = offset,
		.flags = h->flags,
		.name_size = h->name_size,
	};
}

/* One record; its name is copied to *names, which moves on. */
static int
take_record(struct dsync__zip_window *w, struct dsync_cursor *c, struct dsync__zip_record *r, char **names,
	struct dsync_error *err)
{
	struct dsync__zip_header h = { 0 };
	uint64_t offset = dsync_cursor_offset(c);
	struct dsync_view name = { NULL, 0 };
	int rc;

	rc = read_record(c, &h, &name, err);
	if (rc < 0)
		return rc;
	rc = check_name(name, offset, err);
	if (rc == 0)
		rc = check_record(w, offset, &h, name.data[name.size - 1] == '/', err);
	if (rc < 0) {
		dsync_error_at_entry(err, (const char *)name.data, name.size);
		return rc;
	}
	memcpy(*names, name.data, name.size);
	(*names)[name.size] = '\0';
	fill_record(r, &h, *names, offset);
	*names += name.size + 1;
	return 0;
}

int
dsync__zip_directory_read(struct dsync_zip *zip, const struct dsync__zip_end *end, struct dsync_error *err)
{
	struct dsync__zip_window w;
	struct dsync_cursor c;
	char *names = zip->names;
	uint32_t i;
	int rc;

	dsync__zip_window_fix(&w, zip->tail, zip->tail_size, end->directory_offset);
	dsync_cursor_init(&c, zip->tail, (size_t)end->directory_size, end->directory_offset);
	for (i = 0; i < end->count && dsync_cursor_left(&c) > 0; i++) {
		rc = take_record(&w, &c, &zip->records[i], &names, err);
		if (rc < 0)
			return rc;
	}
	zip->count = i;
	if (i < end->count)
		return dsync__zip_refuse(err, "Z7", dsync_cursor_offset(&c),
			"directory holds %" PRIu32 " records, end record says %" PRIu32, i, end->count);
	if (dsync_cursor_left(&c) > 0)
		return dsync__zip_refuse(err, "Z7", dsync_cursor_offset(&c),
			"%zu bytes of directory after the last of %" PRIu32 " records", dsync_cursor_left(&c),
			end->count);
	return 0;
}
