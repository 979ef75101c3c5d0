/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "repack.h"
#include "repack_inflate.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/layout.h"

const struct dsync_zip_entry *
repack_last_of(const struct dsync_zip *zip, const char *name, size_t *count)
{
	const struct dsync_zip_entry *found = NULL, *entry;
	size_t i;

	*count = 0;
	for (i = 0; (entry = dsync_zip_at(zip, i)) != NULL; i++) {
		if (strcmp(entry->name, name) == 0) {
			found = entry;
			++*count;
		}
	}
	return found;
}

static bool
is_too_large(const struct dsync_zip_entry *entry, uint64_t limit)
{
	return entry->size > limit || entry->stored_size > limit;
}

static int
refuse_size(const struct dsync_zip_entry *entry, uint64_t limit, int code, const char *what, struct dsync_error *err)
{
	dsync_error_set(err, code, "Z27", "%s", what);
	dsync_error_at_entry(err, entry->name, strlen(entry->name));
	dsync_error_expected(err, "at most %" PRIu64 " bytes", limit);
	return code;
}

/* A whole entry in memory (free() it). */
static int
read_entry(const struct repack *r, const struct dsync_zip_entry *entry, uint64_t limit, unsigned char **data,
	struct dsync_error *err)
{
	int rc;

	*data = NULL;
	if (is_too_large(entry, limit))
		return refuse_size(entry, limit, DSYNC_ERR_LIMIT, "an entry is too large to be repacked", err);
	*data = malloc(entry->size > 0 ? (size_t)entry->size : 1);
	if (*data == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_zip_read(r->zip, entry, *data, err);
	if (rc < 0) {
		free(*data);
		*data = NULL;
	}
	return rc;
}

static const struct dsync_zip_entry *
require(const struct repack *r, const char *name, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry;
	size_t count;

	entry = repack_last_of(r->zip, name, &count);
	if (entry != NULL)
		return entry;
	dsync_error_set(err, DSYNC_ERR_NOT_ARCHIVE, "Z26", "no %s", name);
	dsync_error_hint(err, "it is no archive of ours: `dotsync create` makes one of a payload");
	return NULL;
}

static int
add_manifest(const struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry = require(r, DSYNC_ENTRY_MANIFEST, err);
	struct dsync_manifest *manifest;
	unsigned char *text;
	int rc;

	if (entry == NULL)
		return err->code;
	if (is_too_large(entry, DSYNC_MANIFEST_SIZE_MAX)) /* here the archive is at fault, not what we can hold */
		return refuse_size(
			entry, DSYNC_MANIFEST_SIZE_MAX, DSYNC_ERR_NOT_ARCHIVE, "the manifest is too large", err);
	rc = read_entry(r, entry, DSYNC_MANIFEST_SIZE_MAX, &text, err);
	if (rc < 0)
		return rc;
	manifest = dsync_manifest_parse(text, (size_t)entry->size, err);
	free(text);
	if (manifest == NULL)
		return err->code;
	dsync_builder_set_manifest(b, manifest);
	dsync_manifest_destroy(manifest);
	return 0;
}

static int
fail_source(struct repack *r, int rc)
{
	if (r->fault.code == 0)
		dsync_error_set(&r->fault, rc, "", "the payload cannot be read");
	return rc;
}

static int64_t
read_stored(struct repack *r, void *buf, size_t size)
{
	uint64_t left = r->payload->size - r->done;
	size_t piece = left < size ? (size_t)left : size;
	int rc;

	rc = piece > 0 ? dsync_zip_read_stored(r->zip, r->payload, r->done, buf, piece, &r->fault) : 0;
	return rc < 0 ? rc : (int64_t)piece;
}

static int
check_sum(struct repack *r)
{
	if (r->crc == r->payload->crc32)
		return 0;
	dsync_error_set(&r->fault, DSYNC_ERR_CORRUPT, "Z29", "the payload is damaged");
	dsync_error_at_entry(&r->fault, r->payload->name, strlen(r->payload->name));
	dsync_error_at_offset(&r->fault, r->payload->data_offset);
	dsync_error_expected(&r->fault, "CRC-32 0x%08" PRIx32, r->payload->crc32);
	dsync_error_found(&r->fault, "0x%08" PRIx32, r->crc);
	return DSYNC_ERR_CORRUPT;
}

/* The next piece; at the end the sum must be right. */
static int64_t
payload_source(void *user, void *buf, size_t size)
{
	struct repack *r = user;
	int64_t got;

	got = r->inflate != NULL ? inflate_read(r->inflate, buf, size, &r->fault) : read_stored(r, buf, size);
	if (got < 0)
		return fail_source(r, (int)got);
	if (got == 0)
		return check_sum(r);
	r->crc = dsync_crc32(r->crc, buf, (size_t)got);
	r->done += (uint64_t)got;
	return got;
}

static int
add_payload(struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	int rc;

	r->payload = require(r, DSYNC_ENTRY_PAYLOAD, err);
	if (r->payload == NULL)
		return err->code;
	if (r->payload->method == DSYNC_ZIP_DEFLATED) {
		rc = inflate_open(&r->inflate, r->fd, r->payload, err);
		if (rc < 0)
			return rc;
	}
	return dsync_builder_set_payload_source(b, payload_source, r);
}

static bool
is_reserved(const char *name)
{
	static const char *const known[] = { DSYNC_ENTRY_UPDATER, DSYNC_ENTRY_RELEASE, DSYNC_ENTRY_ATTEST,
		DSYNC_ENTRY_PROOF, DSYNC_ENTRY_CHUNKS };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i]) == 0)
			return false;
	}
	return strncmp(name, DSYNC_ENTRY_RESERVED_PREFIX, strlen(DSYNC_ENTRY_RESERVED_PREFIX)) == 0;
}

static int
add_entry(const struct repack *r, const struct dsync_zip_entry *entry, struct dsync_builder *b, struct dsync_error *err)
{
	unsigned char *data;
	int rc;

	if (is_reserved(entry->name)) {
		report_note(
			r->app, "%s: left out: \"%s\" has a name that the format keeps for itself", r->in, entry->name);
		return 0;
	}
	rc = read_entry(r, entry, DSYNC_ZIP_INFLATE_SIZE_MAX, &data, err);
	if (rc < 0)
		return rc;
	if (strcmp(entry->name, DSYNC_ENTRY_CONTEXT) == 0)
		dsync_builder_set_context(b, data, (size_t)entry->size);
	else if (strcmp(entry->name, DSYNC_ENTRY_UPDATER) == 0)
		dsync_builder_set_updater(b, data, (size_t)entry->size);
	else
		dsync_builder_set_entry(b, entry->name, data, (size_t)entry->size);
	free(data);
	return 0;
}

static int
add_others(const struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry;
	size_t i, count;
	int rc = 0;

	for (i = 0; rc == 0 && (entry = dsync_zip_at(r->zip, i)) != NULL; i++) {
		if (repack_last_of(r->zip, entry->name, &count) != entry)
			continue;
		if (strcmp(entry->name, DSYNC_ENTRY_MANIFEST) != 0 && strcmp(entry->name, DSYNC_ENTRY_PAYLOAD) != 0)
			rc = add_entry(r, entry, b, err);
	}
	return rc;
}

int
repack_fill(struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	int rc;

	rc = add_manifest(r, b, err);
	if (rc == 0)
		rc = add_payload(r, b, err);
	return rc == 0 ? add_others(r, b, err) : rc;
}
