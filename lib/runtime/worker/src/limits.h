/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * limits.h - resource limits of the worker.
 *
 * Limits of memory and processor time follow from the job, which the worker's argument
 * tells: after the lock no limit can be set any more.  They bound what engine and guest
 * take together, should the engine's own bookkeeping fail.
 */
#ifndef WORKER_LIMITS_H
#define WORKER_LIMITS_H

#include <stdint.h>

#include "runtime/frame.h"

/* Bytes of address space, and of writable private memory, for this job. */
uint64_t dsync_limits_address_space(const struct dsync_frame_job *job);
uint64_t dsync_limits_data(const struct dsync_frame_job *job);

/* Sets all limits and reads each back; 0 or a negative errno (-ERANGE: the kernel kept another value). */
int dsync_limits_set(const struct dsync_frame_job *job);

#endif
