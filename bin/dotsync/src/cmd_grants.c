/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_grants.c - what updaters may do on this machine, all of it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/time.h"
#include "command.h"
#include "consent.h"
#include "report.h"

static const struct usage usage = {
	"grants [OPTION]...",
	"Lists what updaters may do on this machine: your own grants, and those that were\n"
	"made for all users of the machine.  Who removes the file of a grant revokes it.",
	NULL,
	0,
};

static const char *
origin_name(const struct dsync_grant *grant)
{
	return grant->origin == DSYNC_GRANT_MACHINE ? "machine" : "user";
}

static int
print_json(struct app *app, const struct dsync_grant *grant)
{
	struct dsync_buffer out;

	report_json_begin(&out, grant->path, true);
	consent_put_grant(&out, grant);
	dsync_json_put_time(&out, "created", grant->created);
	dsync_json_put_text(&out, "origin", origin_name(grant));
	dsync_json_close(&out);
	return report_print(app, &out);
}

static void
print_text(const struct dsync_grant *grant)
{
	char hash[DSYNC_HASH_TEXT_SIZE], created[DSYNC_TIME_TEXT_SIZE];

	report_text(stdout, grant->owner);
	dsync_hash_format(hash, grant->updater);
	dsync_time_format(created, grant->created);
	printf("\n  updater   %s\n", grant->any_updater ? "any of this owner's" : hash);
	consent_show_grant(stdout, grant);
	printf("  since     %s, for %s%s\n", created,
		grant->origin == DSYNC_GRANT_MACHINE ? "the whole machine" : "you",
		grant->expires <= dsync_sys_now() ? " (expired)" : "");
	fputs("  file      ", stdout);
	report_text(stdout, grant->path);
	fputc('\n', stdout);
}

int
cmd_grants(struct app *app, int argc, char **argv)
{
	struct dsync_grants *grants;
	struct dsync_error err;
	int first = options_parse(app, &usage, argc, argv, NULL, NULL);
	int status = EXIT_DONE;
	size_t i;

	if (first < 0)
		return options_exit(first);
	if (first < argc)
		return report_usage(app, "no operands here; `dotsync grant FILE` is about one archive");
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (dsync_grants_load(app->context, &grants, &err) < 0)
		return report_error(app, NULL, &err);
	for (i = 0; i < dsync_grants_count(grants); i++) {
		if (app->json)
			status = report_worst(status, print_json(app, dsync_grants_at(grants, i)));
		else
			print_text(dsync_grants_at(grants, i));
	}
	if (dsync_grants_count(grants) == 0 && !app->json)
		report_note(app, "nothing is granted");
	dsync_grants_free(grants);
	return status;
}
