/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "dotsync/manifest.h"
#include "input.h"
#include "runtime/grants.h"
#include "set.h"

bool
set_changes_manifest(const struct set *s)
{
	return s->name != NULL || s->description != NULL || s->type != NULL || s->ext != NULL || s->network != NULL ||
		s->hosts.count > 0 || s->env.count > 0 || s->keys.count > 0 || s->ttl >= 0 || s->timeout >= 0;
}

/* "policy.timeout=10": TOML where it is that, else text. */
static int
set_key(struct dsync_manifest *m, const char *assignment, struct dsync_error *err)
{
	const char *equals = strchr(assignment, '=');
	char *path = strndup(assignment, (size_t)(equals - assignment));
	struct dsync_error as_text;
	const char *table = "";
	char *key, *dot;
	int rc;

	if (path == NULL)
		return dsync_error_set_memory(err);
	key = path;
	dot = strrchr(path, '.');
	if (dot != NULL) {
		*dot = '\0';
		table = path;
		key = dot + 1;
	}
	rc = dsync_manifest_set_raw(m, table, key, equals + 1, err);
	if (rc == DSYNC_ERR_INVALID || rc == DSYNC_ERR_MANIFEST) {
		int text_rc = dsync_manifest_set_string(m, table, key, equals + 1, &as_text);

		if (text_rc < 0 && rc == DSYNC_ERR_INVALID && err != NULL)
			*err = as_text;
		if (text_rc == 0 || rc == DSYNC_ERR_INVALID)
			rc = text_rc;
	}
	free(path);
	return rc;
}

static int
extend_list(struct dsync_manifest *m, const char *key, size_t own_count,
	const char *(*own)(const struct dsync_manifest *m, size_t index), const struct list *more,
	struct dsync_error *err)
{
	struct dsync_grant holder;
	size_t i;
	int rc = 0;

	if (more->count == 0)
		return 0;
	dsync_grant_init(&holder);
	for (i = 0; rc == 0 && i < own_count; i++)
		rc = dsync_grant_add(&holder.hosts, own(m, i), err);
	for (i = 0; rc == 0 && i < more->count; i++)
		rc = dsync_grant_add(&holder.hosts, more->items[i], err);
	if (rc == 0)
		rc = dsync_manifest_set_strings(
			m, "permissions", key, (const char *const *)holder.hosts.items, holder.hosts.count, err);
	dsync_grant_finish(&holder);
	return rc;
}

static int
set_texts(const struct set *s, struct dsync_manifest *m, struct dsync_error *err)
{
	const struct {
		const char *table, *key, *value;
	} rows[] = {
		{ "meta", "name", s->name },
		{ "meta", "description", s->description },
		{ "sync", "content_type", s->type },
		{ "sync", "display_ext", s->ext },
		{ "policy", "network_scope", s->network },
	};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].value != NULL)
			rc = dsync_manifest_set_string(m, rows[i].table, rows[i].key, rows[i].value, err);
	}
	return rc;
}

/* A new payload is as old as the moment it was put in. */
static int
set_created(const struct set *s, struct dsync_manifest *m, struct dsync_error *err)
{
	char text[DSYNC_TIME_TEXT_SIZE];
	int64_t now;
	int rc;

	if (s->payload == NULL)
		return 0;
	rc = input_time(&now, NULL, err);
	if (rc < 0)
		return rc;
	dsync_time_format(text, now);
	return dsync_manifest_set_string(m, "meta", "created_at", text, err);
}

int
set_edit_manifest(const struct set *s, struct dsync_manifest *m, struct dsync_error *err)
{
	size_t i;
	int rc;

	rc = set_created(s, m, err);
	if (rc == 0)
		rc = set_texts(s, m, err);
	if (rc == 0 && s->ttl >= 0)
		rc = dsync_manifest_set_integer(m, "policy", "ttl", s->ttl, err);
	if (rc == 0 && s->timeout >= 0)
		rc = dsync_manifest_set_integer(m, "policy", "timeout", s->timeout, err);
	if (rc == 0)
		rc = extend_list(m, "allow_hosts", dsync_manifest_allow_host_count(m), dsync_manifest_allow_host,
			&s->hosts, err);
	if (rc == 0)
		rc = extend_list(
			m, "allow_env", dsync_manifest_allow_env_count(m), dsync_manifest_allow_env, &s->env, err);
	for (i = 0; rc == 0 && i < s->keys.count; i++)
		rc = set_key(m, s->keys.items[i], err);
	return rc;
}
