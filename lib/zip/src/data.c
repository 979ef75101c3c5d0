/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading the bytes of entries: whole, in part, streamed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/sys.h"
#include "internal.h"

#define SMALL_SIZE 2048u /* a compressed manifest fits */

static int
read_bytes(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, uint64_t offset, void *buf, size_t size,
	struct dsync_error *err)
{
	int rc;

	rc = dsync_sys_pread_all(zip->fd, buf, size, entry->data_offset + offset);
	if (rc == 0)
		return 0;
	rc = dsync__zip_read_failed(err, rc, entry->data_offset + offset);
	dsync_error_at_entry(err, entry->name, strlen(entry->name));
	return rc;
}

/* An entry's stored bytes, all of them; opening may have read them with the headers. */
static int
read_all(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, struct dsync_error *err)
{
	size_t size = (size_t)entry->stored_size;
	const unsigned char *kept = dsync__zip_window_find(&zip->kept, entry->data_offset, size);

	if (kept == NULL)
		return read_bytes(zip, entry, 0, buf, size, err);
	if (size > 0)
		memcpy(buf, kept, size);
	return 0;
}

static int
check_crc(const struct dsync_zip_entry *entry, uint32_t crc, struct dsync_error *err)
{
	int rc;

	if (crc == entry->crc32)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_CORRUPT, "Z29", "the data of \"%s\" is damaged", entry->name);
	dsync_error_at_entry(err, entry->name, strlen(entry->name));
	dsync_error_at_offset(err, entry->data_offset);
	dsync_error_expected(err, "CRC-32 0x%08" PRIx32, entry->crc32);
	dsync_error_found(err, "0x%08" PRIx32, crc);
	return rc;
}

static int
refuse_deflate(const struct dsync_zip_entry *entry, const char *what, struct dsync_error *err)
{
	int rc;

	rc = dsync_error_set(err, DSYNC_ERR_CORRUPT, "Z28", "compressed data of \"%s\" %s", entry->name, what);
	dsync_error_at_entry(err, entry->name, strlen(entry->name));
	dsync_error_at_offset(err, entry->data_offset);
	return rc;
}

/* Z28: the stream must end exactly at both sizes. */
static int
inflate(struct libdeflate_decompressor *d, const struct dsync_zip_entry *entry, const void *in, void *out,
	struct dsync_error *err)
{
	size_t used = 0, made = 0;

	switch (libdeflate_deflate_decompress_ex(
		d, in, (size_t)entry->stored_size, out, (size_t)entry->size, &used, &made)) {
	case LIBDEFLATE_SUCCESS:
		break;
	case LIBDEFLATE_INSUFFICIENT_SPACE:
		return refuse_deflate(entry, "gives more bytes than declared", err);
	default:
		return refuse_deflate(entry, "is damaged", err);
	}
	if (made != entry->size)
		return refuse_deflate(entry, "gives fewer bytes than declared", err);
	if (used != entry->stored_size)
		return refuse_deflate(entry, "ends early", err);
	return 0;
}

static int
check_inflatable(const struct dsync_zip_entry *entry, struct dsync_error *err)
{
	uint64_t larger = entry->size > entry->stored_size ? entry->size : entry->stored_size;
	int rc;

	if (larger <= DSYNC_ZIP_INFLATE_SIZE_MAX)
		return 0;
	rc = dsync_error_set(
		err, DSYNC_ERR_LIMIT, "Z27", "compressed entry \"%s\" is too large to inflate", entry->name);
	dsync_error_at_entry(err, entry->name, strlen(entry->name));
	dsync_error_expected(err, "at most %u bytes", (unsigned)DSYNC_ZIP_INFLATE_SIZE_MAX);
	dsync_error_found(err, "%" PRIu64, larger);
	return rc;
}

static int
read_deflated(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, struct dsync_error *err)
{
	unsigned char small[SMALL_SIZE];
	struct libdeflate_decompressor *d = NULL;
	void *heap = NULL;
	void *in = small;
	int rc;

	rc = check_inflatable(entry, err);
	if (rc < 0)
		return rc;
	if (entry->stored_size > sizeof(small))
		in = heap = malloc((size_t)entry->stored_size);
	d = libdeflate_alloc_decompressor();
	if (in == NULL || d == NULL) {
		rc = dsync_error_set_memory(err);
		goto out;
	}
	rc = read_all(zip, entry, in, err);
	if (rc == 0)
		rc = inflate(d, entry, in, buf, err);
out:
	if (d != NULL)
		libdeflate_free_decompressor(d);
	free(heap);
	return rc;
}

int
dsync_zip_read(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, struct dsync_error *err)
{
	int rc;

	if (entry->method == DSYNC_ZIP_DEFLATED)
		rc = read_deflated(zip, entry, buf, err);
	else if (entry->size > SIZE_MAX)
		rc = dsync_error_set(err, DSYNC_ERR_LIMIT, "", "\"%s\" is larger than memory", entry->name);
	else
		rc = read_all(zip, entry, buf, err);
	if (rc == 0)
		rc = check_crc(entry, dsync_crc32(0, buf, (size_t)entry->size), err);
	return rc;
}

int
dsync_zip_read_stored(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, uint64_t offset, void *buf,
	size_t size, struct dsync_error *err)
{
	if (entry->method != DSYNC_ZIP_STORED)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "", "\"%s\" is compressed", entry->name);
	if (offset > entry->size || size > entry->size - offset)
		return dsync_error_set(err, DSYNC_ERR_BOUNDS, "", "outside of \"%s\"", entry->name);
	return read_bytes(zip, entry, offset, buf, size, err);
}

static int
stream_stored(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, size_t buf_size,
	dsync_zip_sink *sink, void *context, struct dsync_error *err)
{
	uint64_t offset = 0;
	uint32_t crc = 0;
	int rc;

	while (offset < entry->size) {
		uint64_t left = entry->size - offset;
		size_t size = left < buf_size ? (size_t)left : buf_size;

		rc = read_bytes(zip, entry, offset, buf, size, err);
		if (rc < 0)
			return rc;
		crc = dsync_crc32(crc, buf, size);
		rc = sink != NULL ? sink(context, buf, size) : 0;
		if (rc < 0)
			return rc;
		offset += size;
	}
	return check_crc(entry, crc, err);
}

/* Hands out what lies in memory in pieces no larger than the caller's own. */
static int
stream_memory(const unsigned char *data, size_t size, size_t piece_max, dsync_zip_sink *sink, void *context)
{
	int rc = 0;

	while (size > 0 && rc >= 0) {
		size_t piece = size < piece_max ? size : piece_max;

		rc = sink(context, data, piece);
		data += piece;
		size -= piece;
	}
	return rc < 0 ? rc : 0;
}

int
dsync_zip_stream(const struct dsync_zip *zip, const struct dsync_zip_entry *entry, void *buf, size_t buf_size,
	dsync_zip_sink *sink, void *context, struct dsync_error *err)
{
	unsigned char *data;
	int rc;

	if (buf_size == 0)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "", "no working memory to stream with");
	if (entry->method == DSYNC_ZIP_STORED)
		return stream_stored(zip, entry, buf, buf_size, sink, context, err);

	rc = check_inflatable(entry, err);
	if (rc < 0)
		return rc;
	data = malloc(entry->size > 0 ? (size_t)entry->size : 1);
	if (data == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_zip_read(zip, entry, data, err);
	if (rc == 0 && sink != NULL)
		rc = stream_memory(data, (size_t)entry->size, buf_size, sink, context);
	free(data);
	return rc;
}
