/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "input.h"
#include "runtime/context.h"
#include "runtime/grants.h"
#include "runtime/path.h"
#include "scratch.h"

#define OWNER "local:run" /* nobody else's: the grant is in the folder, too */
#define NAME_RANDOM 8

static int
join(char **out, const char *folder, const char *name, struct dsync_error *err)
{
	return asprintf(out, "%s/%s", folder, name) < 0 ? dsync_error_set_memory(err) : 0;
}

/* A name that nobody can have guessed, in a folder that only this user may enter. */
static int
make_folder(char **folder, struct dsync_error *err)
{
	const char *parent = getenv("TMPDIR");
	unsigned char random[NAME_RANDOM];
	char name[sizeof("dotsync-run-") + (size_t)2 * NAME_RANDOM] = "dotsync-run-";
	char *absolute;
	int rc;

	rc = dsync_sys_random(random, sizeof(random));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random numbers");
	dsync_text_hex_encode(name + strlen(name), random, sizeof(random));
	rc = dsync_path_absolute(parent != NULL && parent[0] != '\0' ? parent : "/tmp", &absolute, err);
	if (rc < 0)
		return rc;
	rc = join(folder, absolute, name, err);
	free(absolute);
	if (rc < 0) {
		*folder = NULL;
		return rc;
	}
	rc = dsync_sys_mkdirat(DSYNC_SYS_CWD, *folder, 0700);
	if (rc == 0)
		return 0;
	dsync_error_set_errno(err, -rc, "cannot make the folder %s", *folder);
	dsync_error_hint(err, "TMPDIR names another place for it");
	free(*folder);
	*folder = NULL;
	return err->code;
}

static int
set_permissions(const struct run *run, struct dsync_manifest *m, struct dsync_error *err)
{
	int rc = 0;

	if (run->hosts.count > 0)
		rc = dsync_manifest_set_strings(
			m, "permissions", "allow_hosts", run->hosts.items, run->hosts.count, err);
	if (rc == 0 && run->env.count > 0)
		rc = dsync_manifest_set_strings(m, "permissions", "allow_env", run->env.items, run->env.count, err);
	if (rc == 0 && run->timeout >= 0)
		rc = dsync_manifest_set_integer(m, "policy", "timeout", run->timeout, err);
	return rc;
}

static struct dsync_manifest *
make_manifest(const struct run *run, struct dsync_error *err)
{
	const struct dsync_view text = dsync_buffer_view(&run->manifest_text);
	struct dsync_manifest *m = NULL;

	if (run->manifest != NULL) {
		m = dsync_manifest_parse(text.data, text.size, err);
	} else {
		m = dsync_manifest_create("application/octet-stream", "bin", err);
		if (m != NULL && dsync_manifest_set_string(m, "meta", "created_by", OWNER, err) < 0) {
			dsync_manifest_destroy(m);
			m = NULL;
		}
	}
	if (m != NULL && set_permissions(run, m, err) < 0) {
		dsync_manifest_destroy(m);
		m = NULL;
	}
	return m;
}

/* A person who types, or a pipe that never ends, is given up like the rest when a signal comes. */
int64_t
run_read_stdin(void *user, void *room, size_t size)
{
	const struct run *run = user;
	struct pollfd polled[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = run->ending, .events = POLLIN } };
	ssize_t got;

	while (poll(polled, 2, -1) < 0) {
		if (errno != EINTR)
			return DSYNC_ERR_SYSTEM;
	}
	if (polled[1].revents != 0)
		return DSYNC_ERR_CANCELLED;
	got = dsync_sys_read(STDIN_FILENO, room, size);
	return got < 0 ? DSYNC_ERR_SYSTEM : got;
}

static int
write_archive(struct run *run, const struct run_place *place, const struct dsync_manifest *m, struct dsync_error *err)
{
	const struct dsync_buffer *wasm = &run->wasm_bytes, *context = &run->context_json;
	struct dsync_builder *b = dsync_builder_create();
	int rc;

	if (b == NULL)
		return dsync_error_set_memory(err);
	dsync_builder_set_manifest(b, m);
	if (run->payload == NULL)
		dsync_builder_set_payload_bytes(b, "", 0);
	else if (strcmp(run->payload, "-") == 0)
		dsync_builder_set_payload_source(b, run_read_stdin, run);
	else
		dsync_builder_set_payload_file(b, run->payload);
	dsync_builder_set_updater(b, wasm->data, wasm->size);
	if (context->size > 0)
		dsync_builder_set_context(b, context->data, context->size);
	rc = dsync_builder_write(b, place->archive, DSYNC_CREATE_NEW, err);
	dsync_builder_destroy(b);
	return rc;
}

/* What the person typed is meant exactly, private addresses and all; what the manifest asks for is not. */
static int
fill_grant(const struct run *run, const struct dsync_manifest *m, struct dsync_grant *grant, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	grant->owner = strdup(dsync_manifest_created_by(m));
	if (grant->owner == NULL)
		return dsync_error_set_memory(err);
	dsync_hash(grant->updater, run->wasm_bytes.data, run->wasm_bytes.size);
	grant->created = dsync_sys_now();
	for (i = 0; rc == 0 && i < dsync_manifest_allow_host_count(m); i++)
		rc = dsync_grant_add(&grant->hosts, dsync_manifest_allow_host(m, i), err);
	for (i = 0; rc == 0 && i < dsync_manifest_allow_env_count(m); i++)
		rc = dsync_grant_add(&grant->env, dsync_manifest_allow_env(m, i), err);
	for (i = 0; rc == 0 && i < run->hosts.count; i++)
		rc = dsync_grant_add(&grant->private_hosts, run->hosts.items[i], err);
	return rc;
}

/*
 * The user's own state folder has the key of the cache, without which everything is compiled anew.  It is used only where the
 * record of this trial will be an attribute of the archive, so that nothing is left in it.
 */
static int
choose_state(const struct dsync_context *context, struct run_place *place, struct dsync_error *err)
{
	const char *own = dsync_context_state_dir(context);
	int folder = dsync_sys_openat(DSYNC_SYS_CWD, place->folder, O_RDONLY | O_DIRECTORY, 0);
	bool kept = false;

	if (folder >= 0) {
		kept = dsync_sys_setxattr(folder, "user.dotsync.probe", "", 0) == 0;
		dsync_sys_close(folder);
	}
	if (own == NULL || !kept)
		return join(&place->state, place->folder, "state", err);
	place->state = strdup(own);
	return place->state != NULL ? 0 : dsync_error_set_memory(err);
}

static int
fill_place(struct run *run, const struct run_place *place, struct dsync_error *err)
{
	struct dsync_manifest *m = make_manifest(run, err);
	struct dsync_grant grant;
	int rc;

	if (m == NULL)
		return err->code;
	dsync_grant_init(&grant);
	rc = write_archive(run, place, m, err);
	if (rc == 0)
		rc = fill_grant(run, m, &grant, err);
	if (rc == 0)
		rc = scratch_make_config(run->app->context, place->config, &grant, err);
	dsync_grant_finish(&grant);
	dsync_manifest_destroy(m);
	return rc;
}

int
run_read_inputs(struct run *run, struct dsync_error *err)
{
	int rc;

	dsync_buffer_init(&run->wasm_bytes, DSYNC_UPDATER_SIZE_MAX);
	dsync_buffer_init(&run->context_json, DSYNC_CONTEXT_SIZE_MAX);
	dsync_buffer_init(&run->manifest_text, DSYNC_MANIFEST_SIZE_MAX);
	rc = input_read_updater(run->wasm, &run->wasm_bytes, err);
	if (rc == 0 && run->context != NULL)
		rc = input_read(run->context, &run->context_json, err);
	if (rc == 0 && run->manifest != NULL)
		rc = input_read(run->manifest, &run->manifest_text, err);
	return rc;
}

int
run_place_make(struct run *run, struct run_place *place, struct dsync_error *err)
{
	int rc;

	memset(place, 0, sizeof(*place));
	rc = make_folder(&place->folder, err);
	if (rc == 0)
		rc = join(&place->archive, place->folder, "trial.sync", err);
	if (rc == 0)
		rc = join(&place->config, place->folder, "config", err);
	if (rc == 0)
		rc = choose_state(run->app->context, place, err);
	if (rc == 0)
		rc = fill_place(run, place, err);
	if (rc < 0)
		run_place_remove(place);
	return rc;
}

void
run_place_remove(struct run_place *place)
{
	if (place->folder != NULL)
		scratch_remove(place->folder);
	free(place->folder);
	free(place->archive);
	free(place->config);
	free(place->state);
	memset(place, 0, sizeof(*place));
}
