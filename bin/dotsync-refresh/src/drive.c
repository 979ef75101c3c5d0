/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Compiling and running are two workers.  The first has memory and no guest; the second has the code, tight limits and
 * the conversation.  Compiled code comes from the cache where it can.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "code_cache.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "lockdown.h"
#include "run.h"
#include "timing.h"
#include "worker.h"

#define STALE_CODE 1 /* the runner wants other code */
#define CPU_SECONDS_MAX 3600
#define STRINGS_MAX 49152u /* of arguments and environment, in one frame */

/* Compiled code and what it was compiled for. */
struct code {
	struct dsync_code_key key;
	struct dsync_buffer bytes;
	unsigned char engine_id[DSYNC_ENGINE_ID_SIZE];
	bool cached;
};

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

static int
start_worker(struct dsync_run *run, const struct dsync_frame_job *job, struct dsync_worker **worker, struct dsync_error *err)
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
			return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol while it compiled");
		rc = dsync_buffer_append(code, chunk.data.data, chunk.data.size);
		if (rc < 0)
			return dsync_error_set(err, DSYNC_ERR_UPDATER, "updater", "the updater is too large when compiled");
	}
}

static int
compile(struct dsync_run *run, struct code *code, struct dsync_error *err)
{
	struct dsync_frame_job job = { .mode = DSYNC_JOB_COMPILE, .memory_max = DSYNC_WORKER_MEMORY_MAX, .cpu_ms = DSYNC_WORKER_COMPILE_CPU_MS };
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

	rc = start_worker(run, &job, &worker, err);
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
	code->cached = false;
	run->result->timing_compile_us = dsync_timing_us() - start;
	return rc;
}

static void
add_string(struct dsync_frame_job *job, struct dsync_buffer *strings, uint32_t *count, const char *name, const char *value)
{
	if (strings->size + strlen(name) + strlen(value) + 2 > STRINGS_MAX)
		return;
	dsync_buffer_printf(strings, "%s%s%s", name, name[0] != '\0' ? "=" : "", value);
	dsync_buffer_append_byte(strings, '\0');
	*count += 1;
	job->strings = dsync_buffer_view(strings);
}

static void
add_list(struct dsync_frame_job *job, struct dsync_buffer *strings, const char *name, const struct dsync_strings *list)
{
	struct dsync_buffer joined;
	size_t i;

	dsync_buffer_init(&joined, STRINGS_MAX);
	for (i = 0; i < list->count; i++)
		dsync_buffer_printf(&joined, "%s%s", i > 0 ? "," : "", list->items[i]);
	if (dsync_buffer_text(&joined) != NULL || list->count == 0)
		add_string(job, strings, &job->environment_count, name, list->count > 0 ? dsync_buffer_text(&joined) : "");
	dsync_buffer_finish(&joined);
}

/* What a WASI command sees of its surroundings: its name, the places in its one folder, what it may do. */
static void
describe_surroundings(const struct dsync_run *run, struct dsync_frame_job *job, struct dsync_buffer *strings)
{
	const struct dsync_permissions *p = &run->calls.permissions;

	add_string(job, strings, &job->argument_count, "", DSYNC_ENTRY_UPDATER);
	add_string(job, strings, &job->environment_count, "SYNC_MODE", "pull");
	add_string(job, strings, &job->environment_count, "SYNC_PATH", "/sync");
	add_string(job, strings, &job->environment_count, "SYNC_PAYLOAD", "/sync/payload");
	add_string(job, strings, &job->environment_count, "SYNC_CONTEXT", "/sync/context.json");
	add_list(job, strings, "ALLOW_HOSTS", &run->judgement.consent.asked_hosts);
	add_list(job, strings, "ALLOW_ENV", p->env_asked);
}

/* A backstop behind the deadline on the wall: what the guest may compute while the network extends that one. */
static uint64_t
cpu_limit_ms(const struct dsync_run *run)
{
	const struct dsync_manifest *m = dsync_archive_manifest(run->archive);
	uint64_t seconds = (uint64_t)dsync_manifest_timeout(m);
	uint64_t rate = run->config.min_rate > 0 ? run->config.min_rate : DSYNC_BROKER_MIN_RATE;

	if (seconds < CPU_SECONDS_MAX)
		seconds += (uint64_t)dsync_manifest_max_payload(m) / rate;
	return (seconds < CPU_SECONDS_MAX ? seconds : CPU_SECONDS_MAX) * 1000;
}

static int
describe_job(const struct dsync_run *run, const struct code *code, struct dsync_frame_job *job, struct dsync_buffer *strings,
	     struct dsync_error *err)
{
	int rc;

	memset(job, 0, sizeof(*job));
	job->mode = DSYNC_JOB_RUN;
	job->data_size = code->bytes.size;
	job->memory_max = DSYNC_WORKER_MEMORY_MAX;
	job->cpu_ms = cpu_limit_ms(run);
	job->log_max = DSYNC_CALLS_LOG_MAX;
	job->now_ms = dsync_sys_now_ms();
	rc = dsync_sys_random(job->seed, sizeof(job->seed));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random numbers");
	describe_surroundings(run, job, strings);
	return dsync_buffer_error(strings) < 0 ? dsync_error_set_memory(err) : 0;
}

/* One call and its answer. */
static int
answer(struct dsync_run *run, struct dsync_worker *worker, const struct dsync_frame *frame, struct dsync_error *err)
{
	struct dsync_frame_result result;
	struct dsync_frame_call call;
	int rc;

	if (dsync_frame_unpack_call(frame->body, &call) < 0)
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol: a call that is none");
	rc = dsync_calls_answer(&run->calls, &call, &result);
	if (rc == DSYNC_ERR_CANCELLED)
		return dsync_error_set(err, rc, "", "cancelled");
	/* When the worker is gone the next receive says how. */
	return rc < 0 ? 0 : dsync_worker_answer(worker, &result, err);
}

static int
fail_time(const struct dsync_run *run, struct dsync_error *err)
{
	const struct dsync_error *fault = &run->calls.fault;
	int rc;

	if (fault->code == DSYNC_ERR_TIMEOUT) {
		*err = *fault;
		return fault->code;
	}
	rc = dsync_error_set(err, DSYNC_ERR_TIMEOUT, "timeout", "the updater took longer than it may");
	dsync_error_at_entry(err, "policy.timeout", sizeof("policy.timeout") - 1);
	dsync_error_expected(err, "%lld s, and what the network's bytes add", (long long)(run->calls.timeout_ms / 1000));
	dsync_error_hint(err, "dotsync set FILE --timeout gives it more");
	return rc;
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

/* The first call: the guest runs from now on, and this process needs no more than what a refresh needs. */
static void
first_call(struct dsync_run *run)
{
	run->result->timing_start_us = dsync_timing_us() - run->started_us;
	if (!run->locked_down)
		dsync_lockdown(run);
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
			return fail_time(run, err);
		if (rc < 0 || frame.type == DSYNC_FRAME_DONE || frame.type == DSYNC_FRAME_FAILED)
			break;
		if (frame.type != DSYNC_FRAME_CALL)
			return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol while it ran");
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
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol when it was done");
	rc = dsync_worker_end(worker, err);
	if (rc == 0 && done.exit_code != 0 && run->calls.outcome != DSYNC_GUEST_FAILED)
		rc = dsync_error_set(err, DSYNC_ERR_GUEST, "updater", "the updater ended with exit code %u", done.exit_code);
	return rc;
}

static int
run_code(struct dsync_run *run, const struct code *code, struct dsync_error *err)
{
	struct dsync_worker *worker = NULL;
	struct dsync_frame_job job;
	struct dsync_buffer strings;
	int64_t start;
	int rc;

	dsync_buffer_init(&strings, STRINGS_MAX);
	rc = describe_job(run, code, &job, &strings, err);
	if (rc == 0)
		rc = start_worker(run, &job, &worker, err);
	if (rc == 0 && memcmp(dsync_worker_ready(worker)->engine_id, code->engine_id, sizeof(code->engine_id)) != 0)
		rc = STALE_CODE;
	start = dsync_timing_us();
	if (rc == 0) {
		run->calls.worker_fd = dsync_worker_fd(worker);
		rc = dsync_worker_send(worker, &job, code->bytes.data, code->bytes.size, err);
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

static void
set_validators(struct dsync_validators *v, const unsigned char request[16], const char *etag, const char *last_modified)
{
	static const unsigned char none[16];

	v->present = memcmp(request, none, sizeof(none)) != 0 && (etag[0] != '\0' || last_modified[0] != '\0');
	memcpy(v->request, request, sizeof(v->request));
	memcpy(v->etag, etag, DSYNC_STATE_VALIDATOR_MAX + 1);
	memcpy(v->last_modified, last_modified, DSYNC_STATE_VALIDATOR_MAX + 1);
}

/* A user who allows this run once allows what the manifest asks for, though no private address. */
static void
set_permissions(struct dsync_run *run)
{
	const struct dsync_consent *consent = &run->judgement.consent;
	const bool once = run->job->session_grant;
	const struct dsync_strings *hosts = once ? &consent->asked_hosts : &consent->granted_hosts;
	struct dsync_permissions *p = &run->calls.permissions;

	p->asked.entries = (const char *const *)consent->asked_hosts.items;
	p->asked.count = consent->asked_hosts.count;
	p->granted.entries = (const char *const *)hosts->items;
	p->granted.count = hosts->count;
	p->private_.entries = (const char *const *)consent->granted_private.items;
	p->private_.count = consent->granted_private.count;
	p->network_none = dsync_manifest_network_scope(dsync_archive_manifest(run->archive)) == DSYNC_NETWORK_NONE;
	p->env = &run->job->env;
	p->env_asked = &consent->asked_env;
	p->env_granted = once ? &consent->asked_env : &consent->granted_env;
}

static void
prepare_calls(struct dsync_run *run)
{
	const struct dsync_manifest *m = dsync_archive_manifest(run->archive);
	const struct dsync_judgement *j = &run->judgement;
	struct dsync_calls *c = &run->calls;
	int64_t timeout = dsync_manifest_timeout(m);

	c->caller = run->caller;
	c->base = run->archive;
	c->staging = &run->staging;
	c->config = &run->config;
	c->worker_fd = -1;
	c->spool = -1;
	c->timeout_ms = timeout < INT64_MAX / 4000 ? timeout * 1000 : INT64_MAX / 4;
	c->payload_max = (uint64_t)dsync_manifest_max_payload(m);
	c->reason = dsync_archive_payload_size(run->archive) == 0 ? 3 : run->job->force;
	c->sealed = dsync_manifest_has_signature(m) || dsync_manifest_has_seal(m);
	set_validators(&c->known, j->state.request, j->state.etag, j->state.last_modified);
	if (j->has_attest) {
		set_validators(&c->attested, j->attest.request, j->attest.etag, j->attest.last_modified);
		memcpy(c->attested_payload, j->attest.payload_hash, sizeof(c->attested_payload));
	}
	set_permissions(run);
}

static int
drive(struct dsync_run *run, struct code *code, struct dsync_error *err)
{
	int rc = 0;

	code->cached = dsync_code_cache_load(run->context, &code->key, &code->bytes, code->engine_id);
	if (!code->cached)
		rc = compile(run, code, err);
	if (rc == 0)
		rc = run_code(run, code, err);
	if (rc == STALE_CODE && code->cached) {	/* an engine or a processor that is new here */
		dsync_code_cache_drop(run->context, &code->key);
		rc = compile(run, code, err);
		if (rc == 0)
			rc = run_code(run, code, err);
	}
	return rc == STALE_CODE ? dsync_error_set(err, DSYNC_ERR_SANDBOX, "worker", "the worker does not take the code that it compiled") : rc;
}

int
dsync_drive(struct dsync_run *run, struct dsync_error *err)
{
	struct code code = { .cached = false };
	int rc;

	rc = dsync_staging_begin(&run->staging, dsync_commit_fd(run->commit), run->archive,
		(uint64_t)dsync_manifest_max_payload(dsync_archive_manifest(run->archive)), err);
	if (rc < 0)
		return rc;
	prepare_calls(run);
	memcpy(code.key.wasm, run->judgement.updater.hash, sizeof(code.key.wasm));
	code.key.memory_max = DSYNC_WORKER_MEMORY_MAX;
	dsync_buffer_init(&code.bytes, DSYNC_CODE_SIZE_MAX);
	rc = drive(run, &code, err);
	dsync_buffer_finish(&code.bytes);
	return rc;
}
