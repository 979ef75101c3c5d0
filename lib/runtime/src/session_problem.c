/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The words of the guest protocol for actions and for what went wrong. */
#include "dotsync/session.h"

const char *
dsync_action_name(enum dsync_action action)
{
	static const char *const names[DSYNC_ACTION_COUNT] = {
		[DSYNC_ACTION_READ_PAYLOAD] = "ReadPayload",
		[DSYNC_ACTION_READ_CONTEXT] = "ReadContext",
		[DSYNC_ACTION_WRITE_PAYLOAD] = "WritePayload",
		[DSYNC_ACTION_WRITE_CONTEXT] = "WriteContext",
		[DSYNC_ACTION_EXECUTE_WASM] = "ExecuteWasm",
		[DSYNC_ACTION_UPDATE_PAYLOAD] = "UpdatePayload",
	};

	return (unsigned)action < DSYNC_ACTION_COUNT ? names[action] : "?";
}

const char *
dsync_session_problem_name(enum dsync_session_problem problem)
{
	static const char *const names[] = { "PermissionDenied", "InvalidRequest", "ExecutionFailed", "HostUnavailable",
		"ProtocolError", "IoError" };

	return (unsigned)problem < sizeof(names) / sizeof(names[0]) ? names[problem] : "?";
}

enum dsync_session_problem
dsync_session_problem(const struct dsync_error *err)
{
	switch (err->code) {
	case DSYNC_ERR_PERMISSION:
	case DSYNC_ERR_CONSENT:
	case DSYNC_ERR_EXPIRED:
	case DSYNC_ERR_LOCKED:
	case DSYNC_ERR_UNSIGNED:
	case DSYNC_ERR_SIGNATURE:
	case DSYNC_ERR_EQUIVOCATION:
	case DSYNC_ERR_HELD:
		return DSYNC_SESSION_PERMISSION_DENIED;
	case DSYNC_ERR_INVALID:
	case DSYNC_ERR_SYNTAX:
	case DSYNC_ERR_MANIFEST:
		return DSYNC_SESSION_INVALID_REQUEST;
	case DSYNC_ERR_STATE:
	case DSYNC_ERR_GUEST:
	case DSYNC_ERR_UPDATER:
	case DSYNC_ERR_POLICY:
	case DSYNC_ERR_NETWORK:
	case DSYNC_ERR_TIMEOUT:
	case DSYNC_ERR_LIMIT:
	case DSYNC_ERR_REJECTED:
	case DSYNC_ERR_CANCELLED:
	case DSYNC_ERR_CLOCK:
		return DSYNC_SESSION_EXECUTION_FAILED;
	case DSYNC_ERR_SANDBOX:
	case DSYNC_ERR_NOT_FOUND:
	case DSYNC_ERR_BUSY:
		return DSYNC_SESSION_HOST_UNAVAILABLE;
	case DSYNC_ERR_PROTOCOL:
		return DSYNC_SESSION_PROTOCOL_ERROR;
	default:
		return DSYNC_SESSION_IO_ERROR;
	}
}
