/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "decode.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The functions for one SHA-256 are the smallest part of the library, and old enough to be told so. */
#define OPENSSL_API_COMPAT 10101
#include <openssl/sha.h>

#include "base/hash.h"
#include "decode_engine.h"
#include "runtime/frame.h"

#define WHY_SIZE 128

struct dsync_decode {
	int32_t kind;
	const struct dsync_decode_engine *engine; /* NULL: bytes as they are */
	void *state;
	dsync_decode_read *read; /* NULL: from `lower` */
	void *user;
	uint64_t offset; /* of the next read */
	struct dsync_decode *lower;
	bool owns_lower;
	bool between; /* a member has ended and no other has begun */
	bool ended;
	int64_t error;
	uint64_t position;
	SHA256_CTX sha256;
	uint32_t crc32;
	size_t start, end; /* what of the buffer is not taken yet */
	char why[WHY_SIZE];
	unsigned char buffer[DSYNC_DECODE_BUFFER_SIZE];
};

static const struct dsync_decode_engine *
engine_of(int32_t kind)
{
	switch (kind) {
	case DSYNC_DECODE_GZIP:
		return &dsync_decode_gzip;
	case DSYNC_DECODE_ZSTD:
		return &dsync_decode_zstd;
	case DSYNC_DECODE_XZ:
		return &dsync_decode_xz;
	case DSYNC_DECODE_DEFLATE:
		return &dsync_decode_deflate;
	default:
		return NULL;
	}
}

static struct dsync_decode *
create(int32_t kind)
{
	struct dsync_decode *d;

	if (kind < DSYNC_DECODE_PLAIN || kind > DSYNC_DECODE_CRC32)
		return NULL;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->kind = kind;
	d->engine = engine_of(kind);
	SHA256_Init(&d->sha256);
	if (d->engine != NULL)
		d->state = d->engine->open();
	if (d->engine != NULL && d->state == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

struct dsync_decode *
dsync_decode_open_over(int32_t kind, struct dsync_decode *lower)
{
	struct dsync_decode *d = create(kind);

	if (d != NULL)
		d->lower = lower;
	return d;
}

/* An engine leaves what it does not need to others, so it stands on a buffer of its own. */
struct dsync_decode *
dsync_decode_open(int32_t kind, dsync_decode_read *read, void *user)
{
	struct dsync_decode *d = create(kind);

	if (d == NULL)
		return NULL;
	if (d->engine != NULL) {
		d->lower = dsync_decode_open(DSYNC_DECODE_PLAIN, read, user);
		d->owns_lower = true;
		if (d->lower == NULL) {
			dsync_decode_close(d);
			return NULL;
		}
	} else {
		d->read = read;
		d->user = user;
	}
	return d;
}

void
dsync_decode_close(struct dsync_decode *d)
{
	if (d == NULL)
		return;
	if (d->owns_lower)
		dsync_decode_close(d->lower);
	if (d->engine != NULL)
		d->engine->close(d->state);
	free(d);
}

static int64_t
fail(struct dsync_decode *d, int64_t error, const char *what, const char *detail)
{
	snprintf(d->why, sizeof(d->why), "the %s data %s%s%s", d->engine->name, what, detail != NULL ? ": " : "",
		detail != NULL ? detail : "");
	return error;
}

/* What one step came to: 1 to go on, 0 at the end, or the error. */
static int64_t
judge(struct dsync_decode *d, enum dsync_decode_step step, const struct dsync_decode_piece *piece)
{
	switch (step) {
	case DSYNC_STEP_END:
		d->between = d->engine->many;
		d->ended = !d->engine->many;
		return d->between;
	case DSYNC_STEP_BAD:
		return fail(d, DSYNC_GUEST_ERR_INVAL, "is damaged, or none", piece->why);
	case DSYNC_STEP_MEMORY:
		return fail(d, DSYNC_GUEST_ERR_LIMIT, "wants more memory than a decoder has here", piece->why);
	default:
		if (piece->last && piece->made == 0)
			return fail(d, DSYNC_GUEST_ERR_INVAL, "breaks off before its end", NULL);
		if (!piece->last && piece->used == 0 && piece->made == 0)
			return fail(d, DSYNC_GUEST_ERR_INVAL, "leads nowhere", NULL);
		return 1;
	}
}

/* Up to `size` bytes of decompressed data; 0 at the end. */
static int64_t
decompress(struct dsync_decode *d, unsigned char *out, size_t size)
{
	struct dsync_decode_piece piece = { .out = out, .out_size = size };
	struct dsync_view in;
	enum dsync_decode_step step;
	int64_t n;

	do {
		n = dsync_decode_next(d->lower, &in);
		if (n < 0) {
			snprintf(d->why, sizeof(d->why), "%s", dsync_decode_why(d->lower));
			return n;
		}
		if (n == 0 && d->between) {
			d->ended = true;
			return 0;
		}
		d->between = false;
		piece.in = in.data;
		piece.in_size = (size_t)n;
		piece.last = n == 0;
		piece.used = piece.made = 0;
		step = d->engine->step(d->state, &piece);
		dsync_decode_take(d->lower, piece.used);
		n = judge(d, step, &piece);
	} while (n > 0 && piece.made == 0);
	if (n < 0 && piece.made == 0)
		return n;
	if (n < 0)
		d->error = n; /* after what came before it */
	return (int64_t)piece.made;
}

static int64_t
receive(struct dsync_decode *d, unsigned char *out, size_t size)
{
	int64_t n = d->read(d->user, d->offset, out, size);

	d->offset += n > 0 ? (uint64_t)n : 0;
	return n;
}

/* Until the buffer holds so many bytes, or no more come. */
static void
fill(struct dsync_decode *d, size_t size)
{
	int64_t n;

	if (d->end - d->start >= size || d->ended || d->error < 0)
		return;
	memmove(d->buffer, d->buffer + d->start, d->end - d->start);
	d->end -= d->start;
	d->start = 0;
	while (d->end < size && !d->ended && d->error == 0) {
		n = (d->engine != NULL ? decompress : receive)(d, d->buffer + d->end, sizeof(d->buffer) - d->end);
		if (n < 0)
			d->error = n;
		else if (n == 0)
			d->ended = true;
		else
			d->end += (size_t)n;
	}
}

/* What takes nothing apart shows the bytes of the one below it. */
static bool
is_window(const struct dsync_decode *d)
{
	return d->engine == NULL && d->lower != NULL;
}

int64_t
dsync_decode_peek(struct dsync_decode *d, size_t size, struct dsync_view *view)
{
	if (is_window(d))
		return dsync_decode_peek(d->lower, size, view);
	fill(d, size < sizeof(d->buffer) ? size : sizeof(d->buffer));
	view->data = d->buffer + d->start;
	view->size = d->end - d->start;
	return view->size > 0 ? (int64_t)view->size : d->error;
}

int64_t
dsync_decode_next(struct dsync_decode *d, struct dsync_view *view)
{
	return dsync_decode_peek(d, 1, view);
}

void
dsync_decode_take(struct dsync_decode *d, size_t size)
{
	const struct dsync_decode *from = d;

	while (is_window(from))
		from = from->lower;
	if (size > from->end - from->start)
		size = from->end - from->start;
	if (d->kind == DSYNC_DECODE_SHA256)
		SHA256_Update(&d->sha256, from->buffer + from->start, size);
	else if (d->kind == DSYNC_DECODE_CRC32)
		d->crc32 = dsync_crc32(d->crc32, from->buffer + from->start, size);
	d->position += size;
	if (is_window(d))
		dsync_decode_take(d->lower, size);
	else
		d->start += size;
}

uint64_t
dsync_decode_position(const struct dsync_decode *d)
{
	return d->position;
}

size_t
dsync_decode_sum(const struct dsync_decode *d, unsigned char out[DSYNC_DECODE_SUM_MAX])
{
	SHA256_CTX copy = d->sha256;
	size_t i;

	if (d->kind == DSYNC_DECODE_CRC32) {
		for (i = 0; i < 4; i++)
			out[i] = (unsigned char)(d->crc32 >> (8 * i));
		return 4;
	}
	if (d->kind != DSYNC_DECODE_SHA256)
		return 0;
	SHA256_Final(out, &copy);
	return SHA256_DIGEST_LENGTH;
}

const char *
dsync_decode_why(const struct dsync_decode *d)
{
	while (is_window(d))
		d = d->lower;
	return d->why;
}
