/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_run.c - try an updater: in the real sandbox, in an archive of its own that is gone afterwards.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "endings.h"
#include "input.h"
#include "output.h"
#include "run.h"
#include "runtime/exit_code.h"
#include "runtime/path.h"

static const struct option_spec options[] = {
	{ "payload", 0, "FILE", "the payload that it finds (default: none, as at the first fill)" },
	{ "push", 0, "FILE", "push this payload (- is standard input): the updater sees it and may refuse" },
	{ "context", 0, "FILE", "its parameters, JSON" },
	{ "manifest", 0, "FILE", "the manifest.toml that it finds" },
	{ "allow-host", 0, "HOST", "it may reach this host, private addresses too (repeatable)" },
	{ "allow-env", 0, "NAME", "it may read this variable (repeatable)" },
	{ "timeout", 0, "TIME", "how long it may take without progress" },
	{ "record", 0, "DIR", "keep every answer in this new folder" },
	{ "replay", 0, "DIR", "give it those answers; ask no network" },
	{ "output", 'o', "OUT", "put the new payload into this file" },
	{ "force", 'f', NULL, "replace OUT if it is there" },
	{ "sandbox", 0, "LEVEL", "strict, default or degraded" },
};

static const struct usage usage = {
	"run [OPTION]... UPDATER.wasm",
	"Runs an updater once, in the sandbox that it will live in, and prints what it did:\n"
	"its requests, what was refused and why, its log, time, memory, and how the payload\n"
	"changed.  Nothing is kept, but for what -o and --record ask for.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct run *run = user;
	const struct {
		const char *name;
		const char **text;
	} rows[] = {
		{ "payload", &run->payload },
		{ "push", &run->pushed },
		{ "context", &run->context },
		{ "manifest", &run->manifest },
		{ "record", &run->record },
		{ "replay", &run->replay },
		{ "output", &run->output },
		{ "sandbox", &run->sandbox },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, option->name) == 0) {
			*rows[i].text = value;
			return 0;
		}
	}
	if (strcmp(option->name, "allow-host") == 0)
		return list_add(app, &run->hosts, option->name, value);
	if (strcmp(option->name, "allow-env") == 0)
		return list_add(app, &run->env, option->name, value);
	if (strcmp(option->name, "timeout") == 0)
		return input_duration(app, option->name, value, 1, &run->timeout);
	run->force = true;
	return 0;
}

/* A recording is a folder's only content, so that what is replayed is what was recorded. */
static int
prepare_record(const char *path, struct dsync_error *err)
{
	struct dirent *entry;
	int rc, names = 0;
	DIR *folder;

	rc = dsync_sys_mkdirat(DSYNC_SYS_CWD, path, 0777);
	if (rc == 0)
		return 0;
	if (rc != -EEXIST)
		return dsync_error_set_errno(err, -rc, "cannot make the folder %s", path);
	folder = opendir(path);
	if (folder == NULL)
		return dsync_error_set_errno(err, errno, "cannot open the folder %s", path);
	while ((entry = readdir(folder)) != NULL)
		names += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	if (names == 0)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_EXISTS, "", "the folder %s is not empty", path);
	dsync_error_hint(err, "name a new one with --record");
	return rc;
}

static int
describe_job(const struct run *run, const struct run_place *place, struct dsync_job *job, struct dsync_error *err)
{
	int rc;

	dsync_job_init(job);
	job->kind = DSYNC_JOB_REFRESH;
	job->force = true;
	job->path = strdup(place->archive);
	job->config_dir = strdup(place->config);
	job->state_dir = strdup(place->state);
	job->sandbox = run->sandbox != NULL ? strdup(run->sandbox) : NULL;
	if (job->path == NULL || job->config_dir == NULL || job->state_dir == NULL ||
		(run->sandbox != NULL && job->sandbox == NULL))
		return dsync_error_set_memory(err);
	rc = dsync_path_absolute(run->record, &job->record, err);
	if (rc == 0)
		rc = dsync_path_absolute(run->replay, &job->replay, err);
	return rc;
}

static int
copy_input(struct run *run, int fd, struct dsync_error *err)
{
	static char piece[65536];
	int64_t n;
	int rc = 0;

	while (rc == 0 && (n = run_read_stdin(run, piece, sizeof(piece))) != 0) {
		if (n == DSYNC_ERR_CANCELLED)
			return dsync_error_set(err, DSYNC_ERR_CANCELLED, "", "cancelled");
		if (n < 0)
			return dsync_error_set(err, DSYNC_ERR_SYSTEM, "", "cannot read standard input");
		rc = dsync_sys_write_all(fd, piece, (size_t)n);
	}
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot keep what was pushed") : 0;
}

/* The refresher maps what is pushed, so that a stream goes into a file first, which loses its name at once. */
static int
spool_pushed(struct run *run, const struct run_place *place, int *fd, struct dsync_error *err)
{
	char path[PATH_MAX];
	int rc;

	if (snprintf(path, sizeof(path), "%s/pushed", place->folder) >= (int)sizeof(path))
		return dsync_error_set_errno(err, ENAMETOOLONG, "cannot write in the folder %s", place->folder);
	*fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return dsync_error_set_errno(err, -*fd, "cannot write in the folder %s", place->folder);
	dsync_sys_unlinkat(DSYNC_SYS_CWD, path);
	rc = copy_input(run, *fd, err);
	if (rc < 0) {
		dsync_sys_close(*fd);
		*fd = -1;
	}
	return rc;
}

static int
open_pushed(struct run *run, const struct run_place *place, int *fd, struct dsync_error *err)
{
	const char *path = run->pushed;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return spool_pushed(run, place, fd, err);
	*fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDONLY | O_NONBLOCK, 0);
	if (*fd < 0)
		return dsync_error_set_errno(err, -*fd, "cannot open %s", path);
	if (dsync_sys_fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	dsync_sys_close(*fd);
	*fd = -1;
	return dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s is not a regular file", path);
}

static int
execute(struct run *run, const struct run_place *place, const struct endings *endings, struct dsync_error *err)
{
	struct dsync_job job;
	int pushed = -1;
	int rc;

	rc = describe_job(run, place, &job, err);
	if (rc == 0 && run->pushed != NULL)
		rc = open_pushed(run, place, &pushed, err);
	job.push = pushed >= 0;
	progress_begin(&run->progress, run->app, run->wasm);
	if (rc == 0)
		rc = endings_run_job(endings, run->app->context, &job, pushed, run_tell_event, run, &run->result, err);
	progress_end(&run->progress);
	dsync_job_finish(&job);
	if (pushed >= 0)
		dsync_sys_close(pushed);
	return rc;
}

static int
write_piece(void *user, const void *data, size_t size)
{
	const struct output *output = user;

	return dsync_sys_write_all(output->fd, data, size);
}

static int
write_output(const struct run *run, const struct dsync_archive *archive, struct dsync_error *err)
{
	struct output output;
	int rc;

	rc = output_begin(&output, run->output, run->force, err);
	if (rc < 0)
		return rc;
	rc = dsync_archive_stream_payload(archive, write_piece, &output, err);
	if (rc == 0)
		rc = output_publish(&output, err);
	output_finish(&output);
	return rc;
}

/* The status of a refresh that ended like this. */
static int
judge(const struct dsync_result *result)
{
	return dsync_exit_code_result(result->kind, &result->error);
}

/* In the folder that was made; an exit status, after reporting. */
static int
try_updater(struct run *run, const struct run_place *place, const struct endings *endings)
{
	struct dsync_archive *before, *after = NULL;
	struct dsync_error err;
	int status = EXIT_DONE;
	int rc = 0;

	before = dsync_archive_open(place->archive, NULL, &err);
	if (before == NULL)
		return report_error(run->app, run->wasm, &err);
	rc = execute(run, place, endings, &err);
	if (rc == 0) {
		after = dsync_archive_open(place->archive, NULL, &err);
		rc = after != NULL ? 0 : err.code;
	}
	if (rc == 0)
		status = run_tell(run, before, after);
	if (rc == 0 && run->output != NULL && run->result.error.code == 0)
		rc = write_output(run, after, &err);
	if (rc < 0)
		status = report_error(run->app, run->wasm, &err);
	else if (status == EXIT_DONE)
		status = judge(&run->result);
	dsync_archive_unref(before);
	dsync_archive_unref(after);
	return status;
}

static int
work(struct run *run)
{
	struct endings endings;
	struct run_place place;
	struct dsync_error err;
	int status;

	if (run_read_inputs(run, &err) < 0)
		return report_error(run->app, run->wasm, &err);
	if (run->record != NULL && prepare_record(run->record, &err) < 0)
		return report_error(run->app, run->record, &err);
	endings_hold(&endings);
	run->ending = endings.fd;
	if (run_place_make(run, &place, &err) < 0) {
		status = report_error(run->app, run->wasm, &err);
	} else {
		status = try_updater(run, &place, &endings);
		run_place_remove(&place);
	}
	endings_release(&endings);
	return status;
}

int
cmd_run(struct app *app, int argc, char **argv)
{
	struct run run = { .app = app, .timeout = -1 };
	int first = options_parse(app, &usage, argc, argv, set_option, &run);
	int status;

	if (first < 0)
		return options_exit(first);
	if (argc - first != 1)
		return report_usage(app, "one updater, not %d", argc - first);
	if (run.payload != NULL && run.pushed != NULL && strcmp(run.payload, "-") == 0 && strcmp(run.pushed, "-") == 0)
		return report_usage(app, "standard input is one file: for --payload or --push, not both");
	if (run.record != NULL && run.replay != NULL)
		return report_usage(app, "--record and --replay do not go together");
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	run.wasm = argv[first];
	dsync_result_init(&run.result);
	dsync_buffer_init(&run.refused, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&run.log, DSYNC_BUFFER_UNLIMITED);
	status = work(&run);
	dsync_result_finish(&run.result);
	dsync_buffer_finish(&run.wasm_bytes);
	dsync_buffer_finish(&run.context_json);
	dsync_buffer_finish(&run.manifest_text);
	dsync_buffer_finish(&run.refused);
	dsync_buffer_finish(&run.log);
	return status;
}
