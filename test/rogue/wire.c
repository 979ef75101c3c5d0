/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rogue.h"

#define EXIT_HUNG_UP 3

void
rogue_packet(const void *packet, size_t size)
{
	ssize_t n;

	do
		n = send(DSYNC_FRAME_FD, packet, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		_exit(EXIT_HUNG_UP);
}

void
rogue_begin(struct rogue *r, enum dsync_frame_type type)
{
	dsync_frame_begin(&r->out, type, r->sent++);
}

void
rogue_send(struct rogue *r)
{
	if (dsync_frame_end(&r->out) < 0)
		abort();
	rogue_packet(r->out.data, r->out.size);
}

void
rogue_ready(struct rogue *r, const struct dsync_frame_ready *ready)
{
	rogue_begin(r, DSYNC_FRAME_READY);
	dsync_frame_pack_ready(&r->out, ready);
	rogue_send(r);
}

static void
receive(struct rogue *r, struct dsync_frame *frame)
{
	ssize_t n;

	do
		n = recv(DSYNC_FRAME_FD, r->in, sizeof(r->in), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || dsync_frame_parse(r->in, (size_t)n, r->received++, frame) < 0)
		_exit(EXIT_HUNG_UP);
}

void
rogue_take_job(struct rogue *r)
{
	struct dsync_frame_chunk chunk = { .last = false };
	struct dsync_frame frame;

	receive(r, &frame);
	if (frame.type != DSYNC_FRAME_JOB || dsync_frame_unpack_job(frame.body, &r->job) < 0)
		abort();
	while (!chunk.last) {
		receive(r, &frame);
		if (frame.type != DSYNC_FRAME_DATA || dsync_frame_unpack_chunk(frame.body, &chunk) < 0)
			abort();
	}
}

void
rogue_code(struct rogue *r, const void *code, size_t size, bool last)
{
	const struct dsync_frame_chunk chunk = { .last = last, .data = { code, size } };

	rogue_begin(r, DSYNC_FRAME_CODE);
	dsync_frame_pack_chunk(&r->out, &chunk);
	rogue_send(r);
}

void
rogue_post(struct rogue *r, int call, int64_t a, int64_t b, int64_t c, const void *data, size_t size)
{
	const struct dsync_frame_call body = { .call = (uint16_t)call, .a = a, .b = b, .c = c, .data = { data, size } };

	rogue_begin(r, DSYNC_FRAME_CALL);
	dsync_frame_pack_call(&r->out, &body);
	rogue_send(r);
}

int64_t
rogue_call(struct rogue *r, int call, int64_t a, int64_t b, int64_t c, const void *data, size_t size)
{
	struct dsync_frame frame;

	rogue_post(r, call, a, b, c, data, size);
	receive(r, &frame);
	if (frame.type != DSYNC_FRAME_RESULT || dsync_frame_unpack_result(frame.body, &r->result) < 0)
		abort();
	return r->result.value;
}

int64_t
rogue_finish(struct rogue *r, int outcome, const char *message)
{
	return rogue_call(r, DSYNC_CALL_FINISH, outcome, 0, 0, message, strlen(message));
}

void
rogue_done(struct rogue *r)
{
	const struct dsync_frame_done done = { .contract = DSYNC_CONTRACT_DOTSYNC };

	rogue_begin(r, DSYNC_FRAME_DONE);
	dsync_frame_pack_done(&r->out, &done);
	rogue_send(r);
}

void
rogue_failed(struct rogue *r, enum dsync_guest_failure failure, const char *text)
{
	const struct dsync_frame_failed failed = { .failure = failure,
		.text = { (const unsigned char *)text, strlen(text) } };

	rogue_begin(r, DSYNC_FRAME_FAILED);
	dsync_frame_pack_failed(&r->out, &failed);
	rogue_send(r);
}

void
rogue_expect(struct rogue *r, const char *step, int64_t value, int64_t wanted)
{
	char message[256];

	if (value == wanted)
		return;
	snprintf(message, sizeof(message), "%s: expected %lld, found %lld", step, (long long)wanted, (long long)value);
	rogue_finish(r, DSYNC_GUEST_FAILED, message);
	rogue_done(r);
	_exit(0);
}

void
rogue_hang(void)
{
	for (;;)
		pause();
}

struct dsync_frame_ready
rogue_sound(void)
{
	struct dsync_frame_ready ready = {
		.version = DSYNC_FRAME_VERSION,
		.landlock_abi = 7,
		.landlock_scopes = 3,
		.landlock_net = 1,
		.namespaces = DSYNC_NS_USER | DSYNC_NS_NET,
		.seccomp = DSYNC_SECCOMP_P1,
		.no_new_privs = 1,
		.not_root = 1,
		.rlimits = 1,
		.no_capabilities = 1,
	};

	memcpy(ready.build_id, dsync_build_id, DSYNC_BUILD_ID_SIZE);
	return ready;
}
