/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * job.h - the worker from its start to its last frame.
 *
 *	worker.job, worker.born_us		set by main, from the argument and the clock
 *	dsync_worker_start(&worker, parent)	channel, lock, engine, READY
 *	dsync_worker_work(&worker)		JOB, DATA, the work, DONE or FAILED
 *
 * The module or its code is the first byte of a guest that this process sees, and
 * it comes after the lock.
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include <sys/types.h>

#include <wasmtime.h>

#include "channel.h"
#include "runtime/frame.h"

struct dsync_worker {
	struct dsync_channel *channel;
	wasm_engine_t *engine;
	unsigned char *data;        /* room for the module or its code, job.data_size bytes; NULL: there was none */
	struct dsync_frame_job job; /* first what the argument said, then the JOB frame; its strings are owned */
	uint64_t born_us;           /* monotonic */
};

/* -1 when the worker cannot be: FAILED then stands in for READY and says which layer would not hold. */
int dsync_worker_start(struct dsync_worker *worker, pid_t parent);

/*
 * Room for the bytes that follow the job, before the lock: in huge pages where the kernel has them, since the code of a large
 * module is thousands of small ones.
 */
void dsync_worker_make_room(struct dsync_worker *worker);
void dsync_worker_free_room(struct dsync_worker *worker);

/* Receives JOB and DATA, does the job, sends the last frame. */
void dsync_worker_work(struct dsync_worker *worker);

/* Parts of it, each in a file of its own; they send the last frame. */
void dsync_worker_compile(struct dsync_worker *worker);
void dsync_worker_run(struct dsync_worker *worker);

/* Sends FAILED with a text of printf's making. */
void dsync_worker_fail(struct dsync_worker *worker, enum dsync_guest_failure failure, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
