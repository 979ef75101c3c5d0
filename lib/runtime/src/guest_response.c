/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Responses of both guest protocols, and what their numbers and words mean. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "guest_message.h"
#include "json.h"
#include "runtime/guest.h"

#define TEXT_SIZE (DSYNC_ERROR_TEXT_SIZE * 4 + DSYNC_ERROR_HINT_SIZE)

/* One row a problem: what it is in JSON-RPC, and as an error of ours when another program had it. */
static const struct {
	int rpc_code;
	int code;
	const char *label;
} problems[] = {
	[DSYNC_SESSION_PERMISSION_DENIED] = { DSYNC_RPC_DENIED, DSYNC_ERR_PERMISSION, "Permission denied" },
	[DSYNC_SESSION_INVALID_REQUEST] = { DSYNC_RPC_PARAMS, DSYNC_ERR_INVALID, "Invalid request" },
	[DSYNC_SESSION_EXECUTION_FAILED] = { DSYNC_RPC_INTERNAL, DSYNC_ERR_GUEST, "Execution failed" },
	[DSYNC_SESSION_HOST_UNAVAILABLE] = { DSYNC_RPC_UNAVAILABLE, DSYNC_ERR_NOT_FOUND, "Host unavailable" },
	[DSYNC_SESSION_PROTOCOL_ERROR] = { DSYNC_RPC_REQUEST, DSYNC_ERR_PROTOCOL, "Protocol error" },
	[DSYNC_SESSION_IO_ERROR] = { DSYNC_RPC_INTERNAL, DSYNC_ERR_SYSTEM, "I/O error" },
};
#define PROBLEM_COUNT (sizeof(problems) / sizeof(problems[0]))

void
dsync__guest_begin_result(const struct dsync_guest_request *request, struct dsync_buffer *out)
{
	dsync_json_open(out, NULL);
	if (request->rpc) {
		dsync_json_put_text(out, "jsonrpc", "2.0");
		dsync_json_put_raw(out, "id", (const char *)request->id.data, request->id.size);
	} else {
		dsync_json_put_text(out, "version", "guest.v1");
		dsync_json_put_raw(out, "request_id", (const char *)request->id.data, request->id.size);
		dsync_json_put_bool(out, "ok", true);
	}
}

void
dsync__guest_end_result(const struct dsync_guest_request *request, struct dsync_buffer *out)
{
	if (!request->rpc)
		dsync_json_put_null(out, "error");
	dsync_json_close(out);
}

/* The whole error in one text: these protocols have no members for its parts. */
static void
format(const struct dsync_guest_fault *fault, char text[TEXT_SIZE])
{
	dsync_error_format(&fault->error, text, TEXT_SIZE);
}

void
dsync__guest_write_fault(
	const struct dsync_guest_request *request, const struct dsync_guest_fault *fault, struct dsync_buffer *out)
{
	const enum dsync_session_problem problem = dsync_session_problem(&fault->error);
	char text[TEXT_SIZE], labelled[TEXT_SIZE + 32];

	format(fault, text);
	dsync_json_open(out, NULL);
	if (request->rpc) {
		snprintf(labelled, sizeof(labelled), "%s: %s",
			fault->rpc_code == DSYNC_RPC_PARSE ? "Parse error" : problems[problem].label, text);
		dsync_json_put_text(out, "jsonrpc", "2.0");
		dsync_json_put_raw(out, "id", (const char *)request->id.data, request->id.size);
		dsync_json_open(out, "error");
		dsync_json_put_integer(
			out, "code", fault->rpc_code != 0 ? fault->rpc_code : problems[problem].rpc_code);
		dsync_json_put_text(out, "message", labelled);
		dsync_json_open(out, "data");
		dsync_json_put_text(
			out, "hint", fault->error.hint[0] != '\0' ? fault->error.hint : fault->error.message);
		dsync_json_close(out);
	} else {
		dsync_json_put_text(out, "version", "guest.v1");
		dsync_json_put_raw(out, "request_id", (const char *)request->id.data, request->id.size);
		dsync_json_put_bool(out, "ok", false);
		dsync_json_put_null(out, "result");
		dsync_json_open(out, "error");
		dsync_json_put_text(out, "code", dsync_session_problem_name(problem));
		dsync_json_put_text(out, "message", text);
	}
	dsync_json_close(out);
	dsync_json_close(out);
}

static int
fail(struct dsync_error *err, const char *message)
{
	return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "guest", "the other program's answer: %s", message);
}

/* What the other side said went wrong, in its words. */
static int
tell(const struct dsync_guest_request *request, const json_t *error, struct dsync_error *err)
{
	const json_t *code = json_object_get(error, "code");
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *hint = json_string_value(json_object_get(json_object_get(error, "data"), "hint"));
	const double number = json_number_value(code);
	const char *word = json_string_value(code);
	int ours = 0;
	size_t i;

	for (i = PROBLEM_COUNT; i-- > 0;) { /* the first row wins where two have one number */
		if (request->rpc ? number == problems[i].rpc_code
				 : word != NULL &&
					strcmp(word, dsync_session_problem_name((enum dsync_session_problem)i)) == 0)
			ours = problems[i].code;
	}
	if (request->rpc && json_is_number(code) && ours == 0)
		ours = number == DSYNC_RPC_TOO_LARGE || number == DSYNC_RPC_SCHEMA ? DSYNC_ERR_INVALID
										   : DSYNC_ERR_PROTOCOL;
	if (ours == 0 || message == NULL)
		return fail(err, "an error without code or message");
	dsync_error_set(err, ours, "guest", "the other program says: %s", message);
	if (hint != NULL)
		dsync_error_hint(err, "%s", hint);
	return ours;
}

static int
take_payload(const json_t *value, struct dsync_buffer *out, struct dsync_error *err)
{
	int rc;

	if (!json_is_string(value))
		return fail(err, "no payload");
	rc = dsync_text_base64_decode(out, json_string_value(value), json_string_length(value));
	if (rc == DSYNC_ERR_NO_MEMORY)
		return dsync_error_set_memory(err);
	return rc < 0 ? fail(err, "a payload that is no base64") : 0;
}

static int
take_context(struct dsync_view text, const char *const *place, const json_t *value, struct dsync_buffer *out,
	struct dsync_error *err)
{
	struct dsync_view raw;

	if (value == NULL || json_is_null(value))
		return 0;
	if (!dsync__json_find(text, place, &raw))
		return fail(err, "names of members that are written with escapes");
	return dsync_buffer_append(out, raw.data, raw.size) < 0 ? dsync_error_set_memory(err) : 0;
}

static int
take_result(const struct dsync_guest_request *request, struct dsync_view text, const json_t *root,
	struct dsync_buffer *out, struct dsync_error *err)
{
	const char *place[] = { "result", request->rpc ? "value" : NULL, NULL };
	const json_t *result = json_object_get(root, "result");

	switch (request->action) {
	case DSYNC_ACTION_READ_PAYLOAD:
	case DSYNC_ACTION_EXECUTE_WASM:
		return take_payload(request->rpc ? json_object_get(result, "payload_b64") : result, out, err);
	case DSYNC_ACTION_READ_CONTEXT:
		if (request->rpc && !json_is_object(result))
			return fail(err, "no value");
		return take_context(text, place, request->rpc ? json_object_get(result, "value") : result, out, err);
	default:
		return 0;
	}
}

/* It must be ours by version and id, letter by letter. */
static int
check_envelope(
	const struct dsync_guest_request *request, struct dsync_view text, const json_t *root, struct dsync_error *err)
{
	const char *version = json_string_value(json_object_get(root, request->rpc ? "jsonrpc" : "version"));
	const char *place[] = { request->rpc ? "id" : "request_id", NULL };
	struct dsync_view id;

	if (!json_is_object(root))
		return fail(err, "not an object");
	if (version == NULL || strcmp(version, request->rpc ? "2.0" : "guest.v1") != 0)
		return fail(err, "another version");
	if (!dsync__json_find(text, place, &id) || id.size != request->id.size ||
		memcmp(id.data, request->id.data, id.size) != 0)
		return fail(err, "to another request");
	return 0;
}

int
dsync__guest_read_response(const struct dsync_guest_request *request, struct dsync_view text, struct dsync_buffer *out,
	struct dsync_error *err)
{
	const json_t *error;
	json_t *root;
	int rc;

	rc = dsync__json_parse_value(text.data, text.size, DSYNC_GUEST_DEPTH_MAX, &root, err);
	if (rc == DSYNC_ERR_NO_MEMORY)
		return rc;
	if (rc < 0)
		return fail(err, rc == DSYNC_ERR_LIMIT ? "nested too deep" : "not one line of JSON");
	rc = check_envelope(request, text, root, err);
	error = json_object_get(root, "error");
	if (rc < 0)
		;
	else if (json_is_object(error))
		rc = tell(request, error, err);
	else if (error != NULL && !json_is_null(error))
		rc = fail(err, "an error that is no object");
	else if (!request->rpc && json_is_false(json_object_get(root, "ok")))
		rc = dsync_error_set(err, DSYNC_ERR_GUEST, "guest", "the other program failed and does not say why");
	else if (!request->rpc && !json_is_true(json_object_get(root, "ok")))
		rc = fail(err, "neither well nor wrong");
	else if (request->rpc && json_object_get(root, "result") == NULL)
		rc = fail(err, "neither result nor error");
	else
		rc = take_result(request, text, root, out, err);
	json_decref(root);
	return rc;
}
