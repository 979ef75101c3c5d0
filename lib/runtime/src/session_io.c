/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a session reads and writes: in this process, or by the program that it was told to use. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "format/builder.h"
#include "format/layout.h"
#include "json.h"
#include "runtime/state.h"
#include "session.h"

#define TRIES 5
#define CONTEXT_DEPTH_MAX 64

/* What is to be different; NULL data: nothing. */
struct change {
	struct dsync_view payload;
	struct dsync_view context;
	size_t payload_at; /* how much of it the builder has */
	const struct dsync_session *session;
	struct dsync_state state; /* what is remembered of the new version */
};

static int
begin(struct dsync_session *session, enum dsync_action action, struct dsync_error *err)
{
	dsync__session_forget(session);
	return dsync_session_check(session, action, err);
}

/* Asks the other program and hands out what it said. */
static int
ask(struct dsync_session *session, enum dsync_action action, struct dsync_view *view, struct dsync_error *err)
{
	const struct dsync_view nothing = { (const unsigned char *)"", 0 };
	int rc = dsync__guest_call(session, action, nothing, err);

	if (rc == 0)
		*view = dsync_buffer_view(&session->text);
	return rc;
}

static void
clear(struct dsync_view *view)
{
	view->data = (const unsigned char *)"";
	view->size = 0;
}

int
dsync_session_read_payload(struct dsync_session *session, struct dsync_view *payload, struct dsync_error *err)
{
	int rc = begin(session, DSYNC_ACTION_READ_PAYLOAD, err);

	clear(payload);
	if (rc == 0 && session->host.program != NULL)
		return ask(session, DSYNC_ACTION_READ_PAYLOAD, payload, err);
	return rc == 0 ? dsync_archive_map_payload(session->archive, payload, err) : rc;
}

static int
read_context(struct dsync_session *session, struct dsync_error *err)
{
	struct dsync_archive_entry entry;
	unsigned char *data;
	size_t size;
	int rc;

	if (dsync_archive_find(session->archive, DSYNC_ENTRY_CONTEXT, &entry) < 0)
		return 0;
	rc = dsync_archive_read_entry(session->archive, DSYNC_ENTRY_CONTEXT, DSYNC_CONTEXT_SIZE_MAX, &data, &size, err);
	if (rc < 0)
		return rc;
	dsync_buffer_append(&session->text, data, size);
	free(data);
	return dsync_buffer_error(&session->text) < 0 ? dsync_error_set_memory(err) : 0;
}

int
dsync_session_read_context(struct dsync_session *session, struct dsync_view *context, struct dsync_error *err)
{
	int rc = begin(session, DSYNC_ACTION_READ_CONTEXT, err);

	clear(context);
	if (rc == 0 && session->host.program != NULL)
		return ask(session, DSYNC_ACTION_READ_CONTEXT, context, err);
	if (rc == 0)
		rc = read_context(session, err);
	if (rc == 0)
		*context = dsync_buffer_view(&session->text);
	return rc;
}

static int64_t
give_payload(void *user, void *room, size_t size)
{
	struct change *change = user;
	const size_t left = change->payload.size - change->payload_at;

	if (size > left)
		size = left;
	memcpy(room, change->payload.data + change->payload_at, size);
	change->payload_at += size;
	return (int64_t)size;
}

/* A new payload is as old as the moment it was put in. */
static int
set_created(const struct dsync_session *session, struct dsync_builder *b, struct dsync_error *err)
{
	struct dsync_manifest *m = dsync_manifest_dup(dsync_archive_manifest(session->archive), err);
	char text[DSYNC_TIME_TEXT_SIZE];
	int rc = DSYNC_ERR_NO_MEMORY;

	if (m == NULL)
		return rc;
	dsync_time_format(text, dsync_sys_now());
	rc = dsync_manifest_set_string(m, "meta", "created_at", text, err);
	if (rc == 0)
		dsync_builder_set_manifest(b, m);
	dsync_manifest_destroy(m);
	return rc;
}

/*
 * A hold is of the archive and stays; what a server said of the old payload goes with it.  The record goes onto the staging file,
 * so that it swaps together with the data.
 */
static int
put_record(void *user, struct dsync_commit *commit, struct dsync_error *err)
{
	struct change *change = user;
	struct dsync_archive *staged = dsync_archive_open_fd(dsync_commit_fd(commit), NULL, err);
	struct dsync_buffer bytes;
	struct dsync_state old;
	int rc;

	if (staged == NULL)
		return err->code;
	dsync_state_init(&old);
	dsync_state_load(change->session->context, dsync_commit_base(commit), change->session->path, &old, NULL);
	change->state = old;
	if (change->payload.data != NULL) {
		dsync_state_init(&change->state);
		change->state.held = old.held;
		change->state.held_until = old.held_until;
	}
	dsync_archive_generation(staged, change->state.generation);
	dsync_archive_unref(staged);
	dsync_buffer_init(&bytes, DSYNC_STATE_SIZE_MAX);
	rc = dsync_state_pack(&change->state, &bytes);
	if (rc == 0)
		rc = dsync_commit_set_attribute(commit, DSYNC_STATE_ATTRIBUTE, bytes.data, bytes.size);
	dsync_buffer_finish(&bytes);
	return rc < 0 ? dsync_error_set(err, rc, "", "the state record cannot be made") : 0;
}

/* Where the file system keeps no attributes the record goes into the state folder, after the swap; without it one refresh comes too early. */
static void
keep_record(const struct dsync_session *session, const struct change *change)
{
	unsigned char generation[DSYNC_GENERATION_SIZE];
	struct dsync_state found;

	dsync_archive_generation(session->archive, generation);
	if (memcmp(generation, change->state.generation, sizeof(generation)) != 0)
		return; /* somebody has put another version in place */
	dsync_state_init(&found);
	dsync_state_load(session->context, session->archive, session->path, &found, NULL);
	if (found.held != change->state.held || found.last_attempt != change->state.last_attempt)
		dsync_state_store(session->context, session->archive, session->path, &change->state, NULL);
}

static int
write_changed(struct dsync_session *session, struct change *change, struct dsync_error *err)
{
	struct dsync_builder *b = dsync_builder_create();
	int rc = 0;

	if (b == NULL)
		return dsync_error_set_memory(err);
	dsync_builder_set_base(b, session->archive);
	dsync_builder_set_before_publish(b, put_record, change);
	change->payload_at = 0;
	if (change->payload.data != NULL) {
		rc = set_created(session, b, err);
		dsync_builder_set_payload_source(b, give_payload, change);
	}
	if (change->context.data != NULL)
		dsync_builder_set_context(b, change->context.data, change->context.size);
	if (rc == 0)
		rc = dsync_builder_write(b, session->path, DSYNC_CREATE_UPDATE, err);
	dsync_builder_destroy(b);
	return rc;
}

/* When somebody put another version in place meanwhile the change is made to that one, if it still may be. */
static int
write_archive(struct dsync_session *session, enum dsync_action action, struct change *change, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	int tries = TRIES;
	int rc;

	change->session = session;
	for (;;) {
		rc = write_changed(session, change, &fault);
		if (rc != DSYNC_ERR_CONFLICT || --tries == 0)
			break;
		rc = dsync_session_reload(session, err);
		if (rc == 0)
			rc = dsync_session_check(session, action, err);
		if (rc < 0)
			return rc;
	}
	if (rc < 0 && err != NULL)
		*err = fault;
	if ((rc == 0 || rc == DSYNC_ERR_DURABILITY) && dsync_session_reload(session, NULL) == 0)
		keep_record(session, change);
	return rc;
}

static struct dsync_view
make_view(const void *data, size_t size)
{
	const struct dsync_view view = { data != NULL ? data : "", size };

	return view;
}

int
dsync_session_write_payload(struct dsync_session *session, const void *data, size_t size, struct dsync_error *err)
{
	struct change change = { .payload = make_view(data, size) };
	int rc = begin(session, DSYNC_ACTION_WRITE_PAYLOAD, err);

	if (rc == 0 && session->host.program != NULL)
		return dsync__guest_call(session, DSYNC_ACTION_WRITE_PAYLOAD, change.payload, err);
	return rc == 0 ? write_archive(session, DSYNC_ACTION_WRITE_PAYLOAD, &change, err) : rc;
}

static int
check_context(struct dsync_view json, struct dsync_error *err)
{
	json_t *value;
	int rc;

	if (json.size > DSYNC_CONTEXT_SIZE_MAX)
		return dsync_error_set(err, DSYNC_ERR_INVALID, "context", "a context of %zu bytes; %llu are allowed",
			json.size, (unsigned long long)DSYNC_CONTEXT_SIZE_MAX);
	rc = dsync__json_parse_value(json.data, json.size, CONTEXT_DEPTH_MAX, &value, err);
	json_decref(value);
	return rc;
}

int
dsync_session_write_context(struct dsync_session *session, const void *json, size_t size, struct dsync_error *err)
{
	struct change change = { .context = make_view(json, size) };
	int rc = begin(session, DSYNC_ACTION_WRITE_CONTEXT, err);

	if (rc == 0)
		rc = check_context(change.context, err);
	if (rc == 0 && session->host.program != NULL)
		return dsync__guest_call(session, DSYNC_ACTION_WRITE_CONTEXT, change.context, err);
	return rc == 0 ? write_archive(session, DSYNC_ACTION_WRITE_CONTEXT, &change, err) : rc;
}

int
dsync_session_update_payload(struct dsync_session *session, const void *data, size_t size, struct dsync_error *err)
{
	struct change change = { .payload = make_view(data, size) };
	int rc = begin(session, DSYNC_ACTION_UPDATE_PAYLOAD, err);

	if (rc < 0)
		return rc;
	if (session->host.program != NULL)
		return dsync__guest_call(session, DSYNC_ACTION_UPDATE_PAYLOAD, change.payload, err);
	if (dsync_session_check(session, DSYNC_ACTION_EXECUTE_WASM, NULL) == 0)
		return dsync__session_push(session, change.payload, err);
	return write_archive(session, DSYNC_ACTION_UPDATE_PAYLOAD, &change, err);
}
