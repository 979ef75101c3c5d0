/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * endings.h - signals that end the program wait until what must be tidied is tidy.
 *
 *	endings_hold(&endings);
 *	... make a folder ...
 *	rc = endings_run_job(&endings, context, &job, ...);	CANCELLED when such a signal came
 *	... take the folder away ...
 *	endings_release(&endings);				here it takes effect
 */
#ifndef DOTSYNC_ENDINGS_H
#define DOTSYNC_ENDINGS_H

#include <signal.h>

#include "dotsync/error.h"
#include "runtime/job.h"

struct dsync_context;

struct endings {
	int fd; /* readable when a signal waits; -1 when signals cannot be heard, and then they wait to the end */
	sigset_t before;
};

void endings_hold(struct endings *endings);
void endings_release(struct endings *endings);

/* dsync_client_run(), which a signal ends; `endings` NULL: signals do what they do. */
int endings_run_job(const struct endings *endings, const struct dsync_context *context, struct dsync_job *job, int fd,
	dsync_event_callback *event, void *user, struct dsync_result *result, struct dsync_error *err);

#endif
