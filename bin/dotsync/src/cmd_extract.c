/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_extract.c - payload to a file: checked, atomically, sharing its blocks where the file system can.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "base/text.h"
#include "command.h"
#include "deliver.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/vfs.h"
#include "files.h"
#include "freshen.h"
#include "output.h"
#include "range.h"
#include "report.h"

struct settings {
	const char *output;
	bool force;
	enum freshen_mode refresh;
};

static const struct option_spec options[] = {
	{ "output", 'o', "OUT", "write to this file, or into this folder" },
	{ "force", 'f', NULL, "replace a file that exists" },
	FRESHEN_OPTION,
};

static const struct usage usage = {
	"extract [OPTION]... FILE",
	"Writes the payload to an ordinary file, by default in the current folder under\n"
	"the name that people see (report.csv.sync becomes report.csv).  The file is\n"
	"checked first and appears whole or not at all.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	if (strcmp(option->name, "output") == 0 && value[0] == '\0') {
		report_usage(app, "the output has no name");
		return -1;
	}
	if (strcmp(option->name, "output") == 0)
		settings->output = value;
	else if (strcmp(option->name, "force") == 0)
		settings->force = true;
	else
		return freshen_parse(app, value, &settings->refresh);
	return 0;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, true) == 0 && S_ISDIR(st.st_mode);
}

/* "OUT", "OUT/NAME" or "NAME", to be freed. */
static char *
choose_path(
	const struct settings *settings, const char *file, const struct dsync_archive *archive, struct dsync_error *err)
{
	const char *extension = dsync_manifest_display_ext(dsync_archive_manifest(archive));
	char name[DSYNC_DISPLAY_NAME_SIZE];
	char *copy, *path = NULL;
	size_t size;
	int rc;

	if (settings->output != NULL && !is_folder(settings->output)) {
		path = strdup(settings->output);
		if (path == NULL)
			dsync_error_set_memory(err);
		return path;
	}
	if (files_place(file) == NULL) {
		dsync_error_set(
			err, DSYNC_ERR_INVALID, "", "an archive on standard input has no name to make one from");
		dsync_error_hint(err, "give the output's name with -o");
		return NULL;
	}
	copy = strdup(file);
	rc = copy != NULL ? dsync_vfs_display_name(name, basename(copy), extension, err) : dsync_error_set_memory(err);
	free(copy);
	if (rc < 0)
		return NULL;
	size = strlen(name) + (settings->output != NULL ? strlen(settings->output) : 0) + 2;
	path = malloc(size);
	if (path == NULL)
		dsync_error_set_memory(err);
	else
		snprintf(path, size, "%s%s%s", settings->output != NULL ? settings->output : "",
			settings->output != NULL ? "/" : "", name);
	return path;
}

/* Where the stream stands, and up to where the file has its bytes already. */
struct copy {
	int fd;
	uint64_t position, shared, total;
	struct progress progress;
	int sys_errno;
};

static bool
is_zero(const unsigned char *data, size_t size)
{
	return size > 0 && data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/* A piece of zeros is left out: the file has holes where the payload may have had them. */
static int
sink(void *user, const void *data, size_t size)
{
	struct copy *copy = user;
	uint64_t skip = copy->shared > copy->position ? copy->shared - copy->position : 0;
	int rc = 0;

	if (skip < size && !is_zero(data, size))
		rc = dsync_sys_pwrite_all(
			copy->fd, (const unsigned char *)data + skip, size - (size_t)skip, copy->position + skip);
	if (rc < 0) {
		copy->sys_errno = -rc;
		return DSYNC_ERR_SYSTEM;
	}
	copy->position += size;
	progress_update(&copy->progress, copy->position, copy->total);
	return 0;
}

/* Whole blocks are shared where the file system can; all bytes are read once, for the checksum. */
static int
fill(struct app *app, int fd, const struct dsync_archive *archive, const char *what, struct dsync_error *err)
{
	struct dsync_extent extent = dsync_archive_payload_extent(archive);
	struct copy copy = { .fd = fd, .total = extent.size };
	struct stat st;
	uint64_t whole;
	int rc;

	rc = dsync_sys_fstat(fd, &st);
	if (rc == 0 && st.st_blksize > 0) {
		whole = extent.size - extent.size % (uint64_t)st.st_blksize;
		if (whole > 0 && dsync_sys_clone_range(extent.fd, extent.offset, whole, fd, 0) == 0)
			copy.shared = whole;
	}
	progress_begin(&copy.progress, app, what);
	rc = dsync_archive_stream_payload(archive, sink, &copy, err);
	progress_end(&copy.progress);
	if (rc == 0)
		copy.sys_errno = -dsync_sys_ftruncate(fd, extent.size);
	if (copy.sys_errno != 0)
		rc = dsync_error_set_errno(err, copy.sys_errno, "cannot write %s", what);
	return rc;
}

static int
write_file(struct app *app, const struct settings *settings, const struct dsync_archive *archive, const char *path,
	struct dsync_error *err)
{
	struct output output;
	int rc;

	rc = output_begin(&output, path, settings->force, err);
	if (rc < 0)
		return rc;
	rc = fill(app, output.fd, archive, path, err);
	if (rc == 0)
		rc = output_publish(&output, err);
	output_finish(&output);
	return rc;
}

static int
tell(struct app *app, const char *file, const char *path, uint64_t size)
{
	char human[DSYNC_TEXT_HUMAN_SIZE];
	struct dsync_buffer out;

	if (app->json) {
		report_json_begin(&out, file, true);
		dsync_json_put_text(&out, "output", path);
		dsync_json_put_unsigned(&out, "payload_size", size);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (!app->quiet) {
		dsync_text_human_size(human, size);
		report_text(stdout, path);
		printf(": %s\n", human);
	}
	return EXIT_DONE;
}

static int
refuse_itself(struct app *app, const char *file, const char *path)
{
	struct dsync_error err;

	dsync_error_set(&err, DSYNC_ERR_INVALID, "", "the output %s is the archive itself", path);
	dsync_error_hint(&err, "give another name with -o");
	return report_error_as(app, file, &err, EXIT_USAGE);
}

static int
extract(struct app *app, const char *file, struct dsync_archive *archive, void *user)
{
	const struct settings *settings = user;
	static const struct range whole = { false, false, 0, 0 };
	struct dsync_error err;
	char *path;
	int status;

	if (app->stdout_is_payload)
		return deliver_payload(app, file, archive, &whole);
	path = choose_path(settings, file, archive, &err);
	if (path != NULL && files_is_itself(file, path))
		status = refuse_itself(app, file, path);
	else if (path == NULL || write_file(app, settings, archive, path, &err) < 0)
		status = report_error(app, file, &err);
	else
		status = tell(app, file, path, dsync_archive_payload_size(archive));
	free(path);
	return status;
}

static int
work(struct app *app, const char *file, void *user)
{
	const struct settings *settings = user;

	return freshen_read(app, file, settings->refresh, extract, user);
}

int
cmd_extract(struct app *app, int argc, char **argv)
{
	struct settings settings = { 0 };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	app->stdout_is_payload = settings.output != NULL && strcmp(settings.output, "-") == 0;
	return files_one(app, argc, argv, first, work, &settings);
}
