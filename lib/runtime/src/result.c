/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * result.c - the outcome of a job as a packet; see job.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "grants.h"
#include "json.h"
#include "result.h"
#include "runtime/job.h"

#define REQUESTS_MAX 512 /* 64 requests of a run with their redirects, and to spare */

static const char *const kind_names[] = {
	"updated",
	"unchanged",
	"fresh",
	"no-updater",
	"failed",
	"consent-needed",
	"held",
	"dry-run",
	"explained",
};
#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

/* Every time that a run is made of, by the name it has in packets. */
struct timing {
	const char *name;
	size_t offset;
};

#define TIMING(name) \
	{ \
#name, offsetof(struct dsync_result, timing_##name) \
	}
static const struct timing timings[] = {
	TIMING(lock_us),
	TIMING(worker_us),
	TIMING(compile_us),
	TIMING(start_us),
	TIMING(run_us),
	TIMING(commit_us),
	TIMING(total_us),
	{ "cpu_us", offsetof(struct dsync_result, cpu_us) },
	{ "memory_peak", offsetof(struct dsync_result, memory_peak) },
};
#define TIMING_COUNT (sizeof(timings) / sizeof(timings[0]))

const char *
dsync_outcome_kind_name(enum dsync_outcome_kind kind)
{
	return (size_t)kind < KIND_COUNT ? kind_names[kind] : "?";
}

static int64_t *
timing_of(struct dsync_result *result, const struct timing *timing)
{
	return (int64_t *)(void *)((char *)result + timing->offset);
}

void
dsync_result_init(struct dsync_result *result)
{
	size_t i;

	memset(result, 0, sizeof(*result));
	result->kind = DSYNC_OUTCOME_FAILED;
	result->next_attempt = INT64_MIN;
	result->max_age = -1;
	for (i = 0; i < TIMING_COUNT; i++)
		*timing_of(result, &timings[i]) = -1;
}

void
dsync_result_finish(struct dsync_result *result)
{
	size_t i;

	for (i = 0; i < result->request_count; i++) {
		free(result->requests[i].method);
		free(result->requests[i].url);
	}
	free(result->requests);
	free(result->staging);
	free(result->sandbox);
	free(result->explanation);
	free(result->final_url);
	free(result->content_type);
	free(result->etag);
	free(result->last_modified);
	free(result->file_name);
	dsync__strings_finish(&result->asked);
	dsync__strings_finish(&result->missing);
	dsync__strings_finish(&result->origins);
	dsync_result_init(result);
}

static void
write_error(struct dsync_buffer *out, const struct dsync_error *error)
{
	if (error->code == 0)
		return;
	dsync_json_open(out, "error");
	dsync_json_put_integer(out, "code", error->code);
	dsync_json_put_integer(out, "errno", error->sys_errno);
	if (error->offset <= INT64_MAX)
		dsync_json_put_integer(out, "offset", (int64_t)error->offset);
	dsync_json_put_integer(out, "line", error->line);
	dsync_json_put_integer(out, "column", error->column);
	dsync_json_put_text(out, "rule", error->rule);
	dsync_json_put_text(out, "entry", error->entry);
	dsync_json_put_text(out, "message", error->message);
	dsync_json_put_text(out, "expected", error->expected);
	dsync_json_put_text(out, "found", error->found);
	dsync_json_put_text(out, "hint", error->hint);
	dsync_json_close(out);
}

static void
write_requests(struct dsync_buffer *out, const struct dsync_result *result)
{
	size_t i;

	if (result->request_count == 0)
		return;
	dsync_json_open_array(out, "requests");
	for (i = 0; i < result->request_count; i++) {
		const struct dsync_job_request *request = &result->requests[i];

		dsync_json_open(out, NULL);
		dsync_json_put_text(out, "method", request->method);
		dsync_json_put_text(out, "url", request->url);
		dsync_json_put_integer(out, "status", request->status);
		dsync_json_put_integer(out, "bytes", (int64_t)request->bytes);
		dsync_json_put_bool(out, "cached", request->cached);
		dsync_json_close(out);
	}
	dsync_json_close_array(out);
}

static void
write_fetch(struct dsync_buffer *out, const struct dsync_result *result)
{
	char hash[DSYNC_HASH_TEXT_SIZE];

	dsync_json_put_integer(out, "status", result->status);
	dsync_json_put_text(out, "final_url", result->final_url);
	dsync__json_put_strings(out, "origins", &result->origins);
	dsync_json_put_text(out, "content_type", result->content_type);
	dsync_json_put_text(out, "etag", result->etag);
	dsync_json_put_text(out, "last_modified", result->last_modified);
	dsync_json_put_text(out, "file_name", result->file_name);
	dsync_json_put_integer(out, "max_age", result->max_age);
	dsync_json_put_integer(out, "took_ms", result->took_ms);
	if (result->has_payload_hash) {
		dsync_hash_format(hash, result->payload_hash);
		dsync_json_put_text(out, "payload_hash", hash);
	}
}

int
dsync_result_write(const struct dsync_result *result, struct dsync_buffer *out)
{
	size_t i;

	dsync_json_open(out, NULL);
	dsync_json_open(out, "outcome");
	dsync_json_put_text(out, "kind", dsync_outcome_kind_name(result->kind));
	dsync_json_put_bool(out, "staged", result->staged);
	dsync__json_put_bytes(out, "staging", "staging_hex", result->staging);
	dsync_json_put_bool(out, "shared", result->shared);
	dsync_json_put_text(out, "generation", result->generation);
	dsync_json_put_integer(out, "payload_size", (int64_t)result->payload_size);
	dsync_json_put_text(out, "sandbox", result->sandbox);
	dsync_json_put_text(out, "explanation", result->explanation);
	if (result->next_attempt != INT64_MIN)
		dsync_json_put_integer(out, "next_attempt", result->next_attempt);
	for (i = 0; i < TIMING_COUNT; i++)
		dsync_json_put_integer(out, timings[i].name,
			*(const int64_t *)(const void *)((const char *)result + timings[i].offset));
	dsync__json_put_strings(out, "asked", &result->asked);
	dsync__json_put_strings(out, "missing", &result->missing);
	write_requests(out, result);
	write_fetch(out, result);
	write_error(out, &result->error);
	dsync_json_close(out);
	dsync_json_close(out);
	return dsync_buffer_error(out);
}

static int
read_error(const json_t *object, struct dsync_error *error, struct dsync_error *err)
{
	struct dsync_json_reader r;
	int64_t code = 0, sys_errno = 0, offset = -1, line = 0, column = 0;
	int rc;

	dsync__json_reader_init(&r, object);
	dsync__json_take_integer(&r, "code", INT32_MIN, -1, &code);
	dsync__json_take_integer(&r, "errno", 0, INT32_MAX, &sys_errno);
	dsync__json_take_integer(&r, "offset", 0, INT64_MAX, &offset);
	dsync__json_take_integer(&r, "line", 0, UINT32_MAX, &line);
	dsync__json_take_integer(&r, "column", 0, UINT32_MAX, &column);
	dsync__json_take_buffer(&r, "rule", error->rule, sizeof(error->rule));
	dsync__json_take_buffer(&r, "entry", error->entry, sizeof(error->entry));
	dsync__json_take_buffer(&r, "message", error->message, sizeof(error->message));
	dsync__json_take_buffer(&r, "expected", error->expected, sizeof(error->expected));
	dsync__json_take_buffer(&r, "found", error->found, sizeof(error->found));
	dsync__json_take_buffer(&r, "hint", error->hint, sizeof(error->hint));
	rc = dsync__json_reader_end(&r, "error", err);
	error->code = (int)code;
	error->sys_errno = (int)sys_errno;
	error->offset = offset < 0 ? DSYNC_ERROR_NO_OFFSET : (uint64_t)offset;
	error->line = (uint32_t)line;
	error->column = (uint32_t)column;
	return rc;
}

static int
read_request(const json_t *object, struct dsync_job_request *request, struct dsync_error *err)
{
	struct dsync_json_reader r;
	int64_t status = 0, bytes = 0;
	int rc;

	dsync__json_reader_init(&r, object);
	dsync__json_take_text(&r, "method", &request->method);
	dsync__json_take_text(&r, "url", &request->url);
	dsync__json_take_integer(&r, "status", 0, 999, &status);
	dsync__json_take_integer(&r, "bytes", 0, INT64_MAX, &bytes);
	dsync__json_take_bool(&r, "cached", &request->cached);
	rc = dsync__json_reader_end(&r, "request", err);
	if (rc == 0 && (request->method == NULL || request->url == NULL))
		rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a request without method or URL");
	request->status = (int)status;
	request->bytes = (uint64_t)bytes;
	return rc;
}

static int
read_requests(const json_t *array, struct dsync_result *result, struct dsync_error *err)
{
	size_t count = json_array_size(array);
	size_t i;
	int rc = 0;

	if (count == 0)
		return 0;
	if (count > REQUESTS_MAX)
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "more than %d requests", REQUESTS_MAX);
	result->requests = calloc(count, sizeof(*result->requests));
	if (result->requests == NULL)
		return dsync_error_set_memory(err);
	result->request_count = count;
	for (i = 0; i < count && rc == 0; i++) {
		const json_t *object = json_array_get(array, i);

		if (json_is_object(object))
			rc = read_request(object, &result->requests[i], err);
		else
			rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a request that is not an object");
	}
	return rc;
}

static int
find_kind(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < KIND_COUNT; i++) {
		if (strcmp(name, kind_names[i]) == 0)
			return (int)i;
	}
	return -1;
}

/* One that is none counts as not said. */
static void
take_hash(struct dsync_json_reader *r, struct dsync_result *result)
{
	char hash[DSYNC_HASH_TEXT_SIZE] = "";

	dsync__json_take_buffer(r, "payload_hash", hash, sizeof(hash));
	result->has_payload_hash = dsync_hash_parse(result->payload_hash, hash, strlen(hash)) == 0;
}

static void
take_fetch(struct dsync_json_reader *r, struct dsync_result *result)
{
	int64_t status = 0;

	dsync__json_take_integer(r, "status", 0, 999, &status);
	result->status = (int)status;
	dsync__json_take_text(r, "final_url", &result->final_url);
	dsync__json_take_strings(r, "origins", &result->origins);
	dsync__json_take_text(r, "content_type", &result->content_type);
	dsync__json_take_text(r, "etag", &result->etag);
	dsync__json_take_text(r, "last_modified", &result->last_modified);
	dsync__json_take_text(r, "file_name", &result->file_name);
	dsync__json_take_integer(r, "max_age", -1, INT64_MAX, &result->max_age);
	dsync__json_take_integer(r, "took_ms", 0, INT64_MAX, &result->took_ms);
	take_hash(r, result);
}

int
dsync__result_read(const json_t *object, struct dsync_result *result, struct dsync_error *err)
{
	const json_t *error, *requests;
	struct dsync_json_reader r;
	int64_t payload_size = 0;
	char *kind = NULL;
	int found, rc;
	size_t i;

	dsync__json_reader_init(&r, object);
	dsync__json_take_text(&r, "kind", &kind);
	dsync__json_take_bool(&r, "staged", &result->staged);
	dsync__json_take_bytes(&r, "staging", "staging_hex", &result->staging);
	dsync__json_take_bool(&r, "shared", &result->shared);
	dsync__json_take_buffer(&r, "generation", result->generation, sizeof(result->generation));
	dsync__json_take_integer(&r, "payload_size", 0, INT64_MAX, &payload_size);
	dsync__json_take_text(&r, "sandbox", &result->sandbox);
	dsync__json_take_text(&r, "explanation", &result->explanation);
	dsync__json_take_integer(&r, "next_attempt", INT64_MIN, INT64_MAX, &result->next_attempt);
	for (i = 0; i < TIMING_COUNT; i++)
		dsync__json_take_integer(&r, timings[i].name, -1, INT64_MAX, timing_of(result, &timings[i]));
	dsync__json_take_strings(&r, "asked", &result->asked);
	dsync__json_take_strings(&r, "missing", &result->missing);
	requests = dsync__json_take_array(&r, "requests");
	error = dsync__json_take_object(&r, "error");
	take_fetch(&r, result);
	rc = dsync__json_reader_end(&r, "outcome", err);
	found = find_kind(kind);
	free(kind);
	if (rc == 0 && found < 0)
		rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "an outcome of a kind that is not known");
	if (rc == 0)
		rc = read_requests(requests, result, err);
	if (rc == 0 && error != NULL)
		rc = read_error(error, &result->error, err);
	if (rc < 0)
		return rc;
	result->kind = (enum dsync_outcome_kind)found;
	result->payload_size = (uint64_t)payload_size;
	return 0;
}
