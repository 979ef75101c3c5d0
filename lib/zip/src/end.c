/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The end record (APPNOTE 4.3.16), 22 bytes: signature 4, disk 2, disk of the
 * directory 2, records here 2, records 2, directory size 4, its offset 4, comment
 * size 2.  It is the last thing in the file or the file is refused; searching for
 * it only words the refusal.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/error.h"
#include "internal.h"

#define SEARCH_SIZE (DSYNC_ZIP_END_SIZE + 65535u) /* an end record with the longest comment */

static int
read_end(struct dsync__zip_window *w, uint64_t offset, uint32_t *signature, struct dsync__zip_counts *counts,
	uint16_t *comment, struct dsync_error *err)
{
	uint16_t disk = 0, directory_disk = 0, disk_count = 0, count = 0;
	uint32_t size = 0, start = 0;
	struct dsync_view view;
	struct dsync_cursor c;
	int rc;

	rc = dsync__zip_window_view(w, offset, DSYNC_ZIP_END_SIZE, &view, err);
	if (rc < 0)
		return rc;
	dsync_cursor_init(&c, view.data, view.size, offset);
	rc = dsync_cursor_u32le(&c, signature);
	rc |= dsync_cursor_u16le(&c, &disk);
	rc |= dsync_cursor_u16le(&c, &directory_disk);
	rc |= dsync_cursor_u16le(&c, &disk_count);
	rc |= dsync_cursor_u16le(&c, &count);
	rc |= dsync_cursor_u32le(&c, &size);
	rc |= dsync_cursor_u32le(&c, &start);
	rc |= dsync_cursor_u16le(&c, comment);
	*counts = (struct dsync__zip_counts){ disk, directory_disk, disk_count, count, size, start };
	return rc;
}

/* The last place in a view where an end record's signature stands, or its size. */
static size_t
find_signature(struct dsync_view view)
{
	struct dsync_cursor c;
	uint32_t signature;
	size_t i;

	dsync_cursor_init(&c, view.data, view.size, 0);
	for (i = view.size; i-- > 0;) {
		if (dsync_cursor_seek(&c, i) == 0 && dsync_cursor_u32le(&c, &signature) == 0 &&
			signature == DSYNC_ZIP_END_SIGNATURE)
			return i;
	}
	return view.size;
}

/* Looks backwards for an end record that is not the last thing; *offset is the file's size when there is none. */
static int
search_end(struct dsync__zip_window *w, uint64_t *offset, struct dsync_error *err)
{
	uint64_t low = w->limit > SEARCH_SIZE ? w->limit - SEARCH_SIZE : 0;
	uint64_t stop = w->limit - DSYNC_ZIP_END_SIZE + 3; /* a signature that starts in the last 22 bytes is no use */
	struct dsync_view view;
	uint64_t start;
	size_t place;
	int rc;

	for (;;) {
		start = stop - low > w->capacity ? stop - w->capacity : low;
		rc = dsync__zip_window_view(w, start, (size_t)(stop - start), &view, err);
		if (rc < 0)
			return rc;
		place = find_signature(view);
		if (place < view.size) {
			*offset = start + place;
			return 0;
		}
		if (start == low)
			break;
		stop = start + 3; /* a signature may lie across the two pieces */
	}
	*offset = w->limit;
	return 0;
}

static int
is_zero(struct dsync__zip_window *w, uint64_t offset, bool *zero, struct dsync_error *err)
{
	struct dsync_view view;
	size_t i;
	int rc;

	*zero = true;
	while (offset < w->limit && *zero) {
		uint64_t left = w->limit - offset;

		rc = dsync__zip_window_view(w, offset, left < w->capacity ? (size_t)left : w->capacity, &view, err);
		if (rc < 0)
			return rc;
		for (i = 0; i < view.size; i++)
			*zero = *zero && view.data[i] == 0;
		offset += view.size;
	}
	return 0;
}

static int
refuse_suffix(struct dsync__zip_window *w, uint64_t offset, struct dsync_error *err)
{
	bool zero;
	int rc;

	rc = is_zero(w, offset, &zero, err);
	if (rc < 0)
		return rc;
	rc = dsync__zip_refuse(err, "Z2", offset, "%" PRIu64 " extra bytes after the end record", w->limit - offset);
	if (zero)
		dsync_error_hint(err,
			"all are zero, as from a padded pipe (bsdtar to stdout): create it into a file, or %s",
			DSYNC__ZIP_HINT_REPACK);
	else
		dsync_error_hint(err, "%s", DSYNC__ZIP_HINT_REPACK);
	return rc;
}

/* No end record in the last 22 bytes: says why as well as can be. */
static int
refuse_no_end(struct dsync__zip_window *w, struct dsync_error *err)
{
	struct dsync__zip_counts counts;
	uint32_t signature;
	uint16_t comment;
	uint64_t offset;
	uint64_t after;
	int rc;

	rc = search_end(w, &offset, err);
	if (rc < 0)
		return rc;
	if (offset <= w->limit - DSYNC_ZIP_END_SIZE) {
		rc = read_end(w, offset, &signature, &counts, &comment, err);
		if (rc < 0)
			return rc;
		after = offset + DSYNC_ZIP_END_SIZE + comment;
		if (after < w->limit)
			return refuse_suffix(w, after, err);
		if (after == w->limit) {
			rc = dsync__zip_refuse_number(err, "Z3", offset, 0, comment,
				"archive comment of %u bytes is not allowed", (unsigned)comment);
			dsync_error_hint(err, "%s", DSYNC__ZIP_HINT_REPACK);
			return rc;
		}
	}
	rc = dsync__zip_refuse(err, "Z2", w->limit - DSYNC_ZIP_END_SIZE, "no end record: truncated or not a ZIP");
	dsync_error_hint(err, "get the file again");
	return rc;
}

static int
check_counts(const struct dsync__zip_counts *c, uint64_t offset, struct dsync_error *err)
{
	if (c->disk != 0 || c->directory_disk != 0)
		return dsync__zip_refuse(err, "Z5", offset, "multi-part archives are not supported");
	if (c->disk_count != c->count)
		return dsync__zip_refuse(err, "Z7", offset,
			"directory holds %" PRIu64 " records, end record says %" PRIu64, c->disk_count, c->count);
	if (c->count == 0)
		return dsync__zip_refuse(err, "Z9", offset, "no entries");
	if (c->count > DSYNC_ZIP_ENTRIES_MAX)
		return dsync__zip_refuse(
			err, "Z9", offset, "%" PRIu64 " entries (limit %u)", c->count, DSYNC_ZIP_ENTRIES_MAX);
	if (c->directory_size > DSYNC_ZIP_DIRECTORY_SIZE_MAX)
		return dsync__zip_refuse(err, "Z9", offset, "directory of %" PRIu64 " bytes (limit %u)",
			c->directory_size, (unsigned)DSYNC_ZIP_DIRECTORY_SIZE_MAX);
	if (c->directory_size < c->count * DSYNC_ZIP_CENTRAL_SIZE)
		return dsync__zip_refuse(err, "Z9", offset,
			"directory of %" PRIu64 " bytes cannot hold %" PRIu64 " entries", c->directory_size, c->count);
	return 0;
}

static int
check_place(const struct dsync__zip_counts *c, const struct dsync__zip_end *end, struct dsync_error *err)
{
	int rc;

	if (c->directory_offset <= end->offset && c->directory_size == end->offset - c->directory_offset)
		return 0;
	rc = dsync__zip_refuse(err, "Z8", end->offset,
		"directory of %" PRIu64 " bytes at %" PRIu64 " does not meet the end record at %" PRIu64,
		c->directory_size, c->directory_offset, end->offset);
	dsync_error_hint(err, "get the file again, or %s", DSYNC__ZIP_HINT_REPACK);
	return rc;
}

int
dsync__zip_end_read(struct dsync__zip_window *w, struct dsync__zip_end *end, struct dsync_error *err)
{
	struct dsync__zip_counts counts;
	struct dsync_view tail;
	uint64_t record = w->limit - DSYNC_ZIP_END_SIZE;
	size_t tail_size = w->limit < DSYNC__ZIP_TAIL_SIZE ? (size_t)w->limit : DSYNC__ZIP_TAIL_SIZE;
	uint32_t signature = 0;
	uint16_t comment = 0;
	int rc;

	rc = dsync__zip_window_view(w, w->limit - tail_size, tail_size, &tail, err);
	if (rc == 0)
		rc = read_end(w, record, &signature, &counts, &comment, err);
	if (rc < 0)
		return rc;
	if (signature != DSYNC_ZIP_END_SIGNATURE)
		return refuse_no_end(w, err);
	if (comment != 0)
		return dsync__zip_refuse_number(
			err, "Z3", record, 0, comment, "archive comment of %u bytes is not allowed", (unsigned)comment);

	*end = (struct dsync__zip_end){ .file_size = w->limit, .offset = record };
	rc = dsync__zip_end64_read(w, end, &counts, err);
	if (rc == 0)
		rc = check_counts(&counts, record, err);
	if (rc == 0)
		rc = check_place(&counts, end, err);
	if (rc < 0)
		return rc;
	end->directory_offset = counts.directory_offset;
	end->directory_size = counts.directory_size;
	end->count = (uint32_t)counts.count;
	return 0;
}
