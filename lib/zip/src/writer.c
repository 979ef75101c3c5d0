/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/sys.h"
#include "internal.h"
#include "writer_header.h"
#include "zip/writer.h"

#define DEFLATE_LEVEL 9 /* the bytes of compressed entries depend on it and on libdeflate's version */

#define EXTRA_SIZE_MAX 65535u
#define LOCAL_SIZE_MAX (DSYNC_ZIP_LOCAL_SIZE + DSYNC_ZIP_NAME_SIZE_MAX + EXTRA_SIZE_MAX)
#define END_SIZE_MAX (DSYNC_ZIP_END64_SIZE + DSYNC_ZIP_LOCATOR_SIZE + DSYNC_ZIP_END_SIZE)
#define FILE_SIZE_MAX (INT64_MAX - DSYNC_ZIP_DIRECTORY_SIZE_MAX - END_SIZE_MAX)

void
dsync_zip_writer_init(struct dsync_zip_writer *w, int fd, const struct dsync_zip_writer_options *options)
{
	memset(w, 0, sizeof(*w));
	w->fd = fd;
	dsync_buffer_init(&w->central, DSYNC_ZIP_DIRECTORY_SIZE_MAX);
	dsync__zip_dos_time(options != NULL ? options->time : INT64_MIN, &w->dos_date, &w->dos_time);
}

void
dsync_zip_writer_destroy(struct dsync_zip_writer *w)
{
	if (w != NULL)
		dsync_buffer_finish(&w->central);
}

static int
write_at(const struct dsync_zip_writer *w, const void *data, size_t size, uint64_t offset, struct dsync_error *err)
{
	int rc;

	rc = dsync_sys_pwrite_all(w->fd, data, size, offset);
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot write the archive") : 0;
}

/* The next name in the directory so far; false at its end. */
static bool
next_name(struct dsync_cursor *c, struct dsync_view *name)
{
	uint16_t name_size = 0, extra_size = 0;
	int rc;

	if (dsync_cursor_left(c) == 0)
		return false;
	rc = dsync_cursor_skip(c, 28);
	rc |= dsync_cursor_u16le(c, &name_size);
	rc |= dsync_cursor_u16le(c, &extra_size);
	rc |= dsync_cursor_skip(c, 14);
	rc |= dsync_cursor_take(c, name_size, name);
	rc |= dsync_cursor_skip(c, extra_size);
	return rc == 0;
}

static int
check_name(const struct dsync_zip_writer *w, const char *name, struct dsync_error *err)
{
	char text[DSYNC__ZIP_NAME_FAULT_SIZE];
	size_t size = strlen(name);
	struct dsync_view central = dsync_buffer_view(&w->central);
	struct dsync_view other;
	struct dsync_cursor c;
	const char *fault;
	int rc = 0;

	fault = dsync__zip_name_fault(name, size, text);
	if (fault != NULL)
		rc = dsync_error_set(err, DSYNC_ERR_INVALID, "Z11", "entry name %s", fault);
	dsync_cursor_init(&c, central.data, central.size, 0);
	while (rc == 0 && next_name(&c, &other)) {
		if (dsync__zip_name_clash((const char *)other.data, other.size, name, size) != DSYNC__ZIP_CLASH_NONE)
			rc = dsync_error_set(err, DSYNC_ERR_INVALID, "Z12", "entry name clashes with \"%.*s\"",
				(int)other.size, (const char *)other.data);
	}
	if (rc < 0)
		dsync_error_at_entry(err, name, size);
	return rc;
}

/* Size of the extra area that brings the data to its place, with room for its fields. */
static uint64_t
room_for(const struct dsync_zip_entry_options *o, uint64_t bare)
{
	uint64_t alignment = o->alignment > 1 ? o->alignment : 1;
	uint64_t floor = bare;
	uint64_t data;

	if (o->may_exceed_4g)
		floor += DSYNC__ZIP_LOCAL_ZIP64_SIZE + DSYNC__ZIP_PADDING_SIZE;
	else if (alignment > 1 || o->data_offset_min > bare)
		floor += DSYNC__ZIP_PADDING_SIZE;
	data = o->data_offset_min > floor ? o->data_offset_min : floor;
	data += (alignment - data % alignment) % alignment;
	return data - bare;
}

static int
check_options(const struct dsync_zip_entry_options *o, struct dsync_error *err)
{
	if ((o->alignment & (o->alignment - (o->alignment > 0))) != 0 || o->alignment > DSYNC_ZIP_ALIGNMENT_MAX)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "W8", "alignment %u is no power of two up to %u",
			(unsigned)o->alignment, DSYNC_ZIP_ALIGNMENT_MAX);
	if (o->data_offset_min > FILE_SIZE_MAX)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "W8", "data offset is past any file");
	return 0;
}

int
dsync_zip_writer_begin(struct dsync_zip_writer *w, const char *name, const struct dsync_zip_entry_options *options,
	struct dsync_error *err)
{
	static const struct dsync_zip_entry_options none = { 0 };
	const struct dsync_zip_entry_options *o = options != NULL ? options : &none;
	uint64_t bare;
	uint64_t room;
	int rc;

	if (w->data_offset != 0)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "entry \"%s\" is still open", w->open_name);
	if (w->count == DSYNC_ZIP_ENTRIES_MAX)
		return dsync_error_set(err, DSYNC_ERR_LIMIT, "Z9", "more than %u entries", DSYNC_ZIP_ENTRIES_MAX);
	rc = check_name(w, name, err);
	if (rc == 0)
		rc = check_options(o, err);
	if (rc < 0)
		return rc;

	bare = w->position + DSYNC_ZIP_LOCAL_SIZE + strlen(name);
	room = room_for(o, bare);
	if (room > EXTRA_SIZE_MAX)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "W8",
			"\"%s\" cannot start that far on: padding is limited to %u bytes", name, EXTRA_SIZE_MAX);
	strcpy(w->open_name, name); /* fits: Z11 limits it */
	w->open_room = (uint16_t)room;
	w->open_alignment = o->alignment > 1 ? (uint16_t)o->alignment : 1;
	w->data_offset = bare + room;
	return 0;
}

uint64_t
dsync_zip_writer_data_offset(const struct dsync_zip_writer *w)
{
	return w->data_offset;
}

/* What the reader would refuse (Z16, Z20), and what does not fit. */
static int
check_written(const struct dsync_zip_writer *w, const struct dsync__zip_written *e, struct dsync_error *err)
{
	uint16_t left = e->room - DSYNC__ZIP_LOCAL_ZIP64_SIZE;
	bool is_directory = e->name[strlen(e->name) - 1] == '/';

	if (e->size > FILE_SIZE_MAX || e->stored_size > FILE_SIZE_MAX - w->data_offset)
		return dsync_error_set(
			err, DSYNC_ERR_LIMIT, "", "\"%s\" makes the archive larger than files can be", e->name);
	if (dsync__zip_written_is_large(e) &&
		(e->room < DSYNC__ZIP_LOCAL_ZIP64_SIZE || (left != 0 && left < DSYNC__ZIP_PADDING_SIZE)))
		return dsync_error_set(
			err, DSYNC_ERR_LIMIT, "W7", "\"%s\" was begun without room for 4 GiB or more", e->name);
	if (is_directory && (e->size != 0 || e->method != DSYNC_ZIP_STORED))
		return dsync_error_set(err, DSYNC_ERR_INVALID, "Z20", "directory \"%s\" cannot have data", e->name);
	if (!dsync__zip_sizes_possible(e->method, e->stored_size, e->size))
		return dsync_error_set(err, DSYNC_ERR_INVALID, "Z16", "sizes of \"%s\" are impossible", e->name);
	if (e->size == 0 && e->crc32 != 0)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "Z16", "CRC-32 of empty \"%s\" is not 0", e->name);
	return 0;
}

static int
write_local(const struct dsync_zip_writer *w, const struct dsync__zip_written *e, struct dsync_error *err)
{
	struct dsync_buffer header;
	int rc;

	dsync_buffer_init(&header, LOCAL_SIZE_MAX);
	dsync__zip_append_local(&header, e);
	if (dsync_buffer_error(&header) < 0)
		rc = dsync_error_set_memory(err);
	else
		rc = write_at(w, header.data, header.size, e->header_offset, err);
	dsync_buffer_finish(&header);
	return rc;
}

static int
end_entry(struct dsync_zip_writer *w, uint16_t method, uint64_t stored_size, uint64_t size, uint32_t crc32,
	struct dsync_error *err)
{
	struct dsync__zip_written e = {
		.name = w->open_name,
		.header_offset = w->position,
		.stored_size = stored_size,
		.size = size,
		.crc32 = crc32,
		.method = method,
		.dos_time = w->dos_time,
		.dos_date = w->dos_date,
		.room = w->open_room,
		.alignment = w->open_alignment,
	};
	int rc;

	if (w->data_offset == 0)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "no entry is open");
	rc = check_written(w, &e, err);
	if (rc == 0)
		rc = write_local(w, &e, err);
	if (rc < 0)
		return rc;
	dsync__zip_append_central(&w->central, &e);
	if (dsync_buffer_error(&w->central) < 0)
		return dsync_error_set_memory(err);
	w->position = w->data_offset + stored_size;
	w->data_offset = 0;
	w->count++;
	return 0;
}

int
dsync_zip_writer_end(struct dsync_zip_writer *w, uint64_t size, uint32_t crc32, struct dsync_error *err)
{
	return end_entry(w, DSYNC_ZIP_STORED, size, size, crc32, err);
}

int
dsync_zip_writer_end_deflated(
	struct dsync_zip_writer *w, uint64_t stored_size, uint64_t size, uint32_t crc32, struct dsync_error *err)
{
	return end_entry(w, DSYNC_ZIP_DEFLATED, stored_size, size, crc32, err);
}

/* Compresses into memory that the caller frees; *out is NULL when that makes it no smaller. */
static int
deflate(const void *data, size_t size, void **out, size_t *out_size, struct dsync_error *err)
{
	struct libdeflate_compressor *c;

	*out = NULL;
	if (size < 3)
		return 0;
	c = libdeflate_alloc_compressor(DEFLATE_LEVEL);
	*out = malloc(size - 1);
	*out_size = 0;
	if (c != NULL && *out != NULL)
		*out_size = libdeflate_deflate_compress(c, data, size, *out, size - 1);
	if (*out_size == 0) {
		bool failed = c == NULL || *out == NULL;

		free(*out);
		*out = NULL;
		if (c != NULL)
			libdeflate_free_compressor(c);
		return failed ? dsync_error_set_memory(err) : 0;
	}
	libdeflate_free_compressor(c);
	return 0;
}

int
dsync_zip_writer_add(struct dsync_zip_writer *w, const char *name, const void *data, size_t size, uint16_t method,
	struct dsync_error *err)
{
	struct dsync_zip_entry_options options = { .may_exceed_4g = (uint64_t)size >= DSYNC__ZIP_MAX32 };
	void *deflated = NULL;
	size_t stored_size = size;
	int rc;

	rc = dsync_zip_writer_begin(w, name, &options, err);
	if (rc < 0)
		return rc;
	if (method == DSYNC_ZIP_DEFLATED)
		rc = deflate(data, size, &deflated, &stored_size, err);
	if (rc == 0 && deflated == NULL)
		stored_size = size;
	if (rc == 0)
		rc = write_at(w, deflated != NULL ? deflated : data, stored_size, w->data_offset, err);
	if (rc == 0)
		rc = end_entry(w, deflated != NULL ? DSYNC_ZIP_DEFLATED : DSYNC_ZIP_STORED, stored_size, size,
			dsync_crc32(0, data, size), err);
	free(deflated);
	if (rc < 0)
		w->data_offset = 0; /* the entry was never there */
	return rc;
}

int
dsync_zip_writer_finish(struct dsync_zip_writer *w, uint64_t *file_size, struct dsync_error *err)
{
	struct dsync_buffer end;
	uint64_t total = w->position + w->central.size;
	int rc;

	if (w->data_offset != 0)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "entry \"%s\" is still open", w->open_name);
	if (w->count == 0)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "Z9", "an archive has at least one entry");

	dsync_buffer_init(&end, END_SIZE_MAX);
	dsync__zip_append_end(&end, w->count, w->central.size, w->position);
	if (dsync_buffer_error(&w->central) < 0 || dsync_buffer_error(&end) < 0) {
		rc = dsync_error_set_memory(err);
		goto out;
	}
	rc = write_at(w, w->central.data, w->central.size, w->position, err);
	if (rc == 0)
		rc = write_at(w, end.data, end.size, total, err);
	total += end.size;
	if (rc == 0) {
		rc = dsync_sys_ftruncate(w->fd, total);
		if (rc < 0)
			rc = dsync_error_set_errno(err, -rc, "cannot cut the archive to its size");
	}
	if (rc == 0 && file_size != NULL)
		*file_size = total;
out:
	dsync_buffer_finish(&end);
	return rc;
}
