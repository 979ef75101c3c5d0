/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync.decode.v1, the contract of guest/dotsync-decode.h: streams over the sources of dotsync.v1.  The bytes come from the host
 * as for a guest that reads, and go to it as for one that writes; what lies between is done here, in the cage.
 */
#include "contract.h"

#include <string.h>

#include "decode.h"
#include "ticks.h"

/* A read of the host for the decoder; where the run's time is over it ends too, since no guest's code is there to be interrupted. */
static int64_t
read_source(void *user, uint64_t offset, unsigned char *out, size_t size)
{
	struct dsync_guest_stream *stream = user;

	if (dsync_ticks_expired())
		return DSYNC_GUEST_ERR_TIMEOUT;
	return dsync_guest_read(stream->guest, DSYNC_CALL_READ, stream->source, offset, out, size);
}

static struct dsync_guest_stream *
find(struct dsync_guest *guest, int32_t number)
{
	size_t i;

	for (i = 0; i < DSYNC_GUEST_STREAMS; i++) {
		if (guest->streams[i].decode != NULL && guest->streams[i].number == number)
			return &guest->streams[i];
	}
	return NULL;
}

static bool
is_below_another(const struct dsync_guest *guest, const struct dsync_guest_stream *stream)
{
	size_t i;

	for (i = 0; i < DSYNC_GUEST_STREAMS; i++) {
		if (guest->streams[i].decode != NULL && guest->streams[i].lower == stream)
			return true;
	}
	return false;
}

static int64_t
open_stream(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	struct dsync_guest_stream *lower = find(guest, v[0].i32);
	struct dsync_guest_stream *stream = guest->streams;
	const int32_t kind = v[1].i32;

	while (stream < guest->streams + DSYNC_GUEST_STREAMS && stream->decode != NULL)
		stream++;
	if (kind < DSYNC_DECODE_PLAIN || kind > DSYNC_DECODE_CRC32 || v[0].i32 < 0 ||
		(lower == NULL && v[0].i32 >= DSYNC_GUEST_STREAM_FIRST))
		return DSYNC_GUEST_ERR_INVAL;
	if (guest->job.mode != DSYNC_JOB_DECODE) /* the limit of memory has no room for one */
		return DSYNC_GUEST_ERR_LIMIT;
	if (stream == guest->streams + DSYNC_GUEST_STREAMS || guest->streams_opened == DSYNC_GUEST_STREAM_FIRST)
		return DSYNC_GUEST_ERR_LIMIT;

	memset(stream, 0, sizeof(*stream));
	stream->guest = guest;
	stream->source = v[0].i32;
	stream->lower = lower;
	stream->decode = lower != NULL ? dsync_decode_open_over(kind, lower->decode)
				       : dsync_decode_open(kind, read_source, stream);
	if (stream->decode == NULL)
		return DSYNC_GUEST_ERR_LIMIT;
	stream->number = DSYNC_GUEST_STREAM_FIRST + guest->streams_opened++;
	return stream->number;
}

static int64_t
read_stream(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const struct dsync_guest_stream *stream = find(guest, v[0].i32);
	const uint32_t size = (uint32_t)v[2].i32;
	unsigned char *out = dsync_guest_range(guest, v[1].i32, size);
	struct dsync_view view;
	uint32_t done = 0, piece;
	int64_t n;

	if (out == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (stream == NULL)
		return DSYNC_GUEST_ERR_INVAL;
	while (done < size) {
		n = dsync_decode_next(stream->decode, &view);
		if (n < 0)
			return done > 0 ? done : n;
		if (n == 0)
			break;
		piece = view.size < size - done ? (uint32_t)view.size : size - done;
		memcpy(out + done, view.data, piece);
		dsync_decode_take(stream->decode, piece);
		done += piece;
	}
	return done;
}

static int64_t
peek(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const struct dsync_guest_stream *stream = find(guest, v[0].i32);
	const uint32_t size = (uint32_t)v[2].i32;
	unsigned char *out = dsync_guest_range(guest, v[1].i32, size);
	struct dsync_view view;
	int64_t n;

	if (out == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (stream == NULL || size > DSYNC_DECODE_BUFFER_SIZE)
		return DSYNC_GUEST_ERR_INVAL;
	n = dsync_decode_peek(stream->decode, size, &view);
	if (n < 0)
		return n;
	n = view.size < size ? (int64_t)view.size : (int64_t)size;
	memcpy(out, view.data, (size_t)n);
	return n;
}

/* Takes up to `length` bytes (-1: all), and appends them to the new payload or not; their number. */
static int64_t
move(struct dsync_guest *guest, const wasmtime_val_raw_t *v, bool keep)
{
	const struct dsync_guest_stream *stream = find(guest, v[0].i32);
	const int64_t length = v[1].i64;
	struct dsync_view view;
	int64_t done = 0, n;

	if (stream == NULL || length < -1)
		return DSYNC_GUEST_ERR_INVAL;
	while (length < 0 || done < length) {
		if (dsync_ticks_expired())
			return DSYNC_GUEST_ERR_TIMEOUT;
		n = dsync_decode_next(stream->decode, &view);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		if (length >= 0 && n > length - done)
			n = length - done;
		if (keep) {
			const int64_t rc = dsync_guest_send(guest, DSYNC_CALL_WRITE, view.data, (uint64_t)n);

			if (rc < 0)
				return rc;
		}
		dsync_decode_take(stream->decode, (size_t)n);
		done += n;
	}
	return done;
}

static int64_t
copy(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return move(guest, v, true);
}

static int64_t
skip(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return move(guest, v, false);
}

static int64_t
position(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const struct dsync_guest_stream *stream = find(guest, v[0].i32);

	return stream != NULL ? (int64_t)dsync_decode_position(stream->decode) : DSYNC_GUEST_ERR_INVAL;
}

/* What fits of it goes out; its full size comes back. */
static int64_t
give(struct dsync_guest *guest, const wasmtime_val_raw_t *v, const void *data, size_t size)
{
	const uint32_t room = (uint32_t)v[1].i32;
	unsigned char *out = dsync_guest_range(guest, v[0].i32, room);

	if (out == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	memcpy(out, data, size < room ? size : room);
	return (int64_t)size;
}

static int64_t
sum(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const struct dsync_guest_stream *stream = find(guest, v[0].i32);
	unsigned char bytes[DSYNC_DECODE_SUM_MAX];
	size_t size = stream != NULL ? dsync_decode_sum(stream->decode, bytes) : 0;

	return size > 0 ? give(guest, v + 1, bytes, size) : DSYNC_GUEST_ERR_INVAL;
}

static int64_t
why(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const struct dsync_guest_stream *stream = find(guest, v[0].i32);
	const char *text = stream != NULL ? dsync_decode_why(stream->decode) : NULL;

	return text != NULL ? give(guest, v + 1, text, strlen(text)) : DSYNC_GUEST_ERR_INVAL;
}

static int64_t
close_stream(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	struct dsync_guest_stream *stream = find(guest, v[0].i32);

	if (stream == NULL)
		return DSYNC_GUEST_ERR_INVAL;
	if (is_below_another(guest, stream))
		return DSYNC_GUEST_ERR_STATE;
	dsync_decode_close(stream->decode);
	memset(stream, 0, sizeof(*stream));
	return 0;
}

static const struct dsync_import imports[] = {
	{ "open", "ii:I", open_stream },
	{ "read", "iii:I", read_stream },
	{ "peek", "iii:I", peek },
	{ "copy", "iI:I", copy },
	{ "skip", "iI:I", skip },
	{ "position", "i:I", position },
	{ "sum", "iii:I", sum },
	{ "why", "iii:I", why },
	{ "close", "i:I", close_stream },
};

const struct dsync_import_table dsync_contract_decode = { "dotsync.decode.v1", imports,
	sizeof(imports) / sizeof(imports[0]) };
