/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "format/assemble.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"
#include "format/layout.h"

/* Local headers and names of a head whose entries are not known yet. */
#define HEAD_OVERHEAD 1024u

int
dsync_assembly_begin(
	struct dsync_assembly **out, int fd, struct dsync_archive *base, size_t head_size_hint, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = base != NULL ? base->manifest : NULL;
	uint64_t head_size = base != NULL ? dsync__head_size(base) : HEAD_OVERHEAD;
	uint64_t was = base != NULL ? base->payload->data_offset : 0;
	struct dsync_assembly *a;

	*out = NULL;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return dsync_error_set_memory(err);
	a->piece = malloc(DSYNC__PIECE_SIZE);
	if (a->piece == NULL) {
		free(a);
		return dsync_error_set_memory(err);
	}
	a->fd = fd;
	a->base = base != NULL ? dsync_archive_ref(base) : NULL;
	a->size_max = UINT64_MAX;
	a->place = dsync__payload_place(head_size + head_size_hint, was, dsync__head_reserve(manifest));
	dsync__assembly_forget_hashes(a);
	dsync_zip_writer_init(&a->writer, fd, NULL);
	*out = a;
	return 0;
}

void
dsync_assembly_destroy(struct dsync_assembly *a)
{
	if (a == NULL)
		return;
	dsync_zip_writer_destroy(&a->writer);
	dsync_archive_unref(a->base);
	free(a->piece);
	free(a);
}

uint64_t
dsync_assembly_payload_size(const struct dsync_assembly *a)
{
	return a->size;
}

uint64_t
dsync_assembly_payload_offset(const struct dsync_assembly *a)
{
	return a->place;
}

void
dsync_assembly_set_limit(struct dsync_assembly *a, uint64_t payload_size_max)
{
	a->size_max = payload_size_max;
}

int
dsync__assembly_check_room(const struct dsync_assembly *a, uint64_t end, struct dsync_error *err)
{
	int rc;

	if (a->finished)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "the archive is written already");
	if (end >= a->size && end <= a->size_max && end <= INT64_MAX - a->place)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_LIMIT, "", "the payload is too large");
	dsync_error_at_entry(err, DSYNC_ENTRY_PAYLOAD, sizeof(DSYNC_ENTRY_PAYLOAD) - 1);
	if (a->size_max != UINT64_MAX)
		dsync_error_expected(err, "at most %" PRIu64 " bytes", a->size_max);
	return rc;
}

int
dsync__assembly_report(struct dsync_assembly *a, struct dsync_error *err)
{
	if (a->progress != NULL && a->progress(a->progress_user, a->size, a->progress_total) != 0)
		return dsync_error_set(err, DSYNC_ERR_CANCELLED, "", "cancelled");
	return 0;
}

void
dsync_assembly_set_progress(struct dsync_assembly *a, dsync_builder_progress *progress, void *user)
{
	a->progress = progress;
	a->progress_user = user;
}

int
dsync_assembly_reserve(struct dsync_assembly *a, uint64_t payload_size, struct dsync_error *err)
{
	int rc;

	if (payload_size <= a->size)
		return 0;
	rc = dsync__assembly_check_room(a, payload_size, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_fallocate(a->fd, a->place + a->size, payload_size - a->size);
	if (rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG)
		return dsync_error_set_errno(err, -rc, "no room for a payload of %" PRIu64 " bytes", payload_size);
	return 0; /* other failures: writing will tell */
}

int
dsync_assembly_write_at(
	struct dsync_assembly *a, uint64_t offset, const void *data, size_t size, struct dsync_error *err)
{
	uint64_t end = offset + size;
	int rc;

	if (offset == a->size)
		return dsync_assembly_append(a, data, size, err);
	if (end < offset)
		return dsync_error_set(err, DSYNC_ERR_OVERFLOW, "", "the payload is too large");
	rc = dsync__assembly_check_room(a, end > a->size ? end : a->size, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_pwrite_all(a->fd, data, size, a->place + offset);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot write the payload");
	if (offset < a->crc_size || offset < a->hash_size)
		dsync__assembly_forget_hashes(a);
	a->is_base_payload = false;
	if (end > a->size)
		a->size = end;
	return 0;
}

int
dsync_assembly_discard(struct dsync_assembly *a, struct dsync_error *err)
{
	int rc;

	if (a->finished)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "the archive is written already");
	rc = dsync_sys_ftruncate(a->fd, a->place); /* so that what was written does not shine through gaps */
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot cut the payload off");
	a->size = 0;
	a->is_base_payload = false;
	dsync__assembly_forget_hashes(a);
	return 0;
}

int
dsync__assembly_write_head(
	struct dsync_assembly *a, const struct dsync__head *head, size_t reserve, struct dsync_error *err)
{
	uint64_t was = a->base != NULL ? a->base->payload->data_offset : 0;
	int rc;

	rc = dsync__head_write(head, &a->writer, err);
	if (rc < 0)
		return rc;
	a->head_written = true;
	a->place = dsync__payload_place(a->writer.position, was, reserve);
	return 0;
}

/* The most that a head can take: a Deflated manifest is never longer than its text. */
static uint64_t
head_size_max(const struct dsync__head *head)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < head->count; i++) {
		const struct dsync__head_entry *entry = &head->entries[i];

		size += DSYNC_ZIP_LOCAL_SIZE + strlen(entry->name);
		if (entry->copy == NULL)
			size += entry->data.size;
		else
			size += head->all_stored ? entry->copy->size : entry->copy->stored_size;
	}
	return size;
}

/* The head of a payload that is there already; the payload gives way where the head might reach it. */
static int
write_head_last(struct dsync_assembly *a, const struct dsync__head *head, size_t reserve, struct dsync_error *err)
{
	uint64_t was = a->place;
	uint64_t place;
	int rc = 0;

	if (head_size_max(head) > a->place)
		rc = dsync__assembly_move(a, dsync__payload_place(head_size_max(head), 0, reserve), err);
	if (rc == 0)
		rc = dsync__head_write(head, &a->writer, err);
	if (rc < 0)
		return rc;
	a->head_written = true;
	place = dsync__payload_place(a->writer.position, was, reserve);
	return place != a->place ? dsync__assembly_move(a, place, err) : 0;
}

static int
write_payload_header(struct dsync_assembly *a, struct dsync_error *err)
{
	const struct dsync_zip_entry_options options = {
		.alignment = DSYNC_PAYLOAD_ALIGNMENT,
		.data_offset_min = a->place,
		.may_exceed_4g = true,
	};
	int rc;

	rc = dsync_zip_writer_begin(&a->writer, DSYNC_ENTRY_PAYLOAD, &options, err);
	if (rc < 0)
		return rc;
	if (dsync_zip_writer_data_offset(&a->writer) != a->place)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "the payload is not where it was to be");
	return dsync_zip_writer_end(&a->writer, a->size, a->crc, err);
}

/* What lies behind the payload: the given list, or the base's where it is still right. */
static int
write_chunks(struct dsync_assembly *a, const struct dsync__head *head, const struct dsync_view *chunks,
	struct dsync_error *err)
{
	struct dsync__head_entry entry = { .name = DSYNC_ENTRY_CHUNKS, .method = DSYNC_ZIP_STORED };

	if (chunks != NULL)
		entry.data = *chunks;
	else if (a->is_base_payload)
		entry.copy = dsync_zip_find(a->base->zip, DSYNC_ENTRY_CHUNKS);
	if (entry.copy == NULL && entry.data.data == NULL)
		return 0;
	return dsync__head_write_entry(head, &entry, &a->writer, err);
}

int
dsync__assembly_close(struct dsync_assembly *a, const struct dsync__head *head, size_t reserve,
	const struct dsync_view *chunks, struct dsync_error *err)
{
	int rc = 0;

	if (a->finished)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "the archive is written already");
	a->finished = true;
	rc = dsync__assembly_catch_up(a, false, err);
	if (rc == 0 && !a->head_written)
		rc = write_head_last(a, head, reserve, err);
	if (rc == 0)
		rc = write_payload_header(a, err);
	if (rc == 0)
		rc = write_chunks(a, head, chunks, err);
	if (rc == 0)
		rc = dsync_zip_writer_finish(&a->writer, NULL, err);
	return rc;
}

static int
set_part(struct dsync__head *head, const char *name, struct dsync_view data, struct dsync_error *err)
{
	return data.data != NULL ? dsync__head_set(head, name, data, DSYNC_ZIP_STORED, err) : 0;
}

int
dsync_assembly_finish(struct dsync_assembly *a, const struct dsync_assembly_parts *parts, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = parts->manifest;
	struct dsync__head head;
	int rc;

	if (manifest == NULL && a->base == NULL)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "an archive needs a manifest");
	rc = dsync__head_init(&head, a->base, false, err);
	if (rc == 0 && manifest != NULL)
		rc = dsync__head_set(&head, DSYNC_ENTRY_MANIFEST, dsync_manifest_text(manifest),
			dsync__manifest_method(a->base), err);
	if (rc == 0)
		rc = set_part(&head, DSYNC_ENTRY_CONTEXT, parts->context, err);
	if (rc == 0)
		rc = set_part(&head, DSYNC_ENTRY_UPDATER, parts->updater, err);
	if (rc == 0)
		rc = set_part(&head, DSYNC_ENTRY_ATTEST, parts->attest, err);
	if (rc == 0)
		rc = set_part(&head, DSYNC_ENTRY_RELEASE, parts->release, err);
	if (rc < 0)
		return rc;
	if (manifest == NULL)
		manifest = a->base->manifest;
	return dsync__assembly_close(a, &head, dsync__head_reserve(manifest), NULL, err);
}
