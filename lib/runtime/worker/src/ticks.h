/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * ticks.h - an end to computing.
 *
 * A timer that counts processor time, not the wait for answers, ticks every 10 ms from
 * start() on; it must be started before the lock.  Its handler does nothing until a deadline
 * is set.  Then, once the process has computed that long, it
 *
 *	interrupts the guest (its next backward jump or call traps), or,
 *	for compiling, which cannot be interrupted, writes a packet and ends the process.
 *
 * Handlers have no arguments, so this file keeps what they need in static variables.
 */
#ifndef WORKER_TICKS_H
#define WORKER_TICKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct wasm_engine_t;

/* 0, or a negative errno.  The engine lives as long as the process. */
int dsync_ticks_start(struct wasm_engine_t *engine);

/* From now on the guest may compute `cpu_ms`. */
void dsync_ticks_interrupt_after(uint64_t cpu_ms);

/* In `cpu_ms` the packet is written to `fd` and the process ends with status 0; the packet lives until cancel(). */
void dsync_ticks_exit_after(uint64_t cpu_ms, int fd, const struct dsync_buffer *packet);

void dsync_ticks_cancel(void);

/* True once a deadline that interrupts has passed. */
bool dsync_ticks_expired(void);

/* Processor time of this process, microseconds; and a clock that never goes back. */
uint64_t dsync_ticks_cpu_us(void);
uint64_t dsync_ticks_monotonic_us(void);

#endif
