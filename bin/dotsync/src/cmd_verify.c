/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_verify.c - container rules, checksums, hashes and every trust layer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "command.h"
#include "dotsync/archive.h"
#include "dotsync/status.h"
#include "dotsync/trust.h"
#include "entries.h"
#include "files.h"
#include "report.h"
#include "runtime/exit_code.h"
#include "status_text.h"

struct settings {
	bool fresh;
};

static const struct option_spec options[] = {
	{ "fresh", 0, NULL, "ask as well: exit 3 when the data are stale" },
};

static const struct usage usage = {
	"verify [OPTION]... FILE...",
	"Reads archives whole and checks every rule, checksum and hash, and says which\n"
	"trust layers there are.  A stale archive is valid; --fresh asks for more.",
	options,
	sizeof(options) / sizeof(options[0]),
};

/* What was found out about one archive. */
struct result {
	struct dsync_error *problems; /* the first one also decides the exit status */
	size_t problem_count;
	struct dsync_error *warnings;
	size_t warning_count;
	unsigned char hash[DSYNC_HASH_SIZE];
	struct dsync_trust *trust; /* NULL when it could not be opened */
	struct dsync_archive *archive;
	struct dsync_status status;
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	(void)app;
	(void)option;
	(void)value;
	settings->fresh = true;
	return 0;
}

static void
add(struct dsync_error **list, size_t *count, const struct dsync_error *err)
{
	struct dsync_error *grown = realloc(*list, (*count + 1) * sizeof(*grown));

	if (grown == NULL)
		return;
	grown[(*count)++] = *err;
	*list = grown;
}

static void
collect(void *user, bool is_warning, const struct dsync_error *problem)
{
	struct result *result = user;

	if (is_warning)
		add(&result->warnings, &result->warning_count, problem);
	else
		add(&result->problems, &result->problem_count, problem);
}

/* Is this a statement about the archive, or about this machine? */
static bool
is_about_archive(const struct dsync_error *err)
{
	return dsync_exit_code(err->code) == EXIT_ARCHIVE;
}

/* What happens to the payload as it passes. */
struct reading {
	struct dsync_hash hash;
	struct progress progress;
	uint64_t done, total;
};

static int
sink(void *user, const void *data, size_t size)
{
	struct reading *reading = user;

	dsync_hash_update(&reading->hash, data, size);
	reading->done += size;
	progress_update(&reading->progress, reading->done, reading->total);
	return 0;
}

static int
read_whole(struct app *app, const char *file, struct result *result, struct dsync_error *err)
{
	struct reading reading = { .total = dsync_archive_payload_size(result->archive) };
	int rc;

	dsync_hash_init(&reading.hash);
	progress_begin(&reading.progress, app, file);
	rc = dsync_archive_verify_sink(result->archive, collect, result, sink, &reading, err);
	progress_end(&reading.progress);
	dsync_hash_final(&reading.hash, result->hash);
	return rc;
}

static int
check(struct app *app, const char *file, struct result *result, struct dsync_error *err)
{
	int rc;

	result->archive = files_open(file, err);
	if (result->archive == NULL) {
		if (!is_about_archive(err))
			return err->code;
		add(&result->problems, &result->problem_count, err);
		return 0;
	}
	rc = read_whole(app, file, result, err);
	if (rc < 0)
		return rc;
	result->trust = dsync_trust_check(result->archive, DSYNC_TRUST_FOR_READING, err);
	if (result->trust == NULL)
		return err->code;
	return dsync_status_read(app->context, result->archive, files_place(file), &result->status, err);
}

static void
put_errors(struct dsync_buffer *out, const char *name, const struct dsync_error *errors, size_t count)
{
	size_t i;

	dsync_json_open_array(out, name);
	for (i = 0; i < count; i++)
		report_error_json(out, NULL, &errors[i]);
	dsync_json_close_array(out);
}

static int
print_json(struct app *app, const char *file, const struct result *result)
{
	char hash[DSYNC_HASH_TEXT_SIZE];
	struct dsync_buffer out;

	report_json_begin(&out, file, result->problem_count == 0);
	dsync_json_put_bool(&out, "valid", result->problem_count == 0);
	put_errors(&out, "problems", result->problems, result->problem_count);
	put_errors(&out, "warnings", result->warnings, result->warning_count);
	if (result->trust != NULL) {
		dsync_hash_format(hash, result->hash);
		dsync_json_put_text(&out, "payload_hash", hash);
		dsync_json_put_bool(&out, "stale", result->status.stale);
		dsync_json_put_text(&out, "trust", dsync_trust_state_name(dsync_trust_state(result->trust)));
		entries_put_layers(&out, result->trust);
	} else {
		dsync_json_open_array(&out, "layers");
		dsync_json_close_array(&out);
	}
	if (result->problem_count > 0)
		report_error_json(&out, "error", &result->problems[0]);
	dsync_json_close(&out);
	return report_print(app, &out);
}

static void
print_warnings(const char *file, const struct result *result)
{
	char text[2048];
	size_t i;

	for (i = 0; i < result->warning_count; i++) {
		dsync_error_format(&result->warnings[i], text, sizeof(text));
		report_text(stdout, file);
		printf(": warning: %s\n", text);
	}
}

static void
print_layers(const char *file, const struct result *result)
{
	size_t i;

	for (i = 0; i < dsync_trust_layer_count(result->trust); i++) {
		if (strcmp(dsync_trust_layer_verdict(result->trust, i), "present") != 0)
			continue;
		report_text(stdout, file);
		printf(": %s: %s\n", dsync_trust_layer_name(result->trust, i),
			dsync_trust_layer_detail(result->trust, i));
	}
}

/* The verdict comes first, everything else is a line of its own with the file's name. */
static int
print_lines(struct app *app, const char *file, const struct settings *settings, const struct result *result)
{
	bool valid = result->problem_count == 0;
	char hash[DSYNC_HASH_TEXT_SIZE], size[DSYNC_TEXT_HUMAN_SIZE];

	report_text(stdout, file);
	printf(": %s%s%s", report_colour(stdout, valid ? COLOUR_GOOD : COLOUR_BAD), valid ? "valid" : "not valid",
		report_colour(stdout, COLOUR_OFF));
	if (result->trust != NULL && dsync_trust_state(result->trust) == DSYNC_TRUST_UNSIGNED)
		fputs(", unsigned", stdout);
	if (settings->fresh && result->trust != NULL)
		printf(", %s", result->status.stale ? "stale" : "fresh");
	putchar('\n');
	print_warnings(file, result);
	if (result->trust != NULL) {
		dsync_hash_format(hash, result->hash);
		dsync_text_human_size(size, dsync_archive_payload_size(result->archive));
		report_text(stdout, file);
		printf(": payload: %s, %s\n", size, hash);
		print_layers(file, result);
	}
	return report_flush(app);
}

static int
print_text(struct app *app, const char *file, const struct settings *settings, const struct result *result)
{
	int status = EXIT_DONE;
	size_t i;

	if (!app->quiet)
		status = print_lines(app, file, settings, result);
	for (i = 0; i < result->problem_count; i++)
		report_error(app, file, &result->problems[i]);
	return status;
}

static int
work(struct app *app, const char *file, void *user)
{
	const struct settings *settings = user;
	struct result result = { .status = DSYNC_STATUS_INIT };
	struct dsync_error err;
	int status;

	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (check(app, file, &result, &err) < 0)
		status = report_error(app, file, &err);
	else if (app->json)
		status = print_json(app, file, &result);
	else
		status = print_text(app, file, settings, &result);
	if (result.problem_count > 0)
		status = report_worst(status, EXIT_ARCHIVE);
	else if (settings->fresh && result.trust != NULL && result.status.stale)
		status = report_worst(status, EXIT_STALE);
	dsync_trust_free(result.trust);
	dsync_archive_unref(result.archive);
	free(result.problems);
	free(result.warnings);
	return status;
}

int
cmd_verify(struct app *app, int argc, char **argv)
{
	struct settings settings = { false };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	return first < 0 ? options_exit(first) : files_each(app, argc, argv, first, work, &settings);
}
