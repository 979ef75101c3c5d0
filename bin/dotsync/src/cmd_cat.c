/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_cat.c - payload to standard output, at once, whatever the network does.
 */
#include <string.h>

#include "command.h"
#include "deliver.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "files.h"
#include "freshen.h"
#include "range.h"
#include "report.h"

struct settings {
	struct range range;
	enum freshen_mode refresh;
};

static const struct option_spec options[] = {
	{ "range", 'r', "A-B", "only these bytes; A- and -N as well" },
	FRESHEN_OPTION,
};

static const struct usage usage = {
	"cat [OPTION]... FILE",
	"Writes the payload to standard output.  The data in the file are delivered at\n"
	"once; when they are stale, one refresh is started in the background afterwards.\n"
	"FILE may be - for standard input.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	if (strcmp(option->name, "refresh") == 0)
		return freshen_parse(app, value, &settings->refresh);
	if (range_parse(value, &settings->range) == 0)
		return 0;
	report_usage(app, "--range is A-B, A- or -N in bytes, not \"%s\"", value);
	return -1;
}

static int
deliver(struct app *app, const char *file, struct dsync_archive *archive, void *user)
{
	const struct settings *settings = user;

	if (dsync_manifest_variant(dsync_archive_manifest(archive)) == DSYNC_VARIANT_VAULT)
		report_note(
			app, "%s: a vault: this version has no keys and delivers it encrypted, as it is stored", file);
	return deliver_payload(app, file, archive, &settings->range);
}

static int
work(struct app *app, const char *file, void *user)
{
	const struct settings *settings = user;

	return freshen_read(app, file, settings->refresh, deliver, user);
}

int
cmd_cat(struct app *app, int argc, char **argv)
{
	struct settings settings = { 0 };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	app->stdout_is_payload = true;
	return files_one(app, argc, argv, first, work, &settings);
}
