/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A request and the redirects it meets.  curl follows none: each hop is a request of its
 * own, and passes every check that the first one passed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "internal.h"

static int
check_budget(const struct dsync_broker *broker, const struct dsync_url *url, const struct dsync__hop *hop,
	struct dsync_error *err)
{
	uint64_t max = broker->policy.bytes_out_max;

	if (!hop->with_body || max == 0 || hop->request->body.size <= max - broker->bytes_out)
		return 0;
	dsync_error_set(err, DSYNC_ERR_LIMIT, "bytes", "more bytes than one run may send");
	dsync_error_at_entry(err, url->text, strlen(url->text));
	dsync_error_expected(err, "at most %llu", (unsigned long long)max);
	return DSYNC_ERR_LIMIT;
}

static int
check_hop(const struct dsync_broker *broker, const struct dsync_url *url, const struct dsync__hop *hop,
	struct dsync_error *err)
{
	int rc;

	rc = dsync__policy_check_url(broker, url, err);
	if (rc == 0)
		rc = dsync__policy_check_literal(broker, url, err);
	if (rc == 0)
		rc = check_budget(broker, url, hop, err);
	return rc;
}

static int
await_head(struct dsync_response *r, struct dsync_error *err)
{
	int rc;

	while (!r->head_done && !r->done) {
		rc = dsync__transfer_step(r, err);
		if (rc < 0)
			return rc;
	}
	return r->head_done ? 0 : dsync__transfer_result(r, err);
}

/* A server that says "not modified" to whoever did not ask would keep old data fresh for ever. */
static int
check_not_modified(const struct dsync_response *r, struct dsync_error *err)
{
	if (r->status != 304 || r->conditional)
		return 0;
	dsync_error_set(err, DSYNC_ERR_NETWORK, "http", "the server answered with status 304, which nobody asked for");
	dsync_error_at_entry(err, r->url.text, strlen(r->url.text));
	return DSYNC_ERR_NETWORK;
}

/* One request up to its head; on failure the record says so and *out is NULL. */
static int
run_hop(struct dsync_broker *broker, const struct dsync_url *url, const struct dsync__hop *hop,
	struct dsync_response **out, struct dsync_error *err)
{
	struct dsync__record *record;
	struct dsync_response *r = NULL;
	int rc;

	*out = NULL;
	rc = dsync__record_add(broker, url, hop->method, &record, err);
	if (rc < 0)
		return rc;
	rc = check_hop(broker, url, hop, err);
	if (rc < 0)
		goto fail;
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		rc = dsync_error_set_memory(err);
		goto fail;
	}
	r->broker = broker;
	r->record = record;
	r->url = *url;
	r->method = hop->method;
	r->length = -1;
	r->start_ms = dsync_sys_monotonic_ms();
	if (hop->with_body)
		broker->bytes_out += hop->request->body.size;
	rc = dsync__guard_create(r, hop, err);
	if (rc == 0)
		rc = dsync__request_start(r, hop, err);
	if (rc == 0)
		rc = dsync__tape_begin(r, hop, err);
	if (rc == 0)
		rc = await_head(r, err);
	if (rc < 0)
		goto fail;
	record->public_.status = r->status;
	rc = check_not_modified(r, err);
	if (rc < 0)
		goto fail;
	record->public_.not_modified = r->status == 304;
	*out = r;
	return 0;

fail:
	record->public_.error = rc;
	dsync_response_close(r);
	return rc;
}

/* The Location of a redirect that is to be followed; NULL for all other answers. */
static const struct dsync__field *
redirect_target(const struct dsync_response *r)
{
	switch (r->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return dsync__response_field(r, "Location", 8);
	default:
		return NULL;
	}
}

static int
refuse_redirect(const struct dsync_response *r, const struct dsync__field *location, int code, const char *what,
	struct dsync_error *err)
{
	dsync_error_set(err, code, "redirect", "%s", what);
	dsync_error_at_entry(err, r->url.text, strlen(r->url.text));
	dsync_error_found(err, "Location: %s", location->value);
	return code;
}

static void
change_method(struct dsync__hop *hop, int status)
{
	bool see_other = status == 303 && hop->method != METHOD_HEAD;
	bool as_browsers_do = (status == 301 || status == 302) && hop->method == METHOD_POST;

	if (see_other || as_browsers_do) {
		hop->method = METHOD_GET;
		hop->with_body = false;
	}
}

/* Works out the next hop; `url` becomes its URL. */
static int
follow(const struct dsync_response *r, const struct dsync__field *location, struct dsync_url *url,
	struct dsync__hop *hop, struct dsync_error *err)
{
	int rc;

	if (hop->redirects == DSYNC_BROKER_REDIRECTS_MAX)
		return refuse_redirect(r, location, DSYNC_ERR_LIMIT, "too many redirects", err);
	if (location->count > 1)
		return refuse_redirect(r, location, DSYNC_ERR_POLICY, "redirect to more than one place", err);
	rc = dsync_url_resolve(url, &r->url, location->value, strlen(location->value), err);
	if (rc < 0)
		return rc;
	if (r->url.https && !url->https)
		return refuse_redirect(r, location, DSYNC_ERR_POLICY, "redirect from https to http", err);
	if (!dsync_url_same_origin(&r->url, url))
		hop->with_headers = false; /* for good: they were meant for the first origin */
	hop->redirects++;
	change_method(hop, r->status);
	return 0;
}

/* What is wrong with a place that we were sent to is the redirect's fault. */
static int
blame_redirect(int code, struct dsync_error *err)
{
	if (code != DSYNC_ERR_POLICY && code != DSYNC_ERR_SYNTAX)
		return code;
	if (err != NULL) {
		err->code = DSYNC_ERR_POLICY;
		memcpy(err->rule, "redirect", sizeof("redirect"));
	}
	return DSYNC_ERR_POLICY;
}

static int
run(struct dsync_broker *broker, struct dsync_url *url, struct dsync__hop *hop, struct dsync_response **out,
	struct dsync_error *err)
{
	const struct dsync__field *location;
	struct dsync_response *r;
	int rc;

	for (;;) {
		rc = run_hop(broker, url, hop, &r, err);
		if (rc < 0)
			return hop->redirects > 0 ? blame_redirect(rc, err) : rc;
		location = redirect_target(r);
		if (location == NULL)
			break;
		rc = follow(r, location, url, hop, err);
		if (rc < 0)
			rc = dsync__response_fail(r, blame_redirect(rc, err));
		dsync_response_close(r);
		if (rc < 0)
			return rc;
	}
	*out = r;
	return 0;
}

static int
check_length(struct dsync_response *r, struct dsync_error *err)
{
	uint64_t left = dsync_broker_bytes_left(r->broker);

	if (r->length < 0 || dsync__response_without_body(r) || (uint64_t)r->length - r->received <= left)
		return 0;
	dsync_error_set(err, DSYNC_ERR_LIMIT, "bytes", "answer larger than one run may receive");
	dsync_error_at_entry(err, r->url.text, strlen(r->url.text));
	dsync_error_expected(err, "at most %llu", (unsigned long long)r->broker->policy.bytes_in_max);
	dsync_error_found(err, "%lld bytes", (long long)r->length);
	return dsync__response_fail(r, DSYNC_ERR_LIMIT);
}

static int
read_request(const struct dsync_broker *broker, const struct dsync_request *request, struct dsync_url *url,
	struct dsync__hop *hop, struct dsync_error *err)
{
	int rc;

	memset(hop, 0, sizeof(*hop));
	hop->request = request;
	hop->with_headers = true;
	rc = dsync_url_parse(url, request->url, request->url_size, err);
	if (rc < 0)
		return rc;
	rc = dsync__method_parse(request->method, request->method_size, &hop->method, err);
	if (rc < 0)
		return rc;
	rc = dsync__request_headers_check(request->headers, request->header_count, err);
	if (rc == 0)
		rc = dsync__secrets_find(broker, url, hop, err);
	if (rc < 0)
		return rc;
	if ((hop->method == METHOD_GET || hop->method == METHOD_HEAD) && request->body.size > 0)
		return dsync_error_set(
			err, DSYNC_ERR_POLICY, "method", "%s with a body", dsync__method_name(hop->method));
	hop->with_body = request->body.size > 0 ||
		(hop->method != METHOD_GET && hop->method != METHOD_HEAD && hop->method != METHOD_DELETE);
	return 0;
}

int
dsync_broker_fetch(struct dsync_broker *broker, const struct dsync_request *request, struct dsync_response **response,
	struct dsync_error *err)
{
	struct dsync_response *r;
	struct dsync__hop hop;
	struct dsync_url url;
	int rc;

	*response = NULL;
	rc = read_request(broker, request, &url, &hop, err);
	if (rc < 0)
		return rc;
	if (broker->first.text[0] == '\0')
		broker->first = url;
	rc = run(broker, &url, &hop, &r, err);
	if (rc < 0)
		return rc;
	rc = check_length(r, err);
	if (rc < 0) {
		dsync_response_close(r);
		return rc;
	}
	*response = r;
	return 0;
}
