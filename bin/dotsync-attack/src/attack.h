/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * attack.h - the attempts of worker/attack_table.h, made for real.
 *
 *	dsync_secret_prepare();		before the lock: where this process has memory
 *	(lock down, READY, freeze)
 *	result = dsync_attack("socket_tcp", parent);
 *
 * Most attempts end the process, as they should.
 */
#ifndef ATTACK_ATTACK_H
#define ATTACK_ATTACK_H

#include <sys/types.h>

#define DSYNC_ATTACK_UNKNOWN (-12345) /* there is no attempt of this name */

/* What the attempt gave; a negative errno where a call failed. */
long dsync_attack(const char *name, pid_t parent);

/* Reads the list of this process's memory, which the lock closes. */
void dsync_secret_prepare(void);

/* 1 when the secret that the parent planted (worker/attack_secret.h) lies anywhere in this process, else 0. */
long dsync_secret_find(long parent);

#endif
