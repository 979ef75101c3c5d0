/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync - files that keep themselves fresh.  This file only dispatches.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "report.h"
#include "version.h"

static const struct command commands[] = {
	{ "create", cmd_create, "an archive from a file, or from a URL that keeps it fresh" },
	{ "info", cmd_info, "all there is to know about an archive" },
	{ "status", cmd_status, "how fresh archives are, one line each" },
	{ "cat", cmd_cat, "payload to standard output, at once" },
	{ "extract", cmd_extract, "payload to a file, checked, atomically" },
	{ "ls", cmd_ls, "entries with offsets and sizes" },
	{ "verify", cmd_verify, "check container, hashes and trust layers" },
	{ "refresh", cmd_refresh, "bring archives up to date now" },
	{ "set", cmd_set, "change payload, updater or manifest, keep the rest" },
	{ "repack", cmd_repack, "a strict archive from any ZIP that almost is one" },
	{ "grant", cmd_grant, "allow an updater what it asks for, on this machine" },
	{ "revoke", cmd_revoke, "take a grant back" },
	{ "grants", cmd_grants, "what updaters may do on this machine" },
	{ "run", cmd_run, "try an updater in the real sandbox" },
	{ "hold", cmd_hold, "stay at this version" },
	{ "unhold", cmd_unhold, "follow new versions again" },
	{ "guest", cmd_guest, "the guest protocol on standard input and output" },
	{ "doctor", cmd_doctor, "what this machine can and cannot do, with the fix" },
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/*
 * A program whose standard descriptors are closed would write its messages into the next file it opens.
 * They are filled the wrong way round, so that reading and writing them still fails: what was to be
 * delivered and was not is an error.
 */
static void
open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int
print_help(void)
{
	size_t i;

	puts("usage: dotsync COMMAND [OPTION]... [FILE]...\n");
	for (i = 0; i < COMMAND_COUNT; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].summary);
	puts("\n`dotsync COMMAND --help` tells more; so does `man dotsync`.");
	return EXIT_DONE;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* Options that every command knows may stand before it, too: the command is moved to the front. */
static void
move_command_first(int argc, char **argv)
{
	char *command;
	int at = 1;

	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0')
		at++;
	if (at == argc)
		return;
	command = argv[at];
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = command;
}

static int
dispatch(struct app *app, int argc, char **argv)
{
	static char help[] = "--help";
	const struct command *command;

	move_command_first(argc, argv);
	if (argc < 2)
		return report_usage(app, "no command given");
	if (strcmp(argv[1], "--version") == 0) {
		puts("dotsync " DSYNC_VERSION);
		return EXIT_DONE;
	}
	if (is_help(argv[1]) || (strcmp(argv[1], "help") == 0 && (argc == 2 || is_help(argv[2]))))
		return print_help();
	if (strcmp(argv[1], "help") == 0) { /* help COMMAND is COMMAND --help */
		argv[1] = argv[2];
		argv[2] = help;
	}
	command = find_command(argv[1]);
	if (command == NULL)
		return report_usage(app, "there is no command \"%s\"", argv[1]);
	app->command = command->name;
	return command->run(app, argc - 1, argv + 1);
}

int
main(int argc, char **argv)
{
	struct app app = { 0 };
	int status, flushed;

	open_standard_descriptors();
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), reported or not as the command likes */
	signal(SIGXFSZ, SIG_IGN); /* so is a file that may not grow (ulimit -f) */
	status = dispatch(&app, argc, argv);
	flushed = report_flush(&app);
	dsync_context_destroy(app.context);
	return flushed != EXIT_DONE && status == EXIT_DONE ? flushed : status;
}
