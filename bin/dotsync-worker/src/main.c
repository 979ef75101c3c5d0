/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-worker - the cage: locks itself down, then compiles or runs one wasm module.
 *
 * Started by dotsync-refresh with an empty environment, the null device on descriptors
 * 0-2, a packet socket on 3, and one argument,
 *
 *	compile:MEMORY:CPU:SIZE		or	run:MEMORY:CPU:SIZE
 *
 * the limits of the job (runtime/frame.h).  They come this way and not with the JOB
 * frame alone because the kernel's limits of memory and time must be set before the lock,
 * and nothing is read from the socket before the lock.  JOB must then say the same, or the worker ends.
 *
 * Then: lock down (worker/src/lock.h), READY, JOB, DATA, the work, DONE or FAILED.
 *
 * Exit status: 0 after the last frame, whatever it said; 2 when it was not started as
 * above; 3 when the conversation broke off.  Death by SIGSYS is a forbidden system call.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "engine.h"
#include "job.h"
#include "lock.h"
#include "runtime/build_id.h"
#include "ticks.h"

#define EXIT_USAGE 2

extern char **environ;

static void
send_ready(struct dsync_worker *worker, struct dsync_frame_ready *ready)
{
	ready->version = DSYNC_FRAME_VERSION;
	memcpy(ready->build_id, dsync_build_id, sizeof(ready->build_id));
	dsync_engine_id(ready->engine_id, worker->job.memory_max);
	dsync_channel_begin(worker->channel, DSYNC_FRAME_READY);
	dsync_frame_pack_ready(&worker->channel->out, ready);
	dsync_channel_send(worker->channel);
}

/* The whole lock, with what must be made in the middle of it. */
static int
lock_down(struct dsync_worker *worker, pid_t parent, struct dsync_frame_ready *ready, char *text)
{
	if (dsync_lock_begin(&worker->job, parent, ready, text) < 0)
		return -1;

	worker->engine = dsync_engine_create(worker->job.memory_max);
	if (worker->engine == NULL || dsync_ticks_start(worker->engine) < 0) {
		snprintf(text, DSYNC_LOCK_TEXT_SIZE, "the engine could not be made");
		return -1;
	}
	return dsync_lock_end(&worker->job, ready, text);
}

static int
work(struct dsync_worker *worker, pid_t parent)
{
	struct dsync_frame_ready ready;
	char text[DSYNC_LOCK_TEXT_SIZE];

	worker->channel = dsync_channel_open(DSYNC_FRAME_FD);
	if (worker->channel == NULL)
		return DSYNC_CHANNEL_EXIT;

	memset(&ready, 0, sizeof(ready));
	if (lock_down(worker, parent, &ready, text) < 0) {
		dsync_channel_send_failed(worker->channel, DSYNC_GUEST_INTERNAL, text);
		return 0;
	}
	send_ready(worker, &ready);
	dsync_worker_work(worker);
	return 0;
}

int
main(int argc, char **argv)
{
	const pid_t parent = getppid();
	struct dsync_worker worker;
	const char *wrong;

	memset(&worker, 0, sizeof(worker));
	worker.born_us = dsync_ticks_monotonic_us();
	wrong = dsync_lock_check(environ);
	if (wrong == NULL && (argc != 2 || dsync_frame_parse_argument(argv[1], &worker.job) < 0))
		wrong = "expected one argument, MODE:MEMORY:CPU_MS:SIZE";
	if (wrong != NULL) {
		fprintf(stderr, "dotsync-worker: %s\n", wrong);
		return EXIT_USAGE;
	}

	/* No exit handlers: what they would do is not allowed any more. */
	_exit(work(&worker, parent));
}
