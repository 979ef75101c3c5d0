/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * worker.h - one run of dotsync-worker, from its start to its exit (runtime/frame.h).
 *
 *	dsync_worker_start(&worker, context, &job, caller, &err);   until READY
 *	dsync_worker_check(worker, level, trusted, &err);           do enough layers hold?
 *	dsync_worker_send(worker, &job, module, size, &err);        or send_job() and send_data() until the last
 *	while (dsync_worker_receive(worker, &frame, timeout_ms, &err) == 0)
 *		...
 *	dsync_worker_end(worker, &err);                             it must have exited with 0
 *	dsync_worker_destroy(worker);                               kills what still runs
 *
 * The worker is not believed: a frame that is not due, too long, or out of
 * sequence ends the run with DSYNC_ERR_PROTOCOL.
 */
#ifndef REFRESH_WORKER_H
#define REFRESH_WORKER_H

#include "caller.h"
#include "runtime/config.h"
#include "runtime/context.h"
#include "runtime/frame.h"

#define DSYNC_WORKER_MEMORY_MAX (UINT64_C(256) << 20) /* of a guest's linear memory */
#define DSYNC_WORKER_COMPILE_CPU_MS 30000

struct dsync_worker;

int dsync_worker_start(struct dsync_worker **worker, const struct dsync_context *context,
	const struct dsync_frame_job *job, struct dsync_caller *caller, struct dsync_error *err);
void dsync_worker_destroy(struct dsync_worker *worker);

const struct dsync_frame_ready *dsync_worker_ready(const struct dsync_worker *worker);

/* Readable or hung up: the worker has something to say, or is gone. */
int dsync_worker_fd(const struct dsync_worker *worker);

/* DSYNC_ERR_SANDBOX unless the layers that this level demands hold; `trusted`: the module is one of our own. */
int dsync_worker_check(
	const struct dsync_worker *worker, enum dsync_sandbox_level level, bool trusted, struct dsync_error *err);

/* Changes the level to the one that is named, unless `name` is NULL; DSYNC_ERR_INVALID for other words. */
int dsync_worker_choose_level(const char *name, enum dsync_sandbox_level *level, struct dsync_error *err);

/* "seccomp=P1 landlock=7(fs,net,abstract,signal) ns=user,net ..." appended. */
void dsync_worker_report(const struct dsync_frame_ready *ready, struct dsync_buffer *out);

/* JOB, then the bytes in DATA frames. */
int dsync_worker_send(struct dsync_worker *worker, const struct dsync_frame_job *job, const void *data, size_t size,
	struct dsync_error *err);

/* The same in parts; all of them together have the time of one. */
int dsync_worker_send_job(struct dsync_worker *worker, const struct dsync_frame_job *job, struct dsync_error *err);
int dsync_worker_send_data(struct dsync_worker *worker, struct dsync_view data, bool last, struct dsync_error *err);

int dsync_worker_answer(struct dsync_worker *worker, const struct dsync_frame_result *result, struct dsync_error *err);

/* The next frame; its body lives until the next receive.  TIMEOUT, CANCELLED, PROTOCOL; GUEST when the worker has ended. */
int dsync_worker_receive(
	struct dsync_worker *worker, struct dsync_frame *frame, int64_t timeout_ms, struct dsync_error *err);

/* After the last frame: waits for the exit, which must be clean. */
int dsync_worker_end(struct dsync_worker *worker, struct dsync_error *err);

/* The error that a FAILED frame stands for; `what` is "compiling" or "running". */
int dsync_worker_failure(const struct dsync_frame *frame, const char *what, uint32_t *failure, struct dsync_error *err);

#endif
