/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The entries of an archive, and reading one whole. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive_internal.h"
#include "base/error.h"
#include "format/layout.h"

bool
dsync__archive_is_known(const char *name)
{
	static const char *const known[] = {
		DSYNC_ENTRY_MANIFEST,
		DSYNC_ENTRY_CONTEXT,
		DSYNC_ENTRY_UPDATER,
		DSYNC_ENTRY_RELEASE,
		DSYNC_ENTRY_ATTEST,
		DSYNC_ENTRY_PROOF,
		DSYNC_ENTRY_CHUNKS,
		DSYNC_ENTRY_PAYLOAD,
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i]) == 0)
			return true;
	}
	return false;
}

static void
describe(const struct dsync_zip_entry *from, struct dsync_archive_entry *entry)
{
	*entry = (struct dsync_archive_entry){
		.name = from->name,
		.offset = from->data_offset,
		.size = from->size,
		.stored_size = from->stored_size,
		.crc32 = from->crc32,
		.deflated = from->method == DSYNC_ZIP_DEFLATED,
		.has_descriptor = from->has_descriptor,
		.known = dsync__archive_is_known(from->name),
	};
}

size_t
dsync_archive_entry_count(const struct dsync_archive *archive)
{
	return dsync_zip_count(archive->zip);
}

int
dsync_archive_entry(const struct dsync_archive *archive, size_t index, struct dsync_archive_entry *entry)
{
	const struct dsync_zip_entry *found = dsync_zip_at(archive->zip, index);

	memset(entry, 0, sizeof(*entry));
	if (found == NULL)
		return DSYNC_ERR_NOT_FOUND;
	describe(found, entry);
	return 0;
}

int
dsync_archive_find(const struct dsync_archive *archive, const char *name, struct dsync_archive_entry *entry)
{
	const struct dsync_zip_entry *found = dsync_zip_find(archive->zip, name);

	memset(entry, 0, sizeof(*entry));
	if (found == NULL)
		return DSYNC_ERR_NOT_FOUND;
	describe(found, entry);
	return 0;
}

int
dsync__archive_read(const struct dsync_archive *archive, const struct dsync_zip_entry *entry, uint64_t size_max,
	unsigned char **data, size_t *size, struct dsync_error *err)
{
	unsigned char *bytes;
	int rc;

	if (entry->size > size_max || entry->size >= SIZE_MAX) {
		rc = dsync_error_set(err, DSYNC_ERR_LIMIT, "Z27", "the entry is too large to be read whole");
		dsync_error_at_entry(err, entry->name, strlen(entry->name));
		dsync_error_expected(err, "at most %" PRIu64 " bytes", size_max);
		dsync_error_found(err, "%" PRIu64, entry->size);
		return rc;
	}
	bytes = malloc((size_t)entry->size + 1); /* never 0 bytes, and never without an end for those who print it */
	if (bytes == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_zip_read(archive->zip, entry, bytes, err);
	if (rc < 0) {
		free(bytes);
		return rc;
	}
	bytes[entry->size] = '\0';
	*data = bytes;
	*size = (size_t)entry->size;
	return 0;
}

int
dsync_archive_read_entry(const struct dsync_archive *archive, const char *name, uint64_t size_max, unsigned char **data,
	size_t *size, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry = dsync_zip_find(archive->zip, name);

	*data = NULL;
	*size = 0;
	if (entry == NULL) {
		dsync_error_set(err, DSYNC_ERR_NOT_FOUND, "", "the archive has no such entry");
		dsync_error_at_entry(err, name, strlen(name));
		return DSYNC_ERR_NOT_FOUND;
	}
	return dsync__archive_read(archive, entry, size_max, data, size, err);
}
