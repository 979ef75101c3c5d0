/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Local headers (APPNOTE 4.3.7), 30 bytes, then name, extra area, data and, if bit 3
 * is set, a descriptor: signature 4, version needed 2, flags 2, method 2, time 2,
 * date 2, CRC-32 4, stored size 4, size 4, name size 2, extra size 2.
 *
 * They are walked in the order of their place, and each must end where the next
 * begins: this leaves no byte that nobody answers for, no byte twice, and no choice
 * of what a header belongs to.
 */
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "internal.h"

/* Where one entry lies: from its header to the next entry, or to the directory. */
struct span {
	const struct dsync__zip_record *record;
	uint64_t start;
	uint64_t end;
	bool last;
};

static int
read_header(struct dsync_view view, struct dsync__zip_header *h, struct dsync_view *name)
{
	uint32_t stored_size = 0, size = 0;
	struct dsync_cursor c;
	int rc;

	dsync_cursor_init(&c, view.data, view.size, 0);
	rc = dsync_cursor_u32le(&c, &h->signature);
	rc |= dsync_cursor_u16le(&c, &h->version);
	rc |= dsync_cursor_u16le(&c, &h->flags);
	rc |= dsync_cursor_u16le(&c, &h->method);
	rc |= dsync_cursor_skip(&c, 4);
	rc |= dsync_cursor_u32le(&c, &h->crc32);
	rc |= dsync_cursor_u32le(&c, &stored_size);
	rc |= dsync_cursor_u32le(&c, &size);
	rc |= dsync_cursor_u16le(&c, &h->name_size);
	rc |= dsync_cursor_u16le(&c, &h->extra_size);
	rc |= dsync_cursor_take(&c, dsync_cursor_left(&c), name);
	h->stored_size = stored_size;
	h->size = size;
	return rc;
}

static int
refuse_signature(const struct span *s, struct dsync_error *err)
{
	int rc;

	if (s->start != 0)
		return dsync__zip_refuse(err, "Z22", s->start, "no local header of \"%s\" here", s->record->entry.name);
	rc = dsync__zip_refuse(err, "Z4", 0, "the file does not begin with a local header");
	dsync_error_hint(err, "%s", DSYNC__ZIP_HINT_REPACK);
	return rc;
}

/* Z22 and the local half of Z15: both headers tell the same story. */
static int
check_header(const struct span *s, const struct dsync__zip_header *h, struct dsync_view name, struct dsync_error *err)
{
	const struct dsync__zip_record *r = s->record;

	if (h->signature != DSYNC_ZIP_LOCAL_SIGNATURE)
		return refuse_signature(s, err);
	if (h->name_size != r->name_size || memcmp(name.data, r->entry.name, r->name_size) != 0) {
		int rc = dsync__zip_refuse(err, "Z22", s->start, "local header has another name");

		dsync_error_expected(err, "\"%s\"", r->entry.name);
		if (h->name_size <= name.size)
			dsync_error_found(err, "\"%.*s\"", (int)h->name_size, (const char *)name.data);
		else
			dsync_error_found(err, "a name of %u bytes", (unsigned)h->name_size);
		return rc;
	}
	if (h->method != r->entry.method)
		return dsync__zip_refuse_number(
			err, "Z22", s->start, r->entry.method, h->method, "local header has another method");
	if (h->flags != r->flags)
		return dsync__zip_refuse_number(
			err, "Z22", s->start, r->flags, h->flags, "local header has other flags");
	if ((h->version & 0xffu) > DSYNC__ZIP_VERSION_MAX)
		return dsync__zip_refuse(err, "Z15", s->start, "needs ZIP version %u.%u", (h->version & 0xffu) / 10,
			(h->version & 0xffu) % 10);
	if (h->extra_size > s->end - s->start - DSYNC_ZIP_LOCAL_SIZE - h->name_size)
		return dsync__zip_refuse(err, "Z22", s->start, "local header runs past the entry");
	return 0;
}

/* Z23: a field that a descriptor follows may also be 0. */
static int
check_value(const struct span *s, uint64_t local, uint64_t central, const char *what, struct dsync_error *err)
{
	if (local == central || (local == 0 && s->record->entry.has_descriptor))
		return 0;
	return dsync__zip_refuse_number(
		err, "Z23", s->start, central, local, "local header and directory disagree on the %s", what);
}

static int
check_values(const struct span *s, const struct dsync__zip_header *h, struct dsync_error *err)
{
	const struct dsync_zip_entry *e = &s->record->entry;
	int rc;

	if (h->crc32 != e->crc32 && (h->crc32 != 0 || !e->has_descriptor)) {
		rc = dsync__zip_refuse(err, "Z23", s->start, "local header and directory disagree on the CRC-32");
		dsync_error_expected(err, "0x%08" PRIx32, e->crc32);
		dsync_error_found(err, "0x%08" PRIx32, h->crc32);
		return rc;
	}
	rc = check_value(s, h->stored_size, e->stored_size, "stored size", err);
	if (rc == 0)
		rc = check_value(s, h->size, e->size, "size", err);
	return rc;
}

static int
refuse_overlap(const struct span *s, struct dsync_error *err)
{
	if (s->last)
		return dsync__zip_refuse(err, "Z25", s->start, "entry runs into the directory at %" PRIu64, s->end);
	return dsync__zip_refuse(err, "Z21", s->end, "entries overlap at %" PRIu64, s->end);
}

/* Reads header, name and extra area; *data_offset is where the data starts. */
static int
check_local(struct dsync__zip_window *w, const struct span *s, uint64_t *data_offset, struct dsync_error *err)
{
	size_t size = DSYNC_ZIP_LOCAL_SIZE + s->record->name_size;
	struct dsync__zip_header h = { 0 };
	struct dsync_view view, name;
	int rc;

	if (s->end - s->start < size)
		return refuse_overlap(s, err);
	rc = dsync__zip_window_view(w, s->start, size, &view, err);
	if (rc == 0)
		rc = read_header(view, &h, &name);
	if (rc == 0)
		rc = check_header(s, &h, name, err);
	if (rc == 0)
		rc = dsync__zip_extra_check(w, s->start + size, true, &h, err);
	if (rc == 0)
		rc = check_values(s, &h, err);
	*data_offset = s->start + size + h.extra_size;
	return rc;
}

/* Z24: the descriptor's size says which of its four forms it has. */
static int
read_descriptor(struct dsync_view view, uint64_t values[3])
{
	bool has_signature = view.size % 8 == 0;
	bool is_64 = view.size >= 20;
	uint32_t signature = DSYNC_ZIP_DESCRIPTOR_SIGNATURE, crc32 = 0, stored_size = 0, size = 0;
	struct dsync_cursor c;
	int rc = 0;

	dsync_cursor_init(&c, view.data, view.size, 0);
	if (has_signature)
		rc = dsync_cursor_u32le(&c, &signature);
	rc |= dsync_cursor_u32le(&c, &crc32);
	values[0] = crc32;
	if (is_64) {
		rc |= dsync_cursor_u64le(&c, &values[1]);
		rc |= dsync_cursor_u64le(&c, &values[2]);
		return signature == DSYNC_ZIP_DESCRIPTOR_SIGNATURE ? rc : -1;
	}
	rc |= dsync_cursor_u32le(&c, &stored_size);
	rc |= dsync_cursor_u32le(&c, &size);
	values[1] = stored_size;
	values[2] = size;
	return signature == DSYNC_ZIP_DESCRIPTOR_SIGNATURE ? rc : -1;
}

static int
check_descriptor(
	struct dsync__zip_window *w, const struct span *s, uint64_t offset, uint64_t size, struct dsync_error *err)
{
	const struct dsync_zip_entry *e = &s->record->entry;
	struct dsync_view view;
	uint64_t values[3];
	int rc;

	if (size == 12 || size == 16 || size == 20 || size == 24) {
		rc = dsync__zip_window_view(w, offset, (size_t)size, &view, err);
		if (rc < 0)
			return rc;
		if (read_descriptor(view, values) == 0 && values[0] == e->crc32 && values[1] == e->stored_size &&
			values[2] == e->size)
			return 0;
	}
	return dsync__zip_refuse(err, "Z24", offset, "data descriptor of \"%s\" is missing or wrong", e->name);
}

/* What lies between the end of the data and the next entry. */
static int
check_end(struct dsync__zip_window *w, const struct span *s, uint64_t data_offset, struct dsync_error *err)
{
	const struct dsync_zip_entry *e = &s->record->entry;
	uint64_t room = s->end - data_offset;
	uint64_t data_end;
	int rc;

	if (e->stored_size > room)
		return refuse_overlap(s, err);
	data_end = data_offset + e->stored_size;
	if (e->has_descriptor)
		return check_descriptor(w, s, data_end, s->end - data_end, err);
	if (data_end == s->end)
		return 0;
	rc = dsync__zip_refuse(
		err, "Z21", data_end, "%" PRIu64 " unreferenced bytes at %" PRIu64, s->end - data_end, data_end);
	dsync_error_hint(err, "%s", DSYNC__ZIP_HINT_REPACK);
	return rc;
}

/* By place; there are few, and most archives are sorted already. */
static void
sort_records(struct dsync_zip *zip)
{
	struct dsync__zip_record r;
	size_t i, k;

	for (i = 1; i < zip->count; i++) {
		if (zip->records[i - 1].entry.header_offset <= zip->records[i].entry.header_offset)
			continue;
		r = zip->records[i];
		for (k = i; k > 0 && zip->records[k - 1].entry.header_offset > r.entry.header_offset; k--)
			zip->records[k] = zip->records[k - 1];
		zip->records[k] = r;
	}
}

/* All entries lie between the first byte and the directory; everything after this counts on it. */
static int
check_bounds(const struct dsync_zip *zip, struct dsync_error *err)
{
	const struct dsync__zip_record *last = &zip->records[zip->count - 1];
	uint64_t first = zip->records[0].entry.header_offset;
	int rc;

	if (last->entry.header_offset >= zip->directory_offset) {
		rc = dsync__zip_refuse(err, "Z25", last->record_offset,
			"entry at %" PRIu64 " is not before the directory at %" PRIu64, last->entry.header_offset,
			zip->directory_offset);
		dsync_error_at_entry(err, last->entry.name, last->name_size);
		return rc;
	}
	if (first == 0)
		return 0;
	rc = dsync__zip_refuse(err, "Z4", 0, "%" PRIu64 " bytes before the first entry", first);
	dsync_error_hint(err, "%s", DSYNC__ZIP_HINT_REPACK);
	return rc;
}

int
dsync__zip_locals_read(struct dsync_zip *zip, struct dsync__zip_window *w, struct dsync_error *err)
{
	struct span s;
	size_t i;
	int rc;

	sort_records(zip);
	rc = check_bounds(zip, err);
	for (i = 0; rc == 0 && i < zip->count; i++) {
		struct dsync__zip_record *r = &zip->records[i];

		s.record = r;
		s.start = r->entry.header_offset;
		s.last = i + 1 == zip->count;
		s.end = s.last ? zip->directory_offset : r[1].entry.header_offset;
		rc = check_local(w, &s, &r->entry.data_offset, err);
		if (rc == 0)
			rc = check_end(w, &s, r->entry.data_offset, err);
		if (rc < 0)
			dsync_error_at_entry(err, r->entry.name, r->name_size);
	}
	return rc;
}
