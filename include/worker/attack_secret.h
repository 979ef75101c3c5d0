/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * attack_secret.h - text that a host keeps in its memory and environment, and that no worker may ever hold.
 *
 * Made from the host's process number byte by byte, so that who looks for it need not have it.
 */
#ifndef WORKER_ATTACK_SECRET_H
#define WORKER_ATTACK_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define DSYNC_ATTACK_SECRET_SIZE 32

static inline char
dsync_attack_secret_byte(long host, size_t at)
{
	uint64_t x = ((uint64_t)host + 1) * UINT64_C(0x9e3779b97f4a7c15) + at * UINT64_C(0xd1342543de82ef95);

	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	return (char)('a' + (x >> 40) % 26);
}

#endif
