/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest_server.c - one request, one answer.
 *
 * The order of checks: environment against context, sync_path, then the policy's table (mode, role, manifest, what the
 * request claims to be allowed), then the action.  Each request has a session of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "dotsync/archive.h"
#include "guest_environment.h"
#include "guest_message.h"
#include "json.h"
#include "runtime/guest.h"
#include "runtime/policy.h"
#include "runtime/session.h"

#define ENCODE_SIZE 49152u /* a multiple of 3 */

struct dsync_guest {
	char *path;
	struct dsync_context *context;
	char *const *environment;
	uint64_t payload_max;
};

int
dsync_guest_create(struct dsync_guest **guest, const char *path, struct dsync_context *context,
	char *const *environment, uint64_t payload_max, struct dsync_error *err)
{
	*guest = calloc(1, sizeof(**guest));
	if (*guest == NULL || ((*guest)->path = strdup(path)) == NULL) {
		free(*guest);
		*guest = NULL;
		return dsync_error_set_memory(err);
	}
	(*guest)->context = context;
	(*guest)->environment = environment;
	(*guest)->payload_max = payload_max < DSYNC_GUEST_PAYLOAD_MAX ? payload_max : DSYNC_GUEST_PAYLOAD_MAX;
	return 0;
}

void
dsync_guest_destroy(struct dsync_guest *guest)
{
	if (guest == NULL)
		return;
	free(guest->path);
	free(guest);
}

/* Bytes on their way to base64, which takes three at a time. */
struct encoder {
	struct dsync_buffer *out;
	unsigned char piece[ENCODE_SIZE];
	size_t used;
};

static int
encode(void *user, const void *data, size_t size)
{
	struct encoder *e = user;
	const unsigned char *bytes = data;
	size_t part;
	int rc = 0;

	while (size > 0 && rc == 0) {
		part = size < sizeof(e->piece) - e->used ? size : sizeof(e->piece) - e->used;
		memcpy(e->piece + e->used, bytes, part);
		e->used += part;
		bytes += part;
		size -= part;
		if (e->used == sizeof(e->piece)) {
			rc = dsync_text_base64_encode(e->out, e->piece, e->used);
			e->used = 0;
		}
	}
	return rc;
}

/* The payload as a string; read and checked piece by piece, so that nobody who cuts the file off can do harm here. */
static int
put_payload(const struct dsync_guest *guest, const struct dsync_archive *archive, const char *name,
	struct dsync_buffer *out, struct dsync_guest_fault *fault)
{
	const uint64_t size = dsync_archive_payload_size(archive);
	struct encoder e = { .out = out };
	int rc;

	if (size > guest->payload_max) {
		dsync_error_set(&fault->error, DSYNC_ERR_LIMIT, "", "the payload is too large for this protocol");
		dsync_error_expected(&fault->error, "%llu bytes at most", (unsigned long long)guest->payload_max);
		dsync_error_found(&fault->error, "%llu", (unsigned long long)size);
		dsync_error_hint(&fault->error, "dotsync cat FILE delivers it");
		fault->rpc_code = DSYNC_RPC_TOO_LARGE;
		return DSYNC_ERR_LIMIT;
	}
	dsync_json_put_raw(out, name, "\"", 1);
	rc = dsync_archive_stream_payload(archive, encode, &e, &fault->error);
	if (rc == 0)
		dsync_text_base64_encode(out, e.piece, e.used);
	dsync_buffer_append_byte(out, '"');
	return rc;
}

static int
put_context(struct dsync_view text, const char *name, struct dsync_buffer *out, struct dsync_guest_fault *fault)
{
	struct dsync_buffer line;
	json_t *value;
	int rc;

	if (text.size == 0) {
		dsync_json_put_null(out, name);
		return 0;
	}
	rc = dsync__json_parse_value(text.data, text.size, DSYNC_GUEST_DEPTH_MAX, &value, &fault->error);
	json_decref(value);
	if (rc < 0) {
		dsync_error_at_entry(&fault->error, "context.json", strlen("context.json"));
		return rc;
	}
	dsync_buffer_init(&line, DSYNC_BUFFER_UNLIMITED);
	rc = dsync__json_compact(&line, text);
	dsync_json_put_raw(out, name, (const char *)line.data, line.size);
	dsync_buffer_finish(&line);
	return rc < 0 ? dsync_error_set_memory(&fault->error) : 0;
}

/* In JSON-RPC a result is an object around the value, in guest.v1 the value. */
static const char *
open_result(const struct dsync_guest_request *request, const char *name, struct dsync_buffer *out)
{
	dsync__guest_begin_result(request, out);
	if (!request->rpc)
		return "result";
	dsync_json_open(out, "result");
	return name;
}

static void
close_result(const struct dsync_guest_request *request, struct dsync_buffer *out)
{
	if (request->rpc)
		dsync_json_close(out);
	dsync__guest_end_result(request, out);
}

static int
answer_read(const struct dsync_guest *guest, struct dsync_session *session, const struct dsync_guest_request *request,
	struct dsync_buffer *out, struct dsync_guest_fault *fault)
{
	struct dsync_view context;
	const char *name;
	int rc;

	if (request->action == DSYNC_ACTION_READ_CONTEXT) {
		rc = dsync_session_read_context(session, &context, &fault->error);
		if (rc < 0)
			return rc;
		name = open_result(request, "value", out);
		rc = put_context(context, name, out, fault);
	} else {
		rc = dsync_session_check(session, request->action, &fault->error);
		if (rc < 0)
			return rc;
		name = open_result(request, "payload_b64", out);
		rc = put_payload(guest, dsync_session_archive(session), name, out, fault);
	}
	close_result(request, out);
	return rc;
}

static int
answer_execute(const struct dsync_guest *guest, struct dsync_session *session,
	const struct dsync_guest_request *request, struct dsync_buffer *out, struct dsync_guest_fault *fault)
{
	enum dsync_outcome_kind kind = DSYNC_OUTCOME_FAILED;
	struct dsync_archive *staged = dsync_session_stage(session, &kind, &fault->error);
	const char *name;
	int rc;

	if (staged == NULL)
		return fault->error.code;
	name = open_result(request, "payload_b64", out);
	rc = put_payload(guest, staged, name, out, fault);
	if (request->rpc)
		dsync_json_put_text(out, "outcome", dsync_outcome_kind_name(kind));
	close_result(request, out);
	dsync_archive_unref(staged);
	return rc;
}

static int
answer_write(struct dsync_session *session, const struct dsync_guest_request *request, struct dsync_buffer *out,
	struct dsync_guest_fault *fault)
{
	const struct dsync_view input = request->input;
	int rc;

	if (request->action == DSYNC_ACTION_WRITE_CONTEXT)
		rc = dsync_session_write_context(session, input.data, input.size, &fault->error);
	else if (request->action == DSYNC_ACTION_WRITE_PAYLOAD)
		rc = dsync_session_write_payload(session, input.data, input.size, &fault->error);
	else
		rc = dsync_session_update_payload(session, input.data, input.size, &fault->error);
	if (rc < 0)
		return rc;
	dsync__guest_begin_result(request, out);
	dsync_json_put_null(out, "result");
	dsync__guest_end_result(request, out);
	return 0;
}

/* The session is what the request claims, within what this process was told. */
static int
prepare(struct dsync_session *session, const struct dsync_guest_contract *contract,
	const struct dsync_guest_request *request, struct dsync_error *err)
{
	size_t i;

	dsync_session_serve(session);
	dsync_session_set_mode(session, request->context.mode);
	dsync_session_set_role(session, request->context.role);
	dsync_session_revoke_all(session);
	for (i = 0; i < DSYNC_ACTION_COUNT; i++) {
		if ((request->context.granted & DSYNC_POLICY_GRANT(i)) != 0)
			dsync_session_grant(session, (enum dsync_action)i);
	}
	return dsync__guest_environment_apply(contract, request, session, err);
}

static int
serve(const struct dsync_guest *guest, const struct dsync_guest_request *request, struct dsync_buffer *out,
	struct dsync_guest_fault *fault)
{
	struct dsync_guest_contract contract;
	struct dsync_session *session;
	int rc;

	rc = dsync__guest_environment_read(guest->environment, request, &contract, &fault->error);
	if (rc < 0)
		return rc;
	if (strcmp(request->context.sync_path, guest->path) != 0)
		return dsync_error_set(&fault->error, DSYNC_ERR_INVALID, "", "sync_path mismatch");
	session = dsync_session_open(guest->path, guest->context, &fault->error);
	if (session == NULL)
		return fault->error.code;
	rc = prepare(session, &contract, request, &fault->error);
	if (rc < 0)
		;
	else if (request->action == DSYNC_ACTION_READ_PAYLOAD || request->action == DSYNC_ACTION_READ_CONTEXT)
		rc = answer_read(guest, session, request, out, fault);
	else if (request->action == DSYNC_ACTION_EXECUTE_WASM)
		rc = answer_execute(guest, session, request, out, fault);
	else
		rc = answer_write(session, request, out, fault);
	dsync_session_close(session);
	return rc;
}

static int
end_line(struct dsync_buffer *out)
{
	dsync_buffer_append_byte(out, '\n');
	return dsync_buffer_error(out);
}

int
dsync_guest_answer(struct dsync_guest *guest, const void *line, size_t size, struct dsync_buffer *out)
{
	const struct dsync_view text = { line, size };
	struct dsync_guest_request request;
	struct dsync_guest_fault fault;
	int rc;

	rc = dsync__guest_read_request(text, guest->payload_max, &request, &fault);
	if (rc == 0)
		rc = serve(guest, &request, out, &fault);
	if (rc == 0 && dsync_buffer_error(out) < 0)
		rc = dsync_error_set_memory(&fault.error);
	if (rc < 0) { /* whatever of an answer is there is none */
		dsync_buffer_clear(out);
		dsync__guest_write_fault(&request, &fault, out);
	}
	dsync__guest_finish_request(&request);
	return end_line(out);
}

int
dsync_guest_answer_too_long(uint64_t size_max, struct dsync_buffer *out)
{
	const struct dsync_guest_request request = { .rpc = true, .id = { (const unsigned char *)"null", 4 } };
	struct dsync_guest_fault fault = { .rpc_code = DSYNC_RPC_TOO_LARGE };

	dsync_error_set(&fault.error, DSYNC_ERR_INVALID, "", "the line is too long");
	dsync_error_expected(&fault.error, "%llu bytes at most", (unsigned long long)size_max);
	dsync_error_hint(&fault.error, "dotsync set FILE --payload takes any size");
	dsync__guest_write_fault(&request, &fault, out);
	return end_line(out);
}

int
dsync_guest_answer_nothing(struct dsync_buffer *out)
{
	const struct dsync_guest_request request = { .id = { (const unsigned char *)"\"unknown\"", 9 } };
	struct dsync_guest_fault fault = { .rpc_code = 0 };

	dsync_error_set(&fault.error, DSYNC_ERR_INVALID, "", "Empty request");
	dsync__guest_write_fault(&request, &fault, out);
	return end_line(out);
}
