/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create_manifest.c - what the manifest of a new archive says.
 *
 * First hit wins: the option; the manifest given with --manifest; the name of the payload; what the server said; a
 * default.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/time.h"
#include "create.h"
#include "dotsync/manifest.h"
#include "input.h"
#include "media_type.h"

#define EXTENSION_SIZE 33
#define TTL_LEAST 60 /* a server that says max-age=0 wants to be asked, but not by every reader */
#define TIMEOUT_MOST 600
#define TIMEOUT_FACTOR 4 /* times what the first fetch took */

/* The extension of a plain name as the manifest may hold it, or "". */
static void
extension_of(const char *name, char out[EXTENSION_SIZE])
{
	const char *dot = strrchr(name, '.');
	const char *p;

	out[0] = '\0';
	if (dot == NULL || dot == name || dot[1] == '\0' || strlen(dot + 1) >= EXTENSION_SIZE)
		return;
	for (p = dot + 1; *p != '\0'; p++) {
		if (!dsync_text_is_alnum((unsigned char)*p) && strchr("_-+", *p) == NULL)
			return;
	}
	strcpy(out, dot + 1);
}

/* A server's media type without its parameters, in lower case; "" when it is none. */
static void
server_type(const struct create *c, char *out, size_t size)
{
	/* of what is unpacked, or may be, the server said nothing */
	const bool as_it_came = c->unpack.count == 0 && (c->filled == NULL || c->context == NULL);
	const char *type = as_it_came ? c->fetched.content_type : NULL;
	size_t i, length = type != NULL ? strcspn(type, "; \t,") : 0;

	out[0] = '\0';
	if (length == 0 || length >= size || memchr(type, '/', length) == NULL)
		return;
	for (i = 0; i < length; i++) {
		if (type[i] <= 0x20 || type[i] > 0x7e)
			return;
	}
	for (i = 0; i < length; i++)
		out[i] = (char)dsync_text_lower((unsigned char)type[i]);
	out[length] = '\0';
}

/* What servers say of files that they know nothing of. */
static bool
says_nothing(const char *type)
{
	return type[0] == '\0' || strcmp(type, "application/octet-stream") == 0 || strcmp(type, "text/plain") == 0;
}

/* Where a feed said what to fetch, the last request whose URL has an extension tells more than the feed's own. */
static void
extension_of_request(const struct create *c, char out[EXTENSION_SIZE])
{
	char name[ORIGIN_NAME_SIZE];
	size_t i = c->fetched.request_count;

	out[0] = '\0';
	while (out[0] == '\0' && i > 1) {
		if (c->fetched.requests[--i].url != NULL && origin_file_name(c->fetched.requests[i].url, name)) {
			create_inner_name(c, name, sizeof(name));
			extension_of(name, out);
		}
	}
}

static void
choose_type(const struct create *c, char type[DSYNC_ERROR_TEXT_SIZE], char ext[EXTENSION_SIZE])
{
	char name[ORIGIN_NAME_SIZE];
	const char *known;

	server_type(c, type, DSYNC_ERROR_TEXT_SIZE);
	if (c->ext != NULL)
		snprintf(ext, EXTENSION_SIZE, "%s", c->ext[0] == '.' ? c->ext + 1 : c->ext);
	else if (!c->name_is_host)
		extension_of(c->payload_name, ext);
	else
		ext[0] = '\0';
	if (ext[0] == '\0' && c->json_url != NULL)
		extension_of_request(c, ext);
	if (ext[0] == '\0' && c->urls.count > 0 && c->json_url == NULL && origin_file_name(c->urls.items[0], name)) {
		create_inner_name(c, name, sizeof(name));
		extension_of(name, ext);
	}
	if (ext[0] == '\0' && c->fetched.file_name != NULL && c->unpack.count == 0)
		extension_of(c->fetched.file_name, ext);
	known = ext[0] != '\0' ? media_type_of_extension(ext) : NULL;
	/* "list.dat" as text/plain: the server knows that it is text, which the name does not say. */
	if (known != NULL && says_nothing(type) && (type[0] == '\0' || strcmp(known, "application/octet-stream") != 0))
		snprintf(type, DSYNC_ERROR_TEXT_SIZE, "%s", known);
	if (type[0] == '\0')
		strcpy(type, "application/octet-stream");
	known = media_type_extension(c->type != NULL ? c->type : type, strlen(c->type != NULL ? c->type : type));
	if (ext[0] == '\0')
		strcpy(ext, known != NULL ? known : "bin");
}

static struct dsync_manifest *
read_manifest(const char *path, struct dsync_error *err)
{
	struct dsync_manifest *m = NULL;
	struct dsync_buffer text;
	struct dsync_view view;

	dsync_buffer_init(&text, DSYNC_MANIFEST_SIZE_MAX);
	if (input_read(path, &text, err) == 0) {
		view = dsync_buffer_view(&text);
		m = dsync_manifest_parse(view.data, view.size, err);
	}
	dsync_buffer_finish(&text);
	return m;
}

static int
set_text(struct dsync_manifest *m, const char *table, const char *key, const char *value, struct dsync_error *err)
{
	return value != NULL ? dsync_manifest_set_string(m, table, key, value, err) : 0;
}

/* A payload in hand is as old as its file, which only matters where something newer can be had. */
static int64_t
creation_time(const struct create *c)
{
	struct stat st;

	if (c->now_given || c->payload == NULL || c->urls.count == 0 || strcmp(c->payload, "-") == 0)
		return c->now;
	if (dsync_sys_fstatat(DSYNC_SYS_CWD, c->payload, &st, true) < 0 || st.st_mtime > c->now)
		return c->now;
	return st.st_mtime;
}

/*
 * Who asks for the grant: one source of data, so that what is granted to one archive is granted to no other.  A payload's name is no
 * URL, but the same whenever the archive is made anew, which what is granted elsewhere must survive.
 */
static int
set_origin(const struct create *c, struct dsync_manifest *m, struct dsync_error *err)
{
	char owner[2048] = "local:";
	char created[DSYNC_TIME_TEXT_SIZE];
	int rc;

	dsync_time_format(created, creation_time(c));
	rc = dsync_manifest_set_string(m, "meta", "created_at", created, err);
	if (rc < 0)
		return rc;
	if (c->urls.count > 0)
		origin_bare_url(c->urls.items[0], owner + strlen(owner), sizeof(owner) - strlen(owner));
	else if (c->wasm != NULL && dsync_text_is_utf8(c->payload_name, strlen(c->payload_name)))
		snprintf(owner + strlen(owner), sizeof(owner) - strlen(owner), "%s", c->payload_name);
	else
		return 0;
	return dsync_manifest_set_string(m, "meta", "created_by", owner, err);
}

/* A new one, with all that can be told without being told. */
static struct dsync_manifest *
infer_manifest(const struct create *c, struct dsync_error *err)
{
	char type[DSYNC_ERROR_TEXT_SIZE], ext[EXTENSION_SIZE];
	struct dsync_manifest *m;

	choose_type(c, type, ext);
	m = dsync_manifest_create(c->type != NULL ? c->type : type, c->ext != NULL ? c->ext : ext, err);
	if (m == NULL)
		return NULL;
	if (set_text(m, "meta", "name",
		    dsync_text_is_utf8(c->payload_name, strlen(c->payload_name)) ? c->payload_name : NULL, err) < 0 ||
		set_origin(c, m, err) < 0) {
		dsync_manifest_destroy(m);
		return NULL;
	}
	return m;
}

static int
set_policy(const struct create *c, struct dsync_manifest *m, struct dsync_error *err)
{
	int64_t ttl = c->ttl, timeout = c->timeout;
	int rc = 0;

	if (ttl < 0 && c->manifest == NULL && c->fetched.max_age >= 0)
		ttl = c->fetched.max_age > TTL_LEAST ? c->fetched.max_age : TTL_LEAST;
	if (timeout < 0 && c->manifest == NULL && c->fetched.took_ms > 0) {
		timeout = c->fetched.took_ms / 1000 * TIMEOUT_FACTOR;
		if (timeout > TIMEOUT_MOST)
			timeout = TIMEOUT_MOST;
		if (timeout <= DSYNC_MANIFEST_TIMEOUT_DEFAULT)
			timeout = -1; /* the default will do */
	}
	if (c->sync_rs && c->manifest != NULL && !dsync_manifest_has_signature(m) && !dsync_manifest_has_seal(m)) {
		ttl = ttl >= 0 ? ttl : dsync_manifest_ttl(m); /* the Rust reader demands both keys */
		timeout = timeout > 0 ? timeout : dsync_manifest_timeout(m);
	}
	if (ttl >= 0)
		rc = dsync_manifest_set_integer(m, "policy", "ttl", ttl, err);
	if (rc == 0 && timeout > 0)
		rc = dsync_manifest_set_integer(m, "policy", "timeout", timeout, err);
	return rc == 0 ? set_text(m, "policy", "network_scope", c->network, err) : rc;
}

/* The manifest's own list and ours; `own` hands out one entry of the former. */
static int
set_list(struct dsync_manifest *m, const char *table, const char *key, size_t own_count,
	const char *(*own)(const struct dsync_manifest *m, size_t index), const char *const *items, size_t count,
	struct dsync_error *err)
{
	struct dsync_strings all = { NULL, 0 };
	struct dsync_grant holder;
	size_t i;
	int rc = 0;

	if (count == 0)
		return 0;
	for (i = 0; rc == 0 && i < own_count; i++)
		rc = dsync_grant_add(&all, own(m, i), err);
	for (i = 0; rc == 0 && i < count; i++)
		rc = dsync_grant_add(&all, items[i], err);
	if (rc == 0)
		rc = dsync_manifest_set_strings(m, table, key, (const char *const *)all.items, all.count, err);
	dsync_grant_init(&holder);
	holder.hosts = all;
	dsync_grant_finish(&holder); /* frees the list */
	return rc;
}

static int
set_permissions(const struct create *c, struct dsync_manifest *m, struct dsync_error *err)
{
	int rc;

	rc = set_list(m, "permissions", "allow_hosts", dsync_manifest_allow_host_count(m), dsync_manifest_allow_host,
		(const char *const *)c->grant.hosts.items, c->grant.hosts.count, err);
	if (rc == 0)
		rc = set_list(m, "permissions", "allow_env", dsync_manifest_allow_env_count(m),
			dsync_manifest_allow_env, (const char *const *)c->grant.env.items, c->grant.env.count, err);
	if (rc == 0)
		rc = set_list(m, "ownership", "team", dsync_manifest_team_count(m), dsync_manifest_team, c->team.items,
			c->team.count, err);
	if (rc == 0)
		rc = set_text(m, "permissions", "read", c->read, err);
	if (rc == 0)
		rc = set_text(m, "permissions", "write", c->write, err);
	return rc == 0 ? set_text(m, "permissions", "execute", c->execute, err) : rc;
}

/* With --manifest these change what it says; a new manifest was made with type and extension. */
static int
set_names(const struct create *c, struct dsync_manifest *m, struct dsync_error *err)
{
	int rc;

	rc = set_text(m, "meta", "name", c->name, err);
	if (rc == 0)
		rc = set_text(m, "meta", "description", c->description, err);
	if (rc == 0 && c->manifest != NULL)
		rc = set_text(m, "sync", "content_type", c->type, err);
	if (rc == 0 && c->manifest != NULL)
		rc = set_text(m, "sync", "display_ext", c->ext, err);
	return rc;
}

struct dsync_manifest *
create_manifest(struct create *c, struct dsync_error *err)
{
	struct dsync_manifest *m = c->manifest != NULL ? read_manifest(c->manifest, err) : infer_manifest(c, err);

	if (m == NULL)
		return NULL;
	if (set_names(c, m, err) < 0 || set_policy(c, m, err) < 0 || set_permissions(c, m, err) < 0) {
		dsync_manifest_destroy(m);
		return NULL;
	}
	return m;
}

static int
add_typed(struct create *c, const char *entry, struct dsync_error *err)
{
	int rc = dsync_grant_add(&c->grant.hosts, entry, err);

	return rc == 0 ? dsync_grant_add(&c->grant.private_hosts, entry, err) : rc;
}

/*
 * What was typed may be reached wherever it is; what a server sent us to only on the public network, unless it is
 * another port of the same host.  Entries are written as consent compares them: in their shortest form.
 */
static int
add_hop(struct create *c, const char *origin, struct dsync_error *err)
{
	char entry[ORIGIN_SIZE];

	if (origin_of_url(origin, entry, err) < 0)
		return err->code;
	if (origin_same_host(entry, c->urls.items[c->source]))
		return add_typed(c, entry, err);
	return dsync_grant_add(&c->grant.hosts, entry, err);
}

/* The Rust reader compares hosts without scheme and port, and can allow no address with colons. */
static int
add_bare_host(struct create *c, const char *entry, struct dsync_error *err)
{
	const char *scheme = strstr(entry, "://");
	const char *host = scheme != NULL ? scheme + 3 : entry;
	const char *colon = strchr(host, ':');
	char bare[ORIGIN_SIZE];

	if (host[0] == '[' || (colon != NULL && strchr(colon + 1, ':') != NULL))
		return 0;
	if (snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(host, ":"), host) >= (int)sizeof(bare))
		return 0;
	return dsync_grant_add(&c->grant.hosts, bare, err);
}

int
create_permissions(struct create *c, struct dsync_error *err)
{
	char origin[ORIGIN_SIZE];
	size_t i, count;
	int rc = 0;

	for (i = 0; rc == 0 && i < c->urls.count; i++) {
		rc = origin_of_url(c->urls.items[i], origin, err);
		if (rc == 0)
			rc = add_typed(c, origin, err);
	}
	if (rc == 0 && c->expect != NULL && strstr(c->expect, "://") != NULL) {
		rc = origin_of_url(c->expect, origin, err);
		if (rc == 0)
			rc = add_typed(c, origin, err);
	}
	for (i = 0; rc == 0 && i < c->fetched.origins.count; i++)
		rc = add_hop(c, c->fetched.origins.items[i], err);
	for (i = 0; rc == 0 && i < c->hosts.count; i++)
		rc = add_typed(c, c->hosts.items[i], err);
	for (i = 0; rc == 0 && i < c->env.count; i++)
		rc = dsync_grant_add(&c->grant.env, c->env.items[i], err);
	count = c->sync_rs ? c->grant.hosts.count : 0;
	for (i = 0; rc == 0 && i < count; i++)
		rc = add_bare_host(c, c->grant.hosts.items[i], err);
	return rc;
}
