/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_hold.c - stay at this version, and follow new ones again: hold and unhold.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/time.h"
#include "command.h"
#include "dotsync/archive.h"
#include "files.h"
#include "format/commit.h"
#include "report.h"
#include "runtime/state.h"

#define LOCK_WAIT_MS 30000 /* for a refresh that is under way */

struct settings {
	bool hold;
	int64_t until;
};

static const struct option_spec options[] = {
	{ "until", 'u', "WHEN", "for so long (7d), or until this RFC 3339 time" },
};

static const struct usage hold_usage = {
	"hold [OPTION]... FILE...",
	"Keeps archives at the version they have: nothing refreshes them until `dotsync\n"
	"unhold`, or until the time given.  `dotsync refresh --force` still does.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static const struct usage unhold_usage = {
	"unhold [OPTION]... FILE...",
	"Lets archives follow new versions again.",
	NULL,
	0,
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;
	int64_t now = dsync_sys_now();
	int64_t seconds;

	(void)option;
	if (dsync_text_parse_duration(value, &seconds) == 0) {
		settings->until = dsync_time_add(now, seconds);
		return 0;
	}
	if (dsync_time_parse(value, strlen(value), &settings->until) == 0 && settings->until > now)
		return 0;
	report_usage(app, "--until is a duration such as 7d or a time to come such as 2030-01-31T12:00:00Z, not \"%s\"",
		value);
	return -1;
}

static int
tell(struct app *app, const char *file, const struct settings *settings)
{
	char until[DSYNC_TIME_TEXT_SIZE];
	struct dsync_buffer out;

	if (app->json) {
		report_json_begin(&out, file, true);
		dsync_json_put_bool(&out, "held", settings->hold);
		if (settings->hold && settings->until != DSYNC_STATE_NO_TIME)
			dsync_json_put_time(&out, "held_until", settings->until);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (app->quiet)
		return EXIT_DONE;
	report_text(stdout, file);
	if (settings->hold && settings->until != DSYNC_STATE_NO_TIME) {
		dsync_time_format(until, settings->until);
		printf(": held until %s\n", until);
	} else {
		puts(settings->hold ? ": held" : ": follows new versions");
	}
	return EXIT_DONE;
}

static int
change(struct app *app, const char *file, const struct dsync_archive *archive, const struct settings *settings,
	struct dsync_error *err)
{
	struct dsync_state state;
	int rc;

	rc = dsync_state_load(app->context, archive, files_place(file), &state, err);
	if (rc < 0)
		return rc;
	state.held = settings->hold;
	state.held_until = settings->hold ? settings->until : DSYNC_STATE_NO_TIME;
	return dsync_state_store(app->context, archive, files_place(file), &state, err);
}

/*
 * Under the lock of refreshes, so that one that is under way does not swap the record away.  Who may not
 * take it cannot refresh here either.
 */
static int
change_locked(struct app *app, const char *file, const struct settings *settings, struct dsync_error *err)
{
	struct dsync_commit_options wait = { .wait_ms = LOCK_WAIT_MS };
	struct dsync_commit *commit = NULL;
	struct dsync_archive *archive;
	int rc = DSYNC_ERR_PERMISSION;

	if (files_place(file) != NULL)
		rc = dsync_commit_begin(&commit, file, &wait, err);
	if (rc == 0) {
		rc = change(app, file, dsync_commit_base(commit), settings, err);
		dsync_commit_close(commit);
		return rc;
	}
	if (rc == DSYNC_ERR_BUSY)
		return rc;
	archive = files_open(file, err);
	rc = archive != NULL ? change(app, file, archive, settings, err) : err->code;
	dsync_archive_unref(archive);
	return rc;
}

static int
work(struct app *app, const char *file, void *user)
{
	struct dsync_error err;

	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (change_locked(app, file, user, &err) < 0)
		return report_error(app, file, &err);
	return tell(app, file, user);
}

int
cmd_hold(struct app *app, int argc, char **argv)
{
	struct settings settings = { true, DSYNC_STATE_NO_TIME };
	int first = options_parse(app, &hold_usage, argc, argv, set_option, &settings);

	return first < 0 ? options_exit(first) : files_each(app, argc, argv, first, work, &settings);
}

int
cmd_unhold(struct app *app, int argc, char **argv)
{
	struct settings settings = { false, DSYNC_STATE_NO_TIME };
	int first = options_parse(app, &unhold_usage, argc, argv, set_option, &settings);

	return first < 0 ? options_exit(first) : files_each(app, argc, argv, first, work, &settings);
}
