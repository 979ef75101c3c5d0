/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "internal.h"

static int
get_size(int fd, uint64_t *size, struct dsync_error *err)
{
	struct stat st;
	int rc;

	rc = dsync_sys_fstat(fd, &st);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at the archive");
	if (!S_ISREG(st.st_mode))
		return dsync__zip_refuse(err, "Z1", 0, "not a regular file");
	if (st.st_size < (off_t)DSYNC_ZIP_END_SIZE)
		return dsync__zip_refuse(
			err, "Z1", 0, "no archive: the file is only %" PRIu64 " bytes", (uint64_t)st.st_size);
	*size = (uint64_t)st.st_size;
	return 0;
}

/*
 * One allocation for all that opening keeps: the struct with its records, the
 * tail, the names, a window.  All sizes are constant or come from checked counts, and
 * together are little more than twice the directory's limit.  Names with their NULs are shorter
 * than the directory, whatever it holds and however many records it really has.
 */
static struct dsync_zip *
zip_create(int fd, const struct dsync__zip_end *end, struct dsync_error *err)
{
	size_t records_size = end->count * sizeof(struct dsync__zip_record);
	size_t tail_size = (size_t)(end->file_size - end->directory_offset);
	size_t names_size = (size_t)end->directory_size;
	struct dsync_zip *zip;

	zip = malloc(sizeof(*zip) + records_size + tail_size + names_size + DSYNC__ZIP_WINDOW_SIZE);
	if (zip == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}
	*zip = (struct dsync_zip){ .fd = fd, .file_size = end->file_size, .directory_offset = end->directory_offset };
	zip->tail = (unsigned char *)zip->records + records_size;
	zip->tail_size = tail_size;
	zip->names = (char *)zip->tail + tail_size;
	return zip;
}

/* What the window of the end records holds of the tail is kept, the rest is read: each byte once. */
static int
read_tail(struct dsync_zip *zip, struct dsync__zip_window *w, struct dsync_error *err)
{
	uint64_t window_start = zip->file_size - w->size;
	size_t missing = window_start > zip->directory_offset ? (size_t)(window_start - zip->directory_offset) : 0;
	size_t held = zip->tail_size - missing;
	struct dsync_view view;
	int rc;

	rc = dsync__zip_window_view(w, zip->file_size - held, held, &view, err);
	if (rc < 0)
		return rc;
	memcpy(zip->tail + missing, view.data, held);
	if (missing == 0)
		return 0;
	rc = dsync_sys_pread_all(zip->fd, zip->tail, missing, zip->directory_offset);
	return rc < 0 ? dsync__zip_read_failed(err, rc, zip->directory_offset) : 0;
}

struct dsync_zip *
dsync_zip_open(int fd, const struct dsync_zip_profile *profile, struct dsync_error *err)
{
	unsigned char buf[DSYNC__ZIP_WINDOW_SIZE];
	struct dsync__zip_window window;
	struct dsync__zip_end end;
	struct dsync_zip *zip;
	uint64_t size = 0;
	int rc;

	if (get_size(fd, &size, err) < 0)
		return NULL;
	dsync__zip_window_init(&window, fd, size, buf, sizeof(buf));
	if (dsync__zip_end_read(&window, &end, err) < 0)
		return NULL;
	zip = zip_create(fd, &end, err);
	if (zip == NULL)
		return NULL;

	rc = read_tail(zip, &window, err);
	if (rc == 0)
		rc = dsync__zip_directory_read(zip, &end, err);
	if (rc == 0)
		rc = dsync__zip_names_check(zip, err);
	if (rc == 0)
		rc = dsync__zip_profile_check(zip, profile, err);
	if (rc == 0)
		rc = dsync__zip_locals_read(zip, &window, err);
	if (rc < 0) {
		dsync_zip_close(zip);
		return NULL;
	}
	dsync__zip_window_keep(&window, &zip->kept, zip->names + end.directory_size);
	return zip;
}

void
dsync_zip_close(struct dsync_zip *zip)
{
	free(zip);
}

size_t
dsync_zip_count(const struct dsync_zip *zip)
{
	return zip->count;
}

const struct dsync_zip_entry *
dsync_zip_at(const struct dsync_zip *zip, size_t index)
{
	return index < zip->count ? &zip->records[index].entry : NULL;
}

const struct dsync_zip_entry *
dsync_zip_find(const struct dsync_zip *zip, const char *name)
{
	size_t i;

	for (i = 0; i < zip->count; i++) {
		if (strcmp(zip->records[i].entry.name, name) == 0)
			return &zip->records[i].entry;
	}
	return NULL;
}

uint64_t
dsync_zip_file_size(const struct dsync_zip *zip)
{
	return zip->file_size;
}

uint64_t
dsync_zip_directory_offset(const struct dsync_zip *zip)
{
	return zip->directory_offset;
}

struct dsync_view
dsync_zip_tail(const struct dsync_zip *zip)
{
	return (struct dsync_view){ .data = zip->tail, .size = zip->tail_size };
}
