/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_refresh.c - bring archives up to date now.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "command.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "dotsync/refresh.h"
#include "files.h"
#include "report.h"
#include "runtime/exit_code.h"

#define LINE_SIZE 1024

struct settings {
	struct dsync_refresh_options options;
	bool yes, background, exit_code;
};

static const struct option_spec options[] = {
	{ "force", 'f', NULL, "also when fresh, held, or waiting after a failure" },
	{ "yes", 'y', NULL, "grant what is asked without asking" },
	{ "explain", 0, NULL, "say what would be done and why; ask no network" },
	{ "dry-run", 'n', NULL, "do everything but put the new version in place" },
	{ "background", 0, NULL, "start it and do not wait" },
	{ "exit-code", 0, NULL, "exit 10 if anything changed" },
	{ "to", 0, "PATH", "then put the payload into this plain file as well" },
	{ "check", 0, "CMD", "before: a command that sees $DOTSYNC_STAGED" },
	{ "exec", 0, "CMD", "after: a command to run once it is in place" },
	{ "sandbox", 0, "LEVEL", "strict, default or degraded" },
};

static const struct usage usage = {
	"refresh [OPTION]... FILE...",
	"Brings archives up to date, if they are stale: runs the updater in its sandbox,\n"
	"checks what it made, and puts that in place in one step.  When anything fails,\n"
	"the archive is as it was.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_sandbox(struct app *app, struct settings *settings, const char *value)
{
	settings->options.sandbox = value;
	if (strcmp(value, "strict") == 0 || strcmp(value, "default") == 0 || strcmp(value, "degraded") == 0)
		return 0;
	report_usage(app, "--sandbox is strict, default or degraded, not \"%s\"", value);
	return -1;
}

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;
	const struct {
		const char *name;
		bool *flag;
		const char **text;
	} rows[] = {
		{ "force", &settings->options.force, NULL },
		{ "yes", &settings->yes, NULL },
		{ "explain", &settings->options.explain, NULL },
		{ "dry-run", &settings->options.dry_run, NULL },
		{ "background", &settings->background, NULL },
		{ "exit-code", &settings->exit_code, NULL },
		{ "to", NULL, &settings->options.to },
		{ "check", NULL, &settings->options.check },
		{ "exec", NULL, &settings->options.exec },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, option->name) != 0)
			continue;
		if (rows[i].flag != NULL)
			*rows[i].flag = true;
		else
			*rows[i].text = value;
		return 0;
	}
	return set_sandbox(app, settings, value);
}

struct watcher {
	struct app *app;
	const char *file;
	struct progress progress;
};

static void
on_event(void *user, const struct dsync_event *event)
{
	struct watcher *watcher = user;

	switch (event->kind) {
	case DSYNC_EVENT_PROGRESS:
		progress_update(&watcher->progress, event->done, event->total);
		break;
	case DSYNC_EVENT_WAITING:
		report_detail(watcher->app, "%s: somebody refreshes it already; waiting for the result", watcher->file);
		break;
	case DSYNC_EVENT_STARTED:
		report_detail(watcher->app, "%s: refreshing", watcher->file);
		break;
	default:
		if (watcher->app->verbose)
			progress_end(&watcher->progress);
		report_detail(watcher->app, "%s: %s%s", watcher->file,
			event->kind == DSYNC_EVENT_SANDBOX ? "sandbox " : "", event->text);
		break;
	}
}

/* NULL after reporting. */
static struct dsync_outcome *
run(struct app *app, const char *file, const struct settings *settings, int *status)
{
	struct dsync_refresh_options run_options = settings->options;
	struct watcher watcher = { .app = app, .file = file };
	struct dsync_outcome *outcome;
	struct dsync_error err;

	run_options.event = on_event;
	run_options.event_user = &watcher;
	progress_begin(&watcher.progress, app, file);
	outcome = dsync_refresh_run(app->context, file, &run_options, &err);
	progress_end(&watcher.progress);
	*status = outcome == NULL ? report_error(app, file, &err) : EXIT_DONE;
	return outcome;
}

/* Stores what is asked for, if the person says so (or said --yes); *granted says whether to go on. */
static int
obtain_consent(struct app *app, const char *file, const struct settings *settings, bool *granted)
{
	struct dsync_archive *archive;
	struct dsync_consent consent;
	struct dsync_grant grant;
	struct dsync_error err;
	int rc;

	*granted = false;
	archive = dsync_archive_open(file, NULL, &err);
	if (archive == NULL)
		return report_error(app, file, &err);
	rc = dsync_archive_has_updater(archive)
		? dsync_consent_judge(app->context, archive, dsync_sys_now(), &consent, &err)
		: 1;
	if (rc == 0) {
		if (!consent.granted && !settings->yes) {
			consent_show(stderr, file, archive, &consent);
			*granted = consent_ask("Allow it?");
		} else {
			*granted = !consent.granted;
		}
		if (*granted) {
			rc = consent_make_grant(&consent, INT64_MAX, &grant, &err);
			if (rc == 0) {
				rc = dsync_grants_store(app->context, &grant, &err);
				dsync_grant_finish(&grant);
			}
		}
		dsync_consent_finish(&consent);
	}
	dsync_archive_unref(archive);
	return rc < 0 ? report_error(app, file, &err) : EXIT_DONE;
}

/* Who cannot be asked is shown how what is asked differs from what was granted, where anything was. */
static void
show_consent(struct app *app, const char *file)
{
	struct dsync_archive *archive = dsync_archive_open(file, NULL, NULL);
	struct dsync_consent consent;

	if (archive != NULL && dsync_consent_judge(app->context, archive, dsync_sys_now(), &consent, NULL) == 0) {
		if (!consent.granted && consent.state != DSYNC_CONSENT_NOTHING)
			consent_show(stderr, file, archive, &consent);
		dsync_consent_finish(&consent);
	}
	dsync_archive_unref(archive);
}

static void
print_done(const char *file, const struct dsync_outcome *outcome)
{
	char size[DSYNC_TEXT_HUMAN_SIZE];

	dsync_text_human_size(size, dsync_outcome_payload_size(outcome));
	report_text(stdout, file);
	switch (dsync_outcome_kind(outcome)) {
	case DSYNC_OUTCOME_UPDATED:
		printf(": updated, now %s\n", size);
		break;
	case DSYNC_OUTCOME_UNCHANGED:
		puts(": unchanged, fresh again");
		break;
	case DSYNC_OUTCOME_FRESH:
		puts(": fresh, nothing to do");
		break;
	case DSYNC_OUTCOME_NO_UPDATER:
		puts(": has no updater, nothing to do");
		break;
	case DSYNC_OUTCOME_HELD:
		puts(": held at this version; `dotsync unhold` lets it go");
		break;
	case DSYNC_OUTCOME_DRY_RUN:
		printf(": would be updated, to %s\n", size);
		break;
	default:
		printf(": %s\n", dsync_outcome_kind_name(dsync_outcome_kind(outcome)));
		break;
	}
}

/* Its lines under the archive's name. */
static void
print_explanation(const char *file, const char *text)
{
	char line[LINE_SIZE];
	size_t size;

	report_text(stdout, file);
	puts(":");
	for (; *text != '\0'; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		dsync_text_escape(line, sizeof(line), text, size);
		printf("  %s\n", line);
	}
}

/* What came of it, and what went wrong: one of them, or a success and what failed after it. */
static void
tell_text(struct app *app, const char *file, const struct dsync_outcome *outcome, int status)
{
	enum dsync_outcome_kind kind = dsync_outcome_kind(outcome);
	const struct dsync_error *error = dsync_outcome_error(outcome);

	if (kind == DSYNC_OUTCOME_CONSENT_NEEDED && !app->quiet && !consent_can_ask(app))
		show_consent(app, file);
	if (kind != DSYNC_OUTCOME_FAILED && kind != DSYNC_OUTCOME_CONSENT_NEEDED && !app->quiet)
		print_done(file, outcome);
	if (status != EXIT_DONE)
		report_error_as(app, file, error, status);
}

static int
tell(struct app *app, const char *file, const struct settings *settings, const struct dsync_outcome *outcome)
{
	enum dsync_outcome_kind kind = dsync_outcome_kind(outcome);
	int status = dsync_exit_code_outcome(outcome);

	if (app->json)
		puts(dsync_outcome_json(outcome));
	else if (kind == DSYNC_OUTCOME_EXPLAINED)
		print_explanation(file, dsync_outcome_explanation(outcome));
	else
		tell_text(app, file, outcome, status);
	return status == EXIT_DONE && settings->exit_code && kind == DSYNC_OUTCOME_UPDATED ? EXIT_CHANGED : status;
}

static int
start_background(struct app *app, const char *file)
{
	struct dsync_error err;
	struct dsync_buffer out;
	int rc;

	rc = dsync_refresh_background(app->context, file, &err);
	if (rc < 0)
		return report_error(app, file, &err);
	if (app->json) {
		report_json_begin(&out, file, true);
		dsync_json_put_bool(&out, "started", rc == 1);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (!app->quiet) {
		report_text(stdout, file);
		puts(rc == 1 ? ": refreshing in the background" : ": nothing to start");
	}
	return EXIT_DONE;
}

static int
refuse_itself(struct app *app, const char *file, const char *to)
{
	struct dsync_error err;

	dsync_error_set(&err, DSYNC_ERR_INVALID, "", "the plain file %s is the archive itself", to);
	dsync_error_hint(&err, "name another file with --to");
	return report_error_as(app, file, &err, EXIT_USAGE);
}

static int
work(struct app *app, const char *file, void *user)
{
	const struct settings *settings = user;
	struct dsync_outcome *outcome;
	bool granted;
	int status = EXIT_DONE;

	if (settings->options.to != NULL && files_is_itself(file, settings->options.to))
		return refuse_itself(app, file, settings->options.to);
	if (settings->yes)
		status = obtain_consent(app, file, settings, &granted);
	if (status != EXIT_DONE)
		return status;
	if (settings->background)
		return start_background(app, file);
	outcome = run(app, file, settings, &status);
	if (outcome != NULL && dsync_outcome_kind(outcome) == DSYNC_OUTCOME_CONSENT_NEEDED && !settings->yes &&
		consent_can_ask(app)) {
		status = obtain_consent(app, file, settings, &granted);
		if (status == EXIT_DONE && granted) {
			dsync_outcome_destroy(outcome);
			outcome = run(app, file, settings, &status);
		}
	}
	if (outcome != NULL && status == EXIT_DONE)
		status = tell(app, file, settings, outcome);
	dsync_outcome_destroy(outcome);
	return status;
}

int
cmd_refresh(struct app *app, int argc, char **argv)
{
	struct settings settings = { .options = DSYNC_REFRESH_OPTIONS_INIT };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	if (argc - first > 1 && settings.options.to != NULL)
		return report_usage(app, "--to is for one archive, not %d", argc - first);
	if (settings.background &&
		(settings.options.to != NULL || settings.options.check != NULL || settings.options.exec != NULL ||
			settings.options.force || settings.options.dry_run || settings.options.explain))
		return report_usage(app, "--background starts a plain refresh and goes with --yes alone");
	return app_context(app) == NULL ? EXIT_MACHINE : files_each(app, argc, argv, first, work, &settings);
}
