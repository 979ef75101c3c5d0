/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "unpack.h"

#include "../dotsync-decode.h"
#include "../dotsync.h"
#include "text.h"

#define NAMES_SIZE 160
#define NAME_SHOWN 96

static char names[NAMES_SIZE];
static int32_t names_size, names_count;

static int32_t
push(struct unpack *u, int32_t source, int32_t kind)
{
	int64_t stream = dotsync_decode_open(source, kind);

	if (stream < 0)
		return (int32_t)stream;
	u->streams[u->count++] = (int32_t)stream;
	return 0;
}

int32_t
unpack_top(const struct unpack *u)
{
	return u->streams[u->count - 1];
}

/* A tar archive is compressed more often than not, and says so itself. */
static int32_t
push_compression(struct unpack *u)
{
	unsigned char magic[6];
	int64_t n = dotsync_decode_peek(unpack_top(u), magic, sizeof(magic));

	if (n < 0)
		return (int32_t)n;
	if (n >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return push(u, unpack_top(u), DOTSYNC_GZIP);
	if (n >= 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd)
		return push(u, unpack_top(u), DOTSYNC_ZSTD);
	if (n >= 6 && magic[0] == 0xfd && text_is((const char *)magic + 1, 4, "7zXZ") && magic[5] == 0)
		return push(u, unpack_top(u), DOTSYNC_XZ);
	if (n >= 3 && text_is((const char *)magic, 3, "BZh"))
		return (int32_t)unpack_refuse(u, "is compressed with bzip2, which is not known here", 0);
	return 0;
}

int32_t
unpack_open(struct unpack *u, int32_t answer, const int32_t *steps, int32_t count, int32_t with_sum)
{
	int32_t i, rc;

	u->count = 0;
	u->archive = 0;
	u->has_sum = with_sum;
	u->reason[0] = '\0';
	names_size = names_count = 0;
	rc = push(u, answer, with_sum ? DOTSYNC_SHA256 : DOTSYNC_PLAIN);
	for (i = 0; rc == 0 && i < count; i++) {
		if (steps[i] < UNPACK_TAR)
			rc = push(u, unpack_top(u), steps[i]);
		else
			u->archive = steps[i];
		if (steps[i] == UNPACK_TAR && count == 1)
			rc = push_compression(u);
	}
	return rc;
}

void
unpack_close(struct unpack *u)
{
	while (u->count > 0)
		dotsync_decode_close(u->streams[--u->count]);
}

int64_t
unpack_copy(struct unpack *u, const char *member)
{
	if (u->archive == UNPACK_TAR)
		return unpack_tar(u, member);
	if (u->archive == UNPACK_ZIP)
		return unpack_zip(u, member);
	return dotsync_decode_copy(unpack_top(u), -1);
}

int64_t
unpack_skip(struct unpack *u)
{
	int64_t n = dotsync_decode_skip(unpack_top(u), -1);

	return n < 0 ? n : 0;
}

void
unpack_blame(struct unpack *u, int32_t stream)
{
	int64_t n;

	if (u->reason[0] != '\0')
		return;
	n = dotsync_decode_why(stream, u->reason, UNPACK_REASON_SIZE - 1);
	if (n < 0 || n >= UNPACK_REASON_SIZE)
		n = 0;
	u->reason[n] = '\0';
}

const char *
unpack_reason(struct unpack *u)
{
	if (u->count > 0)
		unpack_blame(u, unpack_top(u));
	return u->reason;
}

void
unpack_sum(const struct unpack *u, unsigned char sum[SUM_SIZE])
{
	dotsync_decode_sum(u->streams[0], sum, SUM_SIZE);
}

static int64_t
judge(struct unpack *u, int64_t got, int64_t wanted)
{
	if (got < 0 || got == wanted)
		return got < 0 ? got : 0;
	return unpack_refuse(u,
		u->archive == UNPACK_TAR ? "is a tar archive that breaks off before its end"
					 : "is a ZIP archive that breaks off before its end",
		0);
}

int64_t
unpack_read(struct unpack *u, void *out, int32_t size)
{
	return judge(u, dotsync_decode_read(unpack_top(u), out, size), size);
}

int64_t
unpack_pass(struct unpack *u, int64_t size)
{
	return judge(u, dotsync_decode_skip(unpack_top(u), size), size);
}

int64_t
unpack_refuse(struct unpack *u, const char *what, const char *name)
{
	int32_t size = name != 0 ? text_size(name) : 0;
	int32_t length = text_append(u->reason, 0, UNPACK_REASON_SIZE, what);

	if (name == 0)
		return UNPACK_REFUSED;
	length = text_append(u->reason, length, UNPACK_REASON_SIZE, " \"");
	length = text_append_bytes(u->reason, length, UNPACK_REASON_SIZE, name, size < NAME_SHOWN ? size : NAME_SHOWN);
	text_append(u->reason, length, UNPACK_REASON_SIZE, size < NAME_SHOWN ? "\"" : "...\"");
	return UNPACK_REFUSED;
}

void
unpack_note(struct unpack *u, const char *name, int32_t size)
{
	(void)u;
	names_count++;
	if (names_size + size + 8 > NAMES_SIZE)
		return;
	names_size = text_append(names, names_size, NAMES_SIZE, names_size > 0 ? ", " : "");
	names_size = text_append_bytes(names, names_size, NAMES_SIZE, name, size);
}

int64_t
unpack_refuse_missing(struct unpack *u, const char *member)
{
	int32_t length;

	unpack_refuse(u, "has no member", member);
	length = text_append(u->reason, text_size(u->reason), UNPACK_REASON_SIZE, "; of its ");
	length = text_append_number(u->reason, length, UNPACK_REASON_SIZE, names_count);
	length = text_append(u->reason, length, UNPACK_REASON_SIZE, names_size > 0 ? " files some are " : " files");
	text_append_bytes(u->reason, length, UNPACK_REASON_SIZE, names, names_size);
	return UNPACK_REFUSED;
}
