/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/hash.h"

#include <string.h>

#include <blake3.h>

#include "base/text.h"
#include "dotsync/error.h"

#define PREFIX "blake3:"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)

_Static_assert(sizeof(struct dsync_hash) >= sizeof(blake3_hasher), "DSYNC_HASH_STATE_SIZE is too small");
_Static_assert(_Alignof(struct dsync_hash) >= _Alignof(blake3_hasher), "struct dsync_hash is not aligned enough");
_Static_assert(DSYNC_HASH_SIZE == BLAKE3_OUT_LEN && DSYNC_HASH_SIZE == BLAKE3_KEY_LEN, "digest and key have one size");
_Static_assert(DSYNC_HASH_TEXT_SIZE >= PREFIX_SIZE + 2 * DSYNC_HASH_SIZE + 1, "DSYNC_HASH_TEXT_SIZE is too small");

void
dsync_hash_init(struct dsync_hash *h)
{
	blake3_hasher_init((blake3_hasher *)h->state);
}

void
dsync_hash_init_keyed(struct dsync_hash *h, const unsigned char key[DSYNC_HASH_SIZE])
{
	blake3_hasher_init_keyed((blake3_hasher *)h->state, key);
}

void
dsync_hash_update(struct dsync_hash *h, const void *data, size_t size)
{
	if (size > 0)
		blake3_hasher_update((blake3_hasher *)h->state, data, size);
}

void
dsync_hash_final(const struct dsync_hash *h, unsigned char digest[DSYNC_HASH_SIZE])
{
	blake3_hasher_finalize((const blake3_hasher *)h->state, digest, DSYNC_HASH_SIZE);
}

void
dsync_hash(unsigned char digest[DSYNC_HASH_SIZE], const void *data, size_t size)
{
	struct dsync_hash h;

	dsync_hash_init(&h);
	dsync_hash_update(&h, data, size);
	dsync_hash_final(&h, digest);
}

void
dsync_hash_format(char out[DSYNC_HASH_TEXT_SIZE], const unsigned char digest[DSYNC_HASH_SIZE])
{
	memcpy(out, PREFIX, PREFIX_SIZE);
	dsync_text_hex_encode(out + PREFIX_SIZE, digest, DSYNC_HASH_SIZE);
}

int
dsync_hash_parse(unsigned char digest[DSYNC_HASH_SIZE], const char *text, size_t size)
{
	if (size < PREFIX_SIZE || memcmp(text, PREFIX, PREFIX_SIZE) != 0)
		return DSYNC_ERR_SYNTAX;
	return dsync_text_hex_decode(digest, DSYNC_HASH_SIZE, text + PREFIX_SIZE, size - PREFIX_SIZE);
}
