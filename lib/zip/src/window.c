/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "base/sys.h"
#include "internal.h"

void
dsync__zip_window_init(struct dsync__zip_window *w, int fd, uint64_t limit, void *buf, size_t capacity)
{
	*w = (struct dsync__zip_window){ .fd = fd, .limit = limit, .data = buf, .capacity = capacity };
}

void
dsync__zip_window_fix(struct dsync__zip_window *w, void *data, size_t size, uint64_t start)
{
	*w = (struct dsync__zip_window){ .fd = -1, .limit = start + size, .start = start, .size = size, .data = data };
}

void
dsync__zip_window_keep(const struct dsync__zip_window *w, struct dsync__zip_window *copy, void *data)
{
	memcpy(data, w->data, w->size);
	dsync__zip_window_fix(copy, data, w->size, w->start);
}

const unsigned char *
dsync__zip_window_find(const struct dsync__zip_window *w, uint64_t offset, size_t size)
{
	size_t at;

	if (offset < w->start || offset - w->start > w->size)
		return NULL;
	at = (size_t)(offset - w->start);
	return size <= w->size - at ? w->data + at : NULL;
}

/* Reads on from `offset` as far as the buffer and the file go. */
static int
window_refill(struct dsync__zip_window *w, uint64_t offset, struct dsync_error *err)
{
	uint64_t left = w->limit - offset;
	size_t size = left < w->capacity ? (size_t)left : w->capacity;
	int rc;

	w->size = 0;
	rc = dsync_sys_pread_all(w->fd, w->data, size, offset);
	if (rc < 0)
		return dsync__zip_read_failed(err, rc, offset);
	w->start = offset;
	w->size = size;
	return 0;
}

int
dsync__zip_window_view(
	struct dsync__zip_window *w, uint64_t offset, size_t size, struct dsync_view *view, struct dsync_error *err)
{
	int rc;

	view->data = dsync__zip_window_find(w, offset, size);
	view->size = size;
	if (view->data != NULL)
		return 0;
	if (offset > w->limit || size > w->limit - offset || size > w->capacity)
		return dsync__zip_refuse(err, "Z25", offset, "the archive ends within a header");
	rc = window_refill(w, offset, err);
	view->data = w->data;
	return rc;
}
