/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report.h"
#include "version.h"

#define OPTIONS_MAX 48 /* of a command and the common ones */
#define HELP_COLUMN 28 /* of what an option does */
#define CODE_BASE 256  /* what getopt_long() returns for row n is CODE_BASE + n */

/* Known to every command; after its own. */
static const struct option_spec common_options[] = {
	{ "json", 0, NULL, "print one JSON object a line" },
	{ "quiet", 'q', NULL, "say nothing but errors" },
	{ "verbose", 'v', NULL, "say more" },
	{ "no-progress", 0, NULL, "draw no progress line" },
	{ "offline", 0, NULL, "ask no network" },
	{ "help", 'h', NULL, "print this help" },
	{ "version", 0, NULL, "print the version" },
};
#define COMMON_COUNT (sizeof(common_options) / sizeof(common_options[0]))

/* The rows of getopt_long() and its letters, made from the specifications. */
struct table {
	struct option rows[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
	const struct option_spec *specs[OPTIONS_MAX];
	size_t count;
};

static void
add_row(struct table *table, const struct option_spec *spec)
{
	struct option *row = &table->rows[table->count];
	size_t length = strlen(table->letters);

	row->name = spec->name;
	row->has_arg = spec->argument != NULL ? required_argument : no_argument;
	row->flag = NULL;
	row->val = CODE_BASE + (int)table->count;
	if (spec->letter != 0) {
		table->letters[length++] = spec->letter;
		if (spec->argument != NULL)
			table->letters[length++] = ':';
		table->letters[length] = '\0';
	}
	table->specs[table->count++] = spec;
}

static void
make_table(struct table *table, const struct usage *usage)
{
	size_t i;

	memset(table, 0, sizeof(*table));
	strcpy(table->letters, ":"); /* a missing argument is told apart, and getopt prints nothing */
	for (i = 0; i < usage->option_count && table->count < OPTIONS_MAX; i++)
		add_row(table, &usage->options[i]);
	for (i = 0; i < COMMON_COUNT && table->count < OPTIONS_MAX; i++)
		add_row(table, &common_options[i]);
}

static void
print_option(const struct option_spec *spec)
{
	char left[64];
	int length;

	length = snprintf(left, sizeof(left), "%c%c%s--%s%s%s", spec->letter != 0 ? '-' : ' ',
		spec->letter != 0 ? spec->letter : ' ', spec->letter != 0 ? ", " : "  ", spec->name,
		spec->argument != NULL ? " " : "", spec->argument != NULL ? spec->argument : "");
	if (length > HELP_COLUMN - 4)
		printf("  %s\n%*s", left, HELP_COLUMN, "");
	else
		printf("  %-*s", HELP_COLUMN - 2, left);
	report_wrapped(stdout, spec->help, HELP_COLUMN);
}

static void
print_help(const struct usage *usage)
{
	size_t i;

	printf("usage: dotsync %s\n\n", usage->synopsis);
	report_wrapped(stdout, usage->description, 0);
	putchar('\n');
	for (i = 0; i < usage->option_count; i++)
		print_option(&usage->options[i]);
	if (usage->option_count > 0)
		putchar('\n');
	for (i = 0; i < COMMON_COUNT; i++)
		print_option(&common_options[i]);
}

static void
set_common(struct app *app, const struct option_spec *spec)
{
	if (strcmp(spec->name, "json") == 0)
		app->json = true;
	else if (strcmp(spec->name, "quiet") == 0)
		app->quiet = true;
	else if (strcmp(spec->name, "verbose") == 0)
		app->verbose = true;
	else if (strcmp(spec->name, "no-progress") == 0)
		app->no_progress = true;
	else if (strcmp(spec->name, "offline") == 0)
		app->offline = true;
}

static bool
is_common(const struct option_spec *spec)
{
	return spec >= common_options && spec < common_options + COMMON_COUNT;
}

/* The row of a code that getopt_long() returned: a long option's or a letter's. */
static const struct option_spec *
find_spec(const struct table *table, int code)
{
	size_t i;

	if (code >= CODE_BASE)
		return table->specs[code - CODE_BASE];
	for (i = 0; i < table->count; i++) {
		if (table->specs[i]->letter == code)
			return table->specs[i];
	}
	return NULL;
}

/* What getopt_long() refused. */
static int
refuse(struct app *app, int code, char **argv)
{
	if (code == ':')
		report_usage(app, "%s needs an argument", argv[optind - 1]);
	else if (optopt != 0 && optopt < CODE_BASE)
		report_usage(app, "there is no option -%c", optopt);
	else
		report_usage(app, "there is no option %s, or it takes no argument", argv[optind - 1]);
	return OPTIONS_WRONG;
}

int
options_parse(struct app *app, const struct usage *usage, int argc, char **argv, option_setter *set, void *settings)
{
	const struct option_spec *spec;
	struct table table;
	int code;

	make_table(&table, usage);
	optind = 0;
	while ((code = getopt_long(argc, argv, table.letters, table.rows, NULL)) != -1) {
		if (code == ':' || code == '?')
			return refuse(app, code, argv);
		spec = find_spec(&table, code);
		if (!is_common(spec)) {
			if (set(app, settings, spec, optarg) < 0)
				return OPTIONS_WRONG;
		} else if (strcmp(spec->name, "help") == 0) {
			print_help(usage);
			return OPTIONS_HELP;
		} else if (strcmp(spec->name, "version") == 0) {
			puts("dotsync " DSYNC_VERSION);
			return OPTIONS_HELP;
		} else {
			set_common(app, spec);
		}
	}
	return optind;
}

int
options_exit(int result)
{
	return result == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
}

/* What the runtime has to say that is no error: damaged grant files and the like. */
static void
log_line(void *user, enum dsync_log_level level, const char *text)
{
	if (level >= DSYNC_LOG_WARNING)
		report_note(user, "%s", text);
	else
		report_detail(user, "%s", text);
}

struct dsync_context *
app_context(struct app *app)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_error err;

	if (app->context != NULL)
		return app->context;
	options.offline = app->offline;
	options.log = log_line;
	options.log_user = app;
	app->context = dsync_context_create(&options, &err);
	if (app->context == NULL)
		report_error(app, NULL, &err);
	return app->context;
}
