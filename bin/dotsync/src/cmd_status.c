/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_status.c - how fresh archives are, one line each.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "command.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "dotsync/status.h"
#include "files.h"
#include "report.h"
#include "status_text.h"

struct settings {
	int64_t max_age; /* -1: not asked */
};

static const struct option_spec options[] = {
	{ "max-age", 0, "AGE", "ask: exit 3 when one is older (90s, 15m, 6h, 7d)" },
};

static const struct usage usage = {
	"status [OPTION]... FILE...",
	"Says of each archive how old its data are, whether that is fresh, when the next\n"
	"refresh comes and what went wrong last.  Asks no network and changes nothing.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	(void)option;
	if (dsync_text_parse_duration(value, &settings->max_age) == 0)
		return 0;
	report_usage(app, "--max-age is a duration such as 90s, 15m, 6h or 7d, not \"%s\"", value);
	return -1;
}

static int
print_json(struct app *app, const char *file, const struct settings *settings, const struct dsync_status *status,
	const struct dsync_consent *consent, bool answer)
{
	struct dsync_buffer out;

	report_json_begin(&out, file, true);
	status_put_json(&out, status);
	if (consent != NULL)
		consent_put_state(&out, consent);
	if (settings->max_age >= 0)
		dsync_json_put_bool(&out, "within_max_age", answer);
	dsync_json_close(&out);
	return report_print(app, &out);
}

static int
print_line(struct app *app, const char *file, const struct dsync_status *status, const struct dsync_consent *consent)
{
	char ttl[DSYNC_TEXT_HUMAN_SIZE];
	struct dsync_buffer next, line;
	const char *text;

	dsync_text_human_duration(ttl, status->ttl);
	dsync_buffer_init(&next, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&line, DSYNC_BUFFER_UNLIMITED);
	status_append_next(&next, status, consent);
	dsync_text_escape_append(&line, file, strlen(file));
	dsync_buffer_printf(&line, ": %s%s%s, ", report_colour(stdout, status_colour(status)),
		dsync_state_word_name(status->state), report_colour(stdout, COLOUR_OFF));
	status_append_age(&line, status);
	dsync_buffer_printf(&line, " (ttl %s)", ttl);
	text = dsync_buffer_text(&next);
	if (text != NULL && text[0] != '\0')
		dsync_buffer_printf(&line, "; %s", text);
	dsync_buffer_finish(&next);
	return report_print(app, &line);
}

static int
work(struct app *app, const char *file, void *user)
{
	const struct settings *settings = user;
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_consent consent = { 0 };
	const struct dsync_consent *why = NULL;
	struct dsync_archive *archive;
	struct dsync_error err;
	bool answer;
	int exit, rc;

	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	archive = files_open(file, &err);
	if (archive == NULL)
		return report_error(app, file, &err);
	rc = dsync_status_read(app->context, archive, files_place(file), &status, &err);
	if (rc == 0 && status.state == DSYNC_STATE_CONSENT_NEEDED) {
		rc = dsync_consent_judge(app->context, archive, status.now, &consent, &err);
		why = rc == 0 ? &consent : NULL;
	}
	dsync_archive_unref(archive);
	if (rc < 0)
		return report_error(app, file, &err);
	answer = settings->max_age < 0 || status.age <= settings->max_age;
	exit = EXIT_DONE;
	if (app->json)
		exit = print_json(app, file, settings, &status, why, answer);
	else if (!app->quiet)
		exit = print_line(app, file, &status, why);
	dsync_consent_finish(&consent);
	return report_worst(exit, answer ? EXIT_DONE : EXIT_STALE);
}

int
cmd_status(struct app *app, int argc, char **argv)
{
	struct settings settings = { -1 };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	return files_each(app, argc, argv, first, work, &settings);
}
