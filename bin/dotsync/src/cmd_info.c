/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_info.c - all there is to know about an archive: what it is, whose, what it may do, who signed, how fresh.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "base/time.h"
#include "command.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "files.h"
#include "info.h"
#include "report.h"
#include "status_text.h"

#define VALUE_COLUMN 13
#define HASH_SHOWN 15 /* of "blake3:" and 64 digits; --json has them all */

static const struct usage usage = {
	"info [OPTION]... FILE...",
	"Shows what an archive is, how fresh it is, what its updater may do and who\n"
	"vouches for it.  Asks no network and changes nothing.",
	NULL,
	0,
};

/* A label, and what is printed after it. */
static void
label(const char *text)
{
	printf("  %s%-*s%s", report_colour(stdout, COLOUR_BOLD), VALUE_COLUMN - 2, text,
		report_colour(stdout, COLOUR_OFF));
}

static void
line(const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	label(name);
	report_wrapped(stdout, text, VALUE_COLUMN);
}

static void
list(const char *name, const char *empty, const struct dsync_strings *items)
{
	size_t i;

	if (items->count == 0)
		line(name, empty);
	for (i = 0; i < items->count; i++)
		line(i == 0 ? name : "", items->items[i]);
}

static void
show_what(const struct info *info)
{
	const struct dsync_manifest *m = info->manifest;
	char size[DSYNC_TEXT_HUMAN_SIZE], created[DSYNC_TIME_TEXT_SIZE];

	line("Name", dsync_manifest_name(m));
	line("About", dsync_manifest_description(m));
	dsync_text_human_size(size, info->status.payload_size);
	label("Payload");
	printf("%s, ", size);
	report_text(stdout, dsync_manifest_content_type(m));
	fputs(", shown as ", stdout);
	report_text(stdout, info->display_name);
	if (dsync_manifest_variant(m) != DSYNC_VARIANT_PLAIN)
		printf(" (%s)", dsync_variant_name(dsync_manifest_variant(m)));
	putchar('\n');
	dsync_time_format(created, dsync_manifest_created_at(m));
	label("Created");
	printf("%s by ", created);
	report_text(stdout, dsync_manifest_created_by(m));
	putchar('\n');
}

static void
show_freshness(const struct info *info)
{
	const struct dsync_status *status = &info->status;
	struct dsync_buffer text;
	char ttl[DSYNC_TEXT_HUMAN_SIZE];

	dsync_text_human_duration(ttl, status->ttl);
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	status_append_age(&text, status);
	label("State");
	printf("%s%s%s, %s (ttl %s)\n", report_colour(stdout, status_colour(status)),
		dsync_state_word_name(status->state), report_colour(stdout, COLOUR_OFF),
		dsync_buffer_text(&text) != NULL ? dsync_buffer_text(&text) : "", ttl);
	dsync_buffer_clear(&text);
	status_append_next(&text, status, &info->consent);
	line("", dsync_buffer_text(&text));
	line("Version", status->generation);
	dsync_buffer_finish(&text);
}

static void
show_grants(const struct dsync_consent *consent)
{
	if (consent->granted) {
		line("Granted", "all that it asks for");
	} else if (consent->granted_hosts.count + consent->granted_env.count == 0) {
		line("Granted", "nothing: `dotsync grant` shows what it asks for, and asks you");
	} else {
		line("Granted", "not all of it: `dotsync grant` shows what is missing, and asks you");
		list("Missing", "", &consent->missing_hosts);
		list("", "", &consent->missing_env);
	}
	list("Private", "", &consent->granted_private);
	if (consent->missing_private.count > 0) {
		line("Unreached", "private addresses: `dotsync grant FILE --private HOST` allows them");
		list("", "", &consent->missing_private);
	}
}

static void
show_updater(const struct info *info)
{
	const struct dsync_updater_info *updater = &info->updater;
	char size[DSYNC_TEXT_HUMAN_SIZE], hash[DSYNC_HASH_TEXT_SIZE];

	label("Updater");
	if (!updater->present) {
		puts("none: the payload stays as it is");
		return;
	}
	dsync_text_human_size(size, updater->size);
	dsync_hash_format(hash, updater->hash);
	if (updater->builtin != NULL)
		printf("built-in \"%s\"", updater->builtin);
	else
		fputs("foreign", stdout);
	printf(", contract %s", dsync_contract_name(updater->contract));
	if (updater->lacks != NULL)
		printf(" (exports no %s)", updater->lacks);
	printf(", %s, %.*s...\n", size, HASH_SHOWN, hash);
	list("Asks for", "no host", &info->consent.asked_hosts);
	list("Variables", "", &info->consent.asked_env);
	show_grants(&info->consent);
}

static void
show_trust(const struct info *info)
{
	size_t i;

	label("Trust");
	puts(dsync_trust_state(info->trust) == DSYNC_TRUST_UNSIGNED ? "unsigned"
								    : "signature present, not judged by this version");
	for (i = 0; i < dsync_trust_layer_count(info->trust); i++) {
		if (strcmp(dsync_trust_layer_verdict(info->trust, i), "present") != 0)
			continue;
		label("");
		printf("%s: %s\n", dsync_trust_layer_name(info->trust, i), dsync_trust_layer_detail(info->trust, i));
	}
}

static int
show(struct app *app, const char *file, const struct info *info)
{
	report_text(stdout, file);
	putchar('\n');
	show_what(info);
	show_freshness(info);
	show_updater(info);
	show_trust(info);
	return report_flush(app);
}

static int
gather(struct app *app, const char *file, struct info *info, struct dsync_error *err)
{
	const char *place = files_place(file);
	char *copy;
	int rc;

	info->archive = files_open(file, err);
	if (info->archive == NULL)
		return err->code;
	info->manifest = dsync_archive_manifest(info->archive);
	rc = dsync_status_read(app->context, info->archive, place, &info->status, err);
	if (rc == 0)
		rc = dsync_updater_inspect_archive(info->archive, &info->updater, err);
	if (rc == 0)
		rc = dsync_consent_judge(app->context, info->archive, info->status.now, &info->consent, err);
	if (rc < 0)
		return rc;
	info->trust = dsync_trust_check(info->archive, DSYNC_TRUST_FOR_READING, err);
	if (info->trust == NULL)
		return err->code;
	copy = strdup(place != NULL ? place : "payload");
	rc = copy != NULL ? dsync_vfs_display_name(
				    info->display_name, basename(copy), dsync_manifest_display_ext(info->manifest), err)
			  : DSYNC_ERR_NO_MEMORY;
	free(copy);
	return rc;
}

static int
work(struct app *app, const char *file, void *user)
{
	struct info info = { .status = DSYNC_STATUS_INIT };
	bool *is_next = user;
	struct dsync_error err = { 0 };
	int status;

	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	if (gather(app, file, &info, &err) < 0) {
		status = report_error(app, file, &err);
	} else if (app->json) {
		status = info_print_json(app, file, &info);
	} else {
		if (*is_next)
			putchar('\n');
		status = show(app, file, &info);
	}
	*is_next = true;
	dsync_trust_free(info.trust);
	dsync_consent_finish(&info.consent);
	dsync_archive_unref(info.archive);
	return status;
}

int
cmd_info(struct app *app, int argc, char **argv)
{
	bool is_next = false;
	int first = options_parse(app, &usage, argc, argv, NULL, NULL);

	return first < 0 ? options_exit(first) : files_each(app, argc, argv, first, work, &is_next);
}
