/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Requests of both guest protocols: what they look like, read as hostile. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "grants.h"
#include "guest_message.h"
#include "json.h"
#include "runtime/guest.h"
#include "runtime/policy.h"

#define LIST_MAX 1024 /* hosts or variables of a request */

static const char unknown_id[] = "\"unknown\"";
static const char no_id[] = "null";

static const struct {
	const char *method;
	const char *input; /* the member of params that is written, or NULL */
	const char *permission;
} actions[DSYNC_ACTION_COUNT] = {
	[DSYNC_ACTION_READ_PAYLOAD] = { "capsule/payload.read", NULL, "can_read_payload" },
	[DSYNC_ACTION_READ_CONTEXT] = { "capsule/context.read", NULL, "can_read_context" },
	[DSYNC_ACTION_WRITE_PAYLOAD] = { "capsule/payload.write", "payload_b64", "can_write_payload" },
	[DSYNC_ACTION_WRITE_CONTEXT] = { "capsule/context.write", "value", "can_write_context" },
	[DSYNC_ACTION_EXECUTE_WASM] = { "capsule/wasm.execute", NULL, "can_execute_wasm" },
	[DSYNC_ACTION_UPDATE_PAYLOAD] = { "capsule/payload.update", "payload_b64", NULL }, /* as for writing */
};

static int
refuse(struct dsync_guest_fault *fault, int rpc_code, int code, const char *message, const char *hint)
{
	fault->rpc_code = rpc_code;
	dsync_error_set(&fault->error, code, "", "%s", message);
	dsync_error_hint(&fault->error, "%s", hint);
	return code;
}

static int
refuse_context(struct dsync_guest_fault *fault, const char *message)
{
	return refuse(fault, DSYNC_RPC_PARAMS, DSYNC_ERR_INVALID, message,
		"a context has mode, role, permissions, sync_path and host_app");
}

static const char *
text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

static struct dsync_view
view_of(const char *text)
{
	const struct dsync_view view = { (const unsigned char *)text, strlen(text) };

	return view;
}

static int
read_role(const char *word, enum dsync_role *role)
{
	if (word == NULL)
		return -1;
	if (strcmp(word, "Owner") == 0)
		*role = DSYNC_ROLE_OWNER;
	else if (strcmp(word, "Member") == 0)
		*role = DSYNC_ROLE_MEMBER;
	else if (strcmp(word, "Consumer") == 0 || strcmp(word, "Public") == 0)
		*role = DSYNC_ROLE_PUBLIC;
	else
		return -1;
	return 0;
}

static int
read_list(const json_t *array, struct dsync_strings *list, struct dsync_guest_fault *fault)
{
	const char *text;
	size_t i;

	if (array == NULL)
		return 0;
	if (!json_is_array(array) || json_array_size(array) > LIST_MAX)
		return refuse_context(
			fault, "the context's lists of hosts and variables are arrays of 1024 texts at most");
	for (i = 0; i < json_array_size(array); i++) {
		text = text_of(json_array_get(array, i));
		if (text == NULL)
			return refuse_context(fault, "the context's lists of hosts and variables hold texts");
		if (dsync_grant_add(list, text, &fault->error) < 0)
			return DSYNC_ERR_NO_MEMORY;
	}
	return 0;
}

static int
read_permissions(const json_t *object, struct dsync_guest_context *context, struct dsync_guest_fault *fault)
{
	const json_t *member;
	size_t i;
	int rc;

	if (!json_is_object(object))
		return refuse_context(fault, "the context's permissions are missing");
	for (i = 0; i < DSYNC_ACTION_COUNT; i++) {
		member = actions[i].permission != NULL ? json_object_get(object, actions[i].permission) : NULL;
		if (member != NULL && !json_is_boolean(member))
			return refuse_context(fault, "a permission of the context is neither true nor false");
		if (json_is_true(member))
			context->granted |= DSYNC_POLICY_GRANT(i);
	}
	rc = read_list(json_object_get(object, "allowed_hosts"), &context->hosts, fault);
	return rc == 0 ? read_list(json_object_get(object, "allowed_env"), &context->env, fault) : rc;
}

static int
read_context(const json_t *object, struct dsync_guest_context *context, struct dsync_guest_fault *fault)
{
	const json_t *host_app;
	const char *mode;

	if (!json_is_object(object))
		return refuse_context(fault, "the context is missing");
	mode = text_of(json_object_get(object, "mode"));
	if (mode == NULL || (strcmp(mode, "Widget") != 0 && strcmp(mode, "Headless") != 0))
		return refuse_context(fault, "the context's mode is neither Widget nor Headless");
	context->mode = strcmp(mode, "Widget") == 0 ? DSYNC_MODE_WIDGET : DSYNC_MODE_HEADLESS;
	if (read_role(text_of(json_object_get(object, "role")), &context->role) < 0)
		return refuse_context(fault, "the context's role is none of Consumer, Owner, Member and Public");
	context->sync_path = text_of(json_object_get(object, "sync_path"));
	if (context->sync_path == NULL)
		return refuse_context(fault, "the context's sync_path is missing");
	host_app = json_object_get(object, "host_app");
	if (host_app != NULL && !json_is_null(host_app) && !json_is_string(host_app))
		return refuse_context(fault, "the context's host_app is neither a text nor null");
	return read_permissions(json_object_get(object, "permissions"), context, fault);
}

static int
read_payload(const json_t *value, uint64_t max, struct dsync_guest_request *request, struct dsync_guest_fault *fault)
{
	int rc;

	if (!json_is_string(value))
		return refuse(fault, DSYNC_RPC_PARAMS, DSYNC_ERR_INVALID, "the payload is missing",
			"send it as a base64 string");
	if (json_string_length(value) / 4 > max / 3 + 1) {
		rc = refuse(fault, DSYNC_RPC_TOO_LARGE, DSYNC_ERR_INVALID, "the payload is too large for this protocol",
			"dotsync set FILE --payload takes any size");
		dsync_error_expected(&fault->error, "%llu bytes at most", (unsigned long long)max);
		return rc;
	}
	dsync_buffer_init(&request->payload, DSYNC_BUFFER_UNLIMITED);
	rc = dsync_text_base64_decode(&request->payload, json_string_value(value), json_string_length(value));
	if (rc == DSYNC_ERR_NO_MEMORY)
		return dsync_error_set_memory(&fault->error);
	if (rc < 0)
		return refuse(fault, DSYNC_RPC_PARAMS, DSYNC_ERR_INVALID, "the payload is no base64",
			"use the standard alphabet, with padding");
	request->input = dsync_buffer_view(&request->payload);
	return 0;
}

/* What is to be written; `place` leads to it in the text of the request. */
static int
read_input(struct dsync_view line, const char *const *place, const json_t *value, uint64_t payload_max,
	struct dsync_guest_request *request, struct dsync_guest_fault *fault)
{
	if (actions[request->action].input == NULL)
		return 0;
	if (request->action != DSYNC_ACTION_WRITE_CONTEXT)
		return read_payload(value, payload_max, request, fault);
	if (value == NULL)
		request->input = view_of("null");
	else if (!dsync__json_find(line, place, &request->input))
		return refuse(fault, DSYNC_RPC_PARAMS, DSYNC_ERR_INVALID, "names of members are written with escapes",
			"write them as they are");
	return 0;
}

static int
read_rpc(struct dsync_view line, uint64_t payload_max, struct dsync_guest_request *request,
	struct dsync_guest_fault *fault)
{
	static const char *const id_place[] = { "id", NULL };
	const char *input_place[] = { "params", NULL, NULL };
	const json_t *id = json_object_get(request->root, "id"), *params = json_object_get(request->root, "params");
	const char *method = text_of(json_object_get(request->root, "method"));
	struct dsync_view id_text;
	size_t i;
	int rc;

	if ((!json_is_string(id) && !json_is_number(id) && !json_is_null(id)) ||
		!dsync__json_find(line, id_place, &id_text))
		return refuse(fault, DSYNC_RPC_REQUEST, DSYNC_ERR_PROTOCOL, "the request has no id",
			"each request is answered: give it a text or a number as its id");
	request->id = id_text;
	if (method == NULL)
		return refuse(fault, DSYNC_RPC_REQUEST, DSYNC_ERR_PROTOCOL, "the request has no method",
			"send jsonrpc, id, method and params");
	for (i = 0; i < DSYNC_ACTION_COUNT && strcmp(method, actions[i].method) != 0; i++)
		;
	if (i == DSYNC_ACTION_COUNT)
		return refuse(fault, DSYNC_RPC_METHOD, DSYNC_ERR_PROTOCOL, "there is no such method",
			"capsule/payload.read, .write and .update, capsule/context.read and .write, capsule/wasm.execute");
	request->action = (enum dsync_action)i;
	if (!json_is_object(params))
		return refuse(fault, DSYNC_RPC_PARAMS, DSYNC_ERR_INVALID, "params are missing",
			"all methods need params.context");
	rc = read_context(json_object_get(params, "context"), &request->context, fault);
	if (rc < 0 || actions[i].input == NULL)
		return rc;
	input_place[1] = actions[i].input;
	return read_input(line, input_place, json_object_get(params, actions[i].input), payload_max, request, fault);
}

/* The id is said back only once all else was understood: the reference does so. */
static int
read_v1(struct dsync_view line, uint64_t payload_max, struct dsync_guest_request *request,
	struct dsync_guest_fault *fault)
{
	static const char *const id_place[] = { "request_id", NULL }, *const input_place[] = { "input", NULL };
	const char *action = text_of(json_object_get(request->root, "action"));
	struct dsync_view id;
	size_t i;
	int rc;

	if (!json_is_string(json_object_get(request->root, "request_id")) || !dsync__json_find(line, id_place, &id))
		return refuse(fault, 0, DSYNC_ERR_INVALID, "the request has no request_id", "give it a text");
	for (i = 0; i < DSYNC_ACTION_COUNT; i++) {
		if (action != NULL && strcmp(action, dsync_action_name((enum dsync_action)i)) == 0)
			break;
	}
	if (i == DSYNC_ACTION_COUNT)
		return refuse(fault, 0, DSYNC_ERR_INVALID, "there is no such action",
			"ReadPayload, ReadContext, WritePayload, WriteContext, ExecuteWasm, UpdatePayload");
	request->action = (enum dsync_action)i;
	rc = read_context(json_object_get(request->root, "context"), &request->context, fault);
	if (rc < 0)
		return rc;
	request->id = id;
	return read_input(line, input_place, json_object_get(request->root, "input"), payload_max, request, fault);
}

static bool
is_text(const json_t *value, const char *text)
{
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0 &&
		json_string_length(value) == strlen(text);
}

int
dsync__guest_read_request(struct dsync_view line, uint64_t payload_max, struct dsync_guest_request *request,
	struct dsync_guest_fault *fault)
{
	int rc;

	memset(request, 0, sizeof(*request));
	memset(fault, 0, sizeof(*fault));
	request->rpc = true;
	request->id = view_of(no_id);
	rc = dsync__json_parse_value(line.data, line.size, DSYNC_GUEST_DEPTH_MAX, &request->root, &fault->error);
	if (rc < 0) {
		fault->rpc_code = rc == DSYNC_ERR_NO_MEMORY ? DSYNC_RPC_INTERNAL : DSYNC_RPC_PARSE;
		return rc;
	}
	if (is_text(json_object_get(request->root, "jsonrpc"), "2.0"))
		return read_rpc(line, payload_max, request, fault);
	if (!is_text(json_object_get(request->root, "version"), "guest.v1"))
		return refuse(fault, DSYNC_RPC_REQUEST, DSYNC_ERR_PROTOCOL, "neither JSON-RPC 2.0 nor guest.v1",
			"set \"jsonrpc\" to \"2.0\", or \"version\" to \"guest.v1\"");
	request->rpc = false;
	request->id = view_of(unknown_id);
	return read_v1(line, payload_max, request, fault);
}

void
dsync__guest_finish_request(struct dsync_guest_request *request)
{
	dsync__strings_finish(&request->context.hosts);
	dsync__strings_finish(&request->context.env);
	dsync_buffer_finish(&request->payload);
	json_decref(request->root);
	request->root = NULL;
}

static void
put_list(struct dsync_buffer *out, const char *name, const struct dsync_strings *list)
{
	size_t i;

	dsync_json_open_array(out, name);
	for (i = 0; i < list->count; i++)
		dsync_json_put_text(out, NULL, list->items[i]);
	dsync_json_close_array(out);
}

static void
put_context(struct dsync_buffer *out, const struct dsync_guest_context *context)
{
	/* Who knows no members sees one as what it may do there. */
	static const char *const roles[] = { "Owner", "Member", "Consumer" };
	size_t i;

	dsync_json_open(out, "context");
	dsync_json_put_text(out, "mode", context->mode == DSYNC_MODE_WIDGET ? "Widget" : "Headless");
	dsync_json_put_text(out, "role", roles[context->role]);
	dsync_json_open(out, "permissions");
	for (i = 0; i < DSYNC_ACTION_COUNT; i++) {
		if (actions[i].permission != NULL)
			dsync_json_put_bool(
				out, actions[i].permission, (context->granted & DSYNC_POLICY_GRANT(i)) != 0);
	}
	put_list(out, "allowed_hosts", &context->hosts);
	put_list(out, "allowed_env", &context->env);
	dsync_json_close(out);
	dsync_json_put_text(out, "sync_path", context->sync_path);
	if (context->host_app != NULL)
		dsync_json_put_text(out, "host_app", context->host_app);
	else
		dsync_json_put_null(out, "host_app");
	dsync_json_close(out);
}

/* Base64 and JSON in one line: both are safe to put in as they are. */
static int
put_input(struct dsync_buffer *out, const char *name, const struct dsync_guest_request *request)
{
	struct dsync_buffer text;
	int rc;

	if (actions[request->action].input == NULL) {
		dsync_json_put_null(out, name);
		return 0;
	}
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	if (request->action == DSYNC_ACTION_WRITE_CONTEXT) {
		rc = dsync__json_compact(&text, request->input);
	} else {
		dsync_buffer_append_byte(&text, '"');
		dsync_text_base64_encode(&text, request->input.data, request->input.size);
		rc = dsync_buffer_append_byte(&text, '"');
	}
	dsync_json_put_raw(out, name, (const char *)text.data, text.size);
	dsync_buffer_finish(&text);
	return rc;
}

int
dsync__guest_write_request(const struct dsync_guest_request *request, struct dsync_buffer *out)
{
	const char *input = actions[request->action].input;
	int rc = 0;

	dsync_json_open(out, NULL);
	if (request->rpc) {
		dsync_json_put_text(out, "jsonrpc", "2.0");
		dsync_json_put_raw(out, "id", (const char *)request->id.data, request->id.size);
		dsync_json_put_text(out, "method", actions[request->action].method);
		dsync_json_open(out, "params");
		put_context(out, &request->context);
		if (input != NULL)
			rc = put_input(out, input, request);
		dsync_json_close(out);
	} else {
		dsync_json_put_text(out, "version", "guest.v1");
		dsync_json_put_raw(out, "request_id", (const char *)request->id.data, request->id.size);
		dsync_json_put_text(out, "action", dsync_action_name(request->action));
		put_context(out, &request->context);
		rc = put_input(out, "input", request);
	}
	dsync_json_close(out);
	dsync_buffer_append_byte(out, '\n');
	return rc < 0 ? rc : dsync_buffer_error(out);
}
