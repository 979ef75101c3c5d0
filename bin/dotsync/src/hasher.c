/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "hasher.h"

#include <stdlib.h>
#include <string.h>

/* The next piece that is full; false when there will be none. */
static bool
next_piece(struct hasher *hasher, unsigned *index)
{
	bool there;

	pthread_mutex_lock(&hasher->lock);
	while (hasher->hashed == hasher->written && !hasher->is_over)
		pthread_cond_wait(&hasher->changed, &hasher->lock);
	there = hasher->hashed != hasher->written;
	*index = hasher->hashed % HASHER_PIECE_COUNT;
	pthread_mutex_unlock(&hasher->lock);
	return there;
}

static void *
hash_pieces(void *arg)
{
	struct hasher *hasher = arg;
	unsigned index;

	while (next_piece(hasher, &index)) {
		dsync_hash_update(
			&hasher->hash, hasher->pieces + (size_t)index * HASHER_PIECE_SIZE, hasher->sizes[index]);
		pthread_mutex_lock(&hasher->lock);
		hasher->hashed++;
		pthread_cond_signal(&hasher->changed);
		pthread_mutex_unlock(&hasher->lock);
	}
	return NULL;
}

void
hasher_begin(struct hasher *hasher)
{
	memset(hasher, 0, sizeof(*hasher));
	dsync_hash_init(&hasher->hash);
	pthread_mutex_init(&hasher->lock, NULL);
	pthread_cond_init(&hasher->changed, NULL);
	hasher->pieces = malloc((size_t)HASHER_PIECE_COUNT * HASHER_PIECE_SIZE);
	if (hasher->pieces != NULL && pthread_create(&hasher->thread, NULL, hash_pieces, hasher) != 0) {
		free(hasher->pieces);
		hasher->pieces = NULL;
	}
}

static void
hand_over(struct hasher *hasher, const unsigned char *data, size_t size)
{
	unsigned index;

	pthread_mutex_lock(&hasher->lock);
	while (hasher->written - hasher->hashed == HASHER_PIECE_COUNT)
		pthread_cond_wait(&hasher->changed, &hasher->lock);
	pthread_mutex_unlock(&hasher->lock);

	index = hasher->written % HASHER_PIECE_COUNT; /* only this thread changes it */
	memcpy(hasher->pieces + (size_t)index * HASHER_PIECE_SIZE, data, size);
	hasher->sizes[index] = size;

	pthread_mutex_lock(&hasher->lock);
	hasher->written++;
	pthread_cond_signal(&hasher->changed);
	pthread_mutex_unlock(&hasher->lock);
}

void
hasher_update(struct hasher *hasher, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	size_t piece;

	if (hasher->pieces == NULL) {
		dsync_hash_update(&hasher->hash, data, size);
		return;
	}
	while (size > 0) {
		piece = size < HASHER_PIECE_SIZE ? size : HASHER_PIECE_SIZE;
		hand_over(hasher, bytes, piece);
		bytes += piece;
		size -= piece;
	}
}

void
hasher_end(struct hasher *hasher, unsigned char digest[DSYNC_HASH_SIZE])
{
	if (hasher->pieces != NULL) {
		pthread_mutex_lock(&hasher->lock);
		hasher->is_over = true;
		pthread_cond_signal(&hasher->changed);
		pthread_mutex_unlock(&hasher->lock);
		pthread_join(hasher->thread, NULL);
		free(hasher->pieces);
	}
	if (digest != NULL)
		dsync_hash_final(&hasher->hash, digest);
	pthread_cond_destroy(&hasher->changed);
	pthread_mutex_destroy(&hasher->lock);
}
