/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * drive.h - the parts of driving an updater: the code, the job that the worker gets, the conversation (drive.c).
 */
#ifndef REFRESH_DRIVE_H
#define REFRESH_DRIVE_H

#include "code_cache.h"
#include "run.h"
#include "worker.h"

#define DSYNC_DRIVE_STRINGS_MAX 49152u /* of arguments and environment together, in one frame */

/* Compiled code and what it was compiled for. */
struct dsync_code {
	struct dsync_code_key key;
	struct dsync_code_entry *entry; /* of the cache, to be read once; NULL: the bytes below */
	struct dsync_buffer bytes;
	size_t size;
	unsigned char engine_id[DSYNC_ENGINE_ID_SIZE];
};

/* drive_compile.c: starts a worker whose sandbox is good enough, and reports which layers hold. */
int dsync_drive_start(struct dsync_run *run, const struct dsync_frame_job *job, struct dsync_worker **worker,
	struct dsync_error *err);

/* drive_compile.c: compiles the archive's updater in a worker of its own, and keeps the code in the cache. */
int dsync_drive_compile(struct dsync_run *run, struct dsync_code *code, struct dsync_error *err);

/* drive_job.c: fills run->calls with what this run may do and knows. */
void dsync_drive_prepare(struct dsync_run *run);

/* drive_job.c: the job of running this code; `strings` is an initialised buffer that must live as long as the job. */
int dsync_drive_describe(const struct dsync_run *run, const struct dsync_code *code, struct dsync_frame_job *job,
	struct dsync_buffer *strings, struct dsync_error *err);

#endif
