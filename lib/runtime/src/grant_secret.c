/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grant_secret.c - secrets in the file of a grant:
 *
 *	[[secret]]
 *	name = "TOKEN"
 *	host = "api.example.com"        https, this host exactly
 *	port = 8443                     left out: 443
 *	header = "Authorization"        or query = "key"
 *	format = "Bearer {}"            left out: "{}"
 *	source = "file:/run/token"      or "env:NAME" or "credential:NAME"; or value = "..."
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "grants.h"
#include "toml/toml.h"

#define HTTPS_PORT 443

void
dsync__secrets_finish(struct dsync_secrets *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		dsync_secret_finish(&list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

static struct dsync_secret *
find(const struct dsync_secrets *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	}
	return NULL;
}

/* Room for one more, at the end. */
static struct dsync_secret *
extend(struct dsync_secrets *list, struct dsync_error *err)
{
	struct dsync_secret *items;

	if (list->count == DSYNC_SECRETS_MAX) {
		dsync_error_set(err, DSYNC_ERR_LIMIT, "secret", "more than %u secrets", DSYNC_SECRETS_MAX);
		return NULL;
	}
	items = calloc(list->count + 1, sizeof(*items));
	if (items == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}
	if (list->count > 0)
		memcpy(items, list->items, list->count * sizeof(*items));
	free(list->items);
	list->items = items;
	return &items[list->count];
}

int
dsync_grant_add_secret(
	struct dsync_secrets *list, const struct dsync_secret *secret, bool replace, struct dsync_error *err)
{
	struct dsync_secret *place = find(list, secret->name);
	struct dsync_secret copy;
	int rc;

	if (place != NULL && !replace)
		return 0;
	rc = dsync_secret_copy(&copy, secret, err);
	if (rc < 0)
		return rc;
	if (place != NULL) {
		dsync_secret_finish(place);
		*place = copy;
		return 0;
	}
	place = extend(list, err);
	if (place == NULL) {
		dsync_secret_finish(&copy);
		return list->count == DSYNC_SECRETS_MAX ? DSYNC_ERR_LIMIT : DSYNC_ERR_NO_MEMORY;
	}
	*place = copy;
	list->count++;
	return 0;
}

static int
read_port(const struct dsync_toml *doc, uint32_t node, uint16_t *port)
{
	int64_t value;

	if (dsync_toml_integer(doc, node, &value) < 0 || value < 1 || value > UINT16_MAX)
		return DSYNC_ERR_INVALID;
	*port = (uint16_t)value;
	return 0;
}

static int
read_place(const struct dsync_toml *doc, uint32_t node, bool in_query, struct dsync_secret *s, struct dsync_error *err)
{
	if (s->place != NULL)
		return DSYNC_ERR_INVALID; /* a header and a query parameter */
	s->in_query = in_query;
	return dsync__grant_read_text(doc, node, &s->place, err);
}

static int
read_key(const struct dsync_toml *doc, uint32_t node, struct dsync_secret *s, struct dsync_error *err)
{
	struct dsync_view key = dsync_toml_key(doc, node);

	if (dsync_text_view_is(key, "name"))
		return dsync__grant_read_text(doc, node, &s->name, err);
	if (dsync_text_view_is(key, "host"))
		return dsync__grant_read_text(doc, node, &s->host, err);
	if (dsync_text_view_is(key, "port"))
		return read_port(doc, node, &s->port);
	if (dsync_text_view_is(key, "header") || dsync_text_view_is(key, "query"))
		return read_place(doc, node, key.data[0] == 'q', s, err);
	if (dsync_text_view_is(key, "format"))
		return dsync__grant_read_text(doc, node, &s->format, err);
	if (dsync_text_view_is(key, "source"))
		return dsync__grant_read_text(doc, node, &s->source, err);
	if (dsync_text_view_is(key, "value"))
		return dsync__grant_read_text(doc, node, &s->value, err);
	return DSYNC_ERR_UNSUPPORTED;
}

static int
read_secret(const struct dsync_toml *doc, uint32_t table, struct dsync_secret *s, struct dsync_error *err)
{
	uint32_t node;
	int rc = 0;

	if (dsync_toml_type(doc, table) != DSYNC_TOML_TABLE)
		return DSYNC_ERR_INVALID;
	s->port = HTTPS_PORT;
	for (node = dsync_toml_first(doc, table); rc == 0 && node != DSYNC_TOML_NONE; node = dsync_toml_next(doc, node))
		rc = read_key(doc, node, s, err);
	if (rc == 0 && s->format == NULL) {
		s->format = strdup("{}");
		rc = s->format != NULL ? 0 : dsync_error_set_memory(err);
	}
	return rc == 0 && dsync_secret_check(s, NULL) < 0 ? DSYNC_ERR_INVALID : rc;
}

int
dsync__secrets_read(const struct dsync_toml *doc, uint32_t array, struct dsync_secrets *list, struct dsync_error *err)
{
	uint32_t table;
	int rc = 0;

	if (dsync_toml_type(doc, array) != DSYNC_TOML_ARRAY)
		return DSYNC_ERR_INVALID;
	for (table = dsync_toml_first(doc, array); rc == 0 && table != DSYNC_TOML_NONE;
		table = dsync_toml_next(doc, table)) {
		struct dsync_secret s = { .name = NULL };

		rc = read_secret(doc, table, &s, err);
		if (rc == 0 && find(list, s.name) != NULL)
			rc = DSYNC_ERR_INVALID;
		if (rc == 0)
			rc = dsync_grant_add_secret(list, &s, false, err);
		dsync_secret_finish(&s);
	}
	return rc;
}

void
dsync__secrets_write(const struct dsync_secrets *list, struct dsync_buffer *out)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct dsync_secret *s = &list->items[i];

		dsync_buffer_append_text(out, "\n[[secret]]\n");
		dsync__grant_write_text(out, "name", s->name);
		dsync__grant_write_text(out, "host", s->host);
		if (s->port != HTTPS_PORT)
			dsync_buffer_printf(out, "port = %u\n", s->port);
		dsync__grant_write_text(out, s->in_query ? "query" : "header", s->place);
		dsync__grant_write_text(out, "format", s->format);
		if (s->source != NULL)
			dsync__grant_write_text(out, "source", s->source);
		else
			dsync__grant_write_text(out, "value", s->value);
	}
}
