/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * check.h - starts a worker, reports which layers hold, and ends it: for `dotsync doctor`.
 */
#ifndef REFRESH_CHECK_H
#define REFRESH_CHECK_H

#include "caller.h"
#include "runtime/context.h"
#include "runtime/job.h"

/* UNCHANGED with the sandbox line when the level of job or configuration holds, else FAILED, with the line where there is one. */
void dsync_check(const struct dsync_context *context, const struct dsync_job *job, struct dsync_caller *caller,
	struct dsync_result *result);

#endif
