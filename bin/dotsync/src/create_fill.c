/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create_fill.c - gets the first payload of `create --from` where it must be unpacked, checked or looked up.
 *
 * The built-in updater does it, in its cage, as it will later: it refreshes an archive without a payload in a folder of its own beside
 * the archive to be.  That one is then the base of the real one, which knows more, such as the type of the data.  What the user typed
 * is granted for this run alone, in that folder: the user's own grants change when the archive is there, and not before.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "create.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "endings.h"
#include "report.h"
#include "scratch.h"

#define ARCHIVE "/fill.sync"
#define CONFIG "/config"

/* A folder that nobody else sees into, where the archive will be. */
static int
make_folder(const struct create *c, char path[PATH_MAX], struct dsync_error *err)
{
	const char *tmp = getenv("TMPDIR"), *slash = strrchr(c->output, '/');
	const bool to_stream = strcmp(c->output, "-") == 0;
	char parent[PATH_MAX], resolved[PATH_MAX], digits[17];
	unsigned char random[8];
	int rc;

	if (to_stream)
		snprintf(parent, sizeof(parent), "%s", tmp != NULL && tmp[0] != '\0' ? tmp : "/var/tmp");
	else
		snprintf(parent, sizeof(parent), "%.*s", slash != NULL ? (int)(slash + 1 - c->output) : 1,
			slash != NULL ? c->output : ".");
	rc = dsync_sys_random(random, sizeof(random));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random numbers");
	dsync_text_hex_encode(digits, random, sizeof(random));
	if (realpath(parent, resolved) == NULL)
		return dsync_error_set_errno(err, errno, "cannot write in the folder %s", parent);
	if (snprintf(path, PATH_MAX, "%s/.dotsync-%s", resolved, digits) >= PATH_MAX - (int)sizeof(ARCHIVE))
		return dsync_error_set_errno(err, ENAMETOOLONG, "cannot write in the folder %s", parent);
	rc = dsync_sys_mkdirat(DSYNC_SYS_CWD, path, 0700);
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot write in the folder %s", parent) : 0;
}

/* Secrets are the grant's, and so are private hosts beyond that of the first URL: without them the user's own grants will do. */
static bool
needs_grant(const struct create *c)
{
	return c->grant.secrets.count > 0 || c->urls.count > 1 || c->expect != NULL || c->hosts.count > 0;
}

/* An archive that has all but the payload. */
static int
write_empty(struct create *c, const char *path, struct dsync_error *err)
{
	struct dsync_view wasm = dsync_buffer_view(&c->updater), context = dsync_buffer_view(&c->context_json);
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_manifest *manifest = NULL;
	int rc;

	rc = create_permissions(c, err);
	if (rc == 0)
		manifest = create_manifest(c, err);
	if (rc < 0 || manifest == NULL || b == NULL) {
		rc = rc < 0 ? rc : b == NULL ? dsync_error_set_memory(err) : err->code;
	} else {
		dsync_builder_set_manifest(b, manifest);
		dsync_builder_set_payload_bytes(b, "", 0);
		dsync_builder_set_updater(b, wasm.data, wasm.size);
		dsync_builder_set_context(b, context.data, context.size);
		dsync_builder_set_mode(b, 0600);
		rc = create_settle_grant(c, manifest, err);
		if (rc == 0)
			rc = dsync_builder_write(b, path, DSYNC_CREATE_NEW, err);
	}
	dsync_manifest_destroy(manifest);
	dsync_builder_destroy(b);
	return rc;
}

static int
run_updater(struct app *app, struct create *c, const char *path, const char *config, struct dsync_error *err)
{
	struct dsync_job job;
	int rc;

	dsync_job_init(&job);
	job.kind = DSYNC_JOB_REFRESH;
	job.force = job.session_grant = job.fill = true;
	job.path = strdup(path);
	if (config != NULL)
		job.config_dir = strdup(config);
	if (job.path == NULL || (config != NULL && job.config_dir == NULL)) {
		dsync_job_finish(&job);
		return dsync_error_set_memory(err);
	}
	rc = create_run_job(app, c, &job, c->urls.items[0], err);
	/* Unchanged from nothing: no bytes were right, by allow_empty or by their checksum. */
	if (rc == 0 && c->fetched.kind != DSYNC_OUTCOME_UPDATED && c->fetched.kind != DSYNC_OUTCOME_UNCHANGED)
		rc = dsync_error_set(err, DSYNC_ERR_GUEST, "updater", "the updater fetched nothing");
	return rc;
}

/* Which of the URLs it came from: the last one that was asked. */
static void
find_source(struct create *c)
{
	size_t i, k;

	for (i = 0; i < c->fetched.request_count; i++) {
		for (k = 0; k < c->urls.count; k++) {
			if (c->fetched.requests[i].url != NULL &&
				strcmp(c->fetched.requests[i].url, c->urls.items[k]) == 0)
				c->source = k;
		}
	}
}

static int
fill(struct app *app, struct create *c, const char *folder, struct dsync_error *err)
{
	char path[PATH_MAX + sizeof(ARCHIVE)], config[PATH_MAX + sizeof(CONFIG)];
	const bool granted = needs_grant(c);
	int rc;

	snprintf(path, sizeof(path), "%s%s", folder, ARCHIVE);
	snprintf(config, sizeof(config), "%s%s", folder, CONFIG);
	rc = write_empty(c, path, err);
	if (rc == 0 && granted)
		rc = scratch_make_config(app->context, config, &c->grant, err);
	if (rc == 0)
		rc = run_updater(app, c, path, granted ? config : NULL, err);
	if (rc == 0) {
		c->filled = dsync_archive_open(path, NULL, err);
		rc = c->filled != NULL ? 0 : err->code;
	}
	return rc;
}

int
create_fill(struct app *app, struct create *c)
{
	struct endings endings;
	struct dsync_error err;
	char folder[PATH_MAX];
	int rc;

	endings_hold(&endings);
	rc = make_folder(c, folder, &err);
	if (rc == 0) {
		c->endings = &endings;
		rc = fill(app, c, folder, &err);
		c->endings = NULL;
		scratch_remove(folder);
	}
	endings_release(&endings);
	if (rc < 0)
		return create_fetch_failed(app, c, &err);
	find_source(c);
	return EXIT_DONE;
}
