/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Running the updater for a session: staged first, so that nothing is seen before somebody decides. */
#include <errno.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/sys.h"
#include "grants.h"
#include "outcome.h"
#include "refresh.h"
#include "session.h"

static int
copy_list(struct dsync_strings *to, const struct dsync_strings *from, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < from->count && rc == 0; i++)
		rc = dsync_grant_add(to, from->items[i], err);
	return rc;
}

static int
fill_job(const struct dsync_session *session, bool push, struct dsync_job *job, struct dsync_error *err)
{
	int rc;

	job->session_grant = !session->guest;
	job->push = push;
	job->cpu_ms = session->limits.cpu_ms;
	job->memory_max = session->limits.memory_size;
	if (session->limits.time_ms > 0)
		job->timeout_ms = session->limits.time_ms > INT64_MAX ? INT64_MAX : (int64_t)session->limits.time_ms;
	job->narrow_hosts = session->narrow_hosts;
	job->narrow_env = session->narrow_env;
	rc = copy_list(&job->hosts, &session->hosts, err);
	return rc == 0 ? copy_list(&job->env, &session->env, err) : rc;
}

struct dsync_outcome *
dsync__session_run(struct dsync_session *session, int fd, struct dsync_error *err)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_refresh *refresh = NULL;
	struct dsync_job job;

	options.force = true; /* it was asked for by name, so freshness does not matter */
	options.stage = true;
	if (dsync__refresh_job(session->path, &options, &job, err) < 0)
		return NULL;
	if (fill_job(session, fd >= 0, &job, err) == 0)
		refresh = dsync__refresh_start(session->context, session->path, &options, &job, fd, err);
	dsync_job_finish(&job);
	return refresh != NULL ? dsync_refresh_finish(refresh, err) : NULL;
}

struct dsync_outcome *
dsync_session_execute(struct dsync_session *session, struct dsync_error *err)
{
	dsync__session_forget(session);
	if (dsync_session_check(session, DSYNC_ACTION_EXECUTE_WASM, err) < 0)
		return NULL;
	if (session->host.program == NULL)
		return dsync__session_run(session, -1, err);
	dsync_error_set(err, DSYNC_ERR_STATE, "guest", "another program cannot hand back what it has staged");
	dsync_error_hint(err, "call dsync_session_produce(), and then write the payload");
	return NULL;
}

/* An outcome that is none of those hoped for, as an error. */
static int
fail_outcome(const struct dsync_outcome *outcome, struct dsync_error *err)
{
	const struct dsync_error *error = dsync_outcome_error(outcome);

	if (error->code == 0)
		return dsync_error_set(err, DSYNC_ERR_STATE, "updater", "the updater was not run: %s",
			dsync_outcome_kind_name(dsync_outcome_kind(outcome)));
	if (err != NULL)
		*err = *error;
	return error->code;
}

struct dsync_archive *
dsync_session_stage(struct dsync_session *session, enum dsync_outcome_kind *kind, struct dsync_error *err)
{
	struct dsync_archive *archive = NULL;
	struct dsync_outcome *outcome = dsync_session_execute(session, err);

	if (outcome == NULL)
		return NULL;
	*kind = dsync_outcome_kind(outcome);
	if (*kind == DSYNC_OUTCOME_UPDATED && !dsync_outcome_shared(outcome))
		archive = dsync__outcome_open_staged(outcome, err);
	else if (*kind != DSYNC_OUTCOME_UPDATED && *kind != DSYNC_OUTCOME_UNCHANGED)
		fail_outcome(outcome, err);
	else if (dsync_session_reload(session, err) == 0)
		archive = dsync_archive_ref(session->archive);
	dsync_outcome_destroy(outcome); /* which forgets what is staged; an open archive stays readable */
	return archive;
}

int
dsync_session_produce(struct dsync_session *session, struct dsync_view *payload, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	enum dsync_outcome_kind kind;
	int rc;

	payload->data = (const unsigned char *)"";
	payload->size = 0;
	if (session->host.program != NULL) {
		dsync__session_forget(session);
		rc = dsync_session_check(session, DSYNC_ACTION_EXECUTE_WASM, err);
		if (rc == 0)
			rc = dsync__guest_call(session, DSYNC_ACTION_EXECUTE_WASM, *payload, err);
		if (rc == 0)
			*payload = dsync_buffer_view(&session->text);
		return rc;
	}
	session->staged = dsync_session_stage(session, &kind, &fault);
	rc = session->staged != NULL ? dsync_archive_map_payload(session->staged, payload, &fault) : fault.code;
	if (rc < 0 && err != NULL)
		*err = fault;
	return rc;
}

/* The payload in a file of memory, for a descriptor to be passed on; or a negative code. */
static int
make_file(struct dsync_view payload, struct dsync_error *err)
{
	int fd = memfd_create("payload", MFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return dsync_error_set_errno(err, errno, "cannot pass the payload on");
	rc = dsync_sys_write_all(fd, payload.data, payload.size);
	if (rc == 0)
		return fd;
	dsync_sys_close(fd);
	return dsync_error_set_errno(err, -rc, "cannot pass the payload on");
}

int
dsync__session_push(struct dsync_session *session, struct dsync_view payload, struct dsync_error *err)
{
	struct dsync_outcome *outcome;
	enum dsync_outcome_kind kind;
	int fd, rc = 0;

	fd = make_file(payload, err);
	if (fd < 0)
		return fd;
	outcome = dsync__session_run(session, fd, err);
	dsync_sys_close(fd);
	if (outcome == NULL)
		return err != NULL && err->code < 0 ? err->code : DSYNC_ERR_PROTOCOL;
	kind = dsync_outcome_kind(outcome);
	if (kind == DSYNC_OUTCOME_UPDATED)
		rc = dsync_outcome_commit(outcome, err);
	else if (kind != DSYNC_OUTCOME_UNCHANGED)
		rc = fail_outcome(outcome, err);
	dsync_outcome_destroy(outcome);
	if (rc == 0)
		dsync_session_reload(session, NULL); /* it is in place, whether it can be opened now or not */
	return rc;
}
