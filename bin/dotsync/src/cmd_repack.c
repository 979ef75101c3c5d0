/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_repack.c - a strict archive from any ZIP that almost is one.
 *
 * The one place where a looser reader is used.  Of a name that occurs more than once the last one counts, after asking.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "command.h"
#include "consent.h"
#include "dotsync/builder.h"
#include "input.h"
#include "repack.h"
#include "repack_inflate.h"
#include "report.h"
#include "target.h"
#include "zip/loose.h"

struct settings {
	const char *output;
	bool force, yes, sync_rs;
};

static const struct option_spec options[] = {
	{ "output", 'o', "OUT", "the strict archive; - is standard output" },
	{ "force", 'f', NULL, "replace OUT if it is there" },
	{ "yes", 'y', NULL, "of equal names take the last without asking" },
	{ "profile", 0, "NAME", "sync-rs: what the Rust reader can open" },
};

static const struct usage usage = {
	"repack [OPTION]... IN -o OUT",
	"Makes a strict archive of a ZIP that is almost one: with bytes before or behind,\n"
	"comments, data descriptors, a compressed payload, or names that occur twice.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	if (strcmp(option->name, "output") == 0)
		settings->output = value;
	else if (strcmp(option->name, "force") == 0)
		settings->force = true;
	else if (strcmp(option->name, "yes") == 0)
		settings->yes = true;
	else if (strcmp(value, "sync-rs") == 0 || strcmp(value, "default") == 0)
		settings->sync_rs = strcmp(value, "sync-rs") == 0;
	else {
		report_usage(app, "--profile is default or sync-rs, not \"%s\"", value);
		return -1;
	}
	return 0;
}

static void
on_note(void *user, const char *text)
{
	struct repack *r = user;

	report_note(r->app, "%s: %s", r->in, text);
}

/* An exit status: EXIT_DONE when no name occurs twice, or the person takes the last. */
static int
settle_duplicates(const struct repack *r, const struct settings *settings)
{
	const struct dsync_zip_entry *entry;
	struct dsync_error err;
	char question[400], name[300];
	size_t i, count;

	for (i = 0; (entry = dsync_zip_at(r->zip, i)) != NULL; i++) {
		if (repack_last_of(r->zip, entry->name, &count) != entry || count < 2 || settings->yes)
			continue;
		dsync_text_escape(name, sizeof(name), entry->name, strlen(entry->name));
		snprintf(question, sizeof(question), "\"%s\" occurs %zu times. Take the last?", name, count);
		if (consent_can_ask(r->app) && consent_ask(question))
			continue;
		dsync_error_set(&err, DSYNC_ERR_CONSENT, "Z12", "a name occurs %zu times", count);
		dsync_error_at_entry(&err, entry->name, strlen(entry->name));
		dsync_error_hint(&err, "say --yes to take the last of each name");
		return report_error(r->app, r->in, &err);
	}
	return EXIT_DONE;
}

static int
show_progress(void *user, uint64_t done, uint64_t total)
{
	struct repack *r = user;

	(void)total;
	progress_update(&r->progress, done, r->payload->size);
	return 0;
}

static int
write_archive(struct repack *r, const struct settings *settings, struct dsync_error *err)
{
	struct dsync_builder *b = dsync_builder_create();
	bool given;
	int64_t now;
	int rc;

	if (b == NULL)
		return dsync_error_set_memory(err);
	rc = input_time(&now, &given, err);
	if (rc == 0)
		rc = repack_fill(r, b, err);
	if (rc == 0) {
		progress_begin(&r->progress, r->app, settings->output);
		dsync_builder_set_progress(b, show_progress, r);
		dsync_builder_set_profile(b, settings->sync_rs ? DSYNC_PROFILE_SYNC_RS : DSYNC_PROFILE_DEFAULT);
		if (given)
			dsync_builder_set_time(b, now);
		if (strcmp(settings->output, "-") == 0)
			rc = dsync_builder_write_fd(b, STDOUT_FILENO, err);
		else
			rc = dsync_builder_write(
				b, settings->output, settings->force ? DSYNC_CREATE_FORCE : DSYNC_CREATE_NEW, err);
		progress_end(&r->progress);
	}
	if (rc < 0 && r->fault.code < 0)
		*err = r->fault;
	dsync_builder_destroy(b);
	return rc;
}

static int
tell(struct app *app, const struct settings *settings, const struct repack *r)
{
	char size[DSYNC_TEXT_HUMAN_SIZE];
	struct dsync_buffer out;
	FILE *stream = app->stdout_is_payload ? stderr : stdout;

	if (app->json) {
		report_json_begin(&out, settings->output, true);
		dsync_json_put_unsigned(&out, "payload_size", r->payload->size);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (app->quiet)
		return EXIT_DONE;
	dsync_text_human_size(size, r->payload->size);
	report_text(stream, strcmp(settings->output, "-") == 0 ? "standard output" : settings->output);
	fprintf(stream, ": a strict archive, payload of %s\n", size);
	return EXIT_DONE;
}

static int
repack(struct app *app, const char *in, int fd, const struct settings *settings)
{
	struct repack r = { .app = app, .in = in, .fd = fd };
	struct dsync_error err;
	int rc, status;

	r.zip = dsync_zip_open_loose(fd, on_note, &r, &err);
	if (r.zip == NULL)
		return report_error(app, in, &err);
	status = settle_duplicates(&r, settings);
	if (status == EXIT_DONE) {
		rc = write_archive(&r, settings, &err);
		if (rc < 0)
			status = report_error(app,
				rc == DSYNC_ERR_EXISTS || rc == DSYNC_ERR_DURABILITY ? settings->output : in, &err);
		else
			status = tell(app, settings, &r);
	}
	inflate_close(r.inflate);
	dsync_zip_close(r.zip);
	return status;
}

/* A descriptor, or a negative code. */
static int
open_input(const char *in, struct dsync_error *err)
{
	struct stat st;
	int fd;

	if (strcmp(in, "-") != 0) {
		fd = dsync_sys_openat(DSYNC_SYS_CWD, in, O_RDONLY, 0);
		return fd < 0 ? dsync_error_set_errno(err, -fd, "cannot open it") : fd;
	}
	if (dsync_sys_fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode)) {
		dsync_error_set(err, DSYNC_ERR_INVALID, "",
			"an archive is read from its end, so it cannot come through a pipe");
		dsync_error_hint(err, "put it into a file, and give its name or redirect it: < FILE");
		return DSYNC_ERR_INVALID;
	}
	fd = dsync_sys_dup(STDIN_FILENO);
	return fd < 0 ? dsync_error_set_errno(err, -fd, "cannot read standard input") : fd;
}

int
cmd_repack(struct app *app, int argc, char **argv)
{
	struct settings settings = { 0 };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);
	struct dsync_error err;
	int fd, status;

	if (first < 0)
		return options_exit(first);
	if (argc - first != 1)
		return report_usage(app, "one archive, not %d", argc - first);
	if (settings.output == NULL)
		return report_usage(app, "-o says where the strict archive goes");
	status = target_stream(app, settings.output);
	if (status == EXIT_DONE)
		status = target_check(app, settings.output, settings.force);
	if (status != EXIT_DONE)
		return status;
	fd = open_input(argv[first], &err);
	if (fd < 0)
		return report_error(app, argv[first], &err);
	status = repack(app, argv[first], fd, &settings);
	dsync_sys_close(fd);
	return status;
}
