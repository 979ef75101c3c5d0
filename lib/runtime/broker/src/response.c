/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The body flows from curl's buffer to whoever reads.  While a pipe is at work its pieces go straight into the
 * sink.  Otherwise they wait in `pending`, and when that is full curl is paused, stops
 * reading from the socket, and the server waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

static size_t
count_body(struct dsync_response *r, size_t size)
{
	if (size > dsync_broker_bytes_left(r->broker)) {
		dsync_error_set(&r->fault, DSYNC_ERR_LIMIT, "bytes", "more bytes than one run may receive");
		dsync_error_at_entry(&r->fault, r->url.text, strlen(r->url.text));
		dsync_error_expected(&r->fault, "at most %llu", (unsigned long long)r->broker->policy.bytes_in_max);
		return 0;
	}
	r->received += size;
	r->record->public_.bytes = r->received;
	r->broker->bytes_in += size;
	return size;
}

/* Gives what the sink still wants; returns how much that was, or a negative code of the sink's. */
static int64_t
feed_sink(struct dsync_response *r, const void *data, size_t size)
{
	int rc;

	if (size > r->sink_left)
		size = (size_t)r->sink_left;
	if (size == 0)
		return 0;
	rc = r->sink(r->sink_user, data, size);
	if (rc < 0)
		return rc;
	r->sink_left -= size;
	r->position += size;
	return (int64_t)size;
}

static bool
keep(struct dsync_response *r, const char *data, size_t size)
{
	if (r->pending == NULL)
		r->pending = malloc(DSYNC__BUFFER_SIZE);
	if (r->pending == NULL) {
		dsync_error_set_memory(&r->fault);
		return false;
	}
	if (r->pending_at == r->pending_end)
		r->pending_at = r->pending_end = 0;
	memcpy(r->pending + r->pending_end, data, size);
	r->pending_end += size;
	return true;
}

_Static_assert(CURL_MAX_WRITE_SIZE <= DSYNC__BUFFER_SIZE, "a piece fits an empty buffer");

static bool
has_room(const struct dsync_response *r, size_t size)
{
	size_t used = r->pending_at < r->pending_end ? r->pending_end : 0;

	return size <= r->sink_left || size <= DSYNC__BUFFER_SIZE - used;
}

/* What passed the guard goes onto the tape, to the sink, and where nobody wants it yet into memory. */
static int
take_piece(struct dsync_response *r, const void *data, size_t size)
{
	int64_t taken;

	if (dsync__tape_keep_body(r, data, size) < 0)
		return -1;
	taken = feed_sink(r, data, size);
	if (taken < 0) {
		r->sink_error = (int)taken;
		return -1;
	}
	return (size_t)taken == size || keep(r, (const char *)data + taken, size - (size_t)taken) ? 0 : -1;
}

size_t
dsync__body_receive(char *data, size_t one, size_t size, void *user)
{
	struct dsync_response *r = user;

	size *= one;
	if (r->fault.code != 0 || r->sink_error != 0)
		return CURL_WRITEFUNC_ERROR;
	if (!has_room(r, size + dsync__guard_held(r))) {
		r->paused = true;
		return CURL_WRITEFUNC_PAUSE; /* the same bytes come again */
	}
	if (count_body(r, size) != size || dsync__guard_pass(r, data, size, take_piece) < 0)
		return CURL_WRITEFUNC_ERROR;
	return size;
}

int
dsync__response_fail(struct dsync_response *r, int code)
{
	r->failed = code;
	if (r->record != NULL)
		r->record->public_.error = code;
	return code;
}

/* What the guard held back comes last; 1 when there is nothing of it. */
static int
end_body(struct dsync_response *r, struct dsync_error *err)
{
	int rc;

	rc = dsync__guard_end(r, take_piece);
	if (rc >= 0)
		return rc == 0 ? 1 : 0;
	if (r->sink_error != 0)
		return 0; /* the pump says so */
	if (err != NULL)
		*err = r->fault;
	return dsync__response_fail(r, r->fault.code != 0 ? r->fault.code : DSYNC_ERR_NO_MEMORY);
}

/* Makes something happen; 1 at the end of the body, 0 when there may be more, or why there is not. */
static int
advance(struct dsync_response *r, struct dsync_error *err)
{
	int rc;

	if (r->failed != 0)
		return dsync_error_set(err, r->failed, "", "the answer failed before");
	if (r->done) {
		rc = dsync__transfer_result(r, err);
		if (rc < 0)
			return dsync__response_fail(r, rc);
		return end_body(r, err);
	}
	rc = dsync__transfer_step(r, err);
	return rc == 0 ? 0 : dsync__response_fail(r, rc);
}

int64_t
dsync_response_read(struct dsync_response *r, void *buf, size_t size, struct dsync_error *err)
{
	size_t ready;
	int rc;

	if (size == 0)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "", "read into no room");
	while (r->pending_at == r->pending_end) {
		rc = advance(r, err);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	ready = r->pending_end - r->pending_at;
	if (size > ready)
		size = ready;
	memcpy(buf, r->pending + r->pending_at, size);
	r->pending_at += size;
	r->position += size;
	return (int64_t)size;
}

static int
pump(struct dsync_response *r, struct dsync_error *err)
{
	int64_t taken;
	int rc;

	if (r->pending_at < r->pending_end) {
		taken = feed_sink(r, r->pending + r->pending_at, r->pending_end - r->pending_at);
		if (taken < 0)
			return dsync__response_fail(r, (int)taken);
		r->pending_at += (size_t)taken;
	}
	while (r->sink_left > 0) {
		rc = advance(r, err);
		if (r->sink_error != 0)
			return dsync__response_fail(r, r->sink_error); /* its own error is in the sink's hands */
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	return 0;
}

int64_t
dsync_response_pipe(
	struct dsync_response *r, int64_t limit, dsync_response_sink *sink, void *user, struct dsync_error *err)
{
	uint64_t before = r->position;
	int rc;

	r->sink = sink;
	r->sink_user = user;
	r->sink_left = limit < 0 ? UINT64_MAX : (uint64_t)limit;
	rc = pump(r, err);
	r->sink_left = 0;
	return rc < 0 ? rc : (int64_t)(r->position - before);
}

uint64_t
dsync_response_position(const struct dsync_response *r)
{
	return r->position;
}

int
dsync_response_status(const struct dsync_response *r)
{
	return r->status;
}

const char *
dsync_response_header(const struct dsync_response *r, const char *name)
{
	const struct dsync__field *field = dsync__response_field(r, name, strlen(name));

	return field != NULL ? field->value : NULL;
}

int64_t
dsync_response_length(const struct dsync_response *r)
{
	const char *encoding = dsync_response_header(r, "Content-Encoding");

	if (dsync__response_without_body(r))
		return 0;
	if (encoding != NULL && strcmp(encoding, "identity") != 0)
		return -1;
	return r->length;
}

/* Our own copies of what was sent; secrets may be among it. */
static void
wipe_headers(struct curl_slist *headers)
{
	for (; headers != NULL; headers = headers->next)
		explicit_bzero(headers->data, strlen(headers->data));
}

void
dsync_response_close(struct dsync_response *r)
{
	if (r == NULL)
		return;
	dsync__tape_end(r);
	dsync__guard_destroy(r->guard);
	if (r->multi != NULL && r->easy != NULL)
		curl_multi_remove_handle(r->multi, r->easy);
	curl_easy_cleanup(r->easy);
	curl_multi_cleanup(r->multi);
	curl_url_cleanup(r->curl_url);
	wipe_headers(r->headers);
	curl_slist_free_all(r->headers);
	curl_slist_free_all(r->resolve);
	dsync__response_drop_fields(r);
	free(r->pending);
	free(r);
}
