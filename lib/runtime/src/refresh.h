/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * refresh.h - what sessions and background refreshes need beyond dotsync/refresh.h.
 */
#ifndef RUNTIME_REFRESH_H
#define RUNTIME_REFRESH_H

#include "runtime/job.h"

/* Fills a refresh job; to be finished by the caller. */
int dsync__refresh_job(
	const char *path, const struct dsync_refresh_options *options, struct dsync_job *job, struct dsync_error *err);

/* dsync_refresh_start() with a job of the caller's, who finishes it; `fd` (-1: none) goes with it and stays the caller's. */
struct dsync_refresh *dsync__refresh_start(struct dsync_context *context, const char *path,
	const struct dsync_refresh_options *options, struct dsync_job *job, int fd, struct dsync_error *err);

#endif
