/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The payload: mapped, read, streamed, or where it lies. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive_internal.h"
#include "base/error.h"
#include "base/sys.h"

#define STREAM_SIZE (256u * 1024u)

uint64_t
dsync_archive_payload_size(const struct dsync_archive *archive)
{
	return archive->payload->size;
}

struct dsync_extent
dsync_archive_payload_extent(const struct dsync_archive *archive)
{
	return (struct dsync_extent){ archive->fd, archive->payload->data_offset, archive->payload->size };
}

/* Z30: a file that changed since it was checked may be too short for the mapping. */
static int
check_size(const struct dsync_archive *archive, struct dsync_error *err)
{
	uint64_t expected = dsync_zip_file_size(archive->zip);
	struct stat st;
	int rc;

	rc = dsync_sys_fstat(archive->fd, &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the archive");
	if ((uint64_t)st.st_size == expected)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_CHANGED, "Z30", "file changed while open");
	dsync_error_expected(err, "%" PRIu64 " bytes", expected);
	dsync_error_found(err, "%" PRIu64, (uint64_t)st.st_size);
	dsync_error_hint(err, "open it again");
	return rc;
}

/* Maps from the start of the page that the payload starts in. */
static int
map_pages(struct dsync_archive *archive, struct dsync_error *err)
{
	const struct dsync_zip_entry *payload = archive->payload;
	uint64_t lead = payload->data_offset % (uint64_t)sysconf(_SC_PAGESIZE);
	int err_no = 0;
	void *map;
	int rc;

	if (payload->size > SIZE_MAX - lead)
		return dsync_error_set(
			err, DSYNC_ERR_LIMIT, "", "the payload is larger than this machine's memory can map");
	map = dsync_sys_mmap(archive->fd, payload->data_offset - lead, (size_t)(payload->size + lead), &err_no);
	if (map == NULL)
		return dsync_error_set_errno(err, err_no, "cannot map the payload");
	rc = check_size(archive, err);
	if (rc < 0) {
		dsync_sys_munmap(map, (size_t)(payload->size + lead));
		return rc;
	}
	archive->map = map;
	archive->map_size = (size_t)(payload->size + lead);
	archive->view = (struct dsync_view){ (unsigned char *)map + lead, (size_t)payload->size };
	return 0;
}

int
dsync_archive_map_payload(struct dsync_archive *archive, struct dsync_view *payload, struct dsync_error *err)
{
	int rc = 0;

	if (archive->view.data == NULL && archive->payload->size == 0)
		archive->view.data = (const unsigned char *)""; /* an empty view needs no pages */
	else if (archive->view.data == NULL)
		rc = map_pages(archive, err);
	*payload = archive->view;
	return rc;
}

int64_t
dsync_archive_read_payload(
	const struct dsync_archive *archive, uint64_t offset, void *buf, size_t size, struct dsync_error *err)
{
	uint64_t end = archive->payload->size;
	int rc;

	if (offset >= end)
		return 0;
	if (size > end - offset)
		size = (size_t)(end - offset);
	rc = dsync_zip_read_stored(archive->zip, archive->payload, offset, buf, size, err);
	return rc < 0 ? rc : (int64_t)size;
}

int
dsync_archive_stream_payload(
	const struct dsync_archive *archive, dsync_archive_sink *sink, void *user, struct dsync_error *err)
{
	void *buf = malloc(STREAM_SIZE);
	int rc;

	if (buf == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_zip_stream(archive->zip, archive->payload, buf, STREAM_SIZE, sink, user, err);
	free(buf);
	return rc;
}
