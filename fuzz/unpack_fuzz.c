/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What the built-in updater unpacks: the first byte says how, the second in which pieces the rest arrives.  What is good must be good
 * and the same however it arrives; where more than one thing is wrong, either may be found first.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "dotsync-decode.h"
#include "dotsync.h"
#include "updaters/unpack.h"

#define PAYLOAD_MAX (INT64_C(8) << 20)
#define ANSWER 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const uint8_t *data;
	size_t size, piece;
	int64_t written;
	struct dsync_hash hash;
} host;

int64_t
dotsync_read(int32_t source, int64_t off, void *out, int32_t size)
{
	size_t n = (size_t)size;

	assert(source == ANSWER && off >= 0 && (size_t)off <= host.size);
	if (n > host.size - (size_t)off)
		n = host.size - (size_t)off;
	if (host.piece > 0 && n > host.piece)
		n = host.piece;
	memcpy(out, host.data + off, n);
	return (int64_t)n;
}

int64_t
dotsync_write(const void *data, int32_t size)
{
	if (host.written + size > PAYLOAD_MAX)
		return DOTSYNC_LIMIT;
	host.written += size;
	dsync_hash_update(&host.hash, data, (size_t)size);
	return size;
}

struct outcome {
	int64_t copied;
	unsigned char sum[SUM_SIZE], hash[DSYNC_HASH_SIZE];
	char reason[UNPACK_REASON_SIZE];
};

static void
unpack(const int32_t *steps, int32_t count, size_t piece, struct outcome *outcome)
{
	struct unpack u;

	memset(outcome, 0, sizeof(*outcome));
	host.piece = piece;
	host.written = 0;
	dsync_hash_init(&host.hash);
	outcome->copied = unpack_open(&u, ANSWER, steps, count, 1);
	if (outcome->copied == 0)
		outcome->copied = unpack_copy(&u, "a");
	if (outcome->copied >= 0) {
		assert(outcome->copied == host.written);
		unpack_sum(&u, outcome->sum);
		dsync_hash_final(&host.hash, outcome->hash);
	}
	strcpy(outcome->reason, unpack_reason(&u));
	assert(outcome->copied != UNPACK_REFUSED || outcome->reason[0] != '\0');
	unpack_close(&u);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int32_t kinds[] = { DOTSYNC_GZIP, DOTSYNC_ZSTD, DOTSYNC_XZ, UNPACK_TAR, UNPACK_ZIP };
	int32_t steps[UNPACK_STEPS_MAX] = { 0 };
	struct outcome whole, pieces;
	int32_t count = 1;

	if (size < 2)
		return 0;
	steps[0] = kinds[data[0] % 5];
	if (data[0] >= 128 && steps[0] < UNPACK_TAR)
		steps[count++] = kinds[data[0] / 5 % 5];
	host.data = data + 2;
	host.size = size - 2;
	unpack(steps, count, 0, &whole);
	unpack(steps, count, data[1] % 13 + 1u, &pieces);
	if ((whole.copied < 0) != (pieces.copied < 0))
		abort();
	if (whole.copied >= 0 && memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	return 0;
}
