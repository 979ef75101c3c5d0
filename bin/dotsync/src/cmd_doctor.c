/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_doctor.c - what this machine can and cannot do, with the fix.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "command.h"
#include "doctor.h"
#include "report.h"
#include "runtime/exit_code.h"

#define TEXT_SIZE 1024
#define DETAIL_COLUMN 25

struct settings {
	bool sandbox;
};

static const struct option_spec options[] = {
	{ "sandbox", 0, NULL, "attack this machine's sandbox, and say what held" },
};

static const struct usage usage = {
	"doctor [OPTION]... [FILE]...",
	"Looks at this machine, and at the archives given, for whatever keeps them from\n"
	"being refreshed, and says what to do about it.  Asks no network.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static const char *const verdicts[] = { "good", "warning", "problem" };
static const enum colour colours[] = { COLOUR_GOOD, COLOUR_MILD, COLOUR_BAD };

static void
print(const struct doctor *doctor, enum verdict verdict, const char *check, const char *fix, const char *detail)
{
	char advice[TEXT_SIZE];

	if (doctor->app->quiet && verdict != VERDICT_PROBLEM)
		return;
	printf("  %s%-7s%s  %-12s  ", report_colour(stdout, colours[verdict]), verdicts[verdict],
		report_colour(stdout, COLOUR_OFF), check);
	report_wrapped(stdout, detail, DETAIL_COLUMN);
	if (fix != NULL && fix[0] != '\0') {
		snprintf(advice, sizeof(advice), "fix: %s", fix);
		printf("%*s", DETAIL_COLUMN, "");
		report_wrapped(stdout, advice, DETAIL_COLUMN);
	}
}

static void
say(struct doctor *doctor, enum verdict verdict, const char *check, const char *fix, const char *detail)
{
	if (!doctor->app->json) {
		print(doctor, verdict, check, fix, detail);
		return;
	}
	dsync_json_open(&doctor->json, NULL);
	dsync_json_put_text(&doctor->json, "check", check);
	dsync_json_put_text(&doctor->json, "verdict", verdicts[verdict]);
	dsync_json_put_text(&doctor->json, "detail", detail);
	dsync_json_put_text(&doctor->json, "fix", fix);
	dsync_json_close(&doctor->json);
}

void
doctor_say(struct doctor *doctor, enum verdict verdict, const char *check, const char *fix, const char *format, ...)
{
	char detail[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	if (verdict == VERDICT_PROBLEM)
		doctor->status = report_worst(doctor->status, EXIT_MACHINE);
	say(doctor, verdict, check, fix, detail);
}

void
doctor_say_error(struct doctor *doctor, enum verdict verdict, const char *check, const struct dsync_error *err)
{
	struct dsync_error bare = *err;
	char text[TEXT_SIZE];

	bare.hint[0] = '\0';
	dsync_error_format(&bare, text, sizeof(text));
	if (verdict == VERDICT_PROBLEM)
		doctor->status = report_worst(doctor->status, dsync_exit_code(err->code));
	say(doctor, verdict, check, err->hint[0] != '\0' ? err->hint : NULL, text);
}

/* One group of findings: the machine's (file is NULL) or an archive's. */
static int
examine(struct app *app, const char *file)
{
	struct doctor doctor = { .app = app };
	struct dsync_buffer out;
	struct dsync_view view;
	int status = EXIT_DONE;

	dsync_buffer_init(&doctor.json, DSYNC_BUFFER_UNLIMITED);
	dsync_json_open_array(&doctor.json, NULL);
	if (!app->json && !app->quiet) {
		report_text(stdout, file != NULL ? file : "this machine");
		putchar('\n');
	}
	if (file != NULL) {
		doctor_archive(&doctor, file);
	} else {
		doctor_machine(&doctor);
		doctor_folder(&doctor, ".");
	}
	dsync_json_close_array(&doctor.json);
	if (app->json) {
		view = dsync_buffer_view(&doctor.json);
		report_json_begin(&out, file, doctor.status == EXIT_DONE);
		dsync_json_put_raw(&out, "checks", (const char *)view.data, view.size);
		dsync_json_close(&out);
		status = report_print(app, &out);
	}
	dsync_buffer_finish(&doctor.json);
	return report_worst(status, doctor.status);
}

static int
print_attacks(struct doctor *doctor, unsigned made, unsigned held, const struct dsync_error *err)
{
	struct dsync_view rows;
	struct dsync_buffer out;

	dsync_json_close_array(&doctor->json);
	rows = dsync_buffer_view(&doctor->json);
	report_json_begin(&out, NULL, doctor->status == EXIT_DONE);
	dsync_json_put_raw(&out, "attacks", (const char *)rows.data, rows.size);
	dsync_json_put_integer(&out, "attempts", made);
	dsync_json_put_integer(&out, "held", held);
	if (err != NULL)
		report_error_json(&out, "error", err);
	dsync_json_close(&out);
	return report_print(doctor->app, &out);
}

/* The sandbox, attacked: a group of its own. */
static int
attack(struct app *app)
{
	struct doctor doctor = { .app = app };
	struct dsync_error err;
	unsigned made, held;
	int status = EXIT_DONE, rc;

	dsync_buffer_init(&doctor.json, DSYNC_BUFFER_UNLIMITED);
	dsync_json_open_array(&doctor.json, NULL);
	if (!app->json && !app->quiet)
		puts("the sandbox under attack");
	fflush(stdout);
	rc = doctor_attacks(&doctor, &made, &held, &err);
	if (rc < 0)
		doctor.status = report_worst(doctor.status, dsync_exit_code(rc));
	if (app->json)
		status = print_attacks(&doctor, made, held, rc < 0 ? &err : NULL);
	else if (rc < 0)
		report_error(app, NULL, &err);
	else if (!app->quiet)
		printf("  %u attempts, %u held\n", made, held);
	dsync_buffer_finish(&doctor.json);
	return report_worst(status, doctor.status);
}

static int
set_option(struct app *app, void *settings, const struct option_spec *option, const char *value)
{
	struct settings *s = settings;

	(void)app;
	(void)option;
	(void)value;
	s->sandbox = true;
	return 0;
}

int
cmd_doctor(struct app *app, int argc, char **argv)
{
	struct settings settings = { false };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);
	int status, i;

	if (first < 0)
		return options_exit(first);
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	status = examine(app, NULL);
	if (settings.sandbox)
		status = report_worst(status, attack(app));
	for (i = first; i < argc; i++)
		status = report_worst(status, examine(app, argv[i]));
	return status;
}
