/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The ZIP64 end records (APPNOTE 4.3.14, 4.3.15), which lie right before the end
 * record, in this order and of these sizes:
 *
 *	record  56: signature 4, size of the rest 8 (44), made by 2, version needed 2, disk 4,
 *	            disk of the directory 4, records here 8, records 8, directory size 8, offset 8
 *	locator 20: signature 4, disk of the record 4, its offset 8, disks 4
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/error.h"
#include "internal.h"

#define END64_REST 44u /* what the record's size field counts */

struct locator {
	uint32_t signature;
	uint32_t disk;
	uint64_t offset;
	uint32_t disks;
};

struct end64 {
	uint32_t signature;
	uint64_t rest;
	uint16_t made_by;
	uint16_t version;
	struct dsync__zip_counts counts;
};

static int
read_locator(struct dsync__zip_window *w, uint64_t offset, struct locator *l, struct dsync_error *err)
{
	struct dsync_view view;
	struct dsync_cursor c;
	int rc;

	rc = dsync__zip_window_view(w, offset, DSYNC_ZIP_LOCATOR_SIZE, &view, err);
	if (rc < 0)
		return rc;
	dsync_cursor_init(&c, view.data, view.size, offset);
	rc = dsync_cursor_u32le(&c, &l->signature);
	rc |= dsync_cursor_u32le(&c, &l->disk);
	rc |= dsync_cursor_u64le(&c, &l->offset);
	rc |= dsync_cursor_u32le(&c, &l->disks);
	return rc;
}

static int
read_record(struct dsync__zip_window *w, uint64_t offset, struct end64 *e, struct dsync_error *err)
{
	struct dsync_view view;
	struct dsync_cursor c;
	int rc;

	rc = dsync__zip_window_view(w, offset, DSYNC_ZIP_END64_SIZE, &view, err);
	if (rc < 0)
		return rc;
	dsync_cursor_init(&c, view.data, view.size, offset);
	rc = dsync_cursor_u32le(&c, &e->signature);
	rc |= dsync_cursor_u64le(&c, &e->rest);
	rc |= dsync_cursor_u16le(&c, &e->made_by);
	rc |= dsync_cursor_u16le(&c, &e->version);
	rc |= dsync_cursor_u32le(&c, &e->counts.disk);
	rc |= dsync_cursor_u32le(&c, &e->counts.directory_disk);
	rc |= dsync_cursor_u64le(&c, &e->counts.disk_count);
	rc |= dsync_cursor_u64le(&c, &e->counts.count);
	rc |= dsync_cursor_u64le(&c, &e->counts.directory_size);
	rc |= dsync_cursor_u64le(&c, &e->counts.directory_offset);
	return rc;
}

/* A field of the end record is all ones, or says the same as the ZIP64 one. */
static int
check_field(
	uint64_t field, uint64_t all_ones, uint64_t field64, const char *what, uint64_t offset, struct dsync_error *err)
{
	if (field == all_ones || field == field64)
		return 0;
	return dsync__zip_refuse_number(
		err, "Z6", offset, field64, field, "ZIP64 end record and end record disagree on %s", what);
}

static int
check_agreement(const struct dsync__zip_counts *c, const struct dsync__zip_counts *c64, uint64_t offset,
	struct dsync_error *err)
{
	int rc;

	rc = check_field(c->disk, DSYNC__ZIP_MAX16, c64->disk, "the disk number", offset, err);
	if (rc == 0)
		rc = check_field(c->directory_disk, DSYNC__ZIP_MAX16, c64->directory_disk, "the disk of the directory",
			offset, err);
	if (rc == 0)
		rc = check_field(
			c->disk_count, DSYNC__ZIP_MAX16, c64->disk_count, "the entries on this disk", offset, err);
	if (rc == 0)
		rc = check_field(c->count, DSYNC__ZIP_MAX16, c64->count, "the number of entries", offset, err);
	if (rc == 0)
		rc = check_field(
			c->directory_size, DSYNC__ZIP_MAX32, c64->directory_size, "the directory size", offset, err);
	if (rc == 0)
		rc = check_field(c->directory_offset, DSYNC__ZIP_MAX32, c64->directory_offset, "the directory offset",
			offset, err);
	return rc;
}

/* Without ZIP64 records nothing may point to them. */
static int
check_absent(const struct dsync__zip_counts *c, uint64_t offset, struct dsync_error *err)
{
	if (c->disk != DSYNC__ZIP_MAX16 && c->directory_disk != DSYNC__ZIP_MAX16 && c->disk_count != DSYNC__ZIP_MAX16 &&
		c->count != DSYNC__ZIP_MAX16 && c->directory_size != DSYNC__ZIP_MAX32 &&
		c->directory_offset != DSYNC__ZIP_MAX32)
		return 0;
	return dsync__zip_refuse(err, "Z6", offset, "end record needs a ZIP64 locator, and there is none");
}

static int
check_record(const struct locator *l, const struct end64 *e, uint64_t offset, struct dsync_error *err)
{
	if (e->signature != DSYNC_ZIP_END64_SIGNATURE)
		return dsync__zip_refuse(err, "Z6", offset, "ZIP64 locator without a ZIP64 end record before it");
	if (e->rest != END64_REST)
		return dsync__zip_refuse_number(
			err, "Z6", offset, END64_REST, e->rest, "ZIP64 end record has an unusual size");
	if (l->offset != offset)
		return dsync__zip_refuse(err, "Z6", offset,
			"ZIP64 locator points to %" PRIu64 ", record is at %" PRIu64, l->offset, offset);
	if ((e->version & 0xffu) > DSYNC__ZIP_VERSION_MAX)
		return dsync__zip_refuse_number(err, "Z15", offset, DSYNC__ZIP_VERSION_MAX, e->version & 0xffu,
			"ZIP64 end record needs a newer ZIP version");
	if (l->disk != 0 || l->disks != 1)
		return dsync__zip_refuse(
			err, "Z5", offset + DSYNC_ZIP_END64_SIZE, "multi-part archives are not supported");
	return 0;
}

int
dsync__zip_end64_read(struct dsync__zip_window *w, struct dsync__zip_end *end, struct dsync__zip_counts *counts,
	struct dsync_error *err)
{
	uint64_t end_offset = end->offset;
	struct locator locator = { 0 };
	struct end64 record = { 0 };
	int rc;

	if (end_offset >= DSYNC_ZIP_LOCATOR_SIZE) {
		rc = read_locator(w, end_offset - DSYNC_ZIP_LOCATOR_SIZE, &locator, err);
		if (rc < 0)
			return rc;
	}
	if (locator.signature != DSYNC_ZIP_LOCATOR_SIGNATURE)
		return check_absent(counts, end_offset, err);
	if (end_offset < DSYNC_ZIP_LOCATOR_SIZE + DSYNC_ZIP_END64_SIZE)
		return dsync__zip_refuse(err, "Z6", 0, "ZIP64 locator without a ZIP64 end record before it");

	end->offset = end_offset - DSYNC_ZIP_LOCATOR_SIZE - DSYNC_ZIP_END64_SIZE;
	rc = read_record(w, end->offset, &record, err);
	if (rc == 0)
		rc = check_record(&locator, &record, end->offset, err);
	if (rc == 0)
		rc = check_agreement(counts, &record.counts, end_offset, err);
	*counts = record.counts;
	return rc;
}
