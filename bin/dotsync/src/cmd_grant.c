/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_grant.c - allow an archive's updater what it asks for, on this machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/time.h"
#include "command.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "files.h"
#include "list.h"
#include "output.h"
#include "report.h"

struct settings {
	struct list hosts, env, private_hosts;
	struct dsync_secrets secrets;
	const char *output; /* NULL: this user's own grants */
	int64_t expires;
	bool yes;
};

static const struct option_spec options[] = {
	{ "allow-host", 0, "HOST", "grant this host, and not what is asked" },
	{ "private", 0, "HOST", "this host, on private addresses as well" },
	{ "env", 0, "NAME", "grant this environment variable" },
	{ "secret", 0, "SECRET", "NAME=SOURCE,host=HOST...: let it authenticate there" },
	{ "output", 'o', "FILE", "write the grant to this file instead" },
	{ "expires", 0, "WHEN", "for so long (30d), or until 2030-01-31T12:00:00Z" },
	{ "yes", 'y', NULL, "grant what is asked without asking" },
};

static const struct usage usage = {
	"grant [OPTION]... FILE...",
	"Shows what an archive's updater asks for, and asks whether it may have it.  With\n"
	"hosts, variables or secrets given, exactly those are granted, without a\n"
	"question.  A grant is for this owner and this very updater, and adds to older\n"
	"ones.  SOURCE is env:NAME, file:PATH or credential:NAME.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_expires(struct app *app, struct settings *settings, const char *value)
{
	int64_t now = dsync_sys_now();
	int64_t seconds;

	if (dsync_text_parse_duration(value, &seconds) == 0 && seconds > 0) {
		settings->expires = dsync_time_add(now, seconds);
		return 0;
	}
	if (dsync_time_parse(value, strlen(value), &settings->expires) == 0 && settings->expires > now)
		return 0;
	report_usage(app,
		"--expires is a duration such as 30d or a time to come such as 2030-01-31T12:00:00Z, not \"%s\"",
		value);
	return -1;
}

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	if (strcmp(option->name, "allow-host") == 0)
		return list_add(app, &settings->hosts, option->name, value);
	if (strcmp(option->name, "private") == 0)
		return list_add(app, &settings->private_hosts, option->name, value);
	if (strcmp(option->name, "secret") == 0)
		return consent_add_secret(app, &settings->secrets, value, false);
	if (strcmp(option->name, "output") == 0) {
		settings->output = value;
		return 0;
	}
	if (strcmp(option->name, "expires") == 0)
		return set_expires(app, settings, value);
	if (strcmp(option->name, "env") == 0)
		return list_add(app, &settings->env, option->name, value);
	settings->yes = true;
	return 0;
}

static bool
is_explicit(const struct settings *settings)
{
	return settings->hosts.count > 0 || settings->env.count > 0 || settings->private_hosts.count > 0 ||
		settings->secrets.count > 0;
}

static int
add_all(struct dsync_strings *to, const struct list *from, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < from->count; i++)
		rc = dsync_grant_add(to, from->items[i], err);
	return rc;
}

/* Into a file that is taken elsewhere go sources, read there; into this user's own grants what is here alone. */
static int
add_secrets(const struct settings *settings, struct dsync_grant *grant, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < settings->secrets.count; i++) {
		struct dsync_secret copy;

		rc = dsync_secret_copy(&copy, &settings->secrets.items[i], err);
		if (rc < 0)
			return rc;
		if (settings->output == NULL)
			rc = dsync_secret_keep(&copy, err);
		if (rc == 0)
			rc = dsync_grant_add_secret(&grant->secrets, &copy, true, err);
		dsync_secret_finish(&copy);
	}
	return rc;
}

/* What was typed, all that is asked, or with --yes both. */
static int
make_grant(const struct settings *settings, const struct dsync_consent *consent, struct dsync_grant *grant,
	struct dsync_error *err)
{
	static const struct dsync_strings none = { NULL, 0 };
	struct dsync_consent asked = *consent;
	int rc;

	if (is_explicit(settings) && !settings->yes) {
		asked.asked_hosts = none;
		asked.asked_env = none;
	}
	rc = consent_make_grant(&asked, settings->expires, grant, err);
	if (rc < 0)
		return rc;
	rc = add_all(&grant->hosts, &settings->hosts, err);
	if (rc == 0)
		rc = add_all(&grant->hosts, &settings->private_hosts, err);
	if (rc == 0)
		rc = add_all(&grant->private_hosts, &settings->private_hosts, err);
	if (rc == 0)
		rc = add_all(&grant->env, &settings->env, err);
	if (rc == 0)
		rc = add_secrets(settings, grant, err);
	if (rc < 0)
		dsync_grant_finish(grant);
	return rc;
}

static int
tell(struct app *app, const char *file, const struct dsync_grant *grant, const struct dsync_consent *after)
{
	struct dsync_buffer out;

	if (app->json) {
		report_json_begin(&out, file, true);
		consent_put_grant(&out, grant);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (app->quiet)
		return EXIT_DONE;
	report_text(stdout, file);
	puts(after->granted ? ": its updater may refresh it" : ": its updater may do this much");
	consent_show_grant(stdout, grant);
	consent_note_private(app, file, after);
	if (!after->granted)
		report_note(app, "%s: not all that it asks for is granted: `dotsync grant` shows what, and asks", file);
	return EXIT_DONE;
}

/* To take to another machine or into a container's image: a file of grants.d. */
static int
write_out(struct app *app, const char *path, const struct dsync_grant *grant)
{
	struct output output = { .fd = STDOUT_FILENO };
	const bool to_stdout = strcmp(path, "-") == 0;
	struct dsync_buffer text;
	struct dsync_error err;
	int rc;

	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	rc = dsync_grant_write(grant, &text);
	if (rc < 0)
		dsync_error_set(&err, rc, "grant", "this grant cannot be written down: %s", dsync_error_text(rc));
	else if (!to_stdout)
		rc = output_begin(&output, path, false, &err);
	if (rc == 0) {
		rc = dsync_sys_write_all(output.fd, text.data, text.size);
		if (rc < 0)
			rc = dsync_error_set_errno(&err, -rc, "cannot write it");
		else if (!to_stdout)
			rc = output_publish(&output, &err);
		if (!to_stdout)
			output_finish(&output);
	}
	dsync_buffer_finish(&text);
	return rc < 0 ? report_error(app, to_stdout ? NULL : path, &err) : EXIT_DONE;
}

static int
write_grant(struct app *app, const char *file, const char *path, const struct dsync_grant *grant)
{
	int status = write_out(app, path, grant);
	struct dsync_buffer out;

	if (status != EXIT_DONE || strcmp(path, "-") == 0)
		return status;
	if (app->json) {
		report_json_begin(&out, file, true);
		consent_put_grant(&out, grant);
		dsync_json_put_text(&out, "output", path);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (!app->quiet) {
		report_text(stdout, path);
		puts(": a grant, to be put into the folder grants.d of /etc/dotsync where it is to hold");
	}
	return EXIT_DONE;
}

/* Stored, and judged again, for what was typed may be less than what is asked. */
static int
keep(struct app *app, const char *file, const struct dsync_archive *archive, const struct dsync_grant *grant)
{
	struct dsync_consent after;
	struct dsync_error err;
	int status;

	if (dsync_grants_store(app->context, grant, &err) < 0 ||
		dsync_consent_judge(app->context, archive, dsync_sys_now(), &after, &err) < 0)
		return report_error(app, file, &err);
	status = tell(app, file, grant, &after);
	dsync_consent_finish(&after);
	return status;
}

static void
note_hosts(struct app *app, const char *file, const struct dsync_consent *consent, const struct list *typed)
{
	size_t i;

	for (i = 0; i < typed->count; i++) {
		if (!dsync_grant_has_host(&consent->asked_hosts, typed->items[i]))
			report_note(app, "%s: the archive does not ask for %s", file, typed->items[i]);
	}
}

/* It may ask later; until then what was typed is good for nothing, and may be a slip. */
static void
note_unasked(struct app *app, const char *file, const struct dsync_consent *consent, const struct settings *settings)
{
	size_t i, k;

	note_hosts(app, file, consent, &settings->hosts);
	note_hosts(app, file, consent, &settings->private_hosts);
	for (i = 0; i < settings->env.count; i++) {
		for (k = 0; k < consent->asked_env.count; k++) {
			if (strcmp(consent->asked_env.items[k], settings->env.items[i]) == 0)
				break;
		}
		if (k == consent->asked_env.count)
			report_note(app, "%s: the archive does not ask for %s", file, settings->env.items[i]);
	}
}

static int
store(struct app *app, const char *file, const struct dsync_archive *archive, const struct settings *settings,
	const struct dsync_consent *consent)
{
	struct dsync_grant grant;
	struct dsync_error err;
	int status;

	if (make_grant(settings, consent, &grant, &err) < 0)
		return report_error(app, file, &err);
	status = settings->output != NULL ? write_grant(app, file, settings->output, &grant)
					  : keep(app, file, archive, &grant);
	if (status == EXIT_DONE)
		note_unasked(app, file, consent, settings);
	dsync_grant_finish(&grant);
	return status;
}

static int
refuse(struct app *app, const char *file, const char *message)
{
	struct dsync_error err;

	dsync_error_set(&err, DSYNC_ERR_CONSENT, "grants", "%s", message);
	dsync_error_hint(&err, "say --yes to grant what is asked, or name what to grant with --allow-host");
	return report_error(app, file, &err);
}

/* Shows, asks where it must, stores. */
static int
decide(struct app *app, const char *file, const struct dsync_archive *archive, const struct settings *settings,
	const struct dsync_consent *consent)
{
	if (is_explicit(settings) || settings->yes)
		return store(app, file, archive, settings, consent);
	if (consent->granted && settings->expires == INT64_MAX && settings->output == NULL) {
		if (!app->json && !app->quiet)
			consent_show(stdout, file, archive, consent);
		return app->json ? store(app, file, archive, settings, consent) : EXIT_DONE;
	}
	if (!consent_can_ask(app)) {
		if (!app->json && !app->quiet)
			consent_show(stderr, file, archive, consent);
		return refuse(app, file, "nobody is there to be asked");
	}
	consent_show(stderr, file, archive, consent);
	return consent_ask("Allow it?") ? store(app, file, archive, settings, consent)
					: refuse(app, file, "nothing was granted");
}

static int
refuse_no_updater(struct app *app, const char *file)
{
	struct dsync_error err;

	dsync_error_set(&err, DSYNC_ERR_STATE, "", "has no updater, so there is nothing to grant");
	return report_error(app, file, &err);
}

static int
grant_one(struct app *app, const char *file, void *user)
{
	struct dsync_archive *archive;
	struct dsync_consent consent;
	struct dsync_error err;
	int status;

	archive = files_open(file, &err);
	if (archive == NULL)
		return report_error(app, file, &err);
	if (!dsync_archive_has_updater(archive)) {
		status = refuse_no_updater(app, file);
	} else if (dsync_consent_judge(app->context, archive, dsync_sys_now(), &consent, &err) < 0) {
		status = report_error(app, file, &err);
	} else {
		status = decide(app, file, archive, user, &consent);
		dsync_consent_finish(&consent);
	}
	dsync_archive_unref(archive);
	return status;
}

static void
finish(struct settings *settings)
{
	struct dsync_grant holder;

	dsync_grant_init(&holder);
	holder.secrets = settings->secrets;
	dsync_grant_finish(&holder);
}

int
cmd_grant(struct app *app, int argc, char **argv)
{
	struct settings settings = { .expires = INT64_MAX };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);
	int status;

	if (first < 0) {
		finish(&settings);
		return options_exit(first);
	}
	app->stdout_is_payload = settings.output != NULL && strcmp(settings.output, "-") == 0;
	if (settings.output != NULL && argc - first != 1)
		status = report_usage(app, "--output is for one archive, not %d", argc - first);
	else if (app_context(app) == NULL)
		status = EXIT_MACHINE;
	else
		status = files_each(app, argc, argv, first, grant_one, &settings);
	finish(&settings);
	return status;
}
