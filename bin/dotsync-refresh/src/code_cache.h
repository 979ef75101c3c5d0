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

/* True with code and engine id filled when there is a sound entry; the engine id is to be compared with the worker's. */
bool dsync_code_cache_load(const struct dsync_context *context, const struct dsync_code_key *key,
	struct dsync_buffer *code, unsigned char engine_id[DSYNC_ENGINE_ID_SIZE]);

/* Best effort: a cache that cannot be written is no failure of a refresh. */
void dsync_code_cache_store(const struct dsync_context *context, const struct dsync_code_key *key,
	const unsigned char engine_id[DSYNC_ENGINE_ID_SIZE], const void *code, size_t size);

/* A sound entry that the worker would not take. */
void dsync_code_cache_drop(const struct dsync_context *context, const struct dsync_code_key *key);

#endif
