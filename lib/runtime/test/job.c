/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The packets between a caller and dotsync-refresh, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "runtime/job.h"

#define BUILD "\"build\":\"00000000000000000000000000000000\""

static char *
dup(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

static void
check_text(const char *a, const char *b)
{
	if (a == NULL)
		assert_null(b);
	else
		assert_string_equal(a, b);
}

static void
check_job(const struct dsync_job *a, const struct dsync_job *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_memory_equal(a->build_id, b->build_id, sizeof(a->build_id));
	check_text(a->path, b->path);
	check_text(a->config_dir, b->config_dir);
	check_text(a->state_dir, b->state_dir);
	check_text(a->cache_dir, b->cache_dir);
	check_text(a->machine_dir, b->machine_dir);
	check_text(a->helper_dir, b->helper_dir);
	check_text(a->to, b->to);
	check_text(a->check, b->check);
	check_text(a->exec, b->exec);
	check_text(a->working_dir, b->working_dir);
	check_text(a->sandbox, b->sandbox);
	check_text(a->url, b->url);
	assert_int_equal(a->background, b->background);
	assert_int_equal(a->force, b->force);
	assert_int_equal(a->dry_run, b->dry_run);
	assert_int_equal(a->explain, b->explain);
	assert_int_equal(a->stage, b->stage);
	assert_int_equal(a->offline, b->offline);
	assert_int_equal(a->session_grant, b->session_grant);
	assert_int_equal(a->push, b->push);
	assert_int_equal(a->narrow_hosts, b->narrow_hosts);
	assert_int_equal(a->narrow_env, b->narrow_env);
	assert_int_equal(a->hosts.count, b->hosts.count);
	assert_int_equal(a->env.count, b->env.count);
	assert_int_equal(a->cpu_ms, b->cpu_ms);
	assert_int_equal(a->memory_max, b->memory_max);
	assert_int_equal(a->timeout_ms, b->timeout_ms);
	assert_int_equal(a->size_max, b->size_max);
}

static void
round_trip(const struct dsync_job *job)
{
	struct dsync_buffer packet;
	struct dsync_error err = { 0 };
	struct dsync_job read;

	dsync_buffer_init(&packet, DSYNC_JOB_SIZE_MAX);
	assert_int_equal(dsync_job_write(job, &packet), 0);
	if (dsync_job_read(packet.data, packet.size, &read, &err) < 0)
		fail_msg("%s", err.message);
	check_job(job, &read);
	dsync_job_finish(&read);
	dsync_buffer_finish(&packet);
}

static void
test_job(void **state)
{
	struct dsync_job job;

	(void)state;
	dsync_job_init(&job);
	job.path = dup("/a/b\"\\\n\303\274.sync");
	round_trip(&job);
	memset(job.build_id, 0xab, sizeof(job.build_id));
	job.config_dir = dup("/c");
	job.state_dir = dup("/s");
	job.cache_dir = dup("/k");
	job.machine_dir = dup("/m");
	job.helper_dir = dup("/h");
	job.to = dup("/t");
	job.check = dup("test -s \"$DOTSYNC_STAGED\"");
	job.exec = dup("true");
	job.working_dir = dup("/w");
	job.sandbox = dup("strict");
	job.push = job.narrow_hosts = job.narrow_env = true;
	job.cpu_ms = 7;
	job.memory_max = 65536;
	assert_int_equal(dsync_grant_add(&job.hosts, "a.example", NULL), 0);
	assert_int_equal(dsync_grant_add(&job.env, "KEY", NULL), 0);
	job.background = job.force = job.dry_run = job.explain = job.stage = job.offline = job.session_grant = true;
	round_trip(&job);
	dsync_job_finish(&job);

	job.path = dup("/a/\xff\xfe.sync");
	job.to = dup("/\xed\xa0\x80");
	job.exec = dup("cat \xc3");
	round_trip(&job);
	dsync_job_finish(&job);

	job.kind = DSYNC_JOB_FETCH;
	job.url = dup("https://example.com/");
	job.timeout_ms = 5000;
	job.size_max = 10;
	round_trip(&job);
	job.size_max = 0;
	round_trip(&job);
	dsync_job_finish(&job);
	job.kind = DSYNC_JOB_CHECK;
	round_trip(&job);
}

static void
test_job_cases(void **state)
{
	static const struct {
		const char *packet;
		bool accept;
	} cases[] = {
		{ "{\"job\":{\"kind\":\"check\"}}", true },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\"," BUILD "}}", true },
		{ " {\"job\" : {\"kind\":\"check\"} } ", true },
		{ "{\"job\":{\"kind\":\"fetch\",\"url\":\"x\",\"size_max\":0,\"timeout_ms\":-1}}", true },
		{ "", false },
		{ "{", false },
		{ "{}", false },
		{ "[]", false },
		{ "null", false },
		{ "{\"job\":{}}", false },
		{ "{\"job\":[]}", false },
		{ "{\"job\":{\"kind\":\"check\"}}x", false },
		{ "{\"job\":{\"kind\":\"check\"},\"more\":1}", false },
		{ "{\"job\":{\"kind\":\"check\"},\"job\":{\"kind\":\"check\"}}", false },
		{ "{\"job\":{\"kind\":\"check\",\"kind\":\"check\"}}", false },
		{ "{\"job\":{\"kind\":\"check\",\"sudo\":true}}", false },
		{ "{\"job\":{\"kind\":\"Check\"}}", false },
		{ "{\"job\":{\"kind\":1}}", false },
		{ "{\"job\":{\"kind\":\"refresh\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"a.sync\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\\u0000b\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\xff\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"2fff\"}}", true },
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"2fff\",\"path\":\"/a\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"2f61\"}}", false }, /* is UTF-8 */
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"2f00ff\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"2fFF\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"2ff\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":\"ff\"}}", false }, /* not absolute */
		{ "{\"job\":{\"kind\":\"refresh\",\"path_hex\":[]}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"to_hex\":\"ff\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"to\":\"b\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"force\":1}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"force\":null}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":null}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"build\":\"00\"}}", false },
		{ "{\"job\":{\"kind\":\"refresh\",\"path\":\"/a\",\"build\":\"0000000000000000000000000000000G\"}}",
			false },
		{ "{\"job\":{\"kind\":\"fetch\"}}", false },
		{ "{\"job\":{\"kind\":\"fetch\",\"url\":\"x\",\"size_max\":-1}}", false },
		{ "{\"job\":{\"kind\":\"fetch\",\"url\":\"x\",\"timeout_ms\":-2}}", false },
		{ "{\"job\":{\"kind\":\"fetch\",\"url\":\"x\",\"timeout_ms\":1.0}}", false },
		{ "{\"job\":{\"kind\":\"fetch\",\"url\":\"x\",\"timeout_ms\":9223372036854775808}}", false },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]", false },
	};
	struct dsync_job job, empty;
	struct dsync_error err;
	size_t i;
	int rc;

	(void)state;
	dsync_job_init(&empty);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rc = dsync_job_read(cases[i].packet, strlen(cases[i].packet), &job, &err);
		if ((rc == 0) != cases[i].accept)
			fail_msg("%s: %d", cases[i].packet, rc);
		if (rc < 0)
			check_job(&job, &empty);
		dsync_job_finish(&job);
	}
}

static void
check_strings(const struct dsync_strings *a, const struct dsync_strings *b)
{
	size_t i;

	assert_int_equal(a->count, b->count);
	for (i = 0; i < a->count; i++)
		assert_string_equal(a->items[i], b->items[i]);
}

static void
check_result(const struct dsync_result *a, const struct dsync_result *b)
{
	size_t i;

	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->staged, b->staged);
	assert_int_equal(a->shared, b->shared);
	assert_int_equal(a->error.code, b->error.code);
	assert_int_equal(a->error.sys_errno, b->error.sys_errno);
	assert_int_equal(a->error.line, b->error.line);
	assert_int_equal(a->error.column, b->error.column);
	if (a->error.code != 0)
		assert_true(a->error.offset == b->error.offset);
	assert_string_equal(a->error.rule, b->error.rule);
	assert_string_equal(a->error.entry, b->error.entry);
	assert_string_equal(a->error.message, b->error.message);
	assert_string_equal(a->error.expected, b->error.expected);
	assert_string_equal(a->error.found, b->error.found);
	assert_string_equal(a->error.hint, b->error.hint);
	assert_string_equal(a->generation, b->generation);
	assert_int_equal(a->payload_size, b->payload_size);
	check_text(a->sandbox, b->sandbox);
	check_text(a->explanation, b->explanation);
	assert_int_equal(a->next_attempt, b->next_attempt);
	assert_int_equal(a->timing_run_us, b->timing_run_us);
	assert_int_equal(a->timing_total_us, b->timing_total_us);
	check_strings(&a->asked, &b->asked);
	check_strings(&a->missing, &b->missing);
	check_strings(&a->origins, &b->origins);
	assert_int_equal(a->request_count, b->request_count);
	for (i = 0; i < a->request_count; i++) {
		assert_string_equal(a->requests[i].method, b->requests[i].method);
		assert_string_equal(a->requests[i].url, b->requests[i].url);
		assert_int_equal(a->requests[i].status, b->requests[i].status);
		assert_int_equal(a->requests[i].bytes, b->requests[i].bytes);
		assert_int_equal(a->requests[i].cached, b->requests[i].cached);
	}
	assert_int_equal(a->status, b->status);
	check_text(a->final_url, b->final_url);
	check_text(a->content_type, b->content_type);
	check_text(a->etag, b->etag);
	check_text(a->last_modified, b->last_modified);
	check_text(a->file_name, b->file_name);
	assert_int_equal(a->max_age, b->max_age);
	assert_int_equal(a->took_ms, b->took_ms);
}

static void
result_round_trip(const struct dsync_result *result)
{
	struct dsync_message message;
	struct dsync_error err = { 0 };
	struct dsync_buffer packet;

	dsync_buffer_init(&packet, DSYNC_JOB_SIZE_MAX);
	assert_int_equal(dsync_result_write(result, &packet), 0);
	if (dsync_message_read(packet.data, packet.size, &message, &err) < 0)
		fail_msg("%s", err.message);
	assert_true(message.is_outcome);
	check_result(result, &message.result);
	dsync_message_finish(&message);
	dsync_buffer_finish(&packet);
}

static void
test_result(void **state)
{
	struct dsync_result result;

	(void)state;
	dsync_result_init(&result);
	result_round_trip(&result);

	result.kind = DSYNC_OUTCOME_FAILED;
	dsync_error_set_errno(&result.error, 28, "cannot write %s", "x");
	dsync_error_at_entry(&result.error, "policy.ttl", 10);
	dsync_error_at_line(&result.error, 3, 4);
	dsync_error_expected(&result.error, "a");
	dsync_error_found(&result.error, "b");
	dsync_error_hint(&result.error, "c");
	result_round_trip(&result);
	dsync_error_at_offset(&result.error, 0);
	result.next_attempt = 1700000000;
	result.timing_run_us = 0;
	result.timing_total_us = 12345;
	result_round_trip(&result);
	dsync_result_finish(&result);

	result.kind = DSYNC_OUTCOME_UPDATED;
	result.staged = result.shared = true;
	strcpy(result.generation, "00112233445566778899aabbccddeeff");
	result.payload_size = INT64_MAX;
	result.sandbox = dup("seccomp=P1");
	result.explanation = dup("line\nline");
	result.requests = calloc(2, sizeof(*result.requests));
	result.request_count = 2;
	result.requests[0] = (struct dsync_job_request){ dup("GET"), dup("https://a/"), 304, 0, true };
	result.requests[1] = (struct dsync_job_request){ dup("GET"), dup("https://b/"), 200, 1 << 20, false };
	assert_int_equal(dsync_grant_add(&result.asked, "a.example", NULL), 0);
	assert_int_equal(dsync_grant_add(&result.missing, "env:TOKEN", NULL), 0);
	assert_int_equal(dsync_grant_add(&result.origins, "https://a", NULL), 0);
	result.status = 200;
	result.final_url = dup("https://b/");
	result.content_type = dup("text/csv");
	result.etag = dup("\"e\"");
	result.last_modified = dup("yesterday");
	result.file_name = dup("a.csv");
	result.max_age = 60;
	result.took_ms = 5;
	result_round_trip(&result);
	dsync_result_finish(&result);
}

/* Every kind has a name of its own, which is understood again. */
static void
test_kinds(void **state)
{
	struct dsync_result result;
	int kind;

	(void)state;
	for (kind = DSYNC_OUTCOME_UPDATED; kind <= DSYNC_OUTCOME_EXPLAINED; kind++) {
		dsync_result_init(&result);
		result.kind = (enum dsync_outcome_kind)kind;
		assert_string_not_equal(dsync_outcome_kind_name(result.kind), "?");
		result_round_trip(&result);
	}
	assert_string_equal(dsync_outcome_kind_name((enum dsync_outcome_kind)kind), "?");
}

static void
test_event(void **state)
{
	const struct dsync_event events[] = {
		{ DSYNC_EVENT_STARTED, 0, 0, 0, "" },
		{ DSYNC_EVENT_WAITING, 0, 0, 0, "" },
		{ DSYNC_EVENT_PROGRESS, 5, 10, 0, "" },
		{ DSYNC_EVENT_PROGRESS, INT64_MAX, 0, 0, "" },
		{ DSYNC_EVENT_REQUEST, 0, 0, 0, "GET https://a/ 200" },
		{ DSYNC_EVENT_LOG, 0, 0, 3, "a \"quoted\" line\n\tand another" },
		{ DSYNC_EVENT_SANDBOX, 0, 0, 0, "seccomp=P1" },
	};
	struct dsync_message message;
	struct dsync_buffer packet;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		dsync_buffer_init(&packet, DSYNC_JOB_SIZE_MAX);
		assert_int_equal(dsync_event_write(&events[i], &packet), 0);
		assert_int_equal(dsync_message_read(packet.data, packet.size, &message, NULL), 0);
		assert_false(message.is_outcome);
		assert_int_equal(message.event.kind, events[i].kind);
		assert_int_equal(message.event.done, events[i].done);
		assert_int_equal(message.event.total, events[i].total);
		assert_int_equal(message.event.level, events[i].level);
		assert_string_equal(message.event.text, events[i].text);
		dsync_message_finish(&message);
		dsync_buffer_finish(&packet);
	}
}

static void
test_message_cases(void **state)
{
	static const struct {
		const char *packet;
		bool accept;
	} cases[] = {
		{ "{\"event\":{\"kind\":\"started\"}}", true },
		{ "{\"outcome\":{\"kind\":\"updated\"}}", true },
		{ "{\"outcome\":{\"kind\":\"failed\",\"error\":{\"code\":-1}}}", true },
		{ "", false },
		{ "{}", false },
		{ "{\"event\":{\"kind\":\"started\"},\"outcome\":{\"kind\":\"updated\"}}", false },
		{ "{\"event\":{}}", false },
		{ "{\"event\":[]}", false },
		{ "{\"event\":{\"kind\":\"stopped\"}}", false },
		{ "{\"event\":{\"kind\":\"progress\",\"done\":-1}}", false },
		{ "{\"event\":{\"kind\":\"log\",\"level\":4}}", false },
		{ "{\"event\":{\"kind\":\"log\",\"text\":1}}", false },
		{ "{\"event\":{\"kind\":\"log\",\"size\":1}}", false },
		{ "{\"outcome\":{}}", false },
		{ "{\"outcome\":{\"kind\":\"success\"}}", false },
		{ "{\"outcome\":{\"kind\":\"updated\",\"requests\":{}}}", false },
		{ "{\"outcome\":{\"kind\":\"updated\",\"requests\":[1]}}", false },
		{ "{\"outcome\":{\"kind\":\"updated\",\"requests\":[{}]}}", false },
		{ "{\"outcome\":{\"kind\":\"updated\",\"requests\":[{\"method\":\"GET\",\"url\":\"x\",\"status\":1000}]}}",
			false },
		{ "{\"outcome\":{\"kind\":\"updated\",\"asked\":[1]}}", false },
		{ "{\"outcome\":{\"kind\":\"updated\",\"generation\":\"00112233445566778899aabbccddeeff0\"}}", false },
		{ "{\"outcome\":{\"kind\":\"failed\",\"error\":{\"code\":0}}}", false },
		{ "{\"outcome\":{\"kind\":\"failed\",\"error\":{\"code\":1}}}", false },
		{ "{\"outcome\":{\"kind\":\"failed\",\"error\":{\"code\":-1,\"rule\":\"0123456789abcdef\"}}}", false },
		{ "{\"outcome\":{\"kind\":\"failed\",\"error\":{\"code\":-1,\"secret\":\"\"}}}", false },
	};
	struct dsync_message message;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dsync_error err = { 0 };

		rc = dsync_message_read(cases[i].packet, strlen(cases[i].packet), &message, &err);
		if ((rc == 0) != cases[i].accept)
			fail_msg("%s: %d", cases[i].packet, rc);
		if (rc < 0)
			assert_int_equal(rc, DSYNC_ERR_PROTOCOL);
		else
			dsync_message_finish(&message);
	}
}

/* More requests than any run may make. */
static void
test_too_many_requests(void **state)
{
	struct dsync_message message;
	struct dsync_buffer packet;
	int i;

	(void)state;
	dsync_buffer_init(&packet, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&packet, "{\"outcome\":{\"kind\":\"updated\",\"requests\":[");
	for (i = 0; i < 513; i++)
		dsync_buffer_printf(&packet, "%s{\"method\":\"GET\",\"url\":\"x\"}", i > 0 ? "," : "");
	dsync_buffer_append_text(&packet, "]}}");
	assert_int_equal(dsync_message_read(packet.data, packet.size, &message, NULL), DSYNC_ERR_PROTOCOL);
	dsync_buffer_finish(&packet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_job),
		cmocka_unit_test(test_job_cases),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_message_cases),
		cmocka_unit_test(test_too_many_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
