/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reading what there is and writing what is to be: sources, the new payload, the new context. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "calls.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"

/* A source that lies in memory: context and manifest; false when there is none. */
static bool
view_source(struct dsync_calls *c, int64_t source, struct dsync_view *view)
{
	unsigned char *data;
	size_t size;

	if (source == DSYNC_GUEST_SOURCE_MANIFEST) {
		*view = dsync_manifest_text(dsync_archive_manifest(c->base));
		return true;
	}
	if (source == DSYNC_GUEST_SOURCE_PUSHED) {
		*view = c->pushed;
		return c->pushed.data != NULL;
	}
	if (source != DSYNC_GUEST_SOURCE_CONTEXT)
		return false;
	if (!c->old_context_read) {
		if (dsync_archive_read_entry(c->base, DSYNC_ENTRY_CONTEXT, DSYNC_CONTEXT_SIZE_MAX, &data, &size, NULL) <
			0)
			return false;
		dsync_buffer_append(&c->old_context, data, size);
		free(data);
		c->old_context_read = dsync_buffer_error(&c->old_context) == 0;
	}
	*view = dsync_buffer_view(&c->old_context);
	return c->old_context_read;
}

int
dsync_calls_size(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	const struct dsync_open_response *open;
	struct dsync_view view;

	if (call->a == DSYNC_GUEST_SOURCE_PAYLOAD) {
		result->value = (int64_t)dsync_archive_payload_size(c->base);
	} else if (call->a < 0) {
		result->value = DSYNC_GUEST_ERR_INVAL;
	} else if (call->a < DSYNC_GUEST_SOURCE_RESPONSE) {
		result->value = view_source(c, call->a, &view) ? (int64_t)view.size : DSYNC_GUEST_ERR_NOENT;
	} else if ((open = dsync_calls_find(c, call->a)) == NULL) {
		result->value = DSYNC_GUEST_ERR_INVAL;
	} else {
		result->value = dsync_response_length(open->response);
		if (result->value < 0)
			result->value = DSYNC_GUEST_ERR_NOENT;
	}
	return 0;
}

static int
read_response(struct dsync_calls *c, struct dsync_response *response, int64_t offset, unsigned char *room, size_t size,
	struct dsync_frame_result *result)
{
	struct dsync_error err;
	int end = 0;

	if (offset < 0 || (uint64_t)offset != dsync_response_position(response)) {
		result->value = DSYNC_GUEST_ERR_STATE;
		return 0;
	}
	result->value = dsync_response_read(response, room, size, &err);
	if (result->value < 0)
		result->value = dsync_calls_fail(c, &err, &end);
	return end;
}

static int64_t
read_view(struct dsync_view view, int64_t offset, unsigned char *room, size_t size)
{
	if ((uint64_t)offset >= view.size)
		return 0;
	if (size > view.size - (size_t)offset)
		size = view.size - (size_t)offset;
	memcpy(room, view.data + offset, size);
	return (int64_t)size;
}

int
dsync_calls_read(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	size_t size = call->c > DSYNC_FRAME_CALL_DATA_MAX ? DSYNC_FRAME_CALL_DATA_MAX : (size_t)call->c;
	const struct dsync_open_response *open = dsync_calls_find(c, call->a);
	struct dsync_view view;
	unsigned char *room;
	int rc = 0;

	if (call->b < 0 || call->c < 0) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	room = dsync_buffer_reserve(&c->data, DSYNC_FRAME_CALL_DATA_MAX);
	if (room == NULL || size == 0)
		return 0;
	if (open != NULL)
		rc = read_response(c, open->response, call->b, room, size, result);
	else if (call->a == DSYNC_GUEST_SOURCE_PAYLOAD)
		result->value = dsync_archive_read_payload(c->base, (uint64_t)call->b, room, size, NULL);
	else if (view_source(c, call->a, &view))
		result->value = read_view(view, call->b, room, size);
	else
		result->value = call->a >= 0 && call->a < DSYNC_GUEST_SOURCE_RESPONSE ? DSYNC_GUEST_ERR_NOENT
										      : DSYNC_GUEST_ERR_INVAL;
	if (result->value > 0)
		dsync_buffer_added(&c->data, (size_t)result->value);
	else if (call->a == DSYNC_GUEST_SOURCE_PAYLOAD && result->value < 0)
		result->value = DSYNC_GUEST_ERR_IO;
	return rc;
}

int
dsync_calls_write(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	if (dsync_staging_append(c->staging, call->data.data, call->data.size) < 0)
		result->value = dsync_calls_fail_staging(c);
	return 0;
}

/*
 * The HTTP library hands out 16 KiB at a time; gathered into larger pieces they are hashed and written in
 * half the time.
 */
struct gather {
	struct dsync_staging *staging;
	unsigned char *piece;
	size_t used;
};

static int
flush_piece(struct gather *g)
{
	size_t used = g->used;

	g->used = 0;
	return used > 0 ? dsync_staging_append(g->staging, g->piece, used) : 0;
}

static int
gather_sink(void *user, const void *data, size_t size)
{
	struct gather *g = user;
	const unsigned char *from = data;
	int rc = 0;

	while (rc == 0 && size > 0) {
		size_t room = dsync_assembly_piece(g->staging->assembly) - g->used;
		size_t part = size < room ? size : room;

		memcpy(g->piece + g->used, from, part);
		g->used += part;
		from += part;
		size -= part;
		if (part == room)
			rc = flush_piece(g);
	}
	return rc;
}

/* The body from where it stands into the new payload; the bytes, or a negative code with the fault in `err` or in staging. */
static int64_t
pipe_body(struct dsync_calls *c, struct dsync_response *response, int64_t limit, struct dsync_error *err)
{
	struct gather g = { .staging = c->staging, .piece = malloc(DSYNC_ASSEMBLY_PIECE_MAX) };
	int64_t n;
	int rc;

	memset(err, 0, sizeof(*err));
	if (g.piece == NULL)
		return dsync_error_set_memory(err);
	n = dsync_response_pipe(response, limit, gather_sink, &g, err);
	rc = n >= 0 ? flush_piece(&g) : 0;
	free(g.piece);
	return rc < 0 ? rc : n;
}

static int
copy_response(struct dsync_calls *c, struct dsync_response *response, const struct dsync_frame_call *call,
	struct dsync_frame_result *result)
{
	int64_t length = dsync_response_length(response);
	struct dsync_error err;
	int end = 0;

	if ((uint64_t)call->b != dsync_response_position(response)) {
		result->value = DSYNC_GUEST_ERR_STATE;
		return 0;
	}
	c->staging->written = true;
	if (length > call->b && call->c < 0 && dsync_staging_expect(c->staging, (uint64_t)(length - call->b)) < 0) {
		result->value = dsync_calls_fail_staging(c);
		return 0;
	}
	result->value = pipe_body(c, response, call->c, &err);
	if (result->value < 0 && c->staging->fault.code != 0)
		result->value = dsync_calls_fail_staging(c);
	else if (result->value < 0)
		result->value = dsync_calls_fail(c, &err, &end);
	return end;
}

/* The range of a source of `size` bytes that is meant, clipped to it; false when it begins past its end. */
static bool
clip(uint64_t size, const struct dsync_frame_call *call, uint64_t *length)
{
	if ((uint64_t)call->b > size)
		return false;
	*length = size - (uint64_t)call->b;
	if (call->c >= 0 && (uint64_t)call->c < *length)
		*length = (uint64_t)call->c;
	return true;
}

int
dsync_calls_copy(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	const struct dsync_open_response *open = dsync_calls_find(c, call->a);
	struct dsync_view view;
	uint64_t length;
	int rc;

	result->value = DSYNC_GUEST_ERR_INVAL;
	if (call->b < 0 || call->c < -1)
		return 0;
	if (open != NULL) {
		result->value = 0;
		return copy_response(c, open->response, call, result);
	}
	if (call->a == DSYNC_GUEST_SOURCE_PAYLOAD) {
		if (!clip(dsync_archive_payload_size(c->base), call, &length))
			return 0;
		rc = dsync_staging_append_base(c->staging, (uint64_t)call->b, length);
	} else if (view_source(c, call->a, &view)) {
		if (!clip(view.size, call, &length))
			return 0;
		rc = dsync_staging_append(c->staging, view.data + call->b, (size_t)length);
	} else {
		if (call->a >= 0 && call->a < DSYNC_GUEST_SOURCE_RESPONSE)
			result->value = DSYNC_GUEST_ERR_NOENT;
		return 0;
	}
	result->value = rc < 0 ? dsync_calls_fail_staging(c) : (int64_t)length;
	return 0;
}

int
dsync_calls_discard(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	(void)call;
	if (dsync_staging_discard(c->staging) < 0)
		result->value = dsync_calls_fail_staging(c);
	return 0;
}

/* Pieces of the new context; the first piece after a last one begins anew. */
int
dsync_calls_context(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	if (c->sealed) {
		result->value = DSYNC_GUEST_ERR_DENIED;
		return 0;
	}
	if (c->has_new_context) {
		dsync_buffer_clear(&c->new_context);
		c->has_new_context = false;
	}
	if (dsync_buffer_append(&c->new_context, call->data.data, call->data.size) < 0) {
		dsync_buffer_clear(&c->new_context);
		result->value = DSYNC_GUEST_ERR_LIMIT;
		return 0;
	}
	if (call->a == 0)
		return 0;
	if (c->new_context.size > 0 && dsync_text_is_utf8(c->new_context.data, c->new_context.size)) {
		c->has_new_context = true;
	} else {
		dsync_buffer_clear(&c->new_context);
		result->value = DSYNC_GUEST_ERR_INVAL;
	}
	return 0;
}

void
dsync_calls_bind_key(struct dsync_calls *c, unsigned char key[16])
{
	struct dsync_view context = { (const unsigned char *)"", 0 };

	view_source(c, DSYNC_GUEST_SOURCE_CONTEXT, &context);
	dsync_attest_bind_key(key, c->updater_hash, context);
}

void
dsync_calls_got_key(const struct dsync_calls *c, unsigned char key[16])
{
	memcpy(key, c->got.request, sizeof(c->got.request));
	dsync_attest_bind_key(
		key, c->updater_hash, dsync_buffer_view(c->has_new_context ? &c->new_context : &c->old_context));
}
