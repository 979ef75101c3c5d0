/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Instead of READY. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rogue.h"

#define SLOW_MS 2000

void
rogue_silent(struct rogue *r)
{
	(void)r;
	rogue_hang();
}

void
rogue_exit(struct rogue *r)
{
	(void)r;
	_exit(0);
}

void
rogue_ready_build(struct rogue *r)
{
	struct dsync_frame_ready ready = rogue_sound();

	ready.build_id[0] ^= 1;
	rogue_ready(r, &ready);
}

void
rogue_ready_version(struct rogue *r)
{
	struct dsync_frame_ready ready = rogue_sound();

	ready.version++;
	rogue_ready(r, &ready);
}

void
rogue_ready_nothing(struct rogue *r)
{
	struct dsync_frame_ready ready = { .version = DSYNC_FRAME_VERSION };

	memcpy(ready.build_id, dsync_build_id, DSYNC_BUILD_ID_SIZE);
	rogue_ready(r, &ready);
}

void
rogue_ready_root(struct rogue *r)
{
	struct dsync_frame_ready ready = rogue_sound();

	ready.not_root = 0;
	rogue_ready(r, &ready);
}

void
rogue_ready_no_seccomp(struct rogue *r)
{
	struct dsync_frame_ready ready = rogue_sound();

	ready.seccomp = 99;
	rogue_ready(r, &ready);
}

void
rogue_ready_no_landlock(struct rogue *r)
{
	struct dsync_frame_ready ready = rogue_sound();

	ready.landlock_abi = 0;
	rogue_ready(r, &ready);
	rogue_take_job(r);
	if (r->job.mode == DSYNC_JOB_COMPILE)
		rogue_code(r, "code", 4, true);
	else
		rogue_finish(r, DSYNC_GUEST_UNCHANGED, "");
	rogue_done(r);
	_exit(0);
}

/* READY as it should be, in r->out, to be spoilt. */
static void
pack_ready(struct rogue *r)
{
	const struct dsync_frame_ready ready = rogue_sound();

	rogue_begin(r, DSYNC_FRAME_READY);
	dsync_frame_pack_ready(&r->out, &ready);
	dsync_frame_end(&r->out);
}

void
rogue_ready_short(struct rogue *r)
{
	pack_ready(r);
	r->out.size--;
	rogue_send(r);
}

void
rogue_ready_long(struct rogue *r)
{
	pack_ready(r);
	dsync_buffer_append_byte(&r->out, 1);
	rogue_send(r);
}

/* Sends what is in r->out with a descriptor. */
static void
send_descriptor(struct rogue *r)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = { r->out.data, r->out.size };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int fd = STDIN_FILENO;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	sendmsg(DSYNC_FRAME_FD, &message, MSG_NOSIGNAL);
}

void
rogue_ready_descriptor(struct rogue *r)
{
	pack_ready(r);
	send_descriptor(r);
}

void
rogue_descriptor(struct rogue *r)
{
	const struct dsync_frame_call call = { .call = DSYNC_CALL_GET, .data = { (const unsigned char *)"", 0 } };

	rogue_begin(r, DSYNC_FRAME_CALL);
	dsync_frame_pack_call(&r->out, &call);
	dsync_frame_end(&r->out);
	send_descriptor(r);
}

/* One frame now and then: to be waited for again and again. */
void
rogue_reads_slowly(struct rogue *r)
{
	const struct dsync_frame_ready ready = rogue_sound();

	rogue_ready(r, &ready);
	for (;;) {
		poll(NULL, 0, SLOW_MS);
		if (recv(DSYNC_FRAME_FD, r->in, sizeof(r->in), 0) <= 0)
			_exit(0);
	}
}

void
rogue_done_first(struct rogue *r)
{
	rogue_done(r);
}

void
rogue_call_first(struct rogue *r)
{
	rogue_post(r, DSYNC_CALL_GET, 0, 0, 0, "", 0);
}

/* This one may be said: a layer that must hold does not. */
void
rogue_failed_first(struct rogue *r)
{
	rogue_failed(r, DSYNC_GUEST_INTERNAL, "no \033[31mlayer\033[0m here");
	_exit(0);
}

void
rogue_garbage(struct rogue *r)
{
	memset(r->in, 0xa5, 4096);
	rogue_packet(r->in, 4096);
}

void
rogue_empty(struct rogue *r)
{
	(void)r;
	rogue_packet("", 0);
}

void
rogue_short(struct rogue *r)
{
	pack_ready(r);
	rogue_packet(r->out.data, DSYNC_FRAME_HEADER_SIZE - 1);
}

void
rogue_oversized(struct rogue *r)
{
	pack_ready(r);
	dsync_buffer_append_zeros(&r->out, DSYNC_FRAME_SIZE_MAX);
	rogue_packet(r->out.data, r->out.size);
}

/* One byte of the header set to something else. */
static void
send_spoilt(struct rogue *r, size_t offset, unsigned char value)
{
	pack_ready(r);
	r->out.data[offset] = value;
	rogue_packet(r->out.data, r->out.size);
}

void
rogue_magic(struct rogue *r)
{
	send_spoilt(r, 0, 'd');
}

void
rogue_type(struct rogue *r)
{
	send_spoilt(r, 4, 77);
}

void
rogue_not_zero(struct rogue *r)
{
	send_spoilt(r, 6, 1);
}

void
rogue_sequence(struct rogue *r)
{
	send_spoilt(r, 8, 1);
}

void
rogue_length(struct rogue *r)
{
	send_spoilt(r, 15, 0xff);
}
