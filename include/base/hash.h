/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * hash.h - BLAKE3 and CRC-32.
 *
 *	struct dsync_hash h;
 *	dsync_hash_init(&h);
 *	dsync_hash_update(&h, data, size);
 *	dsync_hash_final(&h, digest);
 *
 * The struct is the caller's and holds no pointers; it may be copied to continue
 * from one state twice.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define DSYNC_HASH_SIZE 32
#define DSYNC_HASH_TEXT_SIZE 72    /* "blake3:" + 64 digits + NUL */
#define DSYNC_HASH_STATE_SIZE 1920 /* at least sizeof(blake3_hasher), asserted in hash.c */

struct dsync_hash {
	uint64_t state[DSYNC_HASH_STATE_SIZE / 8];
};

void dsync_hash_init(struct dsync_hash *h);
void dsync_hash_init_keyed(struct dsync_hash *h, const unsigned char key[DSYNC_HASH_SIZE]);
void dsync_hash_update(struct dsync_hash *h, const void *data, size_t size);

/* May be called more than once and in the middle; the state goes on. */
void dsync_hash_final(const struct dsync_hash *h, unsigned char digest[DSYNC_HASH_SIZE]);

/* All at once. */
void dsync_hash(unsigned char digest[DSYNC_HASH_SIZE], const void *data, size_t size);

/* "blake3:" and 64 lower-case digits; parsing demands exactly that form (DSYNC_ERR_SYNTAX). */
void dsync_hash_format(char out[DSYNC_HASH_TEXT_SIZE], const unsigned char digest[DSYNC_HASH_SIZE]);
int dsync_hash_parse(unsigned char digest[DSYNC_HASH_SIZE], const char *text, size_t size);

/* CRC-32 as in ZIP; start with 0. */
uint32_t dsync_crc32(uint32_t crc, const void *data, size_t size);

/* The CRC-32 of A followed by B, from those of A and B and B's size. */
uint32_t dsync_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t size_b);

#endif
