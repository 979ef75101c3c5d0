/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is remembered of an attempt, in the state record; the archive's own bytes are not touched. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "dotsync/context.h"
#include "run.h"
#include "runtime/schedule.h"

/* Remembering is best effort: the data is safe either way, and whoever watches is told. */
static void
store(struct dsync_run *run, struct dsync_state *state)
{
	struct dsync_error err;
	char text[512];

	dsync_archive_generation(run->archive, state->generation);
	if (dsync_state_store(run->context, run->archive, run->job->path, state, &err) == 0)
		return;
	dsync_error_format(&err, text, sizeof(text));
	dsync_caller_log(run->caller, DSYNC_LOG_WARNING, text, strlen(text));
}

static void
forget_error(struct dsync_state *state)
{
	state->last_code = 0;
	state->last_error[0] = '\0';
	state->last_rule[0] = '\0';
	state->last_expected[0] = '\0';
	state->last_hint[0] = '\0';
}

static void
set_success(const struct dsync_calls *calls, int64_t now, struct dsync_state *state)
{
	state->base = now;
	state->last_attempt = now;
	state->next_attempt = DSYNC_STATE_NO_TIME;
	state->failures = 0;
	forget_error(state);
	if (!calls->got.present)
		return;
	dsync_calls_got_key(calls, state->request);
	memcpy(state->etag, calls->got.etag, sizeof(state->etag));
	memcpy(state->last_modified, calls->got.last_modified, sizeof(state->last_modified));
}

void
dsync_record_unchanged(struct dsync_run *run)
{
	struct dsync_state state = run->judgement.state;

	set_success(&run->calls, dsync_sys_now(), &state);
	store(run, &state);
}

void
dsync_record_updated(const struct dsync_run *run, const unsigned char generation[DSYNC_GENERATION_SIZE], int64_t now,
	struct dsync_state *state)
{
	*state = run->judgement.state;
	memset(state->request, 0, sizeof(state->request)); /* validators of the old version */
	state->etag[0] = '\0';
	state->last_modified[0] = '\0';
	set_success(&run->calls, now, state);
	memcpy(state->generation, generation, sizeof(state->generation));
}

/* Scheme, host and port, which is how a host entry is written, and nothing of a path or a query. */
static bool
is_host_entry(const struct dsync_error *error)
{
	const char *host = strstr(error->expected, "://");

	return strncmp(error->expected, "an entry ", 9) == 0 && host != NULL && strpbrk(host + 3, "/?#@") == NULL;
}

/* The record travels with copies of the archive, so no URL goes into it: they may hold what is nobody else's business. */
static void
copy_text(char *out, size_t size, const char *text, bool entry)
{
	out[0] = '\0';
	if (entry || strstr(text, "://") == NULL)
		dsync_text_escape(out, size, text, strlen(text));
}

/* The error as it is remembered: for `status`, and for those who wait and share the result. */
static void
describe(const struct dsync_error *error, struct dsync_state *state)
{
	char full[2 * DSYNC_ERROR_TEXT_SIZE + 16];

	snprintf(full, sizeof(full), "%s", error->message);
	if (strstr(full, "://") != NULL)
		snprintf(full, sizeof(full), "%s", dsync_error_text(error->code));
	if (error->found[0] != '\0' && strstr(error->found, "://") == NULL)
		snprintf(full + strlen(full), sizeof(full) - strlen(full), ": %s", error->found);
	dsync_text_escape(state->last_error, sizeof(state->last_error), full, strlen(full));
	state->last_code = error->code;
	copy_text(state->last_rule, sizeof(state->last_rule), error->rule, false);
	copy_text(state->last_expected, sizeof(state->last_expected), error->expected, is_host_entry(error));
	copy_text(state->last_hint, sizeof(state->last_hint), error->hint, false);
}

void
dsync_record_failure(struct dsync_run *run, const struct dsync_error *error)
{
	struct dsync_state state = run->judgement.state;
	int64_t now = dsync_sys_now();
	uint64_t random = 0;

	dsync_sys_random(&random, sizeof(random)); /* without it the delay is merely less random */
	if (state.failures < UINT32_MAX)
		state.failures++;
	state.last_attempt = now;
	state.next_attempt = dsync_schedule_retry(now, state.failures, run->calls.retry_s, random);
	describe(error, &state);
	run->result->next_attempt = state.next_attempt;
	store(run, &state);
}
