/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dotsync/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "outcome.h"
#include "refresh.h"
#include "runtime/context.h"
#include "runtime/path.h"

struct dsync_refresh {
	char *path; /* as the caller named it */
	struct dsync_client *client;
	dsync_event_callback *event;
	void *event_user;
	bool done; /* the result is valid */
	struct dsync_result result;
};

static int
copy_text(char **member, const char *value, struct dsync_error *err)
{
	*member = value != NULL ? strdup(value) : NULL;
	return value == NULL || *member != NULL ? 0 : dsync_error_set_memory(err);
}

int
dsync__refresh_job(
	const char *path, const struct dsync_refresh_options *options, struct dsync_job *job, struct dsync_error *err)
{
	int rc;

	dsync_job_init(job);
	job->kind = DSYNC_JOB_REFRESH;
	job->force = options->force;
	job->dry_run = options->dry_run;
	job->explain = options->explain;
	job->stage = options->stage;
	rc = dsync_path_absolute(path, &job->path, err);
	if (rc == 0)
		rc = dsync_path_absolute(options->to, &job->to, err);
	if (rc == 0)
		rc = dsync_path_absolute(options->record, &job->record, err);
	if (rc == 0)
		rc = dsync_path_absolute(options->replay, &job->replay, err);
	if (rc == 0)
		rc = copy_text(&job->check, options->check, err);
	if (rc == 0)
		rc = copy_text(&job->exec, options->exec, err);
	if (rc == 0)
		rc = copy_text(&job->sandbox, options->sandbox, err);
	if (rc < 0)
		dsync_job_finish(job);
	return rc;
}

struct dsync_refresh *
dsync__refresh_start(struct dsync_context *context, const char *path, const struct dsync_refresh_options *options,
	struct dsync_job *job, int fd, struct dsync_error *err)
{
	struct dsync_refresh *refresh = calloc(1, sizeof(*refresh));
	struct dsync_context *used = NULL;
	bool owned = false;
	int rc;

	if (refresh == NULL || (refresh->path = strdup(path)) == NULL) {
		dsync_error_set_memory(err);
		goto fail;
	}
	refresh->event = options->event;
	refresh->event_user = options->event_user;
	used = dsync_context_resolve(context, &owned, err);
	if (used == NULL)
		goto fail;
	rc = dsync_client_start(&refresh->client, used, job, fd, err);
	if (owned)
		dsync_context_destroy(used);
	if (rc < 0)
		goto fail;
	return refresh;

fail:
	dsync_refresh_cancel(refresh);
	return NULL;
}

struct dsync_refresh *
dsync_refresh_start(struct dsync_context *context, const char *path, const struct dsync_refresh_options *options,
	struct dsync_error *err)
{
	static const struct dsync_refresh_options defaults = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_refresh *refresh;
	struct dsync_job job;

	if (options == NULL)
		options = &defaults;
	if (dsync__refresh_job(path, options, &job, err) < 0)
		return NULL;
	refresh = dsync__refresh_start(context, path, options, &job, -1, err);
	dsync_job_finish(&job);
	return refresh;
}

int
dsync_refresh_fd(const struct dsync_refresh *refresh)
{
	return dsync_client_fd(refresh->client);
}

/* 1 when it was the outcome, 0 for an event, negative for the end without one; also 0 when there is nothing (never with `wait`). */
static int
take_packet(struct dsync_refresh *refresh, bool wait, bool *none, struct dsync_error *err)
{
	struct dsync_message message;
	int rc;

	rc = dsync_client_receive(refresh->client, wait, &message, err);
	*none = rc == 0;
	if (rc <= 0)
		return rc;
	if (message.is_outcome) {
		refresh->result = message.result; /* moved */
		dsync_result_init(&message.result);
		refresh->done = true;
	} else if (refresh->event != NULL) {
		refresh->event(refresh->event_user, &message.event);
	}
	dsync_message_finish(&message);
	return refresh->done ? 1 : 0;
}

int
dsync_refresh_dispatch(struct dsync_refresh *refresh, struct dsync_error *err)
{
	bool none = false;
	int rc = refresh->done ? 1 : 0;

	while (rc == 0 && !none)
		rc = take_packet(refresh, false, &none, err);
	return rc;
}

struct dsync_outcome *
dsync_refresh_finish(struct dsync_refresh *refresh, struct dsync_error *err)
{
	struct dsync_outcome *outcome;
	struct dsync_client *client = NULL;
	bool none;
	int rc = refresh->done ? 1 : 0;

	while (rc == 0)
		rc = take_packet(refresh, true, &none, err);
	if (rc < 0) {
		dsync_refresh_cancel(refresh);
		return NULL;
	}
	if (refresh->result.staged) {
		client = refresh->client;
		refresh->client = NULL;
	}
	outcome = dsync__outcome_create(refresh->path, &refresh->result, client, err);
	refresh->done = false; /* the result was handed over */
	dsync_refresh_cancel(refresh);
	return outcome;
}

void
dsync_refresh_cancel(struct dsync_refresh *refresh)
{
	if (refresh == NULL)
		return;
	dsync_client_close(refresh->client);
	if (refresh->done)
		dsync_result_finish(&refresh->result);
	free(refresh->path);
	free(refresh);
}

struct dsync_outcome *
dsync_refresh_run(struct dsync_context *context, const char *path, const struct dsync_refresh_options *options,
	struct dsync_error *err)
{
	struct dsync_refresh *refresh = dsync_refresh_start(context, path, options, err);

	return refresh != NULL ? dsync_refresh_finish(refresh, err) : NULL;
}
