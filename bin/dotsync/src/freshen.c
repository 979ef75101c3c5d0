/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "freshen.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/refresh.h"
#include "dotsync/status.h"
#include "files.h"
#include "report.h"
#include "runtime/context.h"
#include "runtime/exit_code.h"

int
freshen_parse(struct app *app, const char *text, enum freshen_mode *mode)
{
	static const char *const names[] = { "background", "wait", "never" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*mode = (enum freshen_mode)i;
			return 0;
		}
	}
	report_usage(app, "--refresh is background, wait or never, not \"%s\"", text);
	return -1;
}

static void
show_progress(void *user, const struct dsync_event *event)
{
	if (event->kind == DSYNC_EVENT_PROGRESS)
		progress_update(user, event->done, event->total);
}

/* What cannot be opened is reported once, by the command that opens it to read. */
static bool
is_archive(const char *file)
{
	struct dsync_archive *archive = dsync_archive_open(file, NULL, NULL);

	dsync_archive_unref(archive);
	return archive != NULL;
}

/* The exit status of a refresh that was waited for; EXIT_DONE when there was none. */
static int
bring_up_to_date(struct app *app, const char *file, enum freshen_mode mode)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_outcome *outcome;
	struct progress progress;
	struct dsync_error err;
	int status;

	if (mode != FRESHEN_WAIT || files_place(file) == NULL)
		return EXIT_DONE;
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (dsync_context_offline(app->context) || !is_archive(file))
		return EXIT_DONE;
	progress_begin(&progress, app, file);
	options.event = show_progress;
	options.event_user = &progress;
	outcome = dsync_refresh_run(app->context, file, &options, &err);
	progress_end(&progress);
	if (outcome == NULL)
		return report_error(app, file, &err);
	status = dsync_exit_code_outcome(outcome);
	if (status != EXIT_DONE)
		report_error(app, file, dsync_outcome_error(outcome));
	dsync_outcome_destroy(outcome);
	return status;
}

/* May it be read?  EXIT_DONE, or EXIT_STALE after reporting. */
static int
permit(struct app *app, const char *file, struct dsync_archive *archive)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_error err;

	if (!dsync_manifest_fail_closed(dsync_archive_manifest(archive)))
		return EXIT_DONE;
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (dsync_status_read(app->context, archive, files_place(file), &status, &err) < 0)
		return report_error(app, file, &err);
	if (status.readable)
		return EXIT_DONE;
	dsync_error_set(&err, DSYNC_ERR_EXPIRED, "", "expired, and its owner does not want it to be read then");
	dsync_error_at_entry(&err, "policy.fail_closed", strlen("policy.fail_closed"));
	dsync_error_hint(&err, "bring it up to date with `dotsync refresh`");
	return report_error(app, file, &err);
}

/* The one note: only where a person sees it. */
static void
tell(struct app *app, const char *file, const struct dsync_status *status, const char *what)
{
	char age[DSYNC_TEXT_HUMAN_SIZE] = "age unknown";

	if (isatty(STDERR_FILENO) != 1)
		return;
	if (status->age != INT64_MAX)
		dsync_text_human_duration(age, status->age);
	report_note(app, "%s: stale (%s%s); %s", file, age, status->age != INT64_MAX ? " old" : "", what);
}

static void
start_refresh(struct app *app, const char *file, struct dsync_archive *archive, enum freshen_mode mode)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_error err;
	int rc;

	if (mode != FRESHEN_BACKGROUND || files_place(file) == NULL || !dsync_archive_has_updater(archive))
		return;
	if (app_context(app) == NULL || dsync_context_offline(app->context) ||
		dsync_status_read(app->context, archive, file, &status, &err) < 0)
		return;
	if (status.state == DSYNC_STATE_CONSENT_NEEDED)
		tell(app, file, &status, "its updater needs your consent: see `dotsync grant`");
	if (!status.refresh_due)
		return;
	rc = dsync_refresh_background(app->context, file, &err);
	if (rc < 0)
		report_detail(app, "%s: no refresh in the background: %s", file, err.message);
	else if (rc == 1)
		tell(app, file, &status, "refreshing in the background");
}

int
freshen_read(struct app *app, const char *file, enum freshen_mode mode, freshen_reader *read, void *user)
{
	struct dsync_archive *archive;
	struct dsync_error err;
	int status, waited;

	waited = bring_up_to_date(app, file, mode);
	archive = files_open(file, &err);
	if (archive == NULL)
		return report_error(app, file, &err);
	status = permit(app, file, archive);
	if (status == EXIT_DONE) {
		status = read(app, file, archive, user);
		start_refresh(app, file, archive, mode);
	}
	dsync_archive_unref(archive);
	return report_worst(status, waited);
}
