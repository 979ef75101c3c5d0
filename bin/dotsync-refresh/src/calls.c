/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The table of calls, and those that concern neither network nor payload. */
#include "calls.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "dotsync/archive.h"

#define ENV_NAME_MAX 255u
#define ENV_VALUE_MAX 4096u

void
dsync_calls_init(struct dsync_calls *c)
{
	c->start_ms = dsync_sys_monotonic_ms();
	c->next_handle = DSYNC_GUEST_SOURCE_RESPONSE;
	c->spool = -1;
	c->retry_s = -1;
	dsync_buffer_init(&c->request_body, DSYNC_CALLS_REQUEST_BODY_MAX);
	dsync_buffer_init(&c->old_context, DSYNC_CONTEXT_SIZE_MAX);
	dsync_buffer_init(&c->new_context, DSYNC_CONTEXT_SIZE_MAX);
	dsync_buffer_init(&c->data, DSYNC_FRAME_CALL_DATA_MAX);
}

void
dsync_calls_finish(struct dsync_calls *c)
{
	size_t i;

	for (i = 0; i < DSYNC_CALLS_RESPONSES_MAX; i++)
		dsync_response_close(c->open[i].response);
	dsync_broker_destroy(c->broker);
	dsync_run_secrets_free(c->secrets);
	if (c->spool >= 0)
		dsync_sys_close(c->spool);
	dsync_buffer_finish(&c->request_body);
	dsync_buffer_finish(&c->old_context);
	dsync_buffer_finish(&c->new_context);
	dsync_buffer_finish(&c->data);
}

int64_t
dsync_calls_time_left(const struct dsync_calls *c)
{
	int64_t left;

	if (c->broker != NULL)
		return dsync_broker_time_left(c->broker);
	left = c->timeout_ms - (dsync_sys_monotonic_ms() - c->start_ms);
	return left > 0 ? left : 0;
}

static int64_t
clamp(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static int
answer_get(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	switch (call->a) {
	case DSYNC_GUEST_KEY_NOW:
		result->value = dsync_sys_now_ms();
		break;
	case DSYNC_GUEST_KEY_REASON:
		result->value = c->reason;
		break;
	case DSYNC_GUEST_KEY_SEALED:
		result->value = c->sealed;
		break;
	case DSYNC_GUEST_KEY_WALL_MS:
		result->value = dsync_calls_time_left(c);
		break;
	case DSYNC_GUEST_KEY_REQUESTS:
		result->value =
			c->broker != NULL ? clamp(dsync_broker_requests_left(c->broker)) : DSYNC_BROKER_REQUESTS_MAX;
		break;
	case DSYNC_GUEST_KEY_BYTES_IN:
		result->value = c->broker != NULL ? clamp(dsync_broker_bytes_left(c->broker)) : INT64_MAX;
		break;
	case DSYNC_GUEST_KEY_PAYLOAD_MAX:
		result->value = clamp(c->payload_max);
		break;
	default:
		result->value = DSYNC_GUEST_ERR_UNKNOWN;
	}
	return 0;
}

static bool
names(const struct dsync_strings *list, struct dsync_view name)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (dsync_text_view_is(name, list->items[i]))
			return true;
	}
	return false;
}

/* Asked for by the manifest, granted by the user, and there. */
static int
answer_env(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	char name[ENV_NAME_MAX + 1];
	const char *value;

	if (!names(c->permissions.env_asked, call->data) || !names(c->permissions.env_granted, call->data)) {
		result->value = DSYNC_GUEST_ERR_DENIED;
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(call->data.size % sizeof(name)), (const char *)call->data.data);
	value = strlen(name) == call->data.size ? getenv(name) : NULL;
	if (value == NULL || strlen(value) > ENV_VALUE_MAX) {
		result->value = DSYNC_GUEST_ERR_NOENT;
		return 0;
	}
	dsync_buffer_append_text(&c->data, value);
	result->value = (int64_t)strlen(value);
	return 0;
}

int
dsync_calls_interrupted(void *user)
{
	struct dsync_calls *c = user;
	struct pollfd worker = { .fd = c->worker_fd, .events = POLLIN };

	if (dsync_caller_is_cancelled(c->caller))
		return DSYNC_ERR_CANCELLED;
	/* It has a question open, so it has nothing to say unless it ended. */
	return poll(&worker, 1, 0) > 0 ? DSYNC_ERR_GUEST : 0;
}

static int
answer_sleep(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	struct pollfd fds[2] = {
		{ .fd = c->worker_fd, .events = POLLIN },
		{ .fd = dsync_caller_watch_fd(c->caller), .events = POLLIN | POLLRDHUP },
	};
	int64_t ms = dsync_calls_time_left(c);

	if (call->a < 0) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	result->value = call->a > ms ? DSYNC_GUEST_ERR_TIMEOUT : 0;
	if (ms > call->a)
		ms = call->a;
	poll(fds, 2, ms > INT32_MAX ? INT32_MAX : (int)ms);
	return dsync_calls_interrupted(c);
}

/* One event a line, empty lines left out; the budget is the worker's too, but a worker may lie. */
static int
answer_log(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	const char *text = (const char *)call->data.data;
	size_t left = call->data.size;
	int level = call->a >= 0 && call->a <= 3 ? (int)call->a : 1;

	if (left > DSYNC_CALLS_LOG_MAX - c->log_bytes) {
		left = DSYNC_CALLS_LOG_MAX - c->log_bytes;
		result->value = DSYNC_GUEST_ERR_LIMIT;
	}
	c->log_bytes += left;
	while (left > 0) {
		const char *end = memchr(text, '\n', left);
		size_t size = end != NULL ? (size_t)(end - text) : left;

		if (size > 0)
			dsync_caller_log(c->caller, level, text, size);
		if (end != NULL)
			size++;
		text += size;
		left -= size;
	}
	return 0;
}

static int
answer_progress(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	if (call->a < 0 || call->b < 0)
		result->value = DSYNC_GUEST_ERR_INVAL;
	else
		dsync_caller_progress(c->caller, (uint64_t)call->a, (uint64_t)call->b);
	return 0;
}

static int
answer_finish(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	if (call->a < DSYNC_GUEST_FAILED || call->a > DSYNC_GUEST_UPDATED_EMPTY) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	c->finished = true;
	c->outcome = call->a;
	if (call->b > c->retry_s && call->b > 0)
		c->retry_s = call->b;
	dsync_text_escape(c->message, sizeof(c->message), call->data.data, call->data.size);
	return 0;
}

static dsync_call_handler *const handlers[] = {
	[DSYNC_CALL_GET] = answer_get,
	[DSYNC_CALL_ENV] = answer_env,
	[DSYNC_CALL_FETCH_BODY] = dsync_calls_fetch_body,
	[DSYNC_CALL_FETCH] = dsync_calls_fetch,
	[DSYNC_CALL_STATUS] = dsync_calls_status,
	[DSYNC_CALL_HEADER] = dsync_calls_header,
	[DSYNC_CALL_CLOSE] = dsync_calls_close,
	[DSYNC_CALL_SIZE] = dsync_calls_size,
	[DSYNC_CALL_READ] = dsync_calls_read,
	[DSYNC_CALL_WRITE] = dsync_calls_write,
	[DSYNC_CALL_COPY] = dsync_calls_copy,
	[DSYNC_CALL_DISCARD] = dsync_calls_discard,
	[DSYNC_CALL_CONTEXT] = dsync_calls_context,
	[DSYNC_CALL_SLEEP] = answer_sleep,
	[DSYNC_CALL_LOG] = answer_log,
	[DSYNC_CALL_PROGRESS] = answer_progress,
	[DSYNC_CALL_FINISH] = answer_finish,
	[DSYNC_CALL_HTTP] = dsync_calls_http,
	[DSYNC_CALL_LAST_SIZE] = dsync_calls_last_size,
	[DSYNC_CALL_LAST_READ] = dsync_calls_last_read,
	[DSYNC_CALL_WRITE_AT] = dsync_calls_write_at,
};

int
dsync_calls_answer(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	dsync_call_handler *handler = call->call < sizeof(handlers) / sizeof(handlers[0]) ? handlers[call->call] : NULL;
	int rc;

	memset(result, 0, sizeof(*result));
	dsync_buffer_clear(&c->data);
	if (handler == NULL)
		result->value = DSYNC_GUEST_ERR_UNKNOWN;
	else if (c->finished && call->call != DSYNC_CALL_LOG)
		result->value = DSYNC_GUEST_ERR_STATE;
	rc = result->value == 0 ? handler(c, call, result) : 0;
	if (rc == 0 && dsync_buffer_error(&c->data) < 0) {
		dsync_buffer_clear(&c->data);
		result->value = DSYNC_GUEST_ERR_LIMIT;
	}
	result->data = dsync_buffer_view(&c->data);
	return rc;
}
