/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Opening, settings, and the question to the policy; what a session does is in session_io.c and session_run.c. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dotsync/status.h"
#include "dotsync/trust.h"
#include "grants.h"
#include "runtime/context.h"
#include "runtime/policy.h"

static struct dsync_archive *
open_archive(const char *path, struct dsync_error *err)
{
	struct dsync_archive *archive = dsync_archive_open(path, NULL, err);
	struct dsync_trust *trust = archive != NULL ? dsync_trust_check(archive, DSYNC_TRUST_FOR_READING, err) : NULL;

	if (trust == NULL) {
		dsync_archive_unref(archive);
		return NULL;
	}
	dsync_trust_free(trust);
	return archive;
}

struct dsync_session *
dsync_session_open(const char *path, struct dsync_context *context, struct dsync_error *err)
{
	struct dsync_session *session = calloc(1, sizeof(*session));

	if (session == NULL || (session->path = strdup(path)) == NULL) {
		dsync_error_set_memory(err);
		goto fail;
	}
	session->role = DSYNC_ROLE_PUBLIC;
	session->granted =
		DSYNC_POLICY_GRANT(DSYNC_ACTION_READ_PAYLOAD) | DSYNC_POLICY_GRANT(DSYNC_ACTION_READ_CONTEXT);
	dsync_buffer_init(&session->text, DSYNC_BUFFER_UNLIMITED);
	session->context = dsync_context_resolve(context, &session->owns_context, err);
	if (session->context == NULL)
		goto fail;
	session->archive = open_archive(path, err);
	if (session->archive == NULL)
		goto fail;
	return session;

fail:
	dsync_session_close(session);
	return NULL;
}

void
dsync_session_close(struct dsync_session *session)
{
	if (session == NULL)
		return;
	dsync__session_forget(session);
	dsync_buffer_finish(&session->text);
	dsync_archive_unref(session->archive);
	if (session->owns_context)
		dsync_context_destroy(session->context);
	dsync__strings_finish(&session->hosts);
	dsync__strings_finish(&session->env);
	free(session->host_program);
	free(session->member);
	free(session->path);
	free(session);
}

void
dsync__session_forget(struct dsync_session *session)
{
	dsync_buffer_clear(&session->text);
	dsync_archive_unref(session->staged);
	session->staged = NULL;
}

void
dsync_session_set_role(struct dsync_session *session, enum dsync_role role)
{
	session->role = role;
}

/* Replaces a text by a copy of another one; NULL is one too. */
static int
replace_text(char **member, const char *text, struct dsync_error *err)
{
	char *copy = text != NULL ? strdup(text) : NULL;

	if (text != NULL && copy == NULL)
		return dsync_error_set_memory(err);
	free(*member);
	*member = copy;
	return 0;
}

int
dsync_session_set_member(struct dsync_session *session, const char *name, struct dsync_error *err)
{
	return replace_text(&session->member, name, err);
}

void
dsync_session_set_mode(struct dsync_session *session, enum dsync_session_mode mode)
{
	session->mode = mode;
}

void
dsync_session_set_bounds(struct dsync_session *session, const struct dsync_bounds *bounds)
{
	session->has_bounds = bounds != NULL;
	if (bounds != NULL)
		session->bounds = *bounds;
}

static unsigned
grant_of(enum dsync_action action)
{
	return DSYNC_POLICY_GRANT(action == DSYNC_ACTION_UPDATE_PAYLOAD ? DSYNC_ACTION_WRITE_PAYLOAD : action);
}

void
dsync_session_grant(struct dsync_session *session, enum dsync_action action)
{
	session->granted |= grant_of(action);
}

void
dsync_session_revoke(struct dsync_session *session, enum dsync_action action)
{
	session->granted &= ~grant_of(action);
}

void
dsync_session_revoke_all(struct dsync_session *session)
{
	session->granted = 0;
}

void
dsync_session_grant_execution(struct dsync_session *session)
{
	dsync_session_grant(session, DSYNC_ACTION_EXECUTE_WASM);
}

void
dsync_session_revoke_execution(struct dsync_session *session)
{
	dsync_session_revoke(session, DSYNC_ACTION_EXECUTE_WASM);
}

static int
set_list(struct dsync_strings *list, bool *narrow, const char *const *items, size_t count, struct dsync_error *err)
{
	struct dsync_strings copy = { NULL, 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		if (dsync_grant_add(&copy, items[i], err) < 0) {
			dsync__strings_finish(&copy);
			return DSYNC_ERR_NO_MEMORY;
		}
	}
	dsync__strings_finish(list);
	*list = copy;
	*narrow = true;
	return 0;
}

int
dsync_session_set_hosts(struct dsync_session *session, const char *const *hosts, size_t count, struct dsync_error *err)
{
	return set_list(&session->hosts, &session->narrow_hosts, hosts, count, err);
}

int
dsync_session_set_env(struct dsync_session *session, const char *const *names, size_t count, struct dsync_error *err)
{
	return set_list(&session->env, &session->narrow_env, names, count, err);
}

void
dsync_session_set_limits(struct dsync_session *session, const struct dsync_session_limits *limits)
{
	session->limits = *limits;
}

int
dsync_session_set_host(struct dsync_session *session, const struct dsync_session_host *host, struct dsync_error *err)
{
	int rc = replace_text(&session->host_program, host->program, err);

	if (rc < 0)
		return rc;
	session->host = *host;
	session->host.program = session->host_program;
	return 0;
}

void
dsync_session_serve(struct dsync_session *session)
{
	session->guest = true;
}

struct dsync_archive *
dsync_session_archive(const struct dsync_session *session)
{
	return session->archive;
}

int
dsync_session_reload(struct dsync_session *session, struct dsync_error *err)
{
	struct dsync_archive *now;

	dsync__session_forget(session);
	now = open_archive(session->path, err);
	if (now == NULL)
		return err != NULL ? err->code : DSYNC_ERR_SYSTEM;
	dsync_archive_unref(session->archive);
	session->archive = now;
	return 0;
}

/* A manifest with fail_closed wants no reads of data that is too old. */
static int
check_readable(const struct dsync_session *session, struct dsync_error *err)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	int rc;

	if (!dsync_manifest_fail_closed(dsync_archive_manifest(session->archive)))
		return 0;
	rc = dsync_status_read(session->context, session->archive, session->path, &status, err);
	if (rc < 0 || status.readable)
		return rc;
	dsync_error_set(err, DSYNC_ERR_EXPIRED, "policy", "the data is too old to be read");
	dsync_error_at_entry(err, "policy.fail_closed", strlen("policy.fail_closed"));
	dsync_error_hint(err, "refresh the archive first");
	return DSYNC_ERR_EXPIRED;
}

int
dsync_session_check(const struct dsync_session *session, enum dsync_action action, struct dsync_error *err)
{
	const bool has_size = session->bounds.width > 0 && session->bounds.height > 0;
	struct dsync_policy_question q = {
		.action = action,
		.guest = session->guest,
		.mode = session->mode,
		.has_bounds = session->has_bounds && has_size,
		.bad_bounds = session->has_bounds && !has_size,
		.role = session->role,
		.granted = session->granted,
	};
	int rc;

	q.is_member = dsync_policy_is_member(dsync_archive_manifest(session->archive), session->member);
	dsync_policy_describe(&q, session->archive);
	rc = dsync_policy_decide(&q, err);
	return rc == 0 && action == DSYNC_ACTION_READ_PAYLOAD ? check_readable(session, err) : rc;
}
