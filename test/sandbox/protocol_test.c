/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Hosts that do not keep to the conversation, and starts that are none: the worker ends, quietly, and says nothing more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker_host.h"

#define BROKEN_OFF 3

static struct host host;
static struct dsync_buffer packet;

static void
begin(struct dsync_frame_job *job)
{
	*job = host_job(DSYNC_JOB_RUN, 10);
	host_start(&host, NULL, job);
	assert_true(host_ready(&host));
	dsync_buffer_init(&packet, DSYNC_BUFFER_UNLIMITED);
}

/* Nothing comes any more, and the worker has ended by itself. */
static void
expect_end(void)
{
	struct dsync_frame frame;
	int status;

	assert_int_equal(host_receive(&host, &frame), 0);
	status = host_stop(&host);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), BROKEN_OFF);
	dsync_buffer_finish(&packet);
}

static void
job_frame(const struct dsync_frame_job *job, uint32_t sequence)
{
	dsync_frame_begin(&packet, DSYNC_FRAME_JOB, sequence);
	dsync_frame_pack_job(&packet, job);
	dsync_frame_end(&packet);
}

static void
ends_on_bad_packets(void **state)
{
	static const struct {
		size_t at;
		int value; /* -1: cut here */
	} cases[] = { { 0, 'X' }, { 4, DSYNC_FRAME_DATA }, { 4, DSYNC_FRAME_READY }, { 4, 99 }, { 6, 1 }, { 8, 1 },
		{ 12, 0 }, { 13, 0xff }, { 16, DSYNC_JOB_COMPILE }, { 16, DSYNC_JOB_DECODE }, { 16, 0 }, { 20, 2 },
		{ 24, 11 }, { 32, 1 }, { 40, 1 }, { 96, 2 }, { 100, 0 }, { 17, 1 }, { 10, -1 }, { 16, -1 },
		{ 50, -1 } };
	struct dsync_frame_job job;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&job);
		job_frame(&job, 0);
		if (cases[i].value < 0) {
			packet.size = cases[i].at;
		} else {
			assert_int_not_equal(packet.data[cases[i].at], cases[i].value);
			packet.data[cases[i].at] = (unsigned char)cases[i].value;
		}
		host_send(&host, &packet);
		expect_end();
	}
}

static void
ends_on_oversized_packets(void **state)
{
	struct dsync_frame_job job;

	(void)state;
	begin(&job);
	job_frame(&job, 0);
	dsync_buffer_append_zeros(&packet, DSYNC_FRAME_SIZE_MAX + 100 - packet.size);
	host_send(&host, &packet);
	expect_end();
}

static void
ends_when_the_host_is_gone(void **state)
{
	struct dsync_frame_job job;

	(void)state;
	begin(&job);
	assert_int_equal(shutdown(host.fd, SHUT_WR), 0);
	expect_end();
}

static void
ends_on_a_replayed_job(void **state)
{
	struct dsync_frame_job job;

	(void)state;
	begin(&job);
	job_frame(&job, 0);
	host_send(&host, &packet);
	host_send(&host, &packet);
	expect_end();
}

/* DATA: more than promised, less than promised, nothing in a piece that is not the last. */
static void
ends_on_wrong_data(void **state)
{
	static const struct {
		const char *first;
		size_t first_size;
		bool first_last;
		size_t second_size; /* 0: none */
	} cases[] = { { "0123456789A", 11, true, 0 }, { "012345678", 9, true, 0 }, { "0123456789", 10, false, 1 },
		{ "", 0, false, 0 } };
	struct dsync_frame_chunk chunk;
	struct dsync_frame_job job;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&job);
		job_frame(&job, 0);
		host_send(&host, &packet);
		chunk.data.data = (const unsigned char *)cases[i].first;
		chunk.data.size = cases[i].first_size;
		chunk.last = cases[i].first_last;
		dsync_frame_begin(&packet, DSYNC_FRAME_DATA, 1);
		dsync_frame_pack_chunk(&packet, &chunk);
		dsync_frame_end(&packet);
		host_send(&host, &packet);
		if (cases[i].second_size > 0) {
			dsync_frame_begin(&packet, DSYNC_FRAME_DATA, 2);
			chunk.data.size = cases[i].second_size;
			chunk.last = true;
			dsync_frame_pack_chunk(&packet, &chunk);
			dsync_frame_end(&packet);
			host_send(&host, &packet);
		}
		expect_end();
	}
}

/* N43: a descriptor that rides on a packet is not received: the attack table shows that nothing above 3 is open. */
static void
drops_descriptors(void **state)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct dsync_frame_job job;
	struct msghdr message;
	struct cmsghdr *header;
	struct iovec vector;
	int fd = 1;
	struct dsync_frame frame;
	int status;

	(void)state;
	begin(&job);
	job_frame(&job, 0);
	vector.iov_base = packet.data;
	vector.iov_len = packet.size;
	memset(&message, 0, sizeof(message));
	memset(control, 0, sizeof(control));
	message.msg_iov = &vector;
	message.msg_iovlen = 1;
	message.msg_control = control;
	message.msg_controllen = sizeof(control);
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	assert_int_equal(sendmsg(host.fd, &message, 0), (ssize_t)packet.size);

	/* The job itself was in order: garbage for code is stale code. */
	dsync_frame_begin(&packet, DSYNC_FRAME_DATA, 1);
	dsync_buffer_append(&packet,
		"\1\0\0\0"
		"0123456789",
		14);
	dsync_frame_end(&packet);
	host_send(&host, &packet);
	assert_true(host_receive(&host, &frame) > 0);
	assert_int_equal(frame.type, DSYNC_FRAME_FAILED);
	status = host_stop(&host);
	assert_int_equal(status, 0);
	dsync_buffer_finish(&packet);
}

/* A guest waits for its answer and gets something else. */
static void
ends_on_wrong_answers(void **state)
{
	struct dsync_frame_job job;
	struct host_end compiled;
	struct dsync_buffer module;
	struct dsync_frame frame;
	unsigned kind;

	(void)state;
	if (!host_load("ds_update", &module)) {
		print_message("skipped: wat2wasm is missing\n");
		skip();
	}
	host_compile(module.data, module.size, NULL, &compiled);
	assert_true(compiled.done);
	for (kind = 0; kind < 4; kind++) {
		job = host_job(DSYNC_JOB_RUN, compiled.code.size);
		host_start(&host, NULL, &job);
		assert_true(host_ready(&host));
		host_send_job(&host, &job, compiled.code.data, compiled.code.size);
		assert_true(host_receive(&host, &frame) > 0);
		assert_int_equal(frame.type, DSYNC_FRAME_CALL);
		dsync_buffer_init(&packet, DSYNC_BUFFER_UNLIMITED);
		dsync_frame_begin(&packet, kind == 0 ? DSYNC_FRAME_DATA : DSYNC_FRAME_RESULT, host.sent + (kind == 1));
		dsync_buffer_append_zeros(&packet, kind == 2 ? 7 : 8);
		if (kind == 3)
			dsync_buffer_append_zeros(&packet, DSYNC_FRAME_CALL_DATA_MAX + 1);
		dsync_frame_end(&packet);
		host_send(&host, &packet);
		expect_end();
	}
	host_end_finish(&compiled);
	dsync_buffer_finish(&module);
}

/* Started by hand or by something else than the refresher. */
static void
refuses_other_starts(void **state)
{
	static const char *const commands[] = { "2>&1", "run:1:1:1 2>&1", "run:1:1:1 2>&1 3</dev/null" };
	static const char *const arguments[][3] = { { NULL }, { "run", NULL }, { "run:1:2:3", "more", NULL },
		{ "run:0:2:3", NULL } };
	char command[4200], line[300];
	struct dsync_frame frame;
	FILE *output;
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(command, sizeof(command), "'%s' %s", host_program(NULL), commands[i]);
		output = popen(command, "r");
		assert_non_null(output);
		assert_non_null(fgets(line, sizeof(line), output));
		assert_non_null(strstr(line, "descriptor 3 is not its socket"));
		status = pclose(output);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	}
	for (i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		host_start_with(&host, NULL, arguments[i]);
		assert_int_equal(host_receive(&host, &frame), 0);
		status = host_stop(&host);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_on_bad_packets),
		cmocka_unit_test(ends_on_oversized_packets),
		cmocka_unit_test(ends_when_the_host_is_gone),
		cmocka_unit_test(ends_on_a_replayed_job),
		cmocka_unit_test(ends_on_wrong_data),
		cmocka_unit_test(drops_descriptors),
		cmocka_unit_test(ends_on_wrong_answers),
		cmocka_unit_test(refuses_other_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
