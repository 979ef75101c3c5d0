/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * client.h - give dotsync-refresh a job and hear what comes of it (runtime/job.h has the conversation).
 *
 *	struct dsync_job job;
 *	dsync_job_init(&job);
 *	job.kind = DSYNC_JOB_FETCH;
 *	job.url = strdup(url);
 *	rc = dsync_client_run(context, &job, body_fd, on_event, user, &result, &err);
 *	dsync_job_finish(&job);
 *	...
 *	dsync_result_finish(&result);
 *
 * Or start, receive as packets come, and close, which cancels what is not finished.  No signal is ever raised here, and none is needed.
 */
#ifndef RUNTIME_CLIENT_H
#define RUNTIME_CLIENT_H

#include "runtime/job.h"

struct dsync_client;
struct dsync_context;

/*
 * Starts dotsync-refresh and sends the job, whose build id, folders and `offline` are filled in from the context, and its working folder from
 * this process, where they are not set; `fd` (-1: none) goes with it and stays the caller's.
 */
int dsync_client_start(struct dsync_client **client, const struct dsync_context *context, struct dsync_job *job, int fd,
	struct dsync_error *err);

/* The same for a background job: the helper is nobody's child and nothing comes back. */
int dsync_client_start_background(const struct dsync_context *context, struct dsync_job *job, struct dsync_error *err);

/* Readable when there is a packet, or the end. */
int dsync_client_fd(const struct dsync_client *client);

/*
 * The next packet: 1 with a message to be finished, 0 when there is none yet (never with `wait`), or a negative code: the helper has
 * ended without an outcome, or broke the protocol.
 */
int
dsync_client_receive(struct dsync_client *client, bool wait, struct dsync_message *message, struct dsync_error *err);

/* Answers a staged outcome; the final one follows. */
int dsync_client_decide(struct dsync_client *client, bool commit, struct dsync_error *err);

/* Cancels what still runs, waits (seconds at most) until the helper has tidied up and ended, and frees.  NULL is allowed. */
void dsync_client_close(struct dsync_client *client);

/* All of it, for jobs that are not staged; `event` may be NULL.  A job that failed is a result too. */
int dsync_client_run(const struct dsync_context *context, struct dsync_job *job, int fd, dsync_event_callback *event,
	void *user, struct dsync_result *result, struct dsync_error *err);

#endif
