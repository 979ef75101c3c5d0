/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * loose.c - the entries of a ZIP that the strict reader refuses.
 *
 * The directory is believed, as most readers do: sizes, method and CRC-32 come from it, so that descriptors do not
 * matter; of a local header only its length counts.  What the directory says is held against the file's bounds, and
 * entries must not overlap.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/sys.h"
#include "loose.h"

#define FLAG_ENCRYPTED 0x2041u /* bits 0, 6, 13 */
#define UNIX_TYPE_MASK 0170000u
#define UNIX_TYPE_REGULAR 0100000u
#define NOTE_SIZE 512

void
dsync__loose_note(const struct dsync__loose *loose, const char *format, ...)
{
	char text[NOTE_SIZE];
	va_list args;

	if (loose->note == NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	loose->note(loose->user, text);
}

static int
read_header(struct dsync_cursor *c, struct dsync__zip_header *h)
{
	uint32_t stored_size = 0, size = 0, offset = 0;
	uint16_t disk = 0;
	int rc;

	rc = dsync_cursor_u32le(c, &h->signature);
	rc |= dsync_cursor_skip(c, 4); /* versions */
	rc |= dsync_cursor_u16le(c, &h->flags);
	rc |= dsync_cursor_u16le(c, &h->method);
	rc |= dsync_cursor_skip(c, 4); /* time and date */
	rc |= dsync_cursor_u32le(c, &h->crc32);
	rc |= dsync_cursor_u32le(c, &stored_size);
	rc |= dsync_cursor_u32le(c, &size);
	rc |= dsync_cursor_u16le(c, &h->name_size);
	rc |= dsync_cursor_u16le(c, &h->extra_size);
	rc |= dsync_cursor_u16le(c, &h->comment_size);
	rc |= dsync_cursor_u16le(c, &disk);
	rc |= dsync_cursor_skip(c, 2); /* internal attributes */
	rc |= dsync_cursor_u32le(c, &h->attributes);
	rc |= dsync_cursor_u32le(c, &offset);
	h->stored_size = stored_size;
	h->size = size;
	h->offset = offset;
	return rc;
}

/* One ZIP64 value in place of a field that is all ones. */
static int
take64(struct dsync_cursor *c, uint64_t *field)
{
	return *field == DSYNC__ZIP_MAX32 ? dsync_cursor_u64le(c, field) : 0;
}

/* Looks for the ZIP64 field; what else an extra area says does not matter here. */
static int
apply_extra(struct dsync_view extra, struct dsync__zip_header *h)
{
	struct dsync_cursor c, field;
	struct dsync_view body;
	uint16_t id, size;
	int rc;

	dsync_cursor_init(&c, extra.data, extra.size, 0);
	while (dsync_cursor_u16le(&c, &id) == 0 && dsync_cursor_u16le(&c, &size) == 0 &&
		dsync_cursor_take(&c, size, &body) == 0) {
		if (id != DSYNC_ZIP_EXTRA_ZIP64)
			continue;
		dsync_cursor_init(&field, body.data, body.size, 0);
		rc = take64(&field, &h->size);
		if (rc == 0)
			rc = take64(&field, &h->stored_size);
		return rc == 0 ? take64(&field, &h->offset) : rc;
	}
	return 0;
}

/* Why an entry cannot be carried over, or NULL. */
static const char *
entry_fault(const struct dsync__zip_header *h, const char *name, char text[DSYNC__ZIP_NAME_FAULT_SIZE])
{
	unsigned type = (h->attributes >> 16) & UNIX_TYPE_MASK;
	size_t size = strlen(name);

	if (size > 0 && name[size - 1] == '/')
		return "is a folder";
	if (h->flags & FLAG_ENCRYPTED)
		return "is encrypted";
	if (h->method != DSYNC_ZIP_STORED && h->method != DSYNC_ZIP_DEFLATED)
		return "is compressed in a way that is not supported";
	if (!dsync__zip_sizes_possible(h->method, h->stored_size, h->size))
		return "has impossible sizes";
	if (type != 0 && type != UNIX_TYPE_REGULAR)
		return "is no regular file";
	return dsync__zip_name_fault(name, size, text);
}

/* Where the data starts: after a local header that only has to be there. */
static int
find_data(const struct dsync__loose *loose, uint64_t limit, struct dsync_zip_entry *e, struct dsync_error *err)
{
	unsigned char buf[DSYNC_ZIP_LOCAL_SIZE];
	uint16_t name_size = 0, extra_size = 0;
	uint32_t signature = 0;
	struct dsync_cursor c;
	int rc;

	if (e->header_offset > limit || limit - e->header_offset < sizeof(buf))
		return dsync__zip_refuse(err, "Z25", e->header_offset, "\"%s\" lies outside of the archive", e->name);
	rc = dsync_sys_pread_all(loose->fd, buf, sizeof(buf), e->header_offset);
	if (rc < 0)
		return dsync__zip_read_failed(err, rc, e->header_offset);
	dsync_cursor_init(&c, buf, sizeof(buf), e->header_offset);
	rc = dsync_cursor_u32le(&c, &signature);
	rc |= dsync_cursor_skip(&c, 22);
	rc |= dsync_cursor_u16le(&c, &name_size);
	rc |= dsync_cursor_u16le(&c, &extra_size);
	if (rc < 0 || signature != DSYNC_ZIP_LOCAL_SIGNATURE)
		return dsync__zip_refuse(err, "Z21", e->header_offset, "no local header of \"%s\" here", e->name);
	e->data_offset = e->header_offset + DSYNC_ZIP_LOCAL_SIZE + name_size + extra_size;
	if (e->data_offset > limit || e->stored_size > limit - e->data_offset)
		return dsync__zip_refuse(
			err, "Z25", e->header_offset, "\"%s\" runs past the end of the archive", e->name);
	return 0;
}

/* "./name" is how some writers say "name". */
static void
copy_name(char *out, struct dsync_view name)
{
	size_t skip = name.size > 2 && memcmp(name.data, "./", 2) == 0 ? 2 : 0;

	memcpy(out, name.data + skip, name.size - skip);
	out[name.size - skip] = '\0';
}

/* One record of the directory; the entry is kept when nothing speaks against it. */
static int
take_record(const struct dsync__loose *loose, const struct dsync__loose_directory *d, struct dsync_cursor *c,
	struct dsync_zip *zip, char **names, struct dsync_error *err)
{
	struct dsync__zip_record *record = &zip->records[zip->count];
	char text[DSYNC__ZIP_NAME_FAULT_SIZE];
	struct dsync__zip_header h = { 0 };
	uint64_t offset = dsync_cursor_offset(c);
	struct dsync_view name, extra;
	const char *fault;
	int rc;

	if (read_header(c, &h) < 0 || h.signature != DSYNC_ZIP_CENTRAL_SIGNATURE ||
		dsync_cursor_take(c, h.name_size, &name) < 0 || dsync_cursor_take(c, h.extra_size, &extra) < 0 ||
		dsync_cursor_skip(c, h.comment_size) < 0 || apply_extra(extra, &h) < 0)
		return dsync__zip_refuse(err, "Z10", offset, "the directory cannot be read");
	if (h.offset > UINT64_MAX - d->shift)
		return dsync__zip_refuse(err, "Z25", offset, "an entry lies outside of the archive");
	copy_name(*names, name);
	fault = memchr(name.data, '\0', name.size) != NULL ? "has a name with a NUL in it"
							   : entry_fault(&h, *names, text);
	if (fault != NULL) {
		dsync__loose_note(loose, "left out: \"%s\" %s", *names, fault);
		return 0;
	}
	*record = (struct dsync__zip_record){
		.entry = { .name = *names,
			.header_offset = h.offset + d->shift,
			.stored_size = h.stored_size,
			.size = h.size,
			.crc32 = h.crc32,
			.method = h.method,
			.has_descriptor = (h.flags & DSYNC_ZIP_FLAG_DESCRIPTOR) != 0 },
		.record_offset = offset,
	};
	rc = find_data(loose, d->offset, &record->entry, err);
	if (rc < 0)
		return rc;
	*names += strlen(*names) + 1;
	zip->count++;
	return 0;
}

static int
compare_places(const void *a, const void *b)
{
	const struct dsync_zip_entry *left = *(const struct dsync_zip_entry *const *)a;
	const struct dsync_zip_entry *right = *(const struct dsync_zip_entry *const *)b;

	return left->header_offset < right->header_offset ? -1 : left->header_offset > right->header_offset;
}

/* Bytes that count twice are how a small file becomes a huge one. */
static int
check_places(const struct dsync__loose *loose, const struct dsync_zip *zip, struct dsync_error *err)
{
	const struct dsync_zip_entry **order = malloc((zip->count + 1) * sizeof(*order));
	size_t i;
	int rc = 0;

	if (order == NULL)
		return dsync_error_set_memory(err);
	for (i = 0; i < zip->count; i++)
		order[i] = &zip->records[i].entry;
	qsort(order, zip->count, sizeof(*order), compare_places);
	for (i = 1; rc == 0 && i < zip->count; i++) {
		if (order[i - 1]->data_offset + order[i - 1]->stored_size > order[i]->header_offset)
			rc = dsync__zip_refuse(err, "Z22", order[i]->header_offset, "\"%s\" and \"%s\" overlap",
				order[i - 1]->name, order[i]->name);
	}
	if (rc == 0 && zip->count > 0 && order[0]->header_offset > 0)
		dsync__loose_note(loose, "%" PRIu64 " bytes before the archive", order[0]->header_offset);
	free(order);
	return rc;
}

static int
read_directory(const struct dsync__loose *loose, const struct dsync__loose_directory *d, struct dsync_zip *zip,
	struct dsync_error *err)
{
	struct dsync_cursor c;
	char *names = zip->names;
	uint64_t i;
	int rc;

	rc = dsync_sys_pread_all(loose->fd, zip->tail, zip->tail_size, d->offset);
	if (rc < 0)
		return dsync__zip_read_failed(err, rc, d->offset);
	dsync_cursor_init(&c, zip->tail, zip->tail_size, d->offset);
	for (i = 0; rc == 0 && i < d->count && dsync_cursor_left(&c) > 0; i++)
		rc = take_record(loose, d, &c, zip, &names, err);
	return rc == 0 ? check_places(loose, zip, err) : rc;
}

/* One allocation, as the strict reader's: records, directory, names, each of which is shorter than its record. */
struct dsync_zip *
dsync_zip_open_loose(int fd, dsync_zip_loose_note *note, void *user, struct dsync_error *err)
{
	struct dsync__loose loose = { .fd = fd, .note = note, .user = user };
	struct dsync__loose_directory d;
	struct dsync_zip *zip;
	struct stat st;
	size_t records;
	int rc;

	rc = dsync_sys_fstat(fd, &st);
	if (rc < 0) {
		dsync_error_set_errno(err, -rc, "cannot look at the archive");
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		dsync__zip_refuse(err, "Z1", 0, "not a regular file");
		return NULL;
	}
	loose.file_size = (uint64_t)st.st_size;
	if (dsync__loose_find_directory(&loose, &d, err) < 0)
		return NULL;
	records = (size_t)d.count * sizeof(struct dsync__zip_record);
	zip = malloc(sizeof(*zip) + records + 2 * (size_t)d.size);
	if (zip == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}
	*zip = (struct dsync_zip){
		.fd = fd, .file_size = loose.file_size, .directory_offset = d.offset, .tail_size = (size_t)d.size
	};
	zip->tail = (unsigned char *)zip->records + records;
	zip->names = (char *)zip->tail + d.size;
	if (read_directory(&loose, &d, zip, err) == 0)
		return zip;
	dsync_zip_close(zip);
	return NULL;
}
