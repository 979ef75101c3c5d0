/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_set.c - change parts of an archive and keep the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "command.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/builder.h"
#include "input.h"
#include "report.h"
#include "runtime/state.h"
#include "set.h"

#define TRIES 5

static const struct option_spec options[] = {
	{ "payload", 0, "FILE", "replace the payload; - is standard input" },
	{ "context", 0, "FILE", "replace the updater's parameters" },
	{ "wasm", 0, "FILE", "replace the updater" },
	{ "ttl", 0, "TIME", "how long it stays fresh" },
	{ "timeout", 0, "TIME", "how long one refresh may take without progress" },
	{ "name", 0, "TEXT", "what people see" },
	{ "description", 0, "TEXT", "a sentence about it" },
	{ "type", 0, "TYPE", "media type of the payload" },
	{ "ext", 0, "EXT", "extension of the name shown to people" },
	{ "allow-host", 0, "HOST", "it may ask for this host too (repeatable)" },
	{ "allow-env", 0, "NAME", "it may ask for this variable too (repeatable)" },
	{ "network", 0, "SCOPE", "none, local or wan" },
	{ "set", 's', "KEY=VALUE", "any manifest key, such as policy.update=manual" },
	{ "yes", 'y', NULL, "grant what its updater asks for now" },
};

static const struct usage usage = {
	"set [OPTION]... FILE",
	"Changes parts of an archive in one step and keeps all else.  VALUE is TOML, or\n"
	"text.  What a changed updater or a longer list asks for needs --yes, or a grant.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static const char **
text_of(struct set *s, const char *name)
{
	const struct {
		const char *name;
		const char **place;
	} rows[] = {
		{ "payload", &s->payload },
		{ "context", &s->context },
		{ "wasm", &s->wasm },
		{ "name", &s->name },
		{ "description", &s->description },
		{ "type", &s->type },
		{ "ext", &s->ext },
		{ "network", &s->network },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].place;
	}
	return NULL;
}

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct set *s = user;
	const char **text = text_of(s, option->name);

	if (text != NULL)
		*text = value;
	else if (strcmp(option->name, "ttl") == 0)
		return input_duration(app, option->name, value, 0, &s->ttl);
	else if (strcmp(option->name, "timeout") == 0)
		return input_duration(app, option->name, value, 1, &s->timeout);
	else if (strcmp(option->name, "allow-host") == 0)
		return list_add(app, &s->hosts, option->name, value);
	else if (strcmp(option->name, "allow-env") == 0)
		return list_add(app, &s->env, option->name, value);
	else if (strcmp(option->name, "yes") == 0)
		s->yes = true;
	else if (strchr(value, '=') != NULL && value[0] != '=')
		return list_add(app, &s->keys, option->name, value);
	else {
		report_usage(app, "--set is KEY=VALUE, such as policy.update=manual, not \"%s\"", value);
		return -1;
	}
	return 0;
}

static int
check_unsigned(const struct dsync_manifest *m, struct dsync_error *err)
{
	if (!dsync_manifest_has_signature(m) && !dsync_manifest_has_seal(m))
		return 0;
	dsync_error_set(err, DSYNC_ERR_STATE, "manifest", "the archive is signed and cannot be changed");
	dsync_error_hint(err, "ask its owner for a new version, or make an archive of your own from its payload");
	return DSYNC_ERR_STATE;
}

static int
add_context(const char *path, struct dsync_builder *b, struct dsync_error *err)
{
	struct dsync_buffer data;
	struct dsync_view view;
	int rc;

	dsync_buffer_init(&data, DSYNC_CONTEXT_SIZE_MAX);
	rc = input_read(path, &data, err);
	view = dsync_buffer_view(&data);
	if (rc == 0)
		dsync_builder_set_context(b, view.data, view.size);
	dsync_buffer_finish(&data);
	return rc;
}

static int
add_updater(const char *path, struct dsync_builder *b, struct dsync_error *err)
{
	struct dsync_buffer data;
	struct dsync_view view;
	int rc;

	dsync_buffer_init(&data, DSYNC_UPDATER_SIZE_MAX);
	rc = input_read_updater(path, &data, err);
	view = dsync_buffer_view(&data);
	if (rc == 0)
		dsync_builder_set_updater(b, view.data, view.size);
	dsync_buffer_finish(&data);
	return rc;
}

static int
show_progress(void *user, uint64_t done, uint64_t total)
{
	progress_update(user, done, total);
	return 0;
}

static int
fill_builder(const struct set *s, struct dsync_archive *archive, struct dsync_manifest *m, struct dsync_builder *b,
	struct dsync_error *err)
{
	int rc;

	rc = set_edit_manifest(s, m, err);
	if (rc < 0)
		return rc;
	dsync_builder_set_base(b, archive);
	if (set_changes_manifest(s) || s->payload != NULL)
		dsync_builder_set_manifest(b, m);
	if (s->payload != NULL && strcmp(s->payload, "-") == 0)
		dsync_builder_set_payload_fd(b, STDIN_FILENO);
	else if (s->payload != NULL)
		dsync_builder_set_payload_file(b, s->payload);
	if (s->context != NULL)
		rc = add_context(s->context, b, err);
	return rc == 0 && s->wasm != NULL ? add_updater(s->wasm, b, err) : rc;
}

static int
write_changed(struct set_change *c, struct dsync_archive *archive, struct dsync_error *err)
{
	struct dsync_manifest *m = dsync_manifest_dup(dsync_archive_manifest(archive), err);
	struct dsync_builder *b = dsync_builder_create();
	int rc;

	progress_begin(&c->progress, c->app, c->file);
	if (b == NULL)
		rc = dsync_error_set_memory(err);
	else if (m == NULL)
		rc = err->code;
	else
		rc = fill_builder(c->s, archive, m, b, err);
	if (rc == 0) {
		dsync_builder_set_progress(b, show_progress, &c->progress);
		dsync_builder_set_before_publish(b, set_put_record, c);
		rc = dsync_builder_write(b, c->file, DSYNC_CREATE_UPDATE, err);
	}
	progress_end(&c->progress);
	dsync_builder_destroy(b);
	dsync_manifest_destroy(m);
	return rc;
}

static int
store_grant(struct app *app, const struct dsync_consent *consent, struct dsync_error *err)
{
	struct dsync_grant grant;
	int rc;

	rc = consent_make_grant(consent, INT64_MAX, &grant, err);
	if (rc < 0)
		return rc;
	rc = consent_keep_private(consent, &grant, err);
	if (rc == 0)
		rc = dsync_grants_store(app->context, &grant, err);
	if (rc == 0 && !app->json && !app->quiet)
		consent_show_grant(stdout, &grant);
	dsync_grant_finish(&grant);
	return rc;
}

/* Grants what is asked with --yes, else says that it is not granted yet. */
static int
settle_consent(struct app *app, const char *file, const struct set *s, const struct dsync_archive *archive,
	struct dsync_error *err)
{
	struct dsync_consent consent;
	int rc;

	if (!dsync_archive_has_updater(archive))
		return 0;
	rc = dsync_consent_judge(app->context, archive, dsync_sys_now(), &consent, err);
	if (rc < 0)
		return rc;
	if (s->yes)
		rc = store_grant(app, &consent, err);
	else if (!consent.granted)
		report_note(app, "%s: its updater needs your consent before it may run: `dotsync grant`", file);
	dsync_consent_finish(&consent);
	return rc;
}

static int
tell(struct app *app, const char *file, const struct dsync_archive *archive)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];
	char text[DSYNC_GENERATION_TEXT_SIZE];
	struct dsync_buffer out;

	if (app->json) {
		dsync_archive_generation(archive, generation);
		dsync_generation_format(text, generation);
		report_json_begin(&out, file, true);
		dsync_json_put_text(&out, "generation", text);
		dsync_json_put_unsigned(&out, "payload_size", dsync_archive_payload_size(archive));
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (!app->quiet) {
		report_text(stdout, file);
		puts(": changed");
	}
	return EXIT_DONE;
}

/* One try; DSYNC_ERR_CONFLICT when somebody put another version in place meanwhile. */
static int
attempt(struct set_change *c, bool *opened, struct dsync_error *err)
{
	struct dsync_archive *archive = dsync_archive_open(c->file, NULL, err);
	int rc;

	*opened = archive != NULL;
	if (archive == NULL)
		return err->code;
	rc = check_unsigned(dsync_archive_manifest(archive), err);
	if (rc == 0)
		rc = write_changed(c, archive, err);
	dsync_archive_unref(archive);
	return rc;
}

static bool
reads_standard_input(const struct set *s)
{
	return (s->payload != NULL && strcmp(s->payload, "-") == 0) ||
		(s->context != NULL && strcmp(s->context, "-") == 0) || (s->wasm != NULL && strcmp(s->wasm, "-") == 0);
}

/* A value that the manifest does not take is wrong usage. */
static int
refuse(struct app *app, const char *file, bool opened, const struct dsync_error *err)
{
	if (opened && (err->code == DSYNC_ERR_MANIFEST || err->code == DSYNC_ERR_INVALID))
		return report_error_as(app, file, err, EXIT_USAGE);
	return report_error(app, file, err);
}

/* When a refresh ended meanwhile the change is made to what is there now, unless it came through a pipe and is gone. */
static int
change(struct app *app, const char *file, const struct set *s)
{
	struct set_change c = { .app = app, .file = file, .s = s };
	struct dsync_archive *now;
	struct dsync_error err;
	bool opened;
	int tries = reads_standard_input(s) ? 1 : TRIES;
	int rc, status;

	do
		rc = attempt(&c, &opened, &err);
	while (rc == DSYNC_ERR_CONFLICT && --tries > 0);
	if (rc < 0 && rc != DSYNC_ERR_DURABILITY)
		return refuse(app, file, opened, &err);
	if (rc == DSYNC_ERR_DURABILITY)
		report_error(app, file, &err);
	now = dsync_archive_open(file, NULL, &err);
	if (now == NULL)
		return report_error(app, file, &err);
	set_keep_record(&c, now);
	status = rc < 0 ? EXIT_MACHINE : tell(app, file, now);
	if (settle_consent(app, file, s, now, &err) < 0)
		status = report_error(app, file, &err);
	dsync_archive_unref(now);
	return status;
}

int
cmd_set(struct app *app, int argc, char **argv)
{
	struct set settings = { .ttl = -1, .timeout = -1 };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	if (argc - first != 1)
		return report_usage(app, "one archive, not %d", argc - first);
	if (!set_changes_manifest(&settings) && settings.payload == NULL && settings.context == NULL &&
		settings.wasm == NULL)
		return report_usage(app, "what is to be changed?");
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	return change(app, argv[first], &settings);
}
