/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * outcome_json.c - an outcome as people's programs read it (doc/schema/refresh.json): names that stay, times in RFC 3339, durations in seconds.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "json.h"
#include "outcome.h"
#include "runtime/job.h"
#include "runtime/exit_code.h"

#define NAME_SIZE 32
#define VALUE_SIZE 128

static void
write_error(struct dsync_buffer *out, const struct dsync_error *error, int status)
{
	if (error->code == 0)
		return;
	dsync_json_open(out, "error");
	dsync_json_put_text(out, "code", dsync_error_name(error->code));
	if (error->rule[0] != '\0')
		dsync_json_put_text(out, "rule", error->rule);
	if (error->entry[0] != '\0')
		dsync_json_put_text(out, "entry", error->entry);
	if (error->offset != DSYNC_ERROR_NO_OFFSET)
		dsync_json_put_unsigned(out, "offset", error->offset);
	if (error->line != 0)
		dsync_json_put_integer(out, "line", error->line);
	if (error->column != 0)
		dsync_json_put_integer(out, "column", error->column);
	if (error->expected[0] != '\0')
		dsync_json_put_text(out, "expected", error->expected);
	if (error->found[0] != '\0')
		dsync_json_put_text(out, "found", error->found);
	if (error->hint[0] != '\0')
		dsync_json_put_text(out, "hint", error->hint);
	dsync_json_put_text(out, "message", error->message);
	dsync_json_put_integer(out, "exit", status);
	dsync_json_close(out);
}

static void
write_requests(struct dsync_buffer *out, const struct dsync_result *result)
{
	size_t i;

	dsync_json_open_array(out, "requests");
	for (i = 0; i < result->request_count; i++) {
		const struct dsync_job_request *request = &result->requests[i];

		dsync_json_open(out, NULL);
		dsync_json_put_text(out, "method", request->method);
		dsync_json_put_text(out, "url", request->url);
		dsync_json_put_integer(out, "status", request->status);
		dsync_json_put_unsigned(out, "bytes", request->bytes);
		dsync_json_put_bool(out, "cached", request->cached);
		dsync_json_close(out);
	}
	dsync_json_close_array(out);
}

/* One "name=value" of the report; `ns` is short for namespaces. */
static void
write_layer(struct dsync_buffer *out, const char *token, size_t size)
{
	const char *equals = memchr(token, '=', size);
	char name[NAME_SIZE], value[VALUE_SIZE];
	size_t name_size;

	if (equals == NULL || equals == token)
		return;
	name_size = (size_t)(equals - token);
	snprintf(name, sizeof(name), "%.*s", name_size > NAME_SIZE ? NAME_SIZE : (int)name_size, token);
	snprintf(value, sizeof(value), "%.*s", size - name_size > VALUE_SIZE ? VALUE_SIZE : (int)(size - name_size - 1),
		equals + 1);
	dsync_json_put_text(out, strcmp(name, "ns") == 0 ? "namespaces" : name, value);
}

static void
write_sandbox(struct dsync_buffer *out, const char *report)
{
	const char *token;
	size_t size;

	if (report == NULL)
		return;
	dsync_json_open(out, "sandbox");
	dsync_json_put_text(out, "profile", report);
	for (token = report; *token != '\0'; token += size) {
		token += strspn(token, " ");
		size = strcspn(token, " ");
		write_layer(out, token, size);
	}
	dsync_json_close(out);
}

/* Seconds with six decimals, whatever the locale; -1 microseconds: it did not happen. */
static void
write_timing(struct dsync_buffer *out, const char *name, int64_t us)
{
	char text[48];
	int size;

	if (us < 0)
		return;
	size = snprintf(text, sizeof(text), "%lld.%06d", (long long)(us / 1000000), (int)(us % 1000000));
	dsync_json_put_raw(out, name, text, (size_t)size);
}

static void
write_timings(struct dsync_buffer *out, const struct dsync_result *result)
{
	dsync_json_open(out, "timings");
	write_timing(out, "lock", result->timing_lock_us);
	write_timing(out, "worker", result->timing_worker_us);
	write_timing(out, "compile", result->timing_compile_us);
	write_timing(out, "start", result->timing_start_us);
	write_timing(out, "run", result->timing_run_us);
	write_timing(out, "commit", result->timing_commit_us);
	write_timing(out, "cpu", result->cpu_us);
	write_timing(out, "total", result->timing_total_us);
	dsync_json_close(out);
}

static void
write_strings(struct dsync_buffer *out, const char *name, const struct dsync_strings *list)
{
	size_t i;

	dsync_json_open_array(out, name);
	for (i = 0; i < list->count; i++)
		dsync_json_put_text(out, NULL, list->items[i]);
	dsync_json_close_array(out);
}

static void
write_consent(struct dsync_buffer *out, const struct dsync_result *result)
{
	if (result->kind != DSYNC_OUTCOME_CONSENT_NEEDED && result->asked.count == 0 && result->missing.count == 0)
		return;
	dsync_json_open(out, "consent");
	write_strings(out, "asked", &result->asked);
	write_strings(out, "missing", &result->missing);
	dsync_json_close(out);
}

void
dsync_result_describe(const struct dsync_result *result, struct dsync_buffer *out)
{
	dsync_json_put_text(out, "outcome", dsync_outcome_kind_name(result->kind));
	if (result->generation[0] != '\0')
		dsync_json_put_text(out, "generation", result->generation);
	dsync_json_put_unsigned(out, "payload_size", result->payload_size);
	dsync_json_put_bool(out, "shared", result->shared);
	dsync_json_put_bool(out, "staged", result->staged);
	write_requests(out, result);
	write_sandbox(out, result->sandbox);
	write_timings(out, result);
	if (result->memory_peak >= 0)
		dsync_json_put_integer(out, "memory_peak", result->memory_peak);
	write_consent(out, result);
	dsync_json_put_text(out, "explanation", result->explanation);
	if (result->next_attempt != INT64_MIN)
		dsync_json_put_time(out, "next_attempt", result->next_attempt);
	write_error(out, &result->error, dsync_exit_code_result(result->kind, &result->error));
}

int
dsync__outcome_write(const char *path, const struct dsync_result *result, struct dsync_buffer *out)
{
	const bool failed =
		result->kind == DSYNC_OUTCOME_FAILED || dsync_exit_code_result(result->kind, &result->error) != 0;

	dsync_json_open(out, NULL);
	dsync_json_put_text(out, "file", path);
	dsync_json_put_bool(out, "ok", !failed);
	dsync_result_describe(result, out);
	dsync_json_close(out);
	return dsync_buffer_error(out);
}
