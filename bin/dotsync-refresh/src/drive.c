/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Compiling and running are two workers.  The first has memory and no guest; the second has the code, tight limits and
 * the conversation.  Compiled code comes from the cache where it can.
 */
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "drive.h"
#include "limit.h"
#include "lockdown.h"
#include "terms.h"
#include "timing.h"

#define STALE_CODE 1 /* the runner wants other code */

/* One call and its answer. */
static int
answer(struct dsync_run *run, struct dsync_worker *worker, const struct dsync_frame *frame, struct dsync_error *err)
{
	struct dsync_frame_result result;
	struct dsync_frame_call call;
	int rc;

	if (dsync_frame_unpack_call(frame->body, &call) < 0)
		return dsync_error_set(
			err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol: a call that is none");
	rc = dsync_calls_answer(&run->calls, &call, &result);
	if (rc == DSYNC_ERR_CANCELLED)
		return dsync_error_set(err, rc, "", "cancelled");
	/* When the worker is gone the next receive says how. */
	return rc < 0 ? 0 : dsync_worker_answer(worker, &result, err);
}

/* Some contracts have no other way to give up than a trap: then what went wrong before it is what people want to know. */
static int
fail_trap(const struct dsync_run *run, int rc, struct dsync_error *err)
{
	if (run->calls.fault.code != 0) {
		*err = run->calls.fault;
		return err->code;
	}
	return rc;
}

/* Those who want commands run around the swap get a refresher that is not locked: the commands would be locked too. */
static void
lock_down(struct dsync_run *run)
{
	const struct dsync_lockdown plan = {
		.context = run->context,
		.config = &run->config,
		.folder = run->folder,
		.link = run->job->path,
		.to = run->job->to,
		.record = run->job->record,
		.replay = run->job->replay,
	};

	run->locked_down = true;
	if (run->job->check == NULL && run->job->exec == NULL)
		dsync_lockdown(&plan, run->result);
}

/* The first call: the guest runs from now on, and this process needs no more than what a refresh needs. */
static void
first_call(struct dsync_run *run)
{
	run->result->timing_start_us = dsync_timing_us() - run->started_us;
	if (!run->locked_down)
		lock_down(run);
}

/* Until DONE; 1 when the code is of another engine. */
static int
converse(struct dsync_run *run, struct dsync_worker *worker, struct dsync_error *err)
{
	struct dsync_frame_done done;
	struct dsync_frame frame;
	bool called = false;
	uint32_t failure;
	int rc = 0;

	while (rc == 0) {
		rc = dsync_worker_receive(worker, &frame, dsync_calls_time_left(&run->calls), err);
		if (rc == DSYNC_ERR_TIMEOUT)
			return dsync_limit_fail_time(run, err);
		if (rc < 0 || frame.type == DSYNC_FRAME_DONE || frame.type == DSYNC_FRAME_FAILED)
			break;
		if (frame.type != DSYNC_FRAME_CALL)
			return dsync_error_set(
				err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol while it ran");
		if (!called)
			first_call(run);
		called = true;
		rc = answer(run, worker, &frame, err);
	}
	if (rc < 0)
		return rc;
	if (frame.type == DSYNC_FRAME_FAILED) {
		rc = dsync_worker_failure(&frame, "running", &failure, err);
		if (failure == DSYNC_GUEST_STALE_CODE && !called)
			return STALE_CODE;
		return failure == DSYNC_GUEST_TRAP ? fail_trap(run, rc, err) : rc;
	}
	if (dsync_frame_unpack_done(frame.body, &done) < 0)
		return dsync_error_set(
			err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol when it was done");
	run->result->cpu_us = done.cpu_us < INT64_MAX ? (int64_t)done.cpu_us : INT64_MAX;
	run->result->memory_peak = done.memory_peak < INT64_MAX ? (int64_t)done.memory_peak : INT64_MAX;
	rc = dsync_worker_end(worker, err);
	if (rc == 0 && done.exit_code != 0 && run->calls.outcome != DSYNC_GUEST_FAILED)
		rc = dsync_error_set(
			err, DSYNC_ERR_GUEST, "updater", "the updater ended with exit code %u", done.exit_code);
	return rc;
}

/* Cached code goes out while it is read, its last piece only when all of it was sound: the worker uses nothing without that. */
static int
send_code(struct dsync_worker *worker, const struct dsync_frame_job *job, const struct dsync_code *code,
	struct dsync_error *err)
{
	struct dsync_view piece;
	bool last = false;
	int rc;

	if (code->entry == NULL)
		return dsync_worker_send(worker, job, code->bytes.data, code->bytes.size, err);
	rc = dsync_worker_send_job(worker, job, err);
	while (rc == 0 && !last) {
		if (dsync_code_cache_next(code->entry, &piece, &last) < 0)
			return STALE_CODE;
		rc = dsync_worker_send_data(worker, piece, last, err);
	}
	return rc;
}

static int
run_code(struct dsync_run *run, const struct dsync_code *code, struct dsync_error *err)
{
	struct dsync_worker *worker = NULL;
	struct dsync_frame_job job;
	struct dsync_buffer strings;
	int64_t start;
	int rc;

	dsync_buffer_init(&strings, DSYNC_DRIVE_STRINGS_MAX);
	rc = dsync_drive_describe(run, code, &job, &strings, err);
	if (rc == 0)
		rc = dsync_drive_start(run, &job, &worker, err);
	if (rc == 0 && memcmp(dsync_worker_ready(worker)->engine_id, code->engine_id, sizeof(code->engine_id)) != 0)
		rc = STALE_CODE;
	start = dsync_timing_us();
	if (rc == 0) {
		run->calls.worker_fd = dsync_worker_fd(worker);
		rc = send_code(worker, &job, code, err);
	}
	if (rc == 0) {
		dsync_calls_init(&run->calls);
		rc = converse(run, worker, err);
		run->result->timing_run_us = dsync_timing_us() - start;
	}
	dsync_worker_destroy(worker);
	dsync_buffer_finish(&strings);
	return rc;
}

static int
drive(struct dsync_run *run, struct dsync_code *code, struct dsync_error *err)
{
	int rc = 0;

	code->entry = dsync_code_cache_open(run->context, &code->key);
	if (code->entry != NULL) {
		code->size = code->entry->size;
		memcpy(code->engine_id, code->entry->engine_id, sizeof(code->engine_id));
	} else {
		rc = dsync_drive_compile(run, code, err);
	}
	if (rc == 0)
		rc = run_code(run, code, err);
	if (rc == STALE_CODE && code->entry != NULL) { /* not sound, or an engine or a processor that is new here */
		dsync_code_cache_close(code->entry);
		code->entry = NULL;
		dsync_code_cache_drop(run->context, &code->key);
		rc = dsync_drive_compile(run, code, err);
		if (rc == 0)
			rc = run_code(run, code, err);
	}
	return rc == STALE_CODE ? dsync_error_set(err, DSYNC_ERR_SANDBOX, "worker",
					  "the worker does not take the code that it compiled")
				: rc;
}

int
dsync_drive(struct dsync_run *run, struct dsync_error *err)
{
	struct dsync_code code = { .entry = NULL };
	int rc;

	rc = dsync_staging_begin(
		&run->staging, dsync_commit_fd(run->commit), run->archive, dsync_limit_payload(run), err);
	if (rc < 0)
		return rc;
	dsync_staging_set_progress(&run->staging, dsync_limit_passed, run);
	dsync_drive_prepare(run);
	memcpy(code.key.wasm, run->judgement.updater.hash, sizeof(code.key.wasm));
	code.key.memory_max = dsync_terms_memory(run);
	dsync_buffer_init(&code.bytes, DSYNC_CODE_SIZE_MAX);
	rc = drive(run, &code, err);
	dsync_code_cache_close(code.entry);
	dsync_buffer_finish(&code.bytes);
	return rc;
}
