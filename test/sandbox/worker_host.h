/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * worker_host.h - a host for tests: starts the real worker, speaks frames, answers calls from a small world.
 *
 *	struct host host;
 *	host_start(&host, NULL, &job);			spawned as the refresher does it
 *	host_ready(&host);				READY, checked
 *	host_send_job(&host, &job, data, size);
 *	host_serve(&host, &end);			answers calls until DONE, FAILED or the socket's end
 *	status = host_stop(&host);			waits; kills what does not end
 *
 * or all of that at once: host_compile(), host_run().  Mistakes of the test itself abort.
 */
#ifndef TEST_WORKER_HOST_H
#define TEST_WORKER_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "runtime/frame.h"

#define HOST_MODULE_MAX (4u << 20)

/* What the guest can reach, and what it did. */
struct host_world {
	const char *payload, *context, *pushed; /* NULL: there is none */
	const char *body;                       /* what every request is answered with */
	int status;                             /* of every request */
	int64_t write_result;                   /* 0, or an error for WRITE and WRITE_AT */

	struct dsync_buffer written, log, context_written, calls; /* calls: one letter each, see worker_host.c */
	bool finished;
	int64_t outcome, retry, slept_ms;
	char message[256];
	unsigned call_count;
};

struct host {
	pid_t pid;
	int fd;
	uint32_t sent, received;
	struct dsync_frame_ready ready;
	unsigned char packet[DSYNC_FRAME_SIZE_MAX + 1];
	struct host_world *world;
};

/* How a conversation ended. */
struct host_end {
	bool done, failed; /* neither: the socket closed */
	struct dsync_frame_done result;
	uint32_t failure;
	char text[DSYNC_FRAME_TEXT_MAX + 1];
	struct dsync_buffer code;
	int status; /* of wait, after host_compile() and host_run() */
};

void host_world_init(struct host_world *world);
void host_world_finish(struct host_world *world);

/* The worker of the build tree, or another program beside it. */
const char *host_program(const char *name);

/* A job with common limits: 4 MiB of memory, 2 s. */
struct dsync_frame_job host_job(uint32_t mode, size_t data_size);

/* `program` NULL: dotsync-worker.  `argument` of the job, unless given. */
void host_start(struct host *host, const char *program, const struct dsync_frame_job *job);
void host_start_with(struct host *host, const char *program, const char *const *arguments);

/* True when READY came and was in order. */
bool host_ready(struct host *host);

/* The next packet of the worker: its size, 0 at the end; the frame is checked (the test ends when it is wrong). */
size_t host_receive(struct host *host, struct dsync_frame *frame);

void host_send(struct host *host, struct dsync_buffer *packet); /* an ended frame, or garbage */
void host_send_job(struct host *host, const struct dsync_frame_job *job, const void *data, size_t size);
void host_serve(struct host *host, struct host_end *end);
int host_stop(struct host *host);

void host_end_finish(struct host_end *end);

/* A whole conversation. */
void host_compile(const void *module, size_t size, const struct dsync_frame_job *limits, struct host_end *end);
void host_run(const struct host_end *compiled, const struct dsync_frame_job *limits, struct host_world *world,
	struct host_end *end);

/* Reads a module that the build made; false when it could not make it (the tool is missing). */
bool host_load(const char *name, struct dsync_buffer *module);

#endif
