/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "check.h"

#include <string.h>

#include "runtime/config.h"
#include "timing.h"
#include "worker.h"

static int
check(const struct dsync_context *context, const struct dsync_config *config, struct dsync_caller *caller,
	struct dsync_result *result, struct dsync_error *err)
{
	const struct dsync_frame_job job = {
		.mode = DSYNC_JOB_RUN, .memory_max = DSYNC_WORKER_MEMORY_MAX, .cpu_ms = 1000, .data_size = 8
	};
	struct dsync_worker *worker;
	struct dsync_buffer line;
	int64_t start = dsync_timing_us();
	int rc;

	rc = dsync_worker_start(&worker, context, &job, caller, err);
	if (rc < 0)
		return rc;
	result->timing_worker_us = dsync_timing_us() - start;
	dsync_buffer_init(&line, 1024);
	dsync_worker_report(dsync_worker_ready(worker), &line);
	if (dsync_buffer_text(&line) != NULL) {
		result->sandbox = strdup(dsync_buffer_text(&line));
		dsync_caller_tell(caller, DSYNC_EVENT_SANDBOX, dsync_buffer_text(&line));
	}
	dsync_buffer_finish(&line);
	rc = dsync_worker_check(worker, config->sandbox, false, err);
	dsync_worker_destroy(worker);
	return rc;
}

void
dsync_check(const struct dsync_context *context, const struct dsync_job *job, struct dsync_caller *caller,
	struct dsync_result *result)
{
	struct dsync_config config;
	struct dsync_error err;
	int rc;

	memset(&err, 0, sizeof(err));
	memset(&config, 0, sizeof(config));
	rc = dsync_config_load(context, &config, &err);
	if (rc == 0)
		rc = dsync_worker_choose_level(job->sandbox, &config.sandbox, &err);
	if (rc == 0)
		rc = check(context, &config, caller, result, &err);
	dsync_config_finish(&config);
	result->kind = rc == 0 ? DSYNC_OUTCOME_UNCHANGED : DSYNC_OUTCOME_FAILED;
	if (rc < 0)
		result->error = err;
}
