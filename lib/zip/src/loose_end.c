/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * loose_end.c - finds the directory of a ZIP from its end record, wherever that lies in the last 64 KiB or so.
 *
 * A signature alone proves nothing: the last end record whose directory starts where it should, or
 * right before the record, is taken.  Layouts are those of end.c and end64.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/sys.h"
#include "loose.h"

#define SEARCH_SIZE \
	(1u << 20) /* an end record, the longest comment, and a generous piece of what a pipe or a disk padded */

static int
read_view(const struct dsync__loose *loose, uint64_t offset, void *buf, size_t size, struct dsync_cursor *c,
	struct dsync_error *err)
{
	int rc;

	if (offset > loose->file_size || size > loose->file_size - offset)
		return dsync__zip_refuse(err, "Z2", offset, "the archive ends within a record");
	rc = dsync_sys_pread_all(loose->fd, buf, size, offset);
	if (rc < 0)
		return dsync__zip_read_failed(err, rc, offset);
	dsync_cursor_init(c, buf, size, offset);
	return 0;
}

/* Does a directory record start here? */
static bool
is_directory_at(const struct dsync__loose *loose, uint64_t offset)
{
	unsigned char buf[4];
	struct dsync_cursor c;
	uint32_t signature;

	return read_view(loose, offset, buf, sizeof(buf), &c, NULL) == 0 && dsync_cursor_u32le(&c, &signature) == 0 &&
		signature == DSYNC_ZIP_CENTRAL_SIGNATURE;
}

/* The directory ends at `end`; its own idea of where it starts may be off by what was put in front. */
static bool
place_directory(const struct dsync__loose *loose, uint64_t end, struct dsync__loose_directory *d)
{
	uint64_t declared = d->offset;

	if (d->count == 0 || d->count > DSYNC__LOOSE_ENTRIES_MAX || d->size > DSYNC_ZIP_DIRECTORY_SIZE_MAX ||
		d->size > end)
		return false;
	d->shift = 0;
	if (end - d->size >= declared && is_directory_at(loose, end - d->size)) {
		d->offset = end - d->size;
		d->shift = d->offset - declared;
		return true;
	}
	return declared <= end && d->size <= end - declared && is_directory_at(loose, declared);
}

/* The ZIP64 record before the locator, else where the locator says; false when there is none. */
static bool
read_end64(const struct dsync__loose *loose, uint64_t locator, struct dsync__loose_directory *d, uint64_t *end)
{
	unsigned char buf[DSYNC_ZIP_END64_SIZE];
	uint32_t signature = 0;
	uint64_t declared = 0;
	struct dsync_cursor c;
	int rc;

	rc = read_view(loose, locator, buf, DSYNC_ZIP_LOCATOR_SIZE, &c, NULL);
	if (rc < 0 || dsync_cursor_u32le(&c, &signature) < 0 || signature != DSYNC_ZIP_LOCATOR_SIGNATURE)
		return false;
	rc = dsync_cursor_skip(&c, 4);
	rc |= dsync_cursor_u64le(&c, &declared);
	*end = locator >= DSYNC_ZIP_END64_SIZE ? locator - DSYNC_ZIP_END64_SIZE : declared;
	for (;;) {
		if (rc == 0 && read_view(loose, *end, buf, sizeof(buf), &c, NULL) == 0 &&
			dsync_cursor_u32le(&c, &signature) == 0 && signature == DSYNC_ZIP_END64_SIGNATURE)
			break;
		if (*end == declared)
			return false;
		*end = declared;
	}
	rc = dsync_cursor_skip(&c, 28); /* sizes, versions, disks, records on this disk */
	rc |= dsync_cursor_u64le(&c, &d->count);
	rc |= dsync_cursor_u64le(&c, &d->size);
	rc |= dsync_cursor_u64le(&c, &d->offset);
	return rc == 0;
}

/* Is there a whole end record at `offset` whose directory can be found? */
static bool
accept_end(const struct dsync__loose *loose, uint64_t offset, struct dsync__loose_directory *d)
{
	unsigned char buf[DSYNC_ZIP_END_SIZE];
	uint16_t count = 0, comment = 0;
	uint32_t size = 0, start = 0;
	struct dsync_cursor c;
	uint64_t end, after;
	int rc;

	if (read_view(loose, offset, buf, sizeof(buf), &c, NULL) < 0)
		return false;
	rc = dsync_cursor_skip(&c, 10); /* signature, disks, records on this disk */
	rc |= dsync_cursor_u16le(&c, &count);
	rc |= dsync_cursor_u32le(&c, &size);
	rc |= dsync_cursor_u32le(&c, &start);
	rc |= dsync_cursor_u16le(&c, &comment);
	after = offset + DSYNC_ZIP_END_SIZE + comment;
	if (rc < 0 || after > loose->file_size)
		return false;
	*d = (struct dsync__loose_directory){ .offset = start, .size = size, .count = count };
	end = offset;
	if (offset < DSYNC_ZIP_LOCATOR_SIZE || !read_end64(loose, offset - DSYNC_ZIP_LOCATOR_SIZE, d, &end))
		end = offset;
	if (!place_directory(loose, end, d))
		return false;
	if (comment > 0)
		dsync__loose_note(loose, "an archive comment of %u bytes", (unsigned)comment);
	if (after < loose->file_size)
		dsync__loose_note(loose, "%" PRIu64 " bytes after the archive", loose->file_size - after);
	return true;
}

int
dsync__loose_find_directory(
	const struct dsync__loose *loose, struct dsync__loose_directory *directory, struct dsync_error *err)
{
	size_t size = loose->file_size < SEARCH_SIZE ? (size_t)loose->file_size : SEARCH_SIZE;
	uint64_t start = loose->file_size - size;
	unsigned char *tail = malloc(size > 0 ? size : 1);
	struct dsync_cursor c;
	uint32_t signature;
	size_t i;
	int rc;

	if (tail == NULL)
		return dsync_error_set_memory(err);
	rc = read_view(loose, start, tail, size, &c, err);
	for (i = size; rc == 0 && i-- > 0;) {
		if (dsync_cursor_seek(&c, i) < 0 || dsync_cursor_u32le(&c, &signature) < 0 ||
			signature != DSYNC_ZIP_END_SIGNATURE)
			continue;
		if (accept_end(loose, start + i, directory))
			break;
	}
	free(tail);
	if (rc == 0 && i == SIZE_MAX) {
		rc = dsync__zip_refuse(err, "Z2", 0, "no end record with a directory: truncated or not a ZIP");
		dsync_error_hint(err, "get the file again");
	}
	return rc;
}
