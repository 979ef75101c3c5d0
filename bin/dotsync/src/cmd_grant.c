/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_grant.c - what an archive's updater may do on this machine: grant, revoke.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include "report.h"

struct settings {
	struct list hosts, env, private_hosts;
	int64_t expires;
	bool yes;
};

static const struct option_spec grant_options[] = {
	{ "allow-host", 0, "HOST", "grant this host, and not what is asked" },
	{ "private", 0, "HOST", "this host, on private addresses as well" },
	{ "env", 0, "NAME", "grant this environment variable" },
	{ "expires", 0, "WHEN", "for so long (30d), or until 2030-01-31T12:00:00Z" },
	{ "yes", 'y', NULL, "grant what is asked without asking" },
};

static const struct usage grant_usage = {
	"grant [OPTION]... FILE...",
	"Shows what an archive's updater asks for, and asks whether it may have it.  With\n"
	"hosts or variables given, exactly those are granted, without a question.  A\n"
	"grant is for this owner and this very updater, and adds to older ones.",
	grant_options,
	sizeof(grant_options) / sizeof(grant_options[0]),
};

static const struct usage revoke_usage = {
	"revoke [OPTION]... FILE...",
	"Takes back what was granted to an archive's updater.  The archive stays\n"
	"readable; it is not refreshed until its updater is granted again.",
	NULL,
	0,
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
	return settings->hosts.count > 0 || settings->env.count > 0 || settings->private_hosts.count > 0;
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

/* What was typed, or all that is asked. */
static int
make_grant(const struct settings *settings, const struct dsync_consent *consent, struct dsync_grant *grant,
	struct dsync_error *err)
{
	static const struct dsync_strings none = { NULL, 0 };
	struct dsync_consent nothing_asked = *consent;
	int rc;

	if (!is_explicit(settings))
		return consent_make_grant(consent, settings->expires, grant, err);
	nothing_asked.asked_hosts = none;
	nothing_asked.asked_env = none;
	rc = consent_make_grant(&nothing_asked, settings->expires, grant, err);
	if (rc < 0)
		return rc;
	rc = add_all(&grant->hosts, &settings->hosts, err);
	if (rc == 0)
		rc = add_all(&grant->hosts, &settings->private_hosts, err);
	if (rc == 0)
		rc = add_all(&grant->private_hosts, &settings->private_hosts, err);
	if (rc == 0)
		rc = add_all(&grant->env, &settings->env, err);
	if (rc < 0)
		dsync_grant_finish(grant);
	return rc;
}

static int
tell(struct app *app, const char *file, const struct dsync_grant *grant)
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
	puts(": its updater may refresh it");
	consent_show_grant(stdout, grant);
	return EXIT_DONE;
}

static int
store(struct app *app, const char *file, const struct settings *settings, const struct dsync_consent *consent)
{
	struct dsync_grant grant;
	struct dsync_error err;
	int rc, status;

	rc = make_grant(settings, consent, &grant, &err);
	if (rc < 0)
		return report_error(app, file, &err);
	rc = dsync_grants_store(app->context, &grant, &err);
	status = rc < 0 ? report_error(app, file, &err) : tell(app, file, &grant);
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
		return store(app, file, settings, consent);
	if (consent->granted && settings->expires == INT64_MAX) {
		if (!app->json && !app->quiet)
			consent_show(stdout, file, archive, consent);
		return app->json ? store(app, file, settings, consent) : EXIT_DONE;
	}
	if (!consent_can_ask(app)) {
		if (!app->json && !app->quiet)
			consent_show(stderr, file, archive, consent);
		return refuse(app, file, "nobody is there to be asked");
	}
	consent_show(stderr, file, archive, consent);
	return consent_ask("Allow it?") ? store(app, file, settings, consent)
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

static int
tell_revoked(struct app *app, const char *file, int count, const struct dsync_consent *after)
{
	struct dsync_buffer out;

	if (app->json) {
		report_json_begin(&out, file, true);
		dsync_json_put_integer(&out, "revoked", count);
		dsync_json_put_bool(&out, "granted", after->granted);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (!app->quiet) {
		report_text(stdout, file);
		puts(count > 0 ? ": its updater may do nothing here any more" : ": nothing was granted to its updater");
	}
	if (after->granted)
		report_note(app, "%s: still granted for the whole machine; see `dotsync grants`", file);
	return EXIT_DONE;
}

static int
revoke_one(struct app *app, const char *file, void *user)
{
	struct dsync_consent consent = { 0 };
	struct dsync_archive *archive;
	struct dsync_error err;
	int64_t now = dsync_sys_now();
	int count = 0, rc, status;

	(void)user;
	archive = files_open(file, &err);
	if (archive == NULL)
		return report_error(app, file, &err);
	rc = dsync_consent_judge(app->context, archive, now, &consent, &err);
	if (rc == 0) {
		rc = count = dsync_grants_revoke(app->context, consent.owner, consent.updater, &err);
		dsync_consent_finish(&consent);
	}
	if (rc >= 0)
		rc = dsync_consent_judge(app->context, archive, now, &consent, &err);
	status = rc < 0 ? report_error(app, file, &err) : tell_revoked(app, file, count, &consent);
	dsync_consent_finish(&consent);
	dsync_archive_unref(archive);
	return status;
}

int
cmd_grant(struct app *app, int argc, char **argv)
{
	struct settings settings = { .expires = INT64_MAX };
	int first = options_parse(app, &grant_usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	return app_context(app) == NULL ? EXIT_MACHINE : files_each(app, argc, argv, first, grant_one, &settings);
}

int
cmd_revoke(struct app *app, int argc, char **argv)
{
	int first = options_parse(app, &revoke_usage, argc, argv, NULL, NULL);

	if (first < 0)
		return options_exit(first);
	return app_context(app) == NULL ? EXIT_MACHINE : files_each(app, argc, argv, first, revoke_one, NULL);
}
