/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_create.c - make an archive from a file, from a URL, or from a first version in hand that a URL keeps fresh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "create.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "input.h"
#include "report.h"
#include "runtime/builtin.h"
#include "target.h"

static const struct option_spec options[] = {
	{ "from", 0, "URL", "get it here, keep it fresh; more are mirrors" },
	{ "unpack", 0, "STEP", "then gz, zst, xz, tar:MEMBER or zip:MEMBER" },
	{ "expect", 0, "SUM", "sha256:HEX, or the URL of a file of sums" },
	{ "json-url", 0, "POINTER", "URL is a feed; the real one stands there in it" },
	{ "header", 0, "TEXT", "send \"NAME: VALUE\" along (repeatable)" },
	{ "query", 0, "TEXT", "add NAME=VALUE to the URL (repeatable)" },
	{ "secret", 0, "SECRET", "NAME=SOURCE,host=HOST...: let it authenticate there" },
	{ "output", 'o', "OUT", "the archive (default: PAYLOAD.sync), or -" },
	{ "force", 'f', NULL, "replace OUT if it is there" },
	{ "if-missing", 0, NULL, "do nothing, and succeed, if OUT is there" },
	{ "ttl", 0, "TIME", "how long it stays fresh (else the server's word)" },
	{ "timeout", 0, "TIME", "how long one refresh may take without progress" },
	{ "name", 0, "TEXT", "what people see" },
	{ "description", 0, "TEXT", "a sentence about it" },
	{ "type", 0, "TYPE", "media type of the payload, such as text/csv" },
	{ "ext", 0, "EXT", "extension of the name shown to people" },
	{ "wasm", 0, "FILE", "the updater, a WebAssembly module" },
	{ "context", 0, "FILE", "the updater's parameters, JSON" },
	{ "allow-host", 0, "HOST", "the updater may reach this host (repeatable)" },
	{ "allow-env", 0, "NAME", "the updater may read this variable (repeatable)" },
	{ "network", 0, "SCOPE", "none, local or wan (default)" },
	{ "read", 0, "ROLE", "least role that may read: owner, member or public" },
	{ "write", 0, "ROLE", "least role that may change it" },
	{ "execute", 0, "ROLE", "least role that may run the updater" },
	{ "team", 0, "DID", "a member, as did:key (repeatable)" },
	{ "manifest", 0, "FILE", "start from this manifest.toml" },
	{ "profile", 0, "NAME", "sync-rs: what the Rust reader can open" },
};

static const struct usage usage = {
	"create [OPTION]... [PAYLOAD]",
	"Makes an archive from a file (- is standard input), from a URL with --from, or\n"
	"from both: then the file is the first version, and nothing is fetched now.  What\n"
	"the new archive's updater asks for is granted to you on this machine, and said.",
	options,
	sizeof(options) / sizeof(options[0]),
};

/* Options whose value is kept as it is. */
static const char **
text_of(struct create *c, const char *name)
{
	const struct {
		const char *name;
		const char **place;
	} rows[] = {
		{ "output", &c->output },
		{ "name", &c->name },
		{ "description", &c->description },
		{ "type", &c->type },
		{ "ext", &c->ext },
		{ "wasm", &c->wasm },
		{ "context", &c->context },
		{ "expect", &c->expect },
		{ "json-url", &c->json_url },
		{ "network", &c->network },
		{ "read", &c->read },
		{ "write", &c->write },
		{ "execute", &c->execute },
		{ "manifest", &c->manifest },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].place;
	}
	return NULL;
}

static struct list *
list_of(struct create *c, const char *name)
{
	if (strcmp(name, "from") == 0)
		return &c->urls;
	if (strcmp(name, "unpack") == 0)
		return &c->unpack;
	if (strcmp(name, "header") == 0)
		return &c->headers;
	if (strcmp(name, "query") == 0)
		return &c->query;
	if (strcmp(name, "allow-host") == 0)
		return &c->hosts;
	if (strcmp(name, "allow-env") == 0)
		return &c->env;
	return strcmp(name, "team") == 0 ? &c->team : NULL;
}

static int
set_profile(struct app *app, struct create *c, const char *value)
{
	c->sync_rs = strcmp(value, "sync-rs") == 0;
	if (c->sync_rs || strcmp(value, "default") == 0)
		return 0;
	report_usage(app, "--profile is default or sync-rs, not \"%s\"", value);
	return -1;
}

static int
set_option(struct app *app, void *settings, const struct option_spec *option, const char *value)
{
	struct create *c = settings;
	const char **text = text_of(c, option->name);
	struct list *list = list_of(c, option->name);

	if (text != NULL) {
		*text = value;
		return 0;
	}
	if (list != NULL)
		return list_add(app, list, option->name, value);
	if (strcmp(option->name, "secret") == 0)
		return create_add_secret(app, c, value);
	if (strcmp(option->name, "ttl") == 0)
		return input_duration(app, option->name, value, 0, &c->ttl);
	if (strcmp(option->name, "timeout") == 0)
		return input_duration(app, option->name, value, 1, &c->timeout);
	if (strcmp(option->name, "profile") == 0)
		return set_profile(app, c, value);
	if (strcmp(option->name, "force") == 0)
		c->force = true;
	else
		c->if_missing = true;
	return 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* The archive's name without ".sync", where nothing else gives the payload a name. */
static void
name_from_output(struct create *c)
{
	size_t size;

	snprintf(c->payload_name, sizeof(c->payload_name), "%s",
		strcmp(c->output, "-") == 0 ? "payload" : base_name(c->output));
	c->name_is_host = false;
	size = strlen(c->payload_name);
	if (size > 5 && strcmp(c->payload_name + size - 5, ".sync") == 0)
		c->payload_name[size - 5] = '\0';
}

/* Payload's name and archive's name; an exit status. */
static int
settle_names(struct app *app, struct create *c)
{
	char from_url[ORIGIN_NAME_SIZE];

	if (c->payload == NULL && c->urls.count == 0)
		return report_usage(app, "name a payload, or say with --from where to get one");
	if (c->payload == NULL) {
		c->name_is_host = !origin_file_name(c->urls.items[0], from_url) || c->json_url != NULL;
		create_inner_name(c, from_url, sizeof(from_url));
		snprintf(c->payload_name, sizeof(c->payload_name), "%s", from_url);
		snprintf(c->output_name, sizeof(c->output_name), "%s.sync", from_url);
		if (c->output != NULL && strcmp(c->output, "-") != 0)
			name_from_output(c); /* who names the file has thought of a name */
	} else if (strcmp(c->payload, "-") == 0) {
		if (c->output == NULL)
			return report_usage(app, "a payload from standard input needs -o OUT");
		name_from_output(c);
	} else {
		snprintf(c->payload_name, sizeof(c->payload_name), "%s", base_name(c->payload));
		if (snprintf(c->output_name, sizeof(c->output_name), "%s.sync", c->payload) >=
			(int)sizeof(c->output_name))
			return report_usage(app, "the name of the payload is too long");
	}
	if (c->output == NULL)
		c->output = c->output_name;
	if (c->sync_rs && c->urls.count > 1)
		return report_usage(app, "--profile=sync-rs knows one --from, not %zu", c->urls.count);
	return target_stream(app, c->output);
}

/* EXIT_DONE with *go_on false when there is nothing to do. */
static int
check_target(struct app *app, struct create *c, bool *go_on)
{
	*go_on = c->force || target_is_free(c->output);
	return *go_on || !c->if_missing ? target_check(app, c->output, c->force) : create_tell_present(app, c);
}

/* The built-in one: for the Rust reader the kind that carries its URL itself. */
static int
choose_updater(struct create *c, struct dsync_error *err)
{
	struct dsync_view http = dsync_builtin_http();
	unsigned char *wasm;
	size_t size;
	int rc;

	if (!c->sync_rs)
		return dsync_buffer_append(&c->updater, http.data, http.size) < 0 ? dsync_error_set_memory(err) : 0;
	rc = dsync_builtin_make_host(c->urls.items[0], &wasm, &size, err);
	if (rc == 0 && dsync_buffer_append(&c->updater, wasm, size) < 0)
		rc = dsync_error_set_memory(err);
	if (rc == 0)
		free(wasm);
	return rc;
}

/* Everything that needs no network: it should fail before something is fetched, not after. */
static int
read_inputs(struct create *c, struct dsync_error *err)
{
	char origin[ORIGIN_SIZE];
	size_t i;
	int rc;

	rc = input_time(&c->now, &c->now_given, err);
	for (i = 0; rc == 0 && i < c->urls.count; i++)
		rc = origin_of_url(c->urls.items[i], origin, err);
	if (rc == 0 && c->wasm != NULL)
		rc = input_read_updater(c->wasm, &c->updater, err);
	else if (rc == 0 && c->urls.count > 0)
		rc = choose_updater(c, err);
	if (rc == 0 && c->context != NULL)
		rc = input_read(c->context, &c->context_json, err);
	else if (rc == 0 && c->urls.count > 0)
		rc = create_write_context(c, err);
	return rc;
}

/* A manifest that the options made wrong is wrong usage, not a damaged archive. */
static int
refuse_manifest(struct app *app, const struct create *c, const struct dsync_error *err)
{
	bool is_manifest = err->code == DSYNC_ERR_SYNTAX || err->code == DSYNC_ERR_MANIFEST;

	if (is_manifest && c->manifest != NULL)
		return report_error(app, c->manifest, err);
	if (is_manifest || err->code == DSYNC_ERR_INVALID)
		return report_error_as(app, c->output, err, EXIT_USAGE);
	return report_error(app, c->output, err);
}

static int
make(struct app *app, struct create *c)
{
	struct dsync_manifest *manifest;
	struct dsync_error err;
	int status;

	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (read_inputs(c, &err) < 0)
		return err.code == DSYNC_ERR_SYNTAX ? report_error_as(app, NULL, &err, EXIT_USAGE)
						    : report_error(app, c->output, &err);
	if (c->payload == NULL) {
		status = create_fetch(app, c);
		if (status != EXIT_DONE)
			return status;
	}
	if (create_permissions(c, &err) < 0)
		return report_error(app, c->output, &err);
	manifest = create_manifest(c, &err);
	if (manifest == NULL)
		return refuse_manifest(app, c, &err);
	status = create_write(app, c, manifest);
	dsync_manifest_destroy(manifest);
	return status;
}

static void
init(struct create *c)
{
	memset(c, 0, sizeof(*c));
	c->ttl = -1;
	c->timeout = -1;
	c->spool = -1;
	dsync_result_init(&c->fetched);
	dsync_buffer_init(&c->updater, DSYNC_UPDATER_SIZE_MAX);
	dsync_buffer_init(&c->context_json, DSYNC_CONTEXT_SIZE_MAX);
	dsync_grant_init(&c->grant);
}

static void
finish(struct create *c)
{
	if (c->spool >= 0)
		dsync_sys_close(c->spool);
	dsync_archive_unref(c->filled);
	dsync_result_finish(&c->fetched);
	dsync_buffer_finish(&c->updater);
	dsync_buffer_finish(&c->context_json);
	dsync_grant_finish(&c->grant);
}

int
cmd_create(struct app *app, int argc, char **argv)
{
	struct create c;
	bool go_on;
	int first, status;

	init(&c);
	first = options_parse(app, &usage, argc, argv, set_option, &c);
	if (first < 0) {
		finish(&c);
		return options_exit(first);
	}
	if (argc - first > 1) {
		status = report_usage(app, "one payload, not %d", argc - first);
	} else {
		c.payload = first < argc ? argv[first] : NULL;
		status = create_check_plan(app, &c);
		if (status == EXIT_DONE)
			status = settle_names(app, &c);
		if (status == EXIT_DONE)
			status = check_target(app, &c, &go_on);
		if (status == EXIT_DONE && go_on)
			status = make(app, &c);
	}
	finish(&c);
	return status;
}
