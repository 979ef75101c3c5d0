/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* dotsync.decode.v1 for updaters under test: the worker's decoders over the sources of host.c. */
#include <assert.h>
#include <string.h>

#include "decode.h"
#include "dotsync-decode.h"
#include "dotsync.h"

#define STREAMS_MAX 8
#define FIRST 0x40000000

static struct stream {
	struct dsync_decode *decode;
	int32_t source;
} streams[STREAMS_MAX];

static int64_t
read_source(void *user, uint64_t offset, unsigned char *out, size_t size)
{
	const struct stream *stream = user;

	return dotsync_read(stream->source, (int64_t)offset, out, (int32_t)size);
}

static struct dsync_decode *
find(int32_t number)
{
	assert(number >= FIRST && number < FIRST + STREAMS_MAX && streams[number - FIRST].decode != NULL);
	return streams[number - FIRST].decode;
}

int64_t
dotsync_decode_open(int32_t source, int32_t kind)
{
	int32_t i = 0;

	while (i < STREAMS_MAX && streams[i].decode != NULL)
		i++;
	if (i == STREAMS_MAX)
		return DOTSYNC_LIMIT;
	streams[i].source = source;
	streams[i].decode = source >= FIRST ? dsync_decode_open_over(kind, find(source))
					    : dsync_decode_open(kind, read_source, &streams[i]);
	assert(streams[i].decode != NULL);
	return FIRST + i;
}

int64_t
dotsync_decode_peek(int32_t stream, void *out, int32_t size)
{
	struct dsync_view view;
	int64_t n = dsync_decode_peek(find(stream), (size_t)size, &view);

	if (n < 0)
		return n;
	n = n < size ? n : size;
	memcpy(out, view.data, (size_t)n);
	return n;
}

/* Takes up to `size` bytes: into `out`, into the payload, or nowhere. */
static int64_t
move(int32_t stream, char *out, int64_t size, int keep)
{
	struct dsync_view view;
	int64_t done = 0, n;

	while (size < 0 || done < size) {
		n = dsync_decode_next(find(stream), &view);
		if (n < 0)
			return out != NULL && done > 0 ? done : n;
		if (n == 0)
			break;
		if (size >= 0 && n > size - done)
			n = size - done;
		if (out != NULL)
			memcpy(out + done, view.data, (size_t)n);
		if (keep && dotsync_write(view.data, (int32_t)n) < 0)
			return DOTSYNC_LIMIT;
		dsync_decode_take(find(stream), (size_t)n);
		done += n;
	}
	return done;
}

int64_t
dotsync_decode_read(int32_t stream, void *out, int32_t size)
{
	return move(stream, out, size, 0);
}

int64_t
dotsync_decode_copy(int32_t stream, int64_t len)
{
	return move(stream, NULL, len, 1);
}

int64_t
dotsync_decode_skip(int32_t stream, int64_t len)
{
	return move(stream, NULL, len, 0);
}

int64_t
dotsync_decode_position(int32_t stream)
{
	return (int64_t)dsync_decode_position(find(stream));
}

int64_t
dotsync_decode_sum(int32_t stream, void *out, int32_t cap)
{
	unsigned char sum[DSYNC_DECODE_SUM_MAX];
	size_t size = dsync_decode_sum(find(stream), sum);

	memcpy(out, sum, size < (size_t)cap ? size : (size_t)cap);
	return size > 0 ? (int64_t)size : DOTSYNC_INVAL;
}

int64_t
dotsync_decode_why(int32_t stream, char *out, int32_t cap)
{
	const char *why = dsync_decode_why(find(stream));
	size_t size = strlen(why);

	memcpy(out, why, size < (size_t)cap ? size : (size_t)cap);
	return (int64_t)size;
}

int64_t
dotsync_decode_close(int32_t stream)
{
	dsync_decode_close(find(stream));
	streams[stream - FIRST].decode = NULL;
	return 0;
}
