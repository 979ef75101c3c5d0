/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create_fetch.c - gets the first payload of `create --from`.
 *
 * dotsync-refresh fetches, as it will later; the body goes into a file without a name beside the archive to be, so
 * that a file system that can share blocks does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "create.h"
#include "dotsync/manifest.h"
#include "endings.h"
#include "report.h"
#include "runtime/context.h"

#define FETCH_TIMEOUT 60 /* seconds, extended by what arrives; --timeout says otherwise */

/* The folder of a path: "." where it names none. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Where file systems have no nameless files: one that loses its name at once. */
static int
open_named(const char *folder)
{
	char path[4096], digits[17];
	unsigned char random[8];
	int fd;

	fd = dsync_sys_random(random, sizeof(random));
	if (fd < 0)
		return fd;
	dsync_text_hex_encode(digits, random, sizeof(random));
	if (snprintf(path, sizeof(path), "%s/.dotsync-%s", folder, digits) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd >= 0)
		dsync_sys_unlinkat(DSYNC_SYS_CWD, path);
	return fd;
}

static int
open_spool(struct create *c, struct dsync_error *err)
{
	const char *tmp = getenv("TMPDIR");
	char *folder;

	if (strcmp(c->output, "-") == 0)
		folder = strdup(tmp != NULL && tmp[0] != '\0' ? tmp : "/var/tmp");
	else
		folder = folder_of(c->output);
	if (folder == NULL)
		return dsync_error_set_memory(err);
	c->spool = dsync_sys_openat(DSYNC_SYS_CWD, folder, O_TMPFILE | O_RDWR, 0600);
	if (c->spool == -EOPNOTSUPP || c->spool == -EISDIR || c->spool == -EINVAL)
		c->spool = open_named(folder);
	if (c->spool < 0)
		dsync_error_set_errno(err, -c->spool, "cannot write in the folder %s", folder);
	free(folder);
	return c->spool < 0 ? DSYNC_ERR_SYSTEM : 0;
}

#define WARNINGS_MAX 16384 /* bytes */

struct watcher {
	struct app *app;
	struct progress progress;
	struct dsync_buffer warnings; /* of an updater: why a mirror would not do; lines */
};

static void
on_event(void *user, const struct dsync_event *event)
{
	struct watcher *watcher = user;

	if (event->kind == DSYNC_EVENT_PROGRESS)
		progress_update(&watcher->progress, event->done, event->total);
	else if (event->kind == DSYNC_EVENT_REQUEST || event->kind == DSYNC_EVENT_LOG)
		report_detail(watcher->app, "%s", event->text);
	if (event->kind == DSYNC_EVENT_LOG && event->level >= DSYNC_LOG_WARNING)
		dsync_buffer_printf(&watcher->warnings, "%s\n", event->text);
}

/* Where it went well in the end; else the error says the same.  Who wants to be told more was told already. */
static void
tell_warnings(const struct watcher *watcher)
{
	const char *text = watcher->warnings.size > 0 ? (const char *)watcher->warnings.data : "";
	const char *end = text + watcher->warnings.size, *newline;

	for (; !watcher->app->verbose && text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			return;
		report_note(watcher->app, "%.*s; the next mirror was tried", (int)(newline - text), text);
	}
}

int
create_run_job(struct app *app, struct create *c, struct dsync_job *job, const char *url, struct dsync_error *err)
{
	struct watcher watcher = { .app = app };
	int rc;

	dsync_buffer_init(&watcher.warnings, WARNINGS_MAX);
	dsync_result_finish(&c->fetched);
	progress_begin(&watcher.progress, app, url);
	rc = endings_run_job(c->endings, app->context, job, c->spool, on_event, &watcher, &c->fetched, err);
	progress_end(&watcher.progress);
	dsync_job_finish(job);
	if (rc == 0 && c->fetched.error.code < 0) {
		*err = c->fetched.error;
		rc = err->code;
	}
	if (rc == 0)
		tell_warnings(&watcher);
	dsync_buffer_finish(&watcher.warnings);
	return rc;
}

/* One URL; 0 only when the whole body is in the spool. */
static int
fetch_one(struct app *app, struct create *c, const char *url, struct dsync_error *err)
{
	struct dsync_job job;

	dsync_job_init(&job);
	job.kind = DSYNC_JOB_FETCH;
	job.timeout_ms = (c->timeout > 0 && c->timeout < INT64_MAX / 1000 ? c->timeout : FETCH_TIMEOUT) * 1000;
	job.size_max = DSYNC_MANIFEST_MAX_PAYLOAD_DEFAULT;
	job.url = strdup(url);
	return job.url != NULL ? create_run_job(app, c, &job, url, err) : dsync_error_set_memory(err);
}

/* As the built-in updater does, which would not take it later either; what another updater takes is its own business. */
static int
refuse_empty(const struct create *c, const char *url, struct dsync_error *err)
{
	int rc;

	if (c->wasm != NULL || c->fetched.payload_size > 0)
		return 0;
	rc = dsync_error_set(
		err, DSYNC_ERR_NETWORK, "empty", "the server's answer is empty, which is taken for a mistake");
	dsync_error_at_entry(err, url, strlen(url));
	dsync_error_hint(err,
		"if no bytes are right, say so: --context with \"allow_empty\": true; or begin with a file in hand");
	return rc;
}

/* What a mirror left behind. */
static int
empty_spool(struct create *c, struct dsync_error *err)
{
	int rc = dsync_sys_ftruncate(c->spool, 0);

	if (rc == 0 && lseek(c->spool, 0, SEEK_SET) < 0)
		rc = -errno;
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot empty the temporary file") : 0;
}

/* What a server did wrong is worth another try (75), whatever the code: a damaged body is no damaged archive. */
int
create_fetch_failed(struct app *app, const struct create *c, const struct dsync_error *err)
{
	bool by_helper = c->fetched.error.code < 0;

	if (err->code == DSYNC_ERR_SYNTAX && strcmp(err->rule, "url") == 0)
		return report_error_as(app, c->output, err, EXIT_USAGE);
	if (by_helper &&
		(err->code == DSYNC_ERR_CORRUPT || err->code == DSYNC_ERR_LIMIT || err->code == DSYNC_ERR_SYNTAX))
		return report_error_as(app, c->output, err, EXIT_AGAIN);
	return report_error(app, c->output, err);
}

int
create_fetch(struct app *app, struct create *c)
{
	struct dsync_error err;
	char text[1024];
	int rc;

	if (dsync_context_offline(app->context)) {
		dsync_error_set(&err, DSYNC_ERR_NETWORK, "offline", "not fetched: the network is not to be used");
		dsync_error_hint(&err, "leave out --offline, or unset DOTSYNC_OFFLINE");
		return report_error(app, c->output, &err);
	}
	if (create_has_plan(c) || (c->context != NULL && c->wasm == NULL))
		return create_fill(app, c);
	if (open_spool(c, &err) < 0)
		return report_error(app, c->output, &err);
	for (c->source = 0;; c->source++) {
		rc = empty_spool(c, &err);
		if (rc == 0)
			rc = fetch_one(app, c, c->urls.items[c->source], &err);
		if (rc == 0)
			rc = refuse_empty(c, c->urls.items[c->source], &err);
		if (rc == 0)
			return EXIT_DONE;
		if (c->source + 1 == c->urls.count)
			return create_fetch_failed(app, c, &err);
		dsync_error_format(&err, text, sizeof(text));
		report_note(app, "%s: %s; trying the next mirror", c->urls.items[c->source], text);
	}
}
