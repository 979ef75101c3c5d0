/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "fetch.h"
#include "limit.h"
#include "slots.h"
#include "terms.h"
#include "timing.h"
#include "worker.h"

#define URL_REPORTED_MAX 1024u
#define NEXT_SUFFIX ".next"
#define SCRATCH_SUFFIX ".check"

/* What somebody else may have changed while we waited. */
struct past {
	unsigned char generation[DSYNC_GENERATION_SIZE];
	int64_t last_attempt;
	uint32_t failures;
	int64_t base;
};

static void
remember(const struct dsync_run *run, struct past *past)
{
	dsync_archive_generation(run->archive, past->generation);
	past->last_attempt = run->judgement.state.last_attempt;
	past->failures = run->judgement.state.failures;
	past->base = run->judgement.state.base;
}

static void
copy_generation(struct dsync_run *run)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];

	dsync_archive_generation(run->archive, generation);
	dsync_generation_format(run->result->generation, generation);
	run->result->payload_size = dsync_archive_payload_size(run->archive);
}

static int
judge(struct dsync_run *run, struct dsync_error *err)
{
	int rc;

	dsync_judgement_finish(&run->judgement);
	rc = dsync_judge(run->context, run->job, run->archive, &run->judgement, err);
	copy_generation(run);
	return rc;
}

static int
take_strings(struct dsync_strings *out, const char *prefix, const struct dsync_strings *list, struct dsync_error *err)
{
	struct dsync_buffer text;
	size_t i;
	int rc = 0;

	dsync_buffer_init(&text, DSYNC_MANIFEST_SIZE_MAX);
	for (i = 0; i < list->count && rc == 0; i++) {
		dsync_buffer_clear(&text);
		dsync_buffer_append_text(&text, prefix);
		dsync_buffer_append_text(&text, list->items[i]);
		rc = dsync_buffer_text(&text) != NULL ? dsync_grant_add(out, dsync_buffer_text(&text), err)
						      : dsync_error_set_memory(err);
	}
	dsync_buffer_finish(&text);
	return rc;
}

static int
tell_consent(struct dsync_run *run, struct dsync_error *err)
{
	const struct dsync_consent *c = &run->judgement.consent;
	int rc;

	rc = take_strings(&run->result->asked, "", &c->asked_hosts, err);
	if (rc == 0)
		rc = take_strings(&run->result->asked, "env:", &c->asked_env, err);
	if (rc == 0)
		rc = take_strings(&run->result->missing, "", &c->missing_hosts, err);
	if (rc == 0)
		rc = take_strings(&run->result->missing, "env:", &c->missing_env, err);
	return rc;
}

/* Turns a verdict other than GO into the outcome. */
static int
settle(struct dsync_run *run, struct dsync_error *err)
{
	static const enum dsync_outcome_kind kinds[] = {
		[DSYNC_VERDICT_NO_UPDATER] = DSYNC_OUTCOME_NO_UPDATER,
		[DSYNC_VERDICT_FORBIDDEN] = DSYNC_OUTCOME_FAILED,
		[DSYNC_VERDICT_HELD] = DSYNC_OUTCOME_HELD,
		[DSYNC_VERDICT_FRESH] = DSYNC_OUTCOME_FRESH,
		[DSYNC_VERDICT_COOLING] = DSYNC_OUTCOME_FAILED,
		[DSYNC_VERDICT_CONSENT] = DSYNC_OUTCOME_CONSENT_NEEDED,
		[DSYNC_VERDICT_OFFLINE] = DSYNC_OUTCOME_FAILED,
	};
	const struct dsync_judgement *j = &run->judgement;

	run->result->kind = kinds[j->verdict];
	run->result->error = j->error;
	if (j->verdict == DSYNC_VERDICT_COOLING)
		run->result->next_attempt = j->state.next_attempt;
	return j->verdict == DSYNC_VERDICT_CONSENT ? tell_consent(run, err) : 0;
}

static void
share_failure(struct dsync_run *run)
{
	const struct dsync_state *state = &run->judgement.state;
	struct dsync_error *error = &run->result->error;

	dsync_error_set(error, state->last_code < 0 ? state->last_code : DSYNC_ERR_NETWORK, state->last_rule, "%s",
		state->last_error[0] != '\0' ? state->last_error : "another refresh of this archive has just failed");
	if (state->last_expected[0] != '\0')
		dsync_error_expected(error, "%s", state->last_expected);
	if (state->last_hint[0] != '\0')
		dsync_error_hint(error, "%s", state->last_hint);
	run->result->next_attempt = state->next_attempt;
}

/* The result of whoever held the lock before us is ours too, if there is one. */
static bool
share(struct dsync_run *run, const struct past *before)
{
	struct past now;

	remember(run, &now);
	if (memcmp(now.generation, before->generation, sizeof(now.generation)) != 0)
		run->result->kind = DSYNC_OUTCOME_UPDATED;
	else if (now.failures != 0 && (now.failures != before->failures || now.last_attempt != before->last_attempt))
		run->result->kind = DSYNC_OUTCOME_FAILED;
	else if (now.failures == 0 && (now.base != before->base || now.last_attempt != before->last_attempt))
		run->result->kind = DSYNC_OUTCOME_UNCHANGED;
	else
		return false;
	run->result->shared = true;
	if (run->result->kind == DSYNC_OUTCOME_FAILED)
		share_failure(run);
	return true;
}

static int
interrupted(void *user)
{
	const struct dsync_run *run = user;

	return dsync_caller_is_cancelled(run->caller);
}

/*
 * Beside the staging file .NAME.next, and called .NAME.check.  It is always the same and the lock is ours, so that what a
 * killed refresh left under it is found and removed.
 */
static void
name_scratch(struct dsync_run *run)
{
	const char *next = strrchr(dsync_commit_staging_path(run->commit), '/') + 1;

	snprintf(run->scratch, sizeof(run->scratch), "%.*s%s", (int)(strlen(next) - strlen(NEXT_SUFFIX)), next,
		SCRATCH_SUFFIX);
}

/* Takes the lock, waiting for whoever has it; 1 when it is left to them. */
static int
lock(struct dsync_run *run, struct dsync_error *err)
{
	struct dsync_commit_options options = { .wait_ms = 0, .interrupted = interrupted, .user = run };
	int64_t start = dsync_timing_us();
	int rc;

	rc = dsync_commit_begin(&run->commit, run->job->path, &options, err);
	if (rc == DSYNC_ERR_BUSY && run->job->background)
		return 1;
	if (rc == DSYNC_ERR_BUSY) {
		dsync_caller_tell(run->caller, DSYNC_EVENT_WAITING, "");
		options.wait_ms = -1;
		rc = dsync_commit_begin(&run->commit, run->job->path, &options, err);
	}
	run->result->timing_lock_us = dsync_timing_us() - start;
	if (rc < 0)
		return rc;
	dsync_archive_unref(run->archive);
	run->archive = dsync_archive_ref(dsync_commit_base(run->commit));
	run->folder = dsync_commit_folder(run->commit);
	name_scratch(run);
	return 0;
}

static void
report_requests(struct dsync_run *run)
{
	struct dsync_broker_record record;
	size_t count = run->calls.broker != NULL ? dsync_broker_record_count(run->calls.broker) : 0;
	size_t i;

	if (count == 0)
		return;
	run->result->requests = calloc(count, sizeof(*run->result->requests));
	for (i = 0; run->result->requests != NULL && i < count; i++) {
		struct dsync_job_request *request = &run->result->requests[i];

		dsync_broker_record(run->calls.broker, i, &record);
		request->method = strdup(record.method);
		request->url = strndup(record.url, URL_REPORTED_MAX);
		request->status = record.status;
		request->bytes = record.bytes;
		request->cached = record.not_modified;
		run->result->request_count = i + 1;
	}
}

/* From here on every way out leaves a trace in the state record, but for being cancelled and for a rehearsal. */
static int
attempt(struct dsync_run *run, struct dsync_error *err)
{
	int rc;

	dsync_caller_tell(run->caller, DSYNC_EVENT_STARTED, "");
	rc = dsync_drive(run, err);
	if (rc == 0)
		rc = dsync_finish(run, err);
	if (rc < 0)
		rc = dsync_limit_tell(run, err);
	report_requests(run);
	if (rc == 0 && run->job->fill && run->calls.broker != NULL)
		rc = dsync_fetch_report_hops(run->calls.broker, run->result, err);
	if (rc < 0 && rc != DSYNC_ERR_CANCELLED && !run->job->dry_run && !run->job->fill)
		dsync_record_failure(run, err);
	return rc;
}

/* A slip that would leave the bare payload where the archive was. */
static int
check_plain(const struct dsync_run *run, struct dsync_error *err)
{
	const char *to = run->job->to;
	struct stat archive, plain;

	if (to == NULL || dsync_sys_fstat(dsync_archive_payload_extent(run->archive).fd, &archive) < 0 ||
		dsync_sys_fstatat(DSYNC_SYS_CWD, to, &plain, true) < 0)
		return 0;
	if (plain.st_dev != archive.st_dev || plain.st_ino != archive.st_ino)
		return 0;
	dsync_error_set(err, DSYNC_ERR_INVALID, "to", "the plain file is the archive itself");
	dsync_error_at_entry(err, to, strlen(to));
	dsync_error_hint(err, "give --to another name");
	return DSYNC_ERR_INVALID;
}

static int
refresh(struct dsync_run *run, struct dsync_error *err)
{
	struct past before;
	int rc;

	/* 1. what it is, and whether anything is due; nothing is made in its folder before that is known */
	run->archive = dsync_archive_open(run->job->path, NULL, err);
	if (run->archive == NULL)
		return err->code;
	rc = check_plain(run, err);
	if (rc == 0)
		rc = dsync_config_load(run->context, &run->config, err);
	if (rc == 0)
		rc = dsync_worker_choose_level(run->job->sandbox, &run->config.sandbox, err);
	if (rc == 0)
		rc = judge(run, err);
	if (rc < 0)
		return rc;
	if (run->job->fill && run->judgement.updater.builtin == NULL)
		return dsync_error_set(
			err, DSYNC_ERR_POLICY, "fill", "only a built-in updater may fetch a first payload");
	if (run->job->explain) {
		run->result->kind = DSYNC_OUTCOME_EXPLAINED;
		run->result->explanation = dsync_explain(run);
		return run->result->explanation != NULL ? 0 : dsync_error_set_memory(err);
	}
	if (run->judgement.verdict != DSYNC_VERDICT_GO)
		return settle(run, err);

	/* 2. in the background only so many at once; somebody will come by again */
	run->result->kind = DSYNC_OUTCOME_FRESH;
	if (run->job->background) {
		run->slot = dsync_slots_take(dsync_context_state_dir(run->context), run->config.slots);
		if (run->slot == -1)
			return 0;
	}

	/* 3. single flight: the lock of the commit, before anything is fetched */
	remember(run, &before);
	rc = lock(run, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;

	/* 4. again, under the lock: the work may have been done meanwhile */
	rc = judge(run, err);
	if (rc < 0 || (!run->job->push && share(run, &before)))
		return rc;
	if (run->judgement.verdict != DSYNC_VERDICT_GO)
		return settle(run, err);

	/* 5-8. the updater, the new version, the swap */
	return attempt(run, err);
}

/* Is the archive as it should be, without this process having made it so?  Then --to is still to be seen to. */
static bool
is_settled(const struct dsync_run *run)
{
	if (run->job->dry_run || run->discarded)
		return false;
	switch (run->result->kind) {
	case DSYNC_OUTCOME_UNCHANGED:
	case DSYNC_OUTCOME_FRESH:
	case DSYNC_OUTCOME_HELD:
		return true;
	case DSYNC_OUTCOME_UPDATED:
		return run->result->shared;
	default:
		return false;
	}
}

void
dsync_run_refresh(const struct dsync_context *context, const struct dsync_job *job, struct dsync_caller *caller,
	struct dsync_result *result, int64_t started_us)
{
	struct dsync_run run = { .context = context,
		.job = job,
		.caller = caller,
		.result = result,
		.started_us = started_us,
		.slot = -1,
		.folder = -1 };
	struct dsync_error err;
	int rc;

	run.calls.spool = -1;
	memset(&err, 0, sizeof(err));
	rc = dsync_terms_begin(&run, caller->passed, &err);
	if (rc == 0)
		rc = refresh(&run, &err);
	if (rc < 0) {
		result->kind = DSYNC_OUTCOME_FAILED;
		result->error = err;
	} else if (is_settled(&run)) {
		dsync_finish_plain(&run, run.archive);
	}
	dsync_terms_end(&run);
	dsync_calls_finish(&run.calls);
	dsync_staging_finish(&run.staging);
	dsync_commit_close(run.commit);
	dsync_judgement_finish(&run.judgement);
	dsync_archive_unref(run.archive);
	dsync_config_finish(&run.config);
	if (run.slot >= 0)
		dsync_sys_close(run.slot);
	result->timing_total_us = dsync_timing_us() - started_us;
}
