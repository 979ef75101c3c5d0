/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Workers are started here, and the one that compiles is led to its end. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "drive.h"
#include "format/layout.h"
#include "timing.h"

/* Which layers hold, once a run: both workers are locked the same way. */
static void
report_sandbox(struct dsync_run *run, const struct dsync_frame_ready *ready)
{
	struct dsync_buffer line;

	if (run->result->sandbox != NULL)
		return;
	dsync_buffer_init(&line, 1024);
	dsync_worker_report(ready, &line);
	if (dsync_buffer_text(&line) != NULL) {
		run->result->sandbox = strdup(dsync_buffer_text(&line));
		dsync_caller_tell(run->caller, DSYNC_EVENT_SANDBOX, dsync_buffer_text(&line));
	}
	dsync_buffer_finish(&line);
}

int
dsync_drive_start(
	struct dsync_run *run, const struct dsync_frame_job *job, struct dsync_worker **worker, struct dsync_error *err)
{
	int64_t start = dsync_timing_us();
	int rc;

	rc = dsync_worker_start(worker, run->context, job, run->caller, err);
	if (rc < 0)
		return rc;
	run->result->timing_worker_us = dsync_timing_us() - start;
	report_sandbox(run, dsync_worker_ready(*worker));
	rc = dsync_worker_check(*worker, run->config.sandbox, run->judgement.updater.builtin != NULL, err);
	if (rc < 0) {
		dsync_worker_destroy(*worker);
		*worker = NULL;
	}
	return rc;
}

/* CODE frames until the last, then DONE. */
static int
receive_code(struct dsync_worker *worker, struct dsync_buffer *code, struct dsync_error *err)
{
	const int64_t deadline = dsync_sys_monotonic_ms() + 2 * DSYNC_WORKER_COMPILE_CPU_MS;
	struct dsync_frame_chunk chunk = { .last = false };
	struct dsync_frame_done done;
	struct dsync_frame frame;
	uint32_t failure;
	int rc;

	for (;;) {
		rc = dsync_worker_receive(worker, &frame, deadline - dsync_sys_monotonic_ms(), err);
		if (rc < 0)
			return rc;
		if (frame.type == DSYNC_FRAME_FAILED)
			return dsync_worker_failure(&frame, "compiling", &failure, err);
		if (frame.type == DSYNC_FRAME_DONE && chunk.last && dsync_frame_unpack_done(frame.body, &done) == 0)
			return dsync_worker_end(worker, err);
		if (frame.type != DSYNC_FRAME_CODE || chunk.last || dsync_frame_unpack_chunk(frame.body, &chunk) < 0)
			return dsync_error_set(
				err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol while it compiled");
		rc = dsync_buffer_append(code, chunk.data.data, chunk.data.size);
		if (rc < 0)
			return dsync_error_set(
				err, DSYNC_ERR_UPDATER, "updater", "the updater is too large when compiled");
	}
}

/*
 * The module was judged, granted and named by its hash.  Whoever may write into the archive's file could have put another
 * in its place since then, and its code would be kept under the name of the one that was judged.
 */
static int
check_module(const struct dsync_code *code, const void *wasm, size_t size, struct dsync_error *err)
{
	unsigned char hash[DSYNC_HASH_SIZE];
	int rc;

	dsync_hash(hash, wasm, size);
	if (memcmp(hash, code->key.wasm, sizeof(hash)) == 0)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_CHANGED, "updater", "the updater was changed after it had been judged");
	dsync_error_at_entry(err, DSYNC_ENTRY_UPDATER, sizeof(DSYNC_ENTRY_UPDATER) - 1);
	dsync_error_hint(err, "find out who writes into the archive's file");
	return rc;
}

int
dsync_drive_compile(struct dsync_run *run, struct dsync_code *code, struct dsync_error *err)
{
	struct dsync_frame_job job = {
		.mode = DSYNC_JOB_COMPILE, .memory_max = code->key.memory_max, .cpu_ms = DSYNC_WORKER_COMPILE_CPU_MS
	};
	int64_t start = dsync_timing_us();
	struct dsync_worker *worker = NULL;
	unsigned char *wasm;
	size_t size;
	int rc;

	rc = dsync_archive_read_entry(run->archive, DSYNC_ENTRY_UPDATER, DSYNC_UPDATER_SIZE_MAX, &wasm, &size, err);
	if (rc < 0)
		return rc;
	job.data_size = size;
	job.now_ms = dsync_sys_now_ms();
	job.strings.data = (const unsigned char *)"";
	dsync_buffer_clear(&code->bytes);
	code->bytes.limit = DSYNC_CODE_SIZE_MAX;

	rc = check_module(code, wasm, size, err);
	if (rc == 0)
		rc = dsync_drive_start(run, &job, &worker, err);
	if (rc == 0)
		rc = dsync_worker_send(worker, &job, wasm, size, err);
	if (rc == 0)
		rc = receive_code(worker, &code->bytes, err);
	if (rc == 0) {
		memcpy(code->engine_id, dsync_worker_ready(worker)->engine_id, sizeof(code->engine_id));
		dsync_code_cache_store(run->context, &code->key, code->engine_id, code->bytes.data, code->bytes.size);
	}
	dsync_worker_destroy(worker);
	free(wasm);
	code->size = code->bytes.size;
	run->result->timing_compile_us = dsync_timing_us() - start;
	return rc;
}
