/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync/error.h"
#include "runtime/frame.h"

static struct dsync_view
view(const void *data, size_t size)
{
	return (struct dsync_view){ .data = data, .size = size };
}

/* Begins, lets the caller append by `pack`, ends, parses, and hands out the body. */
#define ROUND_TRIP(frame_type, pack, in, body) \
	do { \
		struct dsync_frame frame; \
		dsync_frame_begin(&buffer, (frame_type), 7); \
		assert_int_equal(pack(&buffer, (in)), 0); \
		assert_int_equal(dsync_frame_end(&buffer), 0); \
		assert_int_equal(dsync_frame_parse(buffer.data, buffer.size, 7, &frame), 0); \
		assert_int_equal(frame.type, (frame_type)); \
		assert_int_equal(frame.sequence, 7); \
		(body) = frame.body; \
	} while (0)

static void
parse_accepts_only_whole_frames(void **state)
{
	static const unsigned char good[] = { 'D', 'S', 'Y', 'F', 4, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c' };
	static const struct {
		size_t offset;
		unsigned char value;
	} bad[] = { { 0, 'd' }, { 3, 'G' }, { 6, 1 }, { 7, 1 }, { 8, 8 }, { 11, 1 }, { 12, 2 }, { 12, 4 },
		{ 15, 0x80 } };
	unsigned char packet[sizeof(good)];
	struct dsync_frame frame;
	size_t i;

	(void)state;
	assert_int_equal(dsync_frame_parse(good, sizeof(good), 9, &frame), 0);
	assert_int_equal(frame.type, DSYNC_FRAME_DONE);
	assert_int_equal(frame.body.size, 3);
	assert_memory_equal(frame.body.data, "abc", 3);

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(packet, good, sizeof(good));
		packet[bad[i].offset] = bad[i].value;
		assert_int_equal(dsync_frame_parse(packet, sizeof(packet), 9, &frame), DSYNC_ERR_PROTOCOL);
	}
	for (i = 0; i < sizeof(good); i++)
		assert_int_equal(dsync_frame_parse(good, i, 9, &frame), DSYNC_ERR_PROTOCOL);
}

static void
end_refuses_too_much(void **state)
{
	struct dsync_buffer buffer;
	struct dsync_frame frame;
	static unsigned char huge[DSYNC_FRAME_SIZE_MAX + 1];

	(void)state;
	dsync_buffer_init(&buffer, DSYNC_BUFFER_UNLIMITED);
	dsync_frame_begin(&buffer, DSYNC_FRAME_DATA, 0);
	dsync_buffer_append_zeros(&buffer, DSYNC_FRAME_SIZE_MAX - DSYNC_FRAME_HEADER_SIZE);
	assert_int_equal(dsync_frame_end(&buffer), 0);
	assert_int_equal(dsync_frame_parse(buffer.data, buffer.size, 0, &frame), 0);
	dsync_buffer_append_byte(&buffer, 0);
	assert_int_equal(dsync_frame_end(&buffer), DSYNC_ERR_LIMIT);
	dsync_buffer_finish(&buffer);

	memcpy(huge, "DSYF", 4);
	assert_int_equal(dsync_frame_parse(huge, sizeof(huge), 0, &frame), DSYNC_ERR_PROTOCOL);

	dsync_buffer_init(&buffer, 20);
	dsync_frame_begin(&buffer, DSYNC_FRAME_DATA, 0);
	dsync_buffer_append_zeros(&buffer, 100);
	assert_int_equal(dsync_frame_end(&buffer), DSYNC_ERR_LIMIT);
	dsync_buffer_finish(&buffer);
}

static void
ready_survives(void **state)
{
	struct dsync_frame_ready in, out;
	struct dsync_buffer buffer;
	struct dsync_view body;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.version = DSYNC_FRAME_VERSION;
	memset(in.build_id, 1, sizeof(in.build_id));
	memset(in.engine_id, 2, sizeof(in.engine_id));
	in.landlock_abi = 7;
	in.namespaces = DSYNC_NS_NET | DSYNC_NS_USER;
	in.seccomp = DSYNC_SECCOMP_P1;
	in.mdwe = 9;
	dsync_buffer_init(&buffer, DSYNC_FRAME_SIZE_MAX);
	ROUND_TRIP(DSYNC_FRAME_READY, dsync_frame_pack_ready, &in, body);
	assert_int_equal(dsync_frame_unpack_ready(body, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));

	assert_int_equal(dsync_frame_unpack_ready(view(body.data, body.size - 1), &out), DSYNC_ERR_PROTOCOL);
	assert_int_equal(out.version, 0);
	in.version = DSYNC_FRAME_VERSION + 1;
	ROUND_TRIP(DSYNC_FRAME_READY, dsync_frame_pack_ready, &in, body);
	assert_int_equal(dsync_frame_unpack_ready(body, &out), DSYNC_ERR_PROTOCOL);
	dsync_buffer_finish(&buffer);
}

static struct dsync_frame_job
sample_job(void)
{
	struct dsync_frame_job job;

	memset(&job, 0, sizeof(job));
	job.mode = DSYNC_JOB_RUN;
	job.data_size = 100;
	job.memory_max = 1 << 20;
	job.cpu_ms = 500;
	job.log_max = 4096;
	memset(job.seed, 7, sizeof(job.seed));
	job.now_ms = -5;
	job.argument_count = 1;
	job.environment_count = 2;
	job.strings = view("sync.wasm\0A=1\0B=", 17);
	return job;
}

static void
job_survives(void **state)
{
	struct dsync_frame_job in = sample_job(), out;
	struct dsync_buffer buffer;
	struct dsync_view body;

	(void)state;
	dsync_buffer_init(&buffer, DSYNC_FRAME_SIZE_MAX);
	ROUND_TRIP(DSYNC_FRAME_JOB, dsync_frame_pack_job, &in, body);
	assert_int_equal(dsync_frame_unpack_job(body, &out), 0);
	assert_int_equal(out.mode, in.mode);
	assert_int_equal(out.data_size, in.data_size);
	assert_int_equal(out.memory_max, in.memory_max);
	assert_int_equal(out.cpu_ms, in.cpu_ms);
	assert_int_equal(out.log_max, in.log_max);
	assert_int_equal(out.now_ms, in.now_ms);
	assert_memory_equal(out.seed, in.seed, sizeof(in.seed));
	assert_int_equal(out.environment_count, 2);
	assert_int_equal(out.strings.size, 17);
	assert_memory_equal(out.strings.data, in.strings.data, 17);
	dsync_buffer_finish(&buffer);
}

static void
job_refuses_nonsense(void **state)
{
	struct dsync_frame_job jobs[10], out;
	struct dsync_buffer buffer;
	struct dsync_view body;
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		jobs[i] = sample_job();
	jobs[0].mode = 0;
	jobs[1].mode = 4;
	jobs[2].push = 2;
	jobs[3].data_size = DSYNC_FRAME_DATA_MAX + 1;
	jobs[4].memory_max = 0;
	jobs[5].cpu_ms = UINT64_MAX;
	jobs[6].argument_count = 2;
	jobs[7].argument_count = UINT32_MAX;
	jobs[8].strings.size = 16; /* the last NUL is missing */
	jobs[9].environment_count = 0;

	dsync_buffer_init(&buffer, DSYNC_FRAME_SIZE_MAX);
	for (i = 0; i < 10; i++) {
		ROUND_TRIP(DSYNC_FRAME_JOB, dsync_frame_pack_job, &jobs[i], body);
		assert_int_equal(dsync_frame_unpack_job(body, &out), DSYNC_ERR_PROTOCOL);
		assert_int_equal(out.mode, 0);
	}
	assert_int_equal(dsync_frame_unpack_job(view(body.data, 50), &out), DSYNC_ERR_PROTOCOL);
	dsync_buffer_finish(&buffer);
}

static void
argument_is_strict(void **state)
{
	static const char *const bad[] = { "", "run", "run:", "run:1:2", "run:1:2:3:4", "run:1:2:3 ", "run:01:2:3",
		"run:1:0:3", "run:-1:2:3", "walk:1:2:3", "run:1:2:99999999999999999999", "run:1:2:268435457",
		"compilerun:1:2:3", "run:4294967297:2:3", "run1:2:3", "decode", "decode:0:2:3", "decoder:1:2:3" };
	struct dsync_frame_job in = sample_job(), out;
	char text[DSYNC_FRAME_ARGUMENT_SIZE];
	size_t i;

	(void)state;
	assert_int_equal(dsync_frame_format_argument(text, &in), 0);
	assert_string_equal(text, "run:1048576:500:100");
	assert_int_equal(dsync_frame_parse_argument(text, &out), 0);
	assert_int_equal(out.mode, DSYNC_JOB_RUN);
	assert_int_equal(out.memory_max, in.memory_max);
	assert_int_equal(out.cpu_ms, in.cpu_ms);
	assert_int_equal(out.data_size, in.data_size);
	assert_int_equal(out.log_max, 0);
	assert_int_equal(dsync_frame_parse_argument("compile:1:2:3", &out), 0);
	assert_int_equal(out.mode, DSYNC_JOB_COMPILE);
	in.mode = DSYNC_JOB_DECODE;
	assert_int_equal(dsync_frame_format_argument(text, &in), 0);
	assert_string_equal(text, "decode:1048576:500:100");
	assert_int_equal(dsync_frame_parse_argument(text, &out), 0);
	assert_int_equal(out.mode, DSYNC_JOB_DECODE);

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dsync_frame_parse_argument(bad[i], &out), DSYNC_ERR_SYNTAX);

	in.memory_max = DSYNC_FRAME_MEMORY_MAX;
	in.cpu_ms = DSYNC_FRAME_CPU_MS_MAX;
	in.data_size = DSYNC_FRAME_DATA_MAX;
	in.mode = DSYNC_JOB_COMPILE;
	assert_int_equal(dsync_frame_format_argument(text, &in), 0);
	assert_int_equal(dsync_frame_parse_argument(text, &out), 0);
	in.cpu_ms++;
	assert_int_equal(dsync_frame_format_argument(text, &in), DSYNC_ERR_LIMIT);
	assert_string_equal(text, "");
}

static void
chunk_is_strict(void **state)
{
	static const struct {
		const char *body;
		size_t size;
		int result;
		bool last;
		size_t data_size;
	} cases[] = {
		{ "\0\0\0\0ab", 6, 0, false, 2 },
		{ "\1\0\0\0ab", 6, 0, true, 2 },
		{ "\1\0\0\0", 4, 0, true, 0 },
		{ "\0\0\0\0", 4, DSYNC_ERR_PROTOCOL, false, 0 },
		{ "\2\0\0\0a", 5, DSYNC_ERR_PROTOCOL, false, 0 },
		{ "\1\0\0\1a", 5, DSYNC_ERR_PROTOCOL, false, 0 },
		{ "\1\0\0", 3, DSYNC_ERR_PROTOCOL, false, 0 },
	};
	struct dsync_frame_chunk chunk;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(dsync_frame_unpack_chunk(view(cases[i].body, cases[i].size), &chunk), cases[i].result);
		assert_int_equal(chunk.last, cases[i].last);
		assert_int_equal(chunk.data.size, cases[i].data_size);
	}
}

static void
call_and_result_survive(void **state)
{
	static unsigned char data[DSYNC_FRAME_CALL_DATA_MAX + 1];
	static const uint16_t unknown[] = { 0, DSYNC_CALL_FINISH + 1, DSYNC_CALL_HTTP - 1, DSYNC_CALL_WRITE_AT + 1,
		0xffff };
	struct dsync_frame_call call = { DSYNC_CALL_WRITE, -1, INT64_MIN, INT64_MAX,
		{ data, DSYNC_FRAME_CALL_DATA_MAX } },
				call_out;
	struct dsync_frame_result result = { -10, { data, 3 } }, result_out;
	struct dsync_buffer buffer;
	struct dsync_view body;
	size_t i;

	(void)state;
	dsync_buffer_init(&buffer, DSYNC_BUFFER_UNLIMITED);
	ROUND_TRIP(DSYNC_FRAME_CALL, dsync_frame_pack_call, &call, body);
	assert_int_equal(dsync_frame_unpack_call(body, &call_out), 0);
	assert_int_equal(call_out.call, DSYNC_CALL_WRITE);
	assert_true(call_out.a == -1 && call_out.b == INT64_MIN && call_out.c == INT64_MAX);
	assert_int_equal(call_out.data.size, DSYNC_FRAME_CALL_DATA_MAX);

	call.data.size++;
	ROUND_TRIP(DSYNC_FRAME_CALL, dsync_frame_pack_call, &call, body);
	assert_int_equal(dsync_frame_unpack_call(body, &call_out), DSYNC_ERR_PROTOCOL);
	call.data.size = 0;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		call.call = unknown[i];
		ROUND_TRIP(DSYNC_FRAME_CALL, dsync_frame_pack_call, &call, body);
		assert_int_equal(dsync_frame_unpack_call(body, &call_out), DSYNC_ERR_PROTOCOL);
	}

	ROUND_TRIP(DSYNC_FRAME_RESULT, dsync_frame_pack_result, &result, body);
	assert_int_equal(dsync_frame_unpack_result(body, &result_out), 0);
	assert_true(result_out.value == -10);
	assert_int_equal(result_out.data.size, 3);
	assert_int_equal(dsync_frame_unpack_result(view(body.data, 7), &result_out), DSYNC_ERR_PROTOCOL);
	dsync_buffer_finish(&buffer);
}

static void
endings_survive(void **state)
{
	struct dsync_frame_done done = { DSYNC_CONTRACT_WASI, 3, 65536, 10, 20, 30 }, done_out;
	struct dsync_frame_failed failed, failed_out;
	struct dsync_buffer buffer;
	struct dsync_view body;
	char text[DSYNC_FRAME_TEXT_MAX + 2];

	(void)state;
	dsync_buffer_init(&buffer, DSYNC_FRAME_SIZE_MAX);
	ROUND_TRIP(DSYNC_FRAME_DONE, dsync_frame_pack_done, &done, body);
	assert_int_equal(dsync_frame_unpack_done(body, &done_out), 0);
	assert_memory_equal(&done, &done_out, sizeof(done));
	done.contract = DSYNC_CONTRACT_WASI + 1;
	ROUND_TRIP(DSYNC_FRAME_DONE, dsync_frame_pack_done, &done, body);
	assert_int_equal(dsync_frame_unpack_done(body, &done_out), DSYNC_ERR_PROTOCOL);

	memset(text, 'a', sizeof(text));
	memcpy(text + DSYNC_FRAME_TEXT_MAX - 1, "\xc3\xa9", 2); /* across the limit */
	failed.failure = DSYNC_GUEST_TRAP;
	failed.text = view(text, sizeof(text));
	ROUND_TRIP(DSYNC_FRAME_FAILED, dsync_frame_pack_failed, &failed, body);
	assert_int_equal(dsync_frame_unpack_failed(body, &failed_out), 0);
	assert_int_equal(failed_out.text.size, DSYNC_FRAME_TEXT_MAX - 1);
	failed.failure = 0;
	ROUND_TRIP(DSYNC_FRAME_FAILED, dsync_frame_pack_failed, &failed, body);
	assert_int_equal(dsync_frame_unpack_failed(body, &failed_out), DSYNC_ERR_PROTOCOL);
	dsync_buffer_finish(&buffer);
}

static void
names_are_known(void **state)
{
	(void)state;
	assert_string_equal(dsync_frame_name(DSYNC_FRAME_READY), "READY");
	assert_string_equal(dsync_frame_name(DSYNC_FRAME_RESULT), "RESULT");
	assert_string_equal(dsync_frame_name(999), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_accepts_only_whole_frames),
		cmocka_unit_test(end_refuses_too_much),
		cmocka_unit_test(ready_survives),
		cmocka_unit_test(job_survives),
		cmocka_unit_test(job_refuses_nonsense),
		cmocka_unit_test(argument_is_strict),
		cmocka_unit_test(chunk_is_strict),
		cmocka_unit_test(call_and_result_survive),
		cmocka_unit_test(endings_survive),
		cmocka_unit_test(names_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
