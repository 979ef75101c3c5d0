/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create_write.c - writes the new archive, grants its updater what this user typed, and says what was done.
 */
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
#include "consent.h"
#include "create.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/layout.h"
#include "report.h"
#include "runtime/attest.h"

struct watcher {
	struct progress progress;
	uint64_t size; /* of the payload, as far as it was written */
};

static int
on_progress(void *user, uint64_t done, uint64_t total)
{
	struct watcher *watcher = user;

	if (done > watcher->size)
		watcher->size = done;
	progress_update(&watcher->progress, done, total);
	return 0;
}

/* Only what may be sent back as a header. */
static void
keep_validator(char out[DSYNC_STATE_VALIDATOR_MAX + 1], const char *value)
{
	const char *p;

	if (value == NULL || strlen(value) > DSYNC_STATE_VALIDATOR_MAX)
		return;
	for (p = value; *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			return;
	}
	strcpy(out, value);
}

/* How the payload was got, so that the first refresh can ask "has it changed?". */
static int
add_attest(const struct create *c, struct dsync_builder *b, struct dsync_error *err)
{
	struct dsync_view wasm = dsync_buffer_view(&c->updater);
	const char *url = c->urls.items[c->source];
	struct dsync_attest attest = {
		.base = c->now, .status = c->fetched.status, .payload_size = c->fetched.payload_size
	};
	struct dsync_buffer text;
	struct dsync_view view;
	int rc = 0;

	memcpy(attest.payload_hash, c->fetched.payload_hash, sizeof(attest.payload_hash));
	dsync_hash(attest.url_hash, url, strlen(url));
	dsync_hash(attest.updater_hash, wasm.data, wasm.size);
	dsync_attest_request_key(attest.request, "GET", 3, url, strlen(url), "", 0);
	dsync_attest_bind_key(attest.request, attest.updater_hash, dsync_buffer_view(&c->context_json));
	keep_validator(attest.etag, c->fetched.etag);
	keep_validator(attest.last_modified, c->fetched.last_modified);

	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	if (dsync_attest_write(&attest, &text) < 0)
		rc = dsync_error_set_memory(err);
	view = dsync_buffer_view(&text);
	if (rc == 0)
		dsync_builder_set_entry(b, DSYNC_ENTRY_ATTEST, view.data, view.size);
	dsync_buffer_finish(&text);
	return rc;
}

static int
fill_builder(
	const struct create *c, const struct dsync_manifest *manifest, struct dsync_builder *b, struct dsync_error *err)
{
	struct dsync_view wasm = dsync_buffer_view(&c->updater);
	struct dsync_view context = dsync_buffer_view(&c->context_json);

	dsync_builder_set_manifest(b, manifest);
	if (c->filled != NULL)
		dsync_builder_set_base(b, c->filled);
	else if (c->spool >= 0)
		dsync_builder_set_payload_fd(b, c->spool);
	else if (strcmp(c->payload, "-") == 0)
		dsync_builder_set_payload_fd(b, STDIN_FILENO);
	else
		dsync_builder_set_payload_file(b, c->payload);
	if (wasm.size > 0)
		dsync_builder_set_updater(b, wasm.data, wasm.size);
	if (context.size > 0)
		dsync_builder_set_context(b, context.data, context.size);
	if (c->sync_rs)
		dsync_builder_set_profile(b, DSYNC_PROFILE_SYNC_RS);
	if (c->now_given)
		dsync_builder_set_time(b, c->now);
	return c->spool >= 0 && c->fetched.has_payload_hash ? add_attest(c, b, err) : 0;
}

static int
write_archive(struct app *app, const struct create *c, const struct dsync_manifest *manifest, uint64_t *size,
	struct dsync_error *err)
{
	struct dsync_builder *b = dsync_builder_create();
	struct watcher watcher = { .size = 0 };
	int rc;

	if (b == NULL)
		return dsync_error_set_memory(err);
	progress_begin(&watcher.progress, app, c->output);
	rc = fill_builder(c, manifest, b, err);
	dsync_builder_set_progress(b, on_progress, &watcher);
	if (rc == 0 && strcmp(c->output, "-") == 0)
		rc = dsync_builder_write_fd(b, STDOUT_FILENO, err);
	else if (rc == 0)
		rc = dsync_builder_write(b, c->output, c->force ? DSYNC_CREATE_FORCE : DSYNC_CREATE_NEW, err);
	progress_end(&watcher.progress);
	*size = watcher.size;
	dsync_builder_destroy(b);
	return rc;
}

int
create_settle_grant(struct create *c, const struct dsync_manifest *manifest, struct dsync_error *err)
{
	struct dsync_view wasm = dsync_buffer_view(&c->updater);
	size_t i;
	int rc = 0;

	free(c->grant.owner);
	c->grant.owner = strdup(dsync_manifest_created_by(manifest));
	if (c->grant.owner == NULL)
		return dsync_error_set_memory(err);
	dsync_hash(c->grant.updater, wasm.data, wasm.size);
	c->grant.created = dsync_sys_now();
	for (i = 0; rc == 0 && i < dsync_manifest_allow_host_count(manifest); i++) /* what --manifest brought */
		rc = dsync_grant_add(&c->grant.hosts, dsync_manifest_allow_host(manifest, i), err);
	for (i = 0; rc == 0 && i < dsync_manifest_allow_env_count(manifest); i++)
		rc = dsync_grant_add(&c->grant.env, dsync_manifest_allow_env(manifest, i), err);
	return rc;
}

/* The user's grant for what the user wrote; *granted is false where there is nothing that would need one. */
static int
store_grant(struct app *app, struct create *c, const struct dsync_manifest *manifest, bool *granted,
	struct dsync_error *err)
{
	struct dsync_view wasm = dsync_buffer_view(&c->updater);
	int rc;

	*granted = false;
	if (wasm.size == 0 ||
		(wasm.size == DSYNC_UPDATER_STUB_SIZE && memcmp(wasm.data, DSYNC_UPDATER_STUB, wasm.size) == 0))
		return 0;
	rc = create_settle_grant(c, manifest, err);
	if (rc == 0)
		rc = dsync_grants_store(app->context, &c->grant, err);
	*granted = rc == 0;
	return rc;
}

static int
tell_json(struct app *app, const struct create *c, const struct dsync_manifest *manifest, uint64_t size, bool granted)
{
	struct dsync_buffer out;
	size_t i;

	report_json_begin(&out, c->output, true);
	dsync_json_put_bool(&out, "created", true);
	dsync_json_put_text(&out, "name", dsync_manifest_name(manifest));
	dsync_json_put_text(&out, "content_type", dsync_manifest_content_type(manifest));
	dsync_json_put_unsigned(&out, "payload_size", size);
	dsync_json_put_integer(&out, "ttl", dsync_manifest_ttl(manifest));
	dsync_json_put_integer(&out, "timeout", dsync_manifest_timeout(manifest));
	dsync_json_open_array(&out, "urls");
	for (i = 0; i < c->urls.count; i++)
		dsync_json_put_text(&out, NULL, c->urls.items[i]);
	dsync_json_close_array(&out);
	if (c->fetched.final_url != NULL)
		dsync_json_put_text(&out, "final_url", c->fetched.final_url);
	if (granted) {
		dsync_json_open(&out, "granted");
		consent_put_grant(&out, &c->grant);
		dsync_json_close(&out);
	}
	dsync_json_close(&out);
	return report_print(app, &out);
}

static void
tell_source(FILE *stream, const struct create *c)
{
	const char *used = c->urls.items[c->source];
	const bool asked =
		c->fetched.final_url != NULL || c->fetched.request_count > 0; /* not with a payload in hand */
	size_t i;

	for (i = 0; i < c->urls.count; i++) { /* the order in which a refresh asks them */
		fprintf(stream, "  %-10s", i == 0 ? "from" : "or from");
		report_text(stream, c->urls.items[i]);
		fputs(asked && i == c->source && c->urls.count > 1 ? " (used now)\n" : "\n", stream);
		if (i != c->source || c->fetched.final_url == NULL || strcmp(c->fetched.final_url, used) == 0)
			continue;
		fprintf(stream, "  %-10s", "via");
		report_text(stream, c->fetched.final_url);
		fputc('\n', stream);
	}
}

static int
tell(struct app *app, const struct create *c, const struct dsync_manifest *manifest, uint64_t size, bool granted)
{
	char human[DSYNC_TEXT_HUMAN_SIZE], ttl[DSYNC_TEXT_HUMAN_SIZE];
	FILE *stream = app->stdout_is_payload ? stderr : stdout;

	if (app->json)
		return tell_json(app, c, manifest, size, granted);
	if (app->quiet)
		return EXIT_DONE;
	dsync_text_human_size(human, size);
	dsync_text_human_duration(ttl, dsync_manifest_ttl(manifest));
	report_text(stream, strcmp(c->output, "-") == 0 ? "standard output" : c->output);
	fprintf(stream, ": %s of %s", human, dsync_manifest_content_type(manifest));
	if ((granted || c->urls.count > 0) && dsync_manifest_ttl(manifest) > 0)
		fprintf(stream, ", fresh for %s", ttl);
	else if (granted || c->urls.count > 0)
		fputs(", to be refreshed at each use", stream);
	fputc('\n', stream);
	if (c->urls.count > 0)
		tell_source(stream, c);
	if (granted)
		consent_show_grant(stream, &c->grant);
	return EXIT_DONE;
}

int
create_tell_present(struct app *app, const struct create *c)
{
	struct dsync_buffer out;

	report_detail(app, "%s: is there already", c->output);
	if (!app->json)
		return EXIT_DONE;
	report_json_begin(&out, c->output, true);
	dsync_json_put_bool(&out, "created", false);
	dsync_json_close(&out);
	return report_print(app, &out);
}

int
create_write(struct app *app, struct create *c, const struct dsync_manifest *manifest)
{
	struct dsync_error err;
	char text[1024];
	uint64_t size = 0;
	bool granted;
	int rc;

	rc = write_archive(app, c, manifest, &size, &err);
	if (rc == DSYNC_ERR_EXISTS && c->if_missing) /* somebody made it meanwhile */
		return create_tell_present(app, c);
	if (rc < 0 && rc != DSYNC_ERR_DURABILITY)
		return report_error(app, c->output, &err);
	if (rc == DSYNC_ERR_DURABILITY)
		report_error(app, c->output, &err);
	/* The archive is there; that it cannot be refreshed without asking is no reason to say that it is not. */
	if (store_grant(app, c, manifest, &granted, &err) < 0) {
		dsync_error_format(&err, text, sizeof(text));
		report_note(app, "%s: made, but nothing was granted, so it will not refresh itself yet: %s", c->output,
			text);
	}
	return rc < 0 ? EXIT_MACHINE : tell(app, c, manifest, size, granted);
}
