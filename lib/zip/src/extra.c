/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Extra areas (APPNOTE 4.5): fields of id 2, size 2, then `size` bytes.  Only the
 * ZIP64 field (4.5.3) means anything to us; it holds, in this order, those of
 * size 8, stored size 8, local header offset 8 and disk 4 whose own fields in
 * the header are all ones.  Writers disagree about the "those of", so two forms are
 * read, and whatever is there must agree with the header.
 */
#include "base/cursor.h"
#include "base/error.h"
#include "internal.h"

#define FIELD_SIZE 4u  /* id and size */
#define ZIP64_SIZE 28u /* all four */
#define PADDING_MAX 3u /* zero bytes that zipalign leaves */

enum zip64_part { SIZE, STORED_SIZE, OFFSET, DISK, PARTS };

/* Parts that the ZIP64 field has (`present`) and must have (`wanted`). */
struct zip64 {
	bool wanted[PARTS];
	bool present[PARTS];
};

static size_t
zip64_wanted(struct zip64 *z, const struct dsync__zip_header *h, bool local)
{
	z->wanted[SIZE] = h->size == DSYNC__ZIP_MAX32;
	z->wanted[STORED_SIZE] = h->stored_size == DSYNC__ZIP_MAX32;
	z->wanted[OFFSET] = !local && h->offset == DSYNC__ZIP_MAX32;
	z->wanted[DISK] = !local && h->disk == DSYNC__ZIP_MAX16;
	return 8u * ((size_t)z->wanted[SIZE] + z->wanted[STORED_SIZE] + z->wanted[OFFSET]) + 4u * z->wanted[DISK];
}

/* Decides by the field's size alone which parts it has; false when no form has that size. */
static bool
zip64_layout(struct zip64 *z, size_t size, size_t wanted_size, bool local)
{
	size_t whole = size / 8u;
	int i;

	if (size == wanted_size || (!local && !z->wanted[DISK] && size == wanted_size + 4u)) {
		for (i = 0; i < PARTS; i++)
			z->present[i] = z->wanted[i];
		z->present[DISK] = z->wanted[DISK] || size != wanted_size;
		return true;
	}
	if (whole > (local ? 2u : 3u) || (size % 8u != 0 && (local || size != ZIP64_SIZE)))
		return false;
	for (i = SIZE; i < DISK; i++)
		z->present[i] = whole > (size_t)i;
	z->present[DISK] = size == ZIP64_SIZE;
	for (i = 0; i < PARTS; i++) {
		if (z->wanted[i] && !z->present[i])
			return false;
	}
	return true;
}

/* Reads one part into its header field, or checks that it says the same. */
static bool
zip64_take(const struct zip64 *z, enum zip64_part part, struct dsync_cursor *c, uint64_t *field)
{
	uint64_t value;

	if (!z->present[part])
		return true;
	if (dsync_cursor_u64le(c, &value) < 0 || (!z->wanted[part] && value != *field))
		return false;
	*field = value;
	return true;
}

static bool
zip64_apply(const struct zip64 *z, struct dsync_view body, struct dsync__zip_header *h)
{
	struct dsync_cursor c;
	uint32_t disk = 0;

	dsync_cursor_init(&c, body.data, body.size, 0);
	if (!zip64_take(z, SIZE, &c, &h->size) || !zip64_take(z, STORED_SIZE, &c, &h->stored_size) ||
		!zip64_take(z, OFFSET, &c, &h->offset))
		return false;
	if (z->present[DISK] && (dsync_cursor_u32le(&c, &disk) < 0 || disk != 0))
		return false;
	if (z->wanted[DISK])
		h->disk = 0;
	return true;
}

static int
refuse_zip64(struct dsync_error *err, uint64_t offset)
{
	return dsync__zip_refuse(err, "Z18", offset, "ZIP64 extra does not match the 32-bit fields");
}

static int
check_zip64(struct dsync__zip_window *w, uint64_t offset, size_t size, bool local, struct dsync__zip_header *h,
	struct dsync_error *err)
{
	struct zip64 z = { 0 };
	struct dsync_view body;
	size_t wanted_size = zip64_wanted(&z, h, local);
	int rc;

	if (size > ZIP64_SIZE || !zip64_layout(&z, size, wanted_size, local))
		return refuse_zip64(err, offset);
	if (!local && z.wanted[STORED_SIZE] && !z.wanted[SIZE])
		return refuse_zip64(err, offset);
	rc = dsync__zip_window_view(w, offset, size, &body, err);
	if (rc < 0)
		return rc;
	return zip64_apply(&z, body, h) ? 0 : refuse_zip64(err, offset);
}

/* Fields that change what other fields mean. */
static int
check_id(uint16_t id, uint64_t offset, struct dsync_error *err)
{
	if (id == DSYNC_ZIP_EXTRA_UNICODE_PATH)
		return dsync__zip_refuse(err, "Z19", offset, "Unicode Path extra field is not allowed");
	if ((id >= 0x0014 && id <= 0x0019) || id == 0x9901)
		return dsync__zip_refuse(
			err, "Z19", offset, "encryption or signature extra field 0x%04x is not allowed", (unsigned)id);
	return 0;
}

/* What is left after the last whole field: nothing, or up to three zeros in a local header. */
static int
check_rest(struct dsync__zip_window *w, uint64_t offset, size_t size, bool local, struct dsync_error *err)
{
	struct dsync_view rest;
	size_t i;
	bool zero = true;
	int rc;

	if (size == 0)
		return 0;
	rc = dsync__zip_window_view(w, offset, size, &rest, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < rest.size; i++)
		zero = zero && rest.data[i] == 0;
	if (zero && local)
		return 0;
	return dsync__zip_refuse(err, "Z17", offset, "extra area ends in %zu bytes that are no field", size);
}

static int
read_field(struct dsync__zip_window *w, uint64_t offset, uint16_t *id, uint16_t *size, struct dsync_error *err)
{
	struct dsync_view view;
	struct dsync_cursor c;
	int rc;

	rc = dsync__zip_window_view(w, offset, FIELD_SIZE, &view, err);
	if (rc < 0)
		return rc;
	dsync_cursor_init(&c, view.data, view.size, offset);
	rc = dsync_cursor_u16le(&c, id);
	rc |= dsync_cursor_u16le(&c, size);
	return rc;
}

/* Walks the fields; *zip64 and *zip64_size are the ZIP64 field's body, offset 0 when there is none. */
static int
check_fields(struct dsync__zip_window *w, uint64_t offset, uint64_t end, bool local, uint64_t *zip64,
	uint16_t *zip64_size, struct dsync_error *err)
{
	uint16_t id, size;
	int rc;

	while (end - offset > PADDING_MAX) {
		rc = read_field(w, offset, &id, &size, err);
		if (rc == 0)
			rc = check_id(id, offset, err);
		if (rc < 0)
			return rc;
		if (size > end - offset - FIELD_SIZE)
			return dsync__zip_refuse(
				err, "Z17", offset, "extra field 0x%04x runs past its area", (unsigned)id);
		if (id == DSYNC_ZIP_EXTRA_ZIP64) {
			if (*zip64 != 0)
				return dsync__zip_refuse(err, "Z18", offset, "second ZIP64 extra field");
			*zip64 = offset + FIELD_SIZE;
			*zip64_size = size;
		}
		offset += FIELD_SIZE + size;
	}
	return check_rest(w, offset, (size_t)(end - offset), local, err);
}

int
dsync__zip_extra_check(struct dsync__zip_window *w, uint64_t offset, bool local, struct dsync__zip_header *header,
	struct dsync_error *err)
{
	struct zip64 z;
	uint64_t zip64 = 0;
	uint16_t zip64_size = 0;
	int rc;

	rc = check_fields(w, offset, offset + header->extra_size, local, &zip64, &zip64_size, err);
	if (rc < 0)
		return rc;
	if (zip64 != 0)
		return check_zip64(w, zip64, zip64_size, local, header, err);
	if (zip64_wanted(&z, header, local) != 0)
		return dsync__zip_refuse(
			err, "Z18", offset, "sizes or offset stand in a ZIP64 extra, and there is none");
	return 0;
}
