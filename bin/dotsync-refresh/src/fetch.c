/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fetch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "broker/broker.h"
#include "broker/url.h"
#include "lockdown.h"
#include "runtime/config.h"

#define TIMEOUT_MS 30000
#define ORIGIN_SIZE (DSYNC_URL_HOST_SIZE + 24)

struct fetch {
	const struct dsync_job *job;
	struct dsync_caller *caller;
	struct dsync_result *result;
	int out;
	uint64_t size;
	struct dsync_hash hash;
	struct dsync_error fault; /* of writing; code 0: none */
};

static int
interrupted(void *user)
{
	struct fetch *f = user;

	return dsync_caller_is_cancelled(f->caller) ? DSYNC_ERR_CANCELLED : 0;
}

static void
tell_progress(void *user, uint64_t received, uint64_t expected)
{
	struct fetch *f = user;

	dsync_caller_progress(f->caller, received, expected);
}

static int
take_piece(void *user, const void *data, size_t size)
{
	struct fetch *f = user;
	int rc;

	if (size > f->job->size_max - f->size) {
		dsync_error_set(&f->fault, DSYNC_ERR_LIMIT, "bytes", "the answer is larger than was asked for");
		dsync_error_expected(&f->fault, "at most %llu bytes", (unsigned long long)f->job->size_max);
		return DSYNC_ERR_LIMIT;
	}
	f->size += size;
	dsync_hash_update(&f->hash, data, size); /* while it is at hand, so that nobody reads it again for this */
	rc = f->out >= 0 ? dsync_sys_write_all(f->out, data, size) : 0;
	return rc < 0 ? dsync_error_set_errno(&f->fault, -rc, "cannot store what the server sends") : 0;
}

/* "https://host" or "http://host:8080": what a grant of this very origin is written like. */
static int
add_origin(struct dsync_strings *origins, const char *text, struct dsync_error *err)
{
	struct dsync_url *url = malloc(sizeof(*url));
	char origin[ORIGIN_SIZE];
	int used, rc;

	if (url == NULL)
		return dsync_error_set_memory(err);
	rc = dsync_url_parse(url, text, strlen(text), err);
	if (rc == 0) {
		const bool v6 = url->kind == DSYNC_HOST_IPV6;

		used = snprintf(origin, sizeof(origin), "%s://%s%s%s", url->https ? "https" : "http", v6 ? "[" : "",
			url->host, v6 ? "]" : "");
		if (url->port != (url->https ? 443 : 80))
			snprintf(origin + used, sizeof(origin) - (size_t)used, ":%u", url->port);
		rc = dsync_grant_add(origins, origin, err);
	}
	free(url);
	return rc;
}

int
dsync_fetch_report_hops(const struct dsync_broker *broker, struct dsync_result *result, struct dsync_error *err)
{
	size_t count = dsync_broker_record_count(broker);
	struct dsync_broker_record record;
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++) {
		dsync_broker_record(broker, i, &record);
		rc = add_origin(&result->origins, record.url, err);
		if (i + 1 == count)
			result->final_url = strdup(record.url);
	}
	return rc;
}

static void
copy_header(char **place, const struct dsync_response *response, const char *name)
{
	const char *value = dsync_response_header(response, name);

	free(*place);
	*place = value != NULL ? strdup(value) : NULL;
}

void
dsync_fetch_report_head(const struct dsync_response *response, struct dsync_result *result)
{
	const char *disposition = dsync_response_header(response, "Content-Disposition");

	result->status = dsync_response_status(response);
	copy_header(&result->content_type, response, "Content-Type");
	copy_header(&result->etag, response, "ETag");
	copy_header(&result->last_modified, response, "Last-Modified");
	result->max_age = dsync_response_max_age(response);
	free(result->file_name);
	result->file_name = disposition != NULL ? dsync_disposition_file_name(disposition) : NULL;
}

static int
refuse_status(const struct fetch *f, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_NETWORK, "http", "the server answered with status %d", f->result->status);
	dsync_error_at_entry(err, f->job->url, strlen(f->job->url));
	dsync_error_expected(err, "200");
	dsync_error_hint(err, "see whether the URL is right");
	return DSYNC_ERR_NETWORK;
}

static int
run(struct fetch *f, struct dsync_broker *broker, struct dsync_error *err)
{
	const struct dsync_request request = {
		.method = "GET", .method_size = 3, .url = f->job->url, .url_size = strlen(f->job->url)
	};
	struct dsync_response *response;
	int64_t n;
	int rc;

	rc = dsync_broker_fetch(broker, &request, &response, err);
	if (rc < 0)
		return rc;
	dsync_fetch_report_head(response, f->result);
	if (f->result->status != 200) {
		rc = refuse_status(f, err);
	} else {
		n = dsync_response_pipe(response, -1, take_piece, f, err);
		rc = n < 0 ? (int)n : 0;
		if (rc < 0 && f->fault.code != 0)
			*err = f->fault;
	}
	dsync_response_close(response);
	return rc;
}

static int
fetch(struct fetch *f, const struct dsync_config *config, struct dsync_error *err)
{
	const struct dsync_broker_policy policy = {
		.record_hosts = true,
		.timeout_ms = f->job->timeout_ms >= 0 ? f->job->timeout_ms : TIMEOUT_MS,
		.min_rate = config->min_rate,
		.bytes_in_max = f->job->size_max == UINT64_MAX ? 0 : f->job->size_max,
		.proxy = config->proxy,
		.ca_file = config->ca_file,
		.user_agent = "dotsync/" DSYNC_VERSION,
		.watch_fds = { dsync_caller_watch_fd(f->caller), -1 },
		.interrupted = interrupted,
		.progress = tell_progress,
		.user = f,
	};
	struct dsync_broker *broker;
	int rc;

	dsync_hash_init(&f->hash);
	rc = dsync_broker_create(&broker, &policy, err);
	if (rc < 0)
		return rc;
	rc = run(f, broker, err);
	if (rc == 0)
		rc = dsync_fetch_report_hops(broker, f->result, err);
	dsync_broker_destroy(broker);
	f->result->has_payload_hash = rc == 0;
	if (rc == 0)
		dsync_hash_final(&f->hash, f->result->payload_hash);
	return rc;
}

void
dsync_fetch(const struct dsync_context *context, const struct dsync_job *job, int out, struct dsync_caller *caller,
	struct dsync_result *result)
{
	struct dsync_config config;
	const struct dsync_lockdown plan = { .context = context, .config = &config, .folder = -1 };
	struct fetch f = { .job = job, .caller = caller, .result = result, .out = out };
	int64_t start = dsync_sys_monotonic_ms();
	struct dsync_error err;
	int rc;

	memset(&err, 0, sizeof(err));
	memset(&config, 0, sizeof(config));
	rc = dsync_config_load(context, &config, &err);
	if (rc == 0) {
		dsync_lockdown(&plan, result);
		rc = fetch(&f, &config, &err);
	}
	dsync_config_finish(&config);
	result->took_ms = dsync_sys_monotonic_ms() - start;
	result->payload_size = f.size;
	result->kind = rc == 0 ? DSYNC_OUTCOME_UPDATED : DSYNC_OUTCOME_FAILED;
	if (rc < 0)
		result->error = err;
}
