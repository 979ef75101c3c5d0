/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dotsync/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dotsync/archive.h"
#include "dotsync/status.h"
#include "dotsync/trust.h"
#include "refresh.h"
#include "runtime/context.h"

struct dsync_session {
	char *path;
	struct dsync_context *context;
	bool owns_context;
	struct dsync_archive *archive;
	enum dsync_role role;
	bool may_execute; /* the caller's leave */
};

struct dsync_session *
dsync_session_open(const char *path, struct dsync_context *context, struct dsync_error *err)
{
	struct dsync_session *session = calloc(1, sizeof(*session));
	struct dsync_trust *trust;

	if (session == NULL || (session->path = strdup(path)) == NULL) {
		dsync_error_set_memory(err);
		goto fail;
	}
	session->role = DSYNC_ROLE_PUBLIC;
	session->context = dsync_context_resolve(context, &session->owns_context, err);
	if (session->context == NULL)
		goto fail;
	session->archive = dsync_archive_open(path, NULL, err);
	if (session->archive == NULL)
		goto fail;
	trust = dsync_trust_check(session->archive, DSYNC_TRUST_FOR_READING, err);
	if (trust == NULL)
		goto fail;
	dsync_trust_free(trust);
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
	dsync_archive_unref(session->archive);
	if (session->owns_context)
		dsync_context_destroy(session->context);
	free(session->path);
	free(session);
}

void
dsync_session_set_role(struct dsync_session *session, enum dsync_role role)
{
	session->role = role;
}

void
dsync_session_grant_execution(struct dsync_session *session)
{
	session->may_execute = true;
}

void
dsync_session_revoke_execution(struct dsync_session *session)
{
	session->may_execute = false;
}

struct dsync_archive *
dsync_session_archive(const struct dsync_session *session)
{
	return session->archive;
}

/* The roles are ordered: what a member may an owner may, what the public may everybody may. */
static int
check_role(const struct dsync_session *session, enum dsync_role least, const char *key, const char *what,
	struct dsync_error *err)
{
	if (session->role <= least)
		return 0;
	dsync_error_set(err, DSYNC_ERR_PERMISSION, "permissions", "this role may not %s", what);
	dsync_error_at_entry(err, key, strlen(key));
	dsync_error_expected(err, "\"%s\"", dsync_role_name(least));
	dsync_error_found(err, "\"%s\"", dsync_role_name(session->role));
	return DSYNC_ERR_PERMISSION;
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
dsync_session_read_payload(struct dsync_session *session, struct dsync_view *payload, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = dsync_archive_manifest(session->archive);
	int rc;

	rc = check_role(session, dsync_manifest_read_role(manifest), "permissions.read", "read the payload", err);
	if (rc == 0)
		rc = check_readable(session, err);
	return rc == 0 ? dsync_archive_map_payload(session->archive, payload, err) : rc;
}

static int
check_execute(const struct dsync_session *session, struct dsync_error *err)
{
	const struct dsync_manifest *manifest = dsync_archive_manifest(session->archive);
	int rc;

	rc = check_role(session, dsync_manifest_execute_role(manifest), "permissions.execute", "run the updater", err);
	if (rc < 0)
		return rc;
	if (!session->may_execute) {
		dsync_error_set(err, DSYNC_ERR_PERMISSION, "grants", "this session was not allowed to run the updater");
		dsync_error_hint(err, "call dsync_session_grant_execution() first");
		return DSYNC_ERR_PERMISSION;
	}
	if (!dsync_archive_has_updater(session->archive))
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "the archive has no updater");
	return 0;
}

struct dsync_outcome *
dsync_session_execute(struct dsync_session *session, struct dsync_error *err)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_refresh *refresh;

	if (check_execute(session, err) < 0)
		return NULL;
	options.force = true; /* it was asked for by name, so freshness does not matter */
	options.stage = true;
	refresh = dsync__refresh_start(session->context, session->path, &options, true, err);
	return refresh != NULL ? dsync_refresh_finish(refresh, err) : NULL;
}
