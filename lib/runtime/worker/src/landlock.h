/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * landlock.h - give up every file, every TCP port and every neighbour process.
 *
 * All rights that the kernel knows are handled and none is granted, so all are
 * refused.  Kernels differ in what they know; the result says what holds.
 * The constants are our own, because older headers stop short of older kernels.
 */
#ifndef WORKER_LANDLOCK_H
#define WORKER_LANDLOCK_H

#include <stdint.h>

struct dsync_landlock {
	uint32_t abi; /* 0: off */
	uint32_t errata;
	uint32_t scopes; /* bits: 1 abstract sockets, 2 signals */
	uint32_t net;    /* 1: TCP bind and connect */
};

/* no_new_privs must be set.  The result is all zero when the kernel has no Landlock or refused. */
void dsync_landlock_restrict(struct dsync_landlock *result);

#endif
