/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A grant is a file like this, at most 64 KiB:
 *
 *	v = 1
 *	owner = "local:alice"
 *	updater = "blake3:..."          machine grants may leave it out
 *	hosts = ["example.com"]
 *	env = []
 *	private = []
 *	created = "2026-01-01T00:00:00Z"
 *	expires = "2027-01-01T00:00:00Z"  left out: never
 *	[[secret]]                      any number; see grant_secret.c
 *
 * Unknown keys make the file useless: a limit that this version does not understand must not be dropped.
 */
#include "runtime/grants.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "grants.h"
#include "toml/edit.h"
#include "toml/toml.h"

void
dsync_grant_init(struct dsync_grant *grant)
{
	memset(grant, 0, sizeof(*grant));
	grant->expires = INT64_MAX;
}

void
dsync__strings_finish(struct dsync_strings *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

bool
dsync__strings_contain(const struct dsync_strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

void
dsync_grant_finish(struct dsync_grant *grant)
{
	free(grant->path);
	free(grant->owner);
	dsync__strings_finish(&grant->hosts);
	dsync__strings_finish(&grant->env);
	dsync__strings_finish(&grant->private_hosts);
	dsync__secrets_finish(&grant->secrets);
	dsync_grant_init(grant);
}

int
dsync_grant_add(struct dsync_strings *list, const char *text, struct dsync_error *err)
{
	char **items;
	char *copy;

	if (dsync__strings_contain(list, text))
		return 0;
	items = realloc(list->items, (list->count + 1) * sizeof(*items));
	if (items == NULL)
		return dsync_error_set_memory(err);
	list->items = items;
	copy = strdup(text);
	if (copy == NULL)
		return dsync_error_set_memory(err);
	items[list->count++] = copy;
	return 0;
}

static const char *
without_scheme(const char *entry)
{
	const char *scheme = strstr(entry, "://");

	return scheme != NULL ? scheme + 3 : entry;
}

bool
dsync_grant_has_host(const struct dsync_strings *list, const char *entry)
{
	const char *bare = without_scheme(entry);
	size_t i;

	for (i = 0; i < list->count; i++) {
		const char *item = list->items[i], *bare_item = without_scheme(item);
		const bool both = bare != entry && bare_item != item;
		const char *left = both ? entry : bare, *right = both ? item : bare_item;

		if (dsync_text_equal_case(left, strlen(left), right, strlen(right)))
			return true;
	}
	return false;
}

int
dsync__grant_read_text(const struct dsync_toml *doc, uint32_t node, char **text, struct dsync_error *err)
{
	struct dsync_view view;

	if (dsync_toml_string(doc, node, &view) < 0 || memchr(view.data, '\0', view.size) != NULL)
		return DSYNC_ERR_INVALID;
	free(*text);
	*text = strndup((const char *)view.data, view.size);
	return *text != NULL ? 0 : dsync_error_set_memory(err);
}

static int
read_list(const struct dsync_toml *doc, uint32_t node, struct dsync_strings *list, struct dsync_error *err)
{
	uint32_t item;
	char *text;
	int rc = 0;

	if (dsync_toml_type(doc, node) != DSYNC_TOML_ARRAY)
		return DSYNC_ERR_INVALID;
	for (item = dsync_toml_first(doc, node); rc == 0 && item != DSYNC_TOML_NONE;
		item = dsync_toml_next(doc, item)) {
		text = NULL;
		rc = dsync__grant_read_text(doc, item, &text, err);
		if (rc == 0)
			rc = dsync_grant_add(list, text, err);
		free(text);
	}
	return rc;
}

static int
read_time(const struct dsync_toml *doc, uint32_t node, int64_t *seconds)
{
	struct dsync_view view;

	if (dsync_toml_string(doc, node, &view) < 0)
		return DSYNC_ERR_INVALID;
	return dsync_time_parse((const char *)view.data, view.size, seconds);
}

static int
read_updater(const struct dsync_toml *doc, uint32_t node, struct dsync_grant *grant)
{
	struct dsync_view view;

	if (dsync_toml_string(doc, node, &view) < 0)
		return DSYNC_ERR_INVALID;
	grant->any_updater = false;
	return dsync_hash_parse(grant->updater, (const char *)view.data, view.size);
}

static int
read_version(const struct dsync_toml *doc, uint32_t node)
{
	int64_t version;

	return dsync_toml_integer(doc, node, &version) == 0 && version == 1 ? 0 : DSYNC_ERR_UNSUPPORTED;
}

static int
read_key(const struct dsync_toml *doc, uint32_t node, struct dsync_grant *grant, struct dsync_error *err)
{
	struct dsync_view key = dsync_toml_key(doc, node);

	if (dsync_text_view_is(key, "v"))
		return read_version(doc, node);
	if (dsync_text_view_is(key, "owner"))
		return dsync__grant_read_text(doc, node, &grant->owner, err);
	if (dsync_text_view_is(key, "updater"))
		return read_updater(doc, node, grant);
	if (dsync_text_view_is(key, "hosts"))
		return read_list(doc, node, &grant->hosts, err);
	if (dsync_text_view_is(key, "env"))
		return read_list(doc, node, &grant->env, err);
	if (dsync_text_view_is(key, "private"))
		return read_list(doc, node, &grant->private_hosts, err);
	if (dsync_text_view_is(key, "secret"))
		return dsync__secrets_read(doc, node, &grant->secrets, err);
	if (dsync_text_view_is(key, "created"))
		return read_time(doc, node, &grant->created);
	if (dsync_text_view_is(key, "expires"))
		return read_time(doc, node, &grant->expires);
	return DSYNC_ERR_UNSUPPORTED;
}

/* Names the key that made a file useless, unless memory ran out, which is said already. */
static int
refuse_key(const struct dsync_toml *doc, uint32_t node, int rc, struct dsync_error *err)
{
	struct dsync_view key = dsync_toml_key(doc, node);

	if (rc == DSYNC_ERR_NO_MEMORY)
		return rc;
	dsync_error_set(err, DSYNC_ERR_SYNTAX, "grant",
		rc == DSYNC_ERR_UNSUPPORTED ? "key or version is not known" : "wrong type or value");
	dsync_error_at_entry(err, (const char *)key.data, key.size);
	dsync_error_at_line(err, dsync_toml_line(doc, node), dsync_toml_column(doc, node));
	return DSYNC_ERR_SYNTAX;
}

int
dsync__grant_parse(const char *text, size_t size, struct dsync_grant *grant, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_toml *doc;
	uint32_t node;
	int rc = 0;

	dsync_grant_init(grant);
	grant->any_updater = true;
	doc = dsync_toml_parse(text, size, &fault);
	if (doc == NULL) {
		if (err != NULL)
			*err = fault;
		return fault.code;
	}
	for (node = dsync_toml_first(doc, DSYNC_TOML_ROOT); rc == 0 && node != DSYNC_TOML_NONE;
		node = dsync_toml_next(doc, node)) {
		rc = read_key(doc, node, grant, err);
		if (rc < 0)
			rc = refuse_key(doc, node, rc, err);
	}
	if (rc == 0 && dsync_toml_child(doc, DSYNC_TOML_ROOT, "v") == DSYNC_TOML_NONE)
		rc = dsync_error_set(err, DSYNC_ERR_SYNTAX, "grant", "there is no v = 1");
	if (rc == 0 && grant->owner == NULL)
		rc = dsync_error_set(err, DSYNC_ERR_SYNTAX, "grant", "there is no owner");
	dsync_toml_free(doc);
	if (rc < 0)
		dsync_grant_finish(grant);
	return rc;
}

void
dsync__grant_write_text(struct dsync_buffer *out, const char *key, const char *value)
{
	dsync_buffer_printf(out, "%s = ", key);
	if (dsync_toml_write_string(out, value, strlen(value)) < 0 && out->failed == 0)
		out->failed = DSYNC_ERR_INVALID;
	dsync_buffer_append_byte(out, '\n');
}

static void
write_list(struct dsync_buffer *out, const char *key, const struct dsync_strings *list)
{
	size_t i;

	dsync_buffer_printf(out, "%s = [", key);
	for (i = 0; i < list->count; i++) {
		if (i > 0)
			dsync_buffer_append_text(out, ", ");
		if (dsync_toml_write_string(out, list->items[i], strlen(list->items[i])) < 0 && out->failed == 0)
			out->failed = DSYNC_ERR_INVALID;
	}
	dsync_buffer_append_text(out, "]\n");
}

static void
write_time(struct dsync_buffer *out, const char *key, int64_t seconds)
{
	char text[DSYNC_TIME_TEXT_SIZE];

	dsync_time_format(text, seconds);
	dsync__grant_write_text(out, key, text);
}

int
dsync_grant_write(const struct dsync_grant *grant, struct dsync_buffer *out)
{
	char hash[DSYNC_HASH_TEXT_SIZE];

	dsync_buffer_append_text(out, "v = 1\n");
	dsync__grant_write_text(out, "owner", grant->owner);
	if (!grant->any_updater) {
		dsync_hash_format(hash, grant->updater);
		dsync__grant_write_text(out, "updater", hash);
	}
	write_list(out, "hosts", &grant->hosts);
	write_list(out, "env", &grant->env);
	write_list(out, "private", &grant->private_hosts);
	write_time(out, "created", grant->created);
	if (grant->expires != INT64_MAX)
		write_time(out, "expires", grant->expires);
	dsync__secrets_write(&grant->secrets, out); /* tables come last */
	return dsync_buffer_error(out);
}
