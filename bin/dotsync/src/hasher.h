/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * hasher.h - BLAKE3 of a long stream, computed beside whatever produces it.
 *
 *	hasher_begin(&hasher);
 *	...                          hasher_update() from one thread, in order
 *	hasher_end(&hasher, digest);
 *
 * A second thread hashes the piece before while the caller brings the next; where there can be none the
 * caller's thread does it.
 */
#ifndef DOTSYNC_HASHER_H
#define DOTSYNC_HASHER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/hash.h"

#define HASHER_PIECE_SIZE (256u * 1024u)
#define HASHER_PIECE_COUNT 4u

struct hasher {
	struct dsync_hash hash;
	unsigned char *pieces; /* HASHER_PIECE_COUNT of them in turn; NULL: no second thread */
	size_t sizes[HASHER_PIECE_COUNT];
	unsigned written, hashed; /* pieces so far; under the lock, as `is_over` */
	bool is_over;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

void hasher_begin(struct hasher *hasher);
void hasher_update(struct hasher *hasher, const void *data, size_t size);

/* Must be called once; the digest may be NULL. */
void hasher_end(struct hasher *hasher, unsigned char digest[DSYNC_HASH_SIZE]);

#endif
