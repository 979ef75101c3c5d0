/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job.h"

#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "lock.h"
#include "runtime/build_id.h"
#include "ticks.h"

/* The whole lock, with what must be made in the middle of it. */
static int
lock_down(struct dsync_worker *worker, pid_t parent, struct dsync_frame_ready *ready, char *text)
{
	int rc;

	rc = dsync_lock_begin(&worker->job, parent, ready, text);
	if (rc < 0)
		return rc;

	dsync_worker_make_room(worker);
	worker->engine = dsync_engine_create(worker->job.memory_max);
	if (worker->engine == NULL || dsync_ticks_start(worker->engine) < 0) {
		snprintf(text, DSYNC_LOCK_TEXT_SIZE, "the engine could not be made");
		return -1;
	}
	dsync_engine_id(ready->engine_id, worker->job.memory_max);
	return dsync_lock_end(&worker->job, ready, text);
}

int
dsync_worker_start(struct dsync_worker *worker, pid_t parent)
{
	struct dsync_frame_ready ready;
	char text[DSYNC_LOCK_TEXT_SIZE];

	worker->channel = dsync_channel_open(DSYNC_FRAME_FD);
	if (worker->channel == NULL)
		return -1;

	memset(&ready, 0, sizeof(ready));
	if (lock_down(worker, parent, &ready, text) < 0) {
		dsync_channel_send_failed(worker->channel, DSYNC_GUEST_INTERNAL, text);
		return -1;
	}
	ready.version = DSYNC_FRAME_VERSION;
	memcpy(ready.build_id, dsync_build_id, sizeof(ready.build_id));
	dsync_channel_begin(worker->channel, DSYNC_FRAME_READY);
	dsync_frame_pack_ready(&worker->channel->out, &ready);
	dsync_channel_send(worker->channel);
	return 0;
}
