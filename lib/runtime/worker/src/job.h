/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * job.h - one job of the worker, from JOB to DONE or FAILED.
 *
 * The lock holds already; the module or its code is the first byte of a guest that
 * this process sees.
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include <wasmtime.h>

#include "channel.h"
#include "runtime/frame.h"

struct dsync_worker {
	struct dsync_channel *channel;
	wasm_engine_t *engine;
	struct dsync_frame_job job; /* first what the argument said, then the JOB frame; its strings are owned */
	uint64_t born_us;           /* monotonic */
};

/* Receives JOB and DATA, does the job, sends the last frame. */
void dsync_worker_work(struct dsync_worker *worker);

/* Parts of it, each in a file of its own; they send the last frame. */
void dsync_worker_compile(struct dsync_worker *worker, const unsigned char *module, size_t size);
void dsync_worker_run(struct dsync_worker *worker, unsigned char *code, size_t size); /* takes `code`, made by malloc */

/* Sends FAILED with a text of printf's making. */
void dsync_worker_fail(struct dsync_worker *worker, enum dsync_guest_failure failure, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
