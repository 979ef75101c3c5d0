/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create_fill.c - gets the first payload of `create --from` where it must be unpacked, checked or looked up.
 *
 * The built-in updater does it, in its cage, as it will later: it refreshes an archive without a payload in a folder of its own beside
 * the archive to be.  That one is then the base of the real one, which knows more, such as the type of the data.
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

#define ARCHIVE "/fill.sync"

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

static void
remove_folder(const char *path)
{
	char archive[PATH_MAX + sizeof(ARCHIVE)];

	snprintf(archive, sizeof(archive), "%s%s", path, ARCHIVE);
	dsync_sys_unlinkat(DSYNC_SYS_CWD, archive);
	rmdir(path);
}

/* Secrets are the grant's, and so are private hosts beyond that of the first URL: then the grant comes before the archive. */
static bool
needs_grant(const struct create *c)
{
	return c->grant.secrets.count > 0 || c->urls.count > 1 || c->expect != NULL || c->hosts.count > 0;
}

/* An archive that has all but the payload. */
static int
write_empty(struct app *app, struct create *c, const char *path, struct dsync_error *err)
{
	struct dsync_view wasm = dsync_buffer_view(&c->updater), context = dsync_buffer_view(&c->context_json);
	struct dsync_builder *b = dsync_builder_create();
	struct dsync_manifest *manifest = NULL;
	bool granted;
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
		rc = needs_grant(c) ? create_grant(app, c, manifest, &granted, err) : 0;
		if (rc == 0)
			rc = dsync_builder_write(b, path, DSYNC_CREATE_NEW, err);
	}
	dsync_manifest_destroy(manifest);
	dsync_builder_destroy(b);
	return rc;
}

static int
run_updater(struct app *app, struct create *c, const char *path, struct dsync_error *err)
{
	struct dsync_job job;
	int rc;

	dsync_job_init(&job);
	job.kind = DSYNC_JOB_REFRESH;
	job.force = job.session_grant = job.fill = true;
	job.path = strdup(path);
	if (job.path == NULL)
		return dsync_error_set_memory(err);
	rc = create_run_job(app, c, &job, c->urls.items[0], err);
	if (rc == 0 && c->fetched.kind != DSYNC_OUTCOME_UPDATED)
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
	char path[PATH_MAX + sizeof(ARCHIVE)];
	int rc;

	snprintf(path, sizeof(path), "%s%s", folder, ARCHIVE);
	rc = write_empty(app, c, path, err);
	if (rc == 0)
		rc = run_updater(app, c, path, err);
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
		remove_folder(folder);
	}
	endings_release(&endings);
	if (rc < 0)
		return create_fetch_failed(app, c, &err);
	find_source(c);
	return EXIT_DONE;
}
