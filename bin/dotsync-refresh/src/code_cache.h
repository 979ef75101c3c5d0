/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * code_cache.h - compiled updaters, kept where only this user can forge them.
 *
 * CACHE/code/HEX is named after the module and what it was compiled for; its bytes carry a keyed BLAKE3 under STATE/cache.key, 32
 * random bytes that are made when they are first needed.  What is damaged, cut, swapped, of another engine or of another key is as good
 * as absent: loading machine code that nobody vouched for would hand the worker to whoever wrote it.
 * A compiler that its module took over may answer with any code, and that is kept.  It is found again under the hash of that very
 * module alone (drive_compile.c compares it with the bytes that were compiled), by this build alone, and runs in the cage that the
 * module itself would run in; a compiler sees nothing of the archive but the module, so no other archive's affairs reach it.
 * Losing the cache costs one compilation.  Any number of processes may use it at once.
 */
#ifndef REFRESH_CODE_CACHE_H
#define REFRESH_CODE_CACHE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "runtime/context.h"
#include "runtime/frame.h"

#define DSYNC_CODE_SIZE_MAX (UINT64_C(128) << 20)  /* of one entry */
#define DSYNC_CODE_CACHE_MAX (UINT64_C(256) << 20) /* of all; the oldest go first */

struct dsync_code_key {
	unsigned char wasm[DSYNC_HASH_SIZE];
	uint64_t memory_max;
};

/*
 * An entry is read in pieces, since the code of a large module is a hundred times what else a refresh holds in memory:
 *
 *	entry = dsync_code_cache_open(context, &key);		NULL: there is none; compare its engine id with the worker's
 *	while (dsync_code_cache_next(entry, &piece, &last) == 0)
 *		send(piece, last), and stop after the last
 *	dsync_code_cache_close(entry);
 *
 * Whether it is sound is known when all of it was read, and the last piece is handed out only then.  So nobody may do anything with
 * the pieces before he has the last one; the worker does not.
 */
struct dsync_code_entry {
	size_t size; /* of the code */
	unsigned char engine_id[DSYNC_ENGINE_ID_SIZE];

	/* the cache's own */
	int fd;
	size_t done;
	unsigned char mac[DSYNC_HASH_SIZE];
	struct dsync_hash hash;
	unsigned char piece[4 * DSYNC_FRAME_CHUNK_MAX];
};

struct dsync_code_entry *dsync_code_cache_open(const struct dsync_context *context, const struct dsync_code_key *key);
void dsync_code_cache_close(struct dsync_code_entry *entry);

/* The next piece, which lives until the next call; -1 when the entry is not sound after all. */
int dsync_code_cache_next(struct dsync_code_entry *entry, struct dsync_view *piece, bool *last);

/* Best effort: a cache that cannot be written is no failure of a refresh. */
void dsync_code_cache_store(const struct dsync_context *context, const struct dsync_code_key *key,
	const unsigned char engine_id[DSYNC_ENGINE_ID_SIZE], const void *code, size_t size);

/* An entry that is not sound, or that the worker would not take. */
void dsync_code_cache_drop(const struct dsync_context *context, const struct dsync_code_key *key);

#endif
