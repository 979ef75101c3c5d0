/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From what the updater said to the swap, and what comes right before and after it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "command.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "limit.h"
#include "plain.h"
#include "run.h"
#include "terms.h"
#include "timing.h"

#define PATH_SIZE_MAX 65536u

/* Why a run failed, best known first: what this host saw, then what the updater said. */
static int
fail(const struct dsync_run *run, struct dsync_error *err)
{
	const struct dsync_calls *c = &run->calls;

	if (c->fault.code != 0)
		*err = c->fault;
	else if (c->message[0] != '\0')
		dsync_error_set(err, DSYNC_ERR_GUEST, "updater", "the updater failed: %s", c->message);
	else
		dsync_error_set(err, DSYNC_ERR_GUEST, "updater", "the updater failed and did not say why");
	return err->code;
}

/* Says whether payload and context change, or why the updater's word does not hold. */
static int
judge_outcome(struct dsync_run *run, bool *payload, struct dsync_error *err)
{
	struct dsync_calls *c = &run->calls;
	uint64_t size = dsync_staging_size(&run->staging);
	int rc;

	*payload = false;
	if (!c->finished && c->fault.code == 0)
		return dsync_error_set(err, DSYNC_ERR_GUEST, "updater", "the updater ended without saying how it went");
	if (!c->finished) { /* it gave up after a request that failed: that is what people want to know */
		*err = c->fault;
		return err->code;
	}
	if (c->outcome == DSYNC_GUEST_FAILED)
		return fail(run, err);
	if (run->job->push)
		return dsync_terms_take_pushed(run, payload, err);
	if (c->outcome == DSYNC_GUEST_UNCHANGED)
		return 0;
	if (run->staging.fault.code != 0) {
		*err = run->staging.fault;
		return err->code;
	}
	if (c->outcome == DSYNC_GUEST_UPDATED_EMPTY && size > 0)
		return dsync_error_set(
			err, DSYNC_ERR_GUEST, "updater", "the updater wrote a payload and called it empty");
	if (c->outcome == DSYNC_GUEST_UPDATED && size == 0)
		return 0; /* no output is no change, and never a payload cut to nothing */
	rc = dsync_staging_is_same(&run->staging, err);
	*payload = rc == 0;
	return rc < 0 ? rc : 0;
}

static bool
context_changes(struct dsync_run *run)
{
	struct dsync_calls *c = &run->calls;
	struct dsync_archive_entry entry;
	unsigned char *old = NULL;
	size_t size = 0;
	bool same;

	if (!c->has_new_context)
		return false;
	if (dsync_archive_find(run->archive, DSYNC_ENTRY_CONTEXT, &entry) < 0 || entry.size != c->new_context.size)
		return true;
	if (dsync_archive_read_entry(run->archive, DSYNC_ENTRY_CONTEXT, DSYNC_CONTEXT_SIZE_MAX, &old, &size, NULL) < 0)
		return true;
	same = size == c->new_context.size && memcmp(old, c->new_context.data, size) == 0;
	free(old);
	return !same;
}

/* An unsigned manifest says when its data is from; a signed or sealed one is never touched. */
static int
make_manifest(const struct dsync_run *run, int64_t now, struct dsync_manifest **manifest, struct dsync_error *err)
{
	const struct dsync_manifest *m = dsync_archive_manifest(run->archive);
	char text[DSYNC_TIME_TEXT_SIZE];

	*manifest = NULL;
	if (dsync_manifest_has_signature(m) || dsync_manifest_has_seal(m))
		return 0;
	*manifest = dsync_manifest_dup(m, err);
	if (*manifest == NULL)
		return err->code;
	dsync_time_format(text, now);
	return dsync_manifest_set_string(*manifest, "meta", "created_at", text, err);
}

static int
make_attest(struct dsync_run *run, int64_t now, struct dsync_buffer *out, struct dsync_error *err)
{
	const struct dsync_calls *c = &run->calls;
	struct dsync_attest attest;
	int rc;

	memset(&attest, 0, sizeof(attest));
	attest.base = now;
	attest.status = c->got_status;
	memcpy(attest.url_hash, c->got_url, sizeof(attest.url_hash));
	memcpy(attest.updater_hash, run->judgement.updater.hash, sizeof(attest.updater_hash));
	attest.payload_size = dsync_staging_size(&run->staging);
	rc = dsync_assembly_payload_hash(run->staging.assembly, attest.payload_hash, err);
	if (rc < 0)
		return rc;
	if (c->got.present) {
		dsync_calls_got_key(c, attest.request);
		memcpy(attest.etag, c->got.etag, sizeof(attest.etag));
		memcpy(attest.last_modified, c->got.last_modified, sizeof(attest.last_modified));
	}
	rc = dsync_attest_write(&attest, out);
	return rc < 0 ? dsync_error_set_memory(err) : 0;
}

/* Head and directory around the payload: after this the staging file is a whole archive. */
static int
assemble(struct dsync_run *run, bool new_payload, int64_t now, struct dsync_error *err)
{
	struct dsync_assembly_parts parts;
	struct dsync_manifest *manifest = NULL;
	struct dsync_buffer attest;
	int rc = 0;

	memset(&parts, 0, sizeof(parts));
	dsync_buffer_init(&attest, DSYNC_ATTEST_SIZE_MAX);
	if (!new_payload) { /* only the context is new */
		rc = dsync_staging_discard(&run->staging);
		if (rc == 0)
			rc = dsync_staging_append_base(&run->staging, 0, dsync_archive_payload_size(run->archive));
		if (rc < 0)
			*err = run->staging.fault;
	}
	if (rc == 0)
		rc = make_manifest(run, now, &manifest, err);
	if (rc == 0)
		rc = make_attest(run, now, &attest, err);
	if (rc == 0) {
		parts.manifest = manifest;
		parts.attest = dsync_buffer_view(&attest);
		if (run->calls.has_new_context)
			parts.context = dsync_buffer_view(&run->calls.new_context);
		rc = dsync_assembly_finish(run->staging.assembly, &parts, err);
	}
	dsync_manifest_destroy(manifest);
	dsync_buffer_finish(&attest);
	return rc;
}

/* The check sees the payload alone, as a file beside the archive that shares its blocks where it can. */
static int
check(struct dsync_run *run, struct dsync_error *err)
{
	const struct dsync_extent payload = { dsync_commit_fd(run->commit),
		dsync_assembly_payload_offset(run->staging.assembly), dsync_staging_size(&run->staging) };
	struct dsync_command command = { .what = "check",
		.text = run->job->check,
		.working_dir = run->job->working_dir,
		.variable = "DOTSYNC_STAGED" };
	const char *staging = dsync_commit_staging_path(run->commit);
	struct dsync_buffer path;
	int fd, rc = 0;

	dsync_buffer_init(&path, PATH_SIZE_MAX);
	dsync_buffer_append(&path, staging, (size_t)(strrchr(staging, '/') + 1 - staging));
	dsync_buffer_append_text(&path, run->scratch);
	command.value = dsync_buffer_text(&path);
	if (command.value == NULL) {
		rc = dsync_error_set_memory(err);
		goto done;
	}
	dsync_sys_unlinkat(run->folder, run->scratch); /* left over from one who was killed */
	if (run->job->check == NULL)
		goto done;
	rc = fd = dsync_plain_make(run->folder, run->scratch, &payload, err);
	if (fd < 0)
		goto done;
	dsync_sys_close(fd);
	rc = dsync_command_run(&command, run->caller, err);
	dsync_sys_unlinkat(run->folder, run->scratch);

done:
	dsync_buffer_finish(&path);
	return rc;
}

/* The record goes onto the staging file, so that data and state swap together. */
static int
set_record(struct dsync_run *run, int64_t now, struct dsync_error *err)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];
	struct dsync_archive *staged;
	struct dsync_state state;
	struct dsync_buffer bytes;
	int rc;

	staged = dsync_archive_open_fd(dsync_commit_fd(run->commit), NULL, err);
	if (staged == NULL)
		return err->code;
	dsync_archive_generation(staged, generation);
	dsync_archive_unref(staged);
	run->result->payload_size = dsync_staging_size(&run->staging);

	dsync_record_updated(run, generation, now, &state);
	dsync_buffer_init(&bytes, DSYNC_STATE_SIZE_MAX);
	rc = dsync_state_pack(&state, &bytes);
	if (rc == 0)
		rc = dsync_commit_set_attribute(run->commit, DSYNC_STATE_ATTRIBUTE, bytes.data, bytes.size);
	dsync_buffer_finish(&bytes);
	return rc < 0 ? dsync_error_set(err, rc, "", "the state record cannot be made") : 0;
}

/* Where the file system keeps no attributes the record goes into the state folder, after the swap. */
static void
keep_record(struct dsync_run *run, int64_t now)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];
	struct dsync_archive *result = dsync_commit_result(run->commit);
	struct dsync_state state;

	dsync_archive_generation(result, generation);
	dsync_generation_format(run->result->generation, generation);
	if (run->job->fill) /* the archive is not there to stay */
		return;
	if (dsync_state_load(run->context, result, run->job->path, &state, NULL) == 0 && state.last_attempt == now)
		return;
	dsync_record_updated(run, generation, now, &state);
	dsync_state_store(run->context, result, run->job->path, &state, NULL);
}

void
dsync_finish_plain(struct dsync_run *run, const struct dsync_archive *archive)
{
	const struct dsync_extent payload = dsync_archive_payload_extent(archive);

	if (run->job->to != NULL && !dsync_caller_is_cancelled(run->caller))
		dsync_plain_update(run->job->to, &payload, &run->result->error);
}

/* What cannot undo the swap any more: it is reported beside the success. */
static void
follow_up(struct dsync_run *run)
{
	const struct dsync_command command = { .what = "exec",
		.text = run->job->exec,
		.working_dir = run->job->working_dir,
		.variable = "DOTSYNC_FILE",
		.value = dsync_commit_target_path(run->commit) };
	struct dsync_error err;

	dsync_finish_plain(run, dsync_commit_result(run->commit));
	if (run->job->exec != NULL && dsync_command_run(&command, run->caller, &err) < 0 &&
		run->result->error.code == 0)
		run->result->error = err;
}

static int
publish(struct dsync_run *run, int64_t now, struct dsync_error *err)
{
	int64_t start = dsync_timing_us();
	int rc;

	rc = dsync_commit_publish(run->commit, err);
	run->result->timing_commit_us = dsync_timing_us() - start;
	if (rc < 0 && rc != DSYNC_ERR_DURABILITY)
		return rc;
	run->result->kind = DSYNC_OUTCOME_UPDATED;
	if (rc < 0)
		run->result->error = *err;
	keep_record(run, now);
	follow_up(run);
	return 0;
}

/* Shows what is staged and waits; false when it is not wanted. */
static bool
is_wanted(struct dsync_run *run)
{
	bool wanted;

	run->result->kind = DSYNC_OUTCOME_UPDATED;
	run->result->staged = true;
	run->result->staging = strdup(dsync_commit_staging_path(run->commit));
	wanted = dsync_caller_send(run->caller, run->result) == 0 && dsync_caller_decision(run->caller);
	run->result->staged = false;
	free(run->result->staging);
	run->result->staging = NULL;
	return wanted;
}

static int
update(struct dsync_run *run, bool new_payload, struct dsync_error *err)
{
	int64_t now = dsync_sys_now();
	int rc;

	rc = assemble(run, new_payload, now, err);
	if (rc == 0)
		rc = set_record(run, now, err);
	if (rc == 0)
		rc = check(run, err);
	if (rc < 0)
		return rc;
	if (run->job->dry_run) {
		run->result->kind = DSYNC_OUTCOME_DRY_RUN;
		return 0;
	}
	if (dsync_caller_is_cancelled(run->caller))
		return dsync_error_set(err, DSYNC_ERR_CANCELLED, "", "cancelled");
	if (run->job->stage && !is_wanted(run)) {
		run->result->kind = DSYNC_OUTCOME_UNCHANGED;
		run->discarded = true;
		return 0;
	}
	return publish(run, now, err);
}

int
dsync_finish(struct dsync_run *run, struct dsync_error *err)
{
	bool new_payload;
	int rc;

	dsync_limit_finishing(run);
	rc = judge_outcome(run, &new_payload, err);
	if (rc < 0)
		return rc;
	if (new_payload || context_changes(run))
		return update(run, new_payload, err);
	if (!run->job->dry_run)
		dsync_record_unchanged(run);
	run->result->kind = DSYNC_OUTCOME_UNCHANGED;
	return 0;
}
