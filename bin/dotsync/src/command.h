/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * command.h - what every subcommand is made of.
 *
 * A command is a row of the table in main.c: its name, what `dotsync help` says of it, its options, and the
 * function that does it. Options and their help stand in one array, so that the two cannot differ:
 *
 *	static int
 *	set_option(struct app *app, void *settings, const struct option_spec *option, const char *value) { ... }
 *
 *	int
 *	cmd_cat(struct app *app, int argc, char **argv)
 *	{
 *		struct settings settings = { 0 };
 *		int first = options_parse(app, &cat_usage, argc, argv, set_option, &settings);
 *
 *		if (first < 0)
 *			return options_exit(first);	(help was printed, or the usage was wrong)
 *		...
 *	}
 *
 * A command returns the exit status of doc/man/dotsync.1.
 */
#ifndef DOTSYNC_COMMAND_H
#define DOTSYNC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "dotsync/context.h"
#include "dotsync/error.h"

/* Exit statuses that are not made from an error (runtime/exit_code.h has those). */
enum {
	EXIT_DONE = 0,
	EXIT_MACHINE = 1,
	EXIT_USAGE = 2,
	EXIT_STALE = 3,
	EXIT_CONSENT = 4,
	EXIT_ARCHIVE = 8,
	EXIT_CHANGED = 10,
	EXIT_AGAIN = 75
};

/* The program's own state: the options that every command knows. */
struct app {
	const char *command; /* its name, for messages */
	bool json;
	bool quiet;
	bool verbose;
	bool no_progress;
	bool offline;
	bool stdout_is_payload; /* the command writes an archive or a payload there: objects of --json go to standard error */
	struct dsync_context *context; /* made by app_context() when first asked for */
};

/* One option: a long name, a letter or 0, the name of its argument or NULL for none, one line of help. */
struct option_spec {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
};

struct usage {
	const char *synopsis;    /* "cat [OPTION]... FILE" */
	const char *description; /* a sentence or three */
	const struct option_spec *options;
	size_t option_count;
};

/* Stores one option; 0, or -1 after it has reported with report_usage() what is wrong with the value. */
typedef int option_setter(struct app *app, void *settings, const struct option_spec *option, const char *value);

/*
 * Reads the options of a command and those that every command knows, up to "--" or the end; operands may
 * stand among them and are moved to the end.  Returns the index of the first operand, OPTIONS_HELP after
 * printing help, or OPTIONS_WRONG after reporting.
 */
enum { OPTIONS_HELP = -1, OPTIONS_WRONG = -2 };
int
options_parse(struct app *app, const struct usage *usage, int argc, char **argv, option_setter *set, void *settings);

/* The exit status for a negative result of options_parse(). */
int options_exit(int result);

/* The context of this run, made once with the options that were given; NULL after reporting. */
struct dsync_context *app_context(struct app *app);

struct command {
	const char *name;
	int (*run)(struct app *app, int argc, char **argv);
	const char *summary; /* for `dotsync help`; at most 60 characters */
};

int cmd_cat(struct app *app, int argc, char **argv);
int cmd_create(struct app *app, int argc, char **argv);
int cmd_doctor(struct app *app, int argc, char **argv);
int cmd_extract(struct app *app, int argc, char **argv);
int cmd_grant(struct app *app, int argc, char **argv);
int cmd_grants(struct app *app, int argc, char **argv);
int cmd_guest(struct app *app, int argc, char **argv);
int cmd_hold(struct app *app, int argc, char **argv);
int cmd_info(struct app *app, int argc, char **argv);
int cmd_ls(struct app *app, int argc, char **argv);
int cmd_refresh(struct app *app, int argc, char **argv);
int cmd_repack(struct app *app, int argc, char **argv);
int cmd_revoke(struct app *app, int argc, char **argv);
int cmd_run(struct app *app, int argc, char **argv);
int cmd_set(struct app *app, int argc, char **argv);
int cmd_status(struct app *app, int argc, char **argv);
int cmd_unhold(struct app *app, int argc, char **argv);
int cmd_verify(struct app *app, int argc, char **argv);

#endif
