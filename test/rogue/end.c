/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Frames that are not due, floods, and ways to end. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rogue.h"

#define FLOOD 1000000
#define LATE_MS 1500

void
rogue_ready_twice(struct rogue *r)
{
	const struct dsync_frame_ready ready = rogue_sound();

	rogue_ready(r, &ready);
}

/* The very same packet twice. */
void
rogue_replay(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "bad", 3);
	rogue_packet(r->out.data, r->out.size);
}

void
rogue_unknown_call(struct rogue *r)
{
	rogue_post(r, 4711, 0, 0, 0, "", 0);
}

void
rogue_call_long(struct rogue *r)
{
	rogue_post(r, DSYNC_CALL_WRITE, 0, 0, 0, r->in, DSYNC_FRAME_CALL_DATA_MAX + 1);
}

void
rogue_call_short(struct rogue *r)
{
	rogue_begin(r, DSYNC_FRAME_CALL);
	dsync_buffer_append_u32le(&r->out, DSYNC_CALL_WRITE);
	rogue_send(r);
}

/* Calls without waiting for an answer, for ever; the answers are thrown away. */
static void
flood(struct rogue *r, int call, int64_t a)
{
	for (;;) {
		rogue_post(r, call, a, 0, 0, "", 0);
		while (recv(DSYNC_FRAME_FD, r->in, sizeof(r->in), MSG_DONTWAIT) > 0)
			;
	}
}

void
rogue_flood(struct rogue *r)
{
	flood(r, DSYNC_CALL_SIZE, 0);
}

void
rogue_flood_sleep(struct rogue *r)
{
	flood(r, DSYNC_CALL_SLEEP, INT64_MAX);
}

/* In good order, but a million of them and then all over again. */
void
rogue_flood_answered(struct rogue *r)
{
	int i;

	for (;;) {
		for (i = 0; i < FLOOD; i++)
			rogue_call(r, DSYNC_CALL_GET, i, 0, 0, "", 0);
	}
}

/* What a terminal would obey. */
void
rogue_log(struct rogue *r)
{
	static const char line[] = "\033[2J\033]0;owned\a\r\b\x7f\x9b"
				   "31m \xc2\x9b \xe2\x80\xae %s%n\n";
	int i;

	for (i = 0; i < 20000; i++)
		rogue_call(r, DSYNC_CALL_LOG, i % 7 - 3, 0, 0, line, sizeof(line) - 1);
	rogue_finish(r, DSYNC_GUEST_FAILED, line);
	rogue_done(r);
	_exit(0);
}

/* What comes after the end does not count. */
void
rogue_after_finish(struct rogue *r)
{
	static const int calls[] = { DSYNC_CALL_WRITE, DSYNC_CALL_WRITE_AT, DSYNC_CALL_COPY, DSYNC_CALL_DISCARD,
		DSYNC_CALL_CONTEXT, DSYNC_CALL_FETCH, DSYNC_CALL_HTTP, DSYNC_CALL_FINISH };
	size_t i;

	rogue_finish(r, DSYNC_GUEST_UNCHANGED, "");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (rogue_call(r, calls[i], 1, 0, 0, "{}", 2) != DSYNC_GUEST_ERR_STATE)
			_exit((int)(100 + i)); /* seen in the error */
	}
	rogue_done(r);
	_exit(0);
}

static void
write_and_finish(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "bad", 3);
	rogue_finish(r, DSYNC_GUEST_UPDATED, "");
}

void
rogue_finish_exit(struct rogue *r)
{
	write_and_finish(r);
	rogue_done(r);
	_exit(1);
}

void
rogue_finish_killed(struct rogue *r)
{
	write_and_finish(r);
	rogue_done(r);
	kill(getpid(), SIGKILL);
}

void
rogue_finish_hang(struct rogue *r)
{
	write_and_finish(r);
	rogue_done(r);
	rogue_hang();
}

void
rogue_finish_unwritten(struct rogue *r)
{
	rogue_finish(r, DSYNC_GUEST_UPDATED_EMPTY + 1, "");
	rogue_finish(r, INT32_MIN, "");
	rogue_done(r);
	_exit(0);
}

void
rogue_done_only(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "bad", 3);
	rogue_done(r);
	_exit(0);
}

void
rogue_finish_twice(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "bad", 3);
	rogue_finish(r, DSYNC_GUEST_FAILED, "the first word counts");
	rogue_finish(r, DSYNC_GUEST_UPDATED, "");
	rogue_done(r);
	_exit(0);
}

void
rogue_sleep(struct rogue *r)
{
	for (;;)
		rogue_call(r, DSYNC_CALL_SLEEP, INT64_MAX, 0, 0, "", 0);
}

/* In the middle of a frame, as far as packets have one. */
void
rogue_hang_up(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "bad", 3);
	rogue_finish(r, DSYNC_GUEST_UPDATED, "");
	rogue_begin(r, DSYNC_FRAME_DONE);
	dsync_frame_end(&r->out);
	rogue_packet(r->out.data, r->out.size - 1);
	close(DSYNC_FRAME_FD);
}

/* Time for somebody to change the archive in place. */
void
rogue_stale(struct rogue *r)
{
	poll(NULL, 0, LATE_MS);
	rogue_failed(r, DSYNC_GUEST_STALE_CODE, "");
	_exit(0);
}

void
rogue_late(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_GET, 0, 0, 0, "", 0);
	poll(NULL, 0, LATE_MS);
	rogue_sound_update(r);
}

void
rogue_sound_update(struct rogue *r)
{
	rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "new data", 8);
	rogue_finish(r, DSYNC_GUEST_UPDATED, "");
	rogue_done(r);
	_exit(0);
}
