/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_repack.c - a strict archive from any ZIP that almost is one.
 *
 * The one place where a looser reader is used.  Of a name that occurs more than once the last one counts, after asking.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "command.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "input.h"
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

/* One run: where it reads, what it found. */
struct repack {
	struct app *app;
	const char *in;
	struct dsync_zip *zip;
	/* the payload, handed out piece by piece */
	const struct dsync_zip_entry *payload;
	unsigned char *inflated; /* NULL: read where it lies */
	uint64_t done;
	uint32_t crc;
	struct dsync_error fault; /* of the source, which can only return a code */
	struct progress progress;
};

static void
on_note(void *user, const char *text)
{
	struct repack *r = user;

	report_note(r->app, "%s: %s", r->in, text);
}

/* The last entry of this name, and how many there are. */
static const struct dsync_zip_entry *
last_of(const struct dsync_zip *zip, const char *name, size_t *count)
{
	const struct dsync_zip_entry *found = NULL, *entry;
	size_t i;

	*count = 0;
	for (i = 0; (entry = dsync_zip_at(zip, i)) != NULL; i++) {
		if (strcmp(entry->name, name) == 0) {
			found = entry;
			++*count;
		}
	}
	return found;
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
		if (last_of(r->zip, entry->name, &count) != entry || count < 2 || settings->yes)
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

/* A whole entry in memory (free() it). */
static int
read_entry(const struct repack *r, const struct dsync_zip_entry *entry, uint64_t limit, unsigned char **data,
	struct dsync_error *err)
{
	int rc;

	*data = NULL;
	if (entry->size > limit || entry->stored_size > limit) {
		rc = dsync_error_set(err, DSYNC_ERR_LIMIT, "Z27", "an entry is too large to be repacked");
		dsync_error_at_entry(err, entry->name, strlen(entry->name));
		dsync_error_expected(err, "at most %" PRIu64 " bytes", limit);
		return rc;
	}
	*data = malloc(entry->size > 0 ? (size_t)entry->size : 1);
	if (*data == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_zip_read(r->zip, entry, *data, err);
	if (rc < 0) {
		free(*data);
		*data = NULL;
	}
	return rc;
}

static const struct dsync_zip_entry *
require(const struct repack *r, const char *name, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry;
	size_t count;

	entry = last_of(r->zip, name, &count);
	if (entry != NULL)
		return entry;
	dsync_error_set(err, DSYNC_ERR_NOT_ARCHIVE, "Z26", "no %s", name);
	dsync_error_hint(err, "it is no archive of ours: `dotsync create` makes one of a payload");
	return NULL;
}

static int
add_manifest(const struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry = require(r, DSYNC_ENTRY_MANIFEST, err);
	struct dsync_manifest *manifest;
	unsigned char *text;
	int rc;

	if (entry == NULL)
		return err->code;
	rc = read_entry(r, entry, DSYNC_MANIFEST_SIZE_MAX, &text, err);
	if (rc < 0)
		return rc;
	manifest = dsync_manifest_parse(text, (size_t)entry->size, err);
	free(text);
	if (manifest == NULL)
		return err->code;
	dsync_builder_set_manifest(b, manifest);
	dsync_manifest_destroy(manifest);
	return 0;
}

static int
fail_source(struct repack *r, int rc)
{
	if (r->fault.code == 0)
		dsync_error_set(&r->fault, rc, "", "the payload cannot be read");
	return rc;
}

/* The next piece; at the end the sum must be right. */
static int64_t
payload_source(void *user, void *buf, size_t size)
{
	struct repack *r = user;
	uint64_t left = r->payload->size - r->done;
	size_t piece = left < size ? (size_t)left : size;
	int rc = 0;

	if (piece == 0 && r->inflated == NULL && r->crc != r->payload->crc32) {
		rc = dsync_error_set(&r->fault, DSYNC_ERR_CORRUPT, "Z29", "the payload is damaged");
		dsync_error_expected(&r->fault, "CRC-32 0x%08" PRIx32, r->payload->crc32);
		dsync_error_found(&r->fault, "0x%08" PRIx32, r->crc);
		return rc;
	}
	if (piece == 0)
		return 0;
	if (r->inflated != NULL)
		memcpy(buf, r->inflated + r->done, piece);
	else
		rc = dsync_zip_read_stored(r->zip, r->payload, r->done, buf, piece, &r->fault);
	if (rc < 0)
		return fail_source(r, rc);
	r->crc = dsync_crc32(r->crc, buf, piece);
	r->done += piece;
	return (int64_t)piece;
}

static int
add_payload(struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	int rc;

	r->payload = require(r, DSYNC_ENTRY_PAYLOAD, err);
	if (r->payload == NULL)
		return err->code;
	if (r->payload->method ==
		DSYNC_ZIP_DEFLATED) { /* in memory, so that it is known to be whole before anything is written */
		rc = read_entry(r, r->payload, DSYNC_ZIP_INFLATE_SIZE_MAX, &r->inflated, err);
		if (rc < 0)
			return rc;
	}
	return dsync_builder_set_payload_source(b, payload_source, r);
}

static bool
is_reserved(const char *name)
{
	static const char *const known[] = { DSYNC_ENTRY_UPDATER, DSYNC_ENTRY_RELEASE, DSYNC_ENTRY_ATTEST,
		DSYNC_ENTRY_PROOF, DSYNC_ENTRY_CHUNKS };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i]) == 0)
			return false;
	}
	return strncmp(name, DSYNC_ENTRY_RESERVED_PREFIX, strlen(DSYNC_ENTRY_RESERVED_PREFIX)) == 0;
}

static int
add_entry(const struct repack *r, const struct dsync_zip_entry *entry, struct dsync_builder *b, struct dsync_error *err)
{
	unsigned char *data;
	int rc;

	if (is_reserved(entry->name)) {
		report_note(
			r->app, "%s: left out: \"%s\" has a name that the format keeps for itself", r->in, entry->name);
		return 0;
	}
	rc = read_entry(r, entry, DSYNC_ZIP_INFLATE_SIZE_MAX, &data, err);
	if (rc < 0)
		return rc;
	if (strcmp(entry->name, DSYNC_ENTRY_CONTEXT) == 0)
		dsync_builder_set_context(b, data, (size_t)entry->size);
	else if (strcmp(entry->name, DSYNC_ENTRY_UPDATER) == 0)
		dsync_builder_set_updater(b, data, (size_t)entry->size);
	else
		dsync_builder_set_entry(b, entry->name, data, (size_t)entry->size);
	free(data);
	return 0;
}

static int
add_others(const struct repack *r, struct dsync_builder *b, struct dsync_error *err)
{
	const struct dsync_zip_entry *entry;
	size_t i, count;
	int rc = 0;

	for (i = 0; rc == 0 && (entry = dsync_zip_at(r->zip, i)) != NULL; i++) {
		if (last_of(r->zip, entry->name, &count) != entry)
			continue;
		if (strcmp(entry->name, DSYNC_ENTRY_MANIFEST) != 0 && strcmp(entry->name, DSYNC_ENTRY_PAYLOAD) != 0)
			rc = add_entry(r, entry, b, err);
	}
	return rc;
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
		rc = add_manifest(r, b, err);
	if (rc == 0)
		rc = add_payload(r, b, err);
	if (rc == 0)
		rc = add_others(r, b, err);
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
	struct repack r = { .app = app, .in = in };
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
	free(r.inflated);
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
