/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The one broker of a run, and what its failures are for the guest and for people. */
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "calls.h"

#define BYTES_OUT_MAX (UINT64_C(16) << 20)
#define BYTES_IN_EXTRA (UINT64_C(64) << 20)
#define USER_AGENT "dotsync/" DSYNC_VERSION
#define TOLD_SIZE_MAX 16384u

static void
tell_progress(void *user, uint64_t received, uint64_t expected)
{
	struct dsync_calls *c = user;

	dsync_caller_progress(c->caller, received, expected);
}

/* Twice the largest payload, so that a mirror that breaks off near the end may be followed by another. */
static uint64_t
bytes_in_max(const struct dsync_calls *c)
{
	return c->payload_max > (UINT64_MAX - BYTES_IN_EXTRA) / 2 ? UINT64_MAX : 2 * c->payload_max + BYTES_IN_EXTRA;
}

static int
need_broker(struct dsync_calls *c, struct dsync_error *err)
{
	struct dsync_broker_policy policy = {
		.asked = c->permissions.asked,
		.granted = c->permissions.granted,
		.withheld = c->permissions.withheld,
		.private_ = c->permissions.private_,
		.network_none = c->permissions.network_none,
		.record_hosts = c->fill != NULL,
		.timeout_ms = dsync_calls_time_left(c),
		.min_rate = c->config->min_rate,
		.bytes_in_max = bytes_in_max(c),
		.bytes_out_max = BYTES_OUT_MAX,
		.proxy = c->config->proxy,
		.ca_file = c->config->ca_file,
		.record = c->record,
		.replay = c->replay,
		.user_agent = USER_AGENT,
		.secrets = c->secrets != NULL ? c->secrets->items : NULL,
		.secret_count = c->secrets != NULL ? c->secrets->count : 0,
		.watch_fds = { dsync_caller_watch_fd(c->caller), c->worker_fd },
		.interrupted = dsync_calls_interrupted,
		.progress = tell_progress,
		.user = c,
	};

	return c->broker != NULL ? 0 : dsync_broker_create(&c->broker, &policy, err);
}

/* "GET https://... 200" of each hop that was not told of yet, for people who watch. */
static void
tell_requests(struct dsync_calls *c)
{
	struct dsync_broker_record record;
	struct dsync_buffer line;

	dsync_buffer_init(&line, TOLD_SIZE_MAX);
	for (; c->broker != NULL && dsync_broker_record(c->broker, c->told, &record) == 0; c->told++) {
		if (record.error == DSYNC_ERR_POLICY) /* it was never sent; tell_failure() says why */
			continue;
		dsync_buffer_clear(&line);
		dsync_buffer_printf(&line, "%s %s ", record.method, record.url);
		if (record.status != 0)
			dsync_buffer_printf(&line, "%d", record.status);
		else
			dsync_buffer_append_text(&line, "failed");
		if (dsync_buffer_text(&line) != NULL)
			dsync_caller_tell(c->caller, DSYNC_EVENT_REQUEST, dsync_buffer_text(&line));
	}
	dsync_buffer_finish(&line);
}

static void
tell_failure(struct dsync_calls *c)
{
	char text[TOLD_SIZE_MAX];

	dsync_error_format(&c->fault, text, sizeof(text));
	dsync_caller_tell(c->caller, DSYNC_EVENT_REFUSED, text);
}

static const char *
advice(int status)
{
	switch (status) {
	case 401:
	case 403:
		return "the server wants to know who asks: see whether the URL is public, or give a secret (dotsync-grant(1))";
	case 404:
	case 410:
		return "see whether the URL is still right";
	case 429:
		return "the server asks for patience";
	default:
		return "the server may be well again later";
	}
}

/* An answer that is a refusal is what the run will have failed of, unless something better comes. */
static void
judge_status(
	struct dsync_calls *c, const struct dsync_request *request, const struct dsync_response *response, int64_t now)
{
	int status = dsync_response_status(response);
	int64_t retry;

	if (status < 400) {
		memset(&c->fault, 0, sizeof(c->fault));
		return;
	}
	dsync_error_set(&c->fault, DSYNC_ERR_NETWORK, "http", "the server answered with status %d", status);
	dsync_error_at_entry(&c->fault, request->url, request->url_size);
	dsync_error_hint(&c->fault, "%s", advice(status));
	retry = dsync_response_retry_after(response, now);
	if (retry > c->retry_s)
		c->retry_s = retry;
}

/* What to do about a request that failed, where the broker did not say it better. */
static void
advise(struct dsync_error *fault)
{
	if (fault->hint[0] != '\0')
		return;
	if (fault->code == DSYNC_ERR_POLICY)
		dsync_error_hint(
			fault, "manifest and grant must both allow it; dotsync refresh --explain shows what they do");
	else if (fault->code == DSYNC_ERR_NETWORK || fault->code == DSYNC_ERR_TIMEOUT)
		dsync_error_hint(fault, "see whether network and server are well");
}

int
dsync_calls_request(struct dsync_calls *c, const struct dsync_request *request, struct dsync_response **response)
{
	int rc;

	*response = NULL;
	rc = need_broker(c, &c->fault);
	if (rc == 0) {
		rc = dsync_broker_fetch(c->broker, request, response, &c->fault);
		if (!c->caller->background)
			tell_requests(c);
	}
	if (rc == 0) {
		judge_status(c, request, *response, dsync_sys_now());
	} else {
		advise(&c->fault);
		if (!c->caller->background)
			tell_failure(c);
	}
	return rc;
}

struct dsync_open_response *
dsync_calls_find(struct dsync_calls *c, int64_t handle)
{
	size_t i;

	for (i = 0; i < DSYNC_CALLS_RESPONSES_MAX; i++) {
		if (c->open[i].handle == handle && handle != 0)
			return &c->open[i];
	}
	return NULL;
}

int64_t
dsync_calls_fail(struct dsync_calls *c, const struct dsync_error *err, int *end)
{
	if (err != &c->fault)
		c->fault = *err;
	*end = err->code == DSYNC_ERR_CANCELLED || err->code == DSYNC_ERR_GUEST ? err->code : 0;
	switch (err->code) {
	case DSYNC_ERR_SYNTAX:
	case DSYNC_ERR_INVALID:
		return DSYNC_GUEST_ERR_INVAL;
	case DSYNC_ERR_POLICY:
		return DSYNC_GUEST_ERR_DENIED;
	case DSYNC_ERR_NETWORK:
		return DSYNC_GUEST_ERR_NET;
	case DSYNC_ERR_TIMEOUT:
		return DSYNC_GUEST_ERR_TIMEOUT;
	case DSYNC_ERR_LIMIT:
		return DSYNC_GUEST_ERR_LIMIT;
	default:
		return DSYNC_GUEST_ERR_IO;
	}
}

int64_t
dsync_calls_fail_staging(struct dsync_calls *c)
{
	c->fault = c->staging->fault;
	return c->fault.code == DSYNC_ERR_LIMIT ? DSYNC_GUEST_ERR_LIMIT : DSYNC_GUEST_ERR_IO;
}
