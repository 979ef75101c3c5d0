/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * consent_json.c - grants, and what an archive lacks of them, for programs.  Values of secrets are in none of it.
 */
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/sys.h"
#include "consent.h"

void
consent_put_strings(struct dsync_buffer *out, const char *name, const struct dsync_strings *list)
{
	size_t i;

	dsync_json_open_array(out, name);
	for (i = 0; i < list->count; i++)
		dsync_json_put_text(out, NULL, list->items[i]);
	dsync_json_close_array(out);
}

static void
put_secrets(struct dsync_buffer *out, const struct dsync_secrets *list)
{
	size_t i;

	dsync_json_open_array(out, "secrets");
	for (i = 0; i < list->count; i++) {
		const struct dsync_secret *s = &list->items[i];

		dsync_json_open(out, NULL);
		dsync_json_put_text(out, "name", s->name);
		dsync_json_put_text(out, "host", s->host);
		dsync_json_put_unsigned(out, "port", s->port);
		dsync_json_put_text(out, s->in_query ? "query" : "header", s->place);
		dsync_json_put_text(out, "source", s->source != NULL ? s->source : "grant");
		dsync_json_close(out);
	}
	dsync_json_close_array(out);
}

void
consent_put_grant(struct dsync_buffer *out, const struct dsync_grant *grant)
{
	char hash[DSYNC_HASH_TEXT_SIZE];

	dsync_hash_format(hash, grant->updater);
	dsync_json_put_text(out, "owner", grant->owner);
	if (grant->any_updater)
		dsync_json_put_null(out, "updater");
	else
		dsync_json_put_text(out, "updater", hash);
	consent_put_strings(out, "hosts", &grant->hosts);
	consent_put_strings(out, "env", &grant->env);
	consent_put_strings(out, "private", &grant->private_hosts);
	put_secrets(out, &grant->secrets);
	if (grant->expires == INT64_MAX)
		dsync_json_put_null(out, "expires");
	else
		dsync_json_put_time(out, "expires", grant->expires);
	dsync_json_put_bool(out, "expired", grant->expires <= dsync_sys_now());
}

static void
put_before(struct dsync_buffer *out, const struct dsync_consent *c)
{
	char hash[DSYNC_HASH_TEXT_SIZE];

	dsync_hash_format(hash, c->before_updater);
	dsync_json_open(out, "before");
	dsync_json_put_text(out, "updater", hash);
	consent_put_strings(out, "hosts", &c->before_hosts);
	consent_put_strings(out, "env", &c->before_env);
	dsync_json_put_time(out, "created", c->before_created);
	if (c->before_expires == INT64_MAX)
		dsync_json_put_null(out, "expires");
	else
		dsync_json_put_time(out, "expires", c->before_expires);
	dsync_json_close(out);
}

void
consent_put_state(struct dsync_buffer *out, const struct dsync_consent *c)
{
	dsync_json_open(out, "consent");
	dsync_json_put_text(out, "state", dsync_consent_state_name(c->state));
	dsync_json_open(out, "missing");
	consent_put_strings(out, "hosts", &c->missing_hosts);
	consent_put_strings(out, "env", &c->missing_env);
	dsync_json_close(out);
	if (c->state == DSYNC_CONSENT_REPLACED || c->state == DSYNC_CONSENT_EXPIRED)
		put_before(out, c);
	dsync_json_close(out);
}
