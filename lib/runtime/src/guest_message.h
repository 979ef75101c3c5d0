/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest_message.h - the messages of both guest protocols, read and written; both directions.
 *
 * A request or a response is parsed into a struct that says the same whichever protocol it came in.
 */
#ifndef RUNTIME_GUEST_MESSAGE_H
#define RUNTIME_GUEST_MESSAGE_H

#include <jansson.h>

#include "base/buffer.h"
#include "dotsync/session.h"
#include "runtime/grants.h"

enum dsync_guest_rpc_code {
	DSYNC_RPC_PARSE = -32700,
	DSYNC_RPC_REQUEST = -32600,
	DSYNC_RPC_METHOD = -32601,
	DSYNC_RPC_PARAMS = -32602,
	DSYNC_RPC_INTERNAL = -32603,
	DSYNC_RPC_DENIED = -32001,
	DSYNC_RPC_UNAVAILABLE = -32002,
	DSYNC_RPC_SCHEMA = -32003,
	DSYNC_RPC_TOO_LARGE = -32004,
};

/* What a request says of its sender. */
struct dsync_guest_context {
	enum dsync_session_mode mode;
	enum dsync_role role;
	unsigned granted; /* bits 1 << action */
	struct dsync_strings hosts, env;
	const char *sync_path;
	const char *host_app; /* NULL: not said; only written, never needed */
};

struct dsync_guest_request {
	bool rpc;             /* JSON-RPC 2.0; else guest.v1 */
	struct dsync_view id; /* its text, JSON; for answers */
	enum dsync_action action;
	struct dsync_guest_context context;
	struct dsync_view input;     /* the payload, decoded, or the context's text */
	struct dsync_buffer payload; /* holds the former */
	json_t *root;
};

/* What is answered when it went wrong: the error, and its number in JSON-RPC (0: the one that its problem has). */
struct dsync_guest_fault {
	struct dsync_error error;
	int rpc_code;
};

/*
 * Reads a line.  0, or a negative code with the fault filled; `rpc` and `id` are those to answer with in either case.  Views are of
 * the line and of the request, which is to be finished in either case.
 */
int dsync__guest_read_request(struct dsync_view line, uint64_t payload_max, struct dsync_guest_request *request,
	struct dsync_guest_fault *fault);
void dsync__guest_finish_request(struct dsync_guest_request *request);

/* Writes one; `request->id` is a text of JSON, and its `payload` and `root` are not looked at. */
int dsync__guest_write_request(const struct dsync_guest_request *request, struct dsync_buffer *out);

/* The beginning of an answer that went well, up to the result, which the caller appends, and its end. */
void dsync__guest_begin_result(const struct dsync_guest_request *request, struct dsync_buffer *out);
void dsync__guest_end_result(const struct dsync_guest_request *request, struct dsync_buffer *out);
void dsync__guest_write_fault(
	const struct dsync_guest_request *request, const struct dsync_guest_fault *fault, struct dsync_buffer *out);

/*
 * Reads the response to a request that went to another program: 0 with the result (the payload decoded, or the text of a context, "" for
 * null) appended to `out`; what the other side refused as an error of the same meaning; PROTOCOL for anything else.
 */
int dsync__guest_read_response(const struct dsync_guest_request *request, struct dsync_view text,
	struct dsync_buffer *out, struct dsync_error *err);

#endif
