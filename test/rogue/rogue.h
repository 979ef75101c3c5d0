/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * rogue.h - a worker that has been taken over: what an attacker with native code in it could say.
 *
 * The program stands in for dotsync-worker in a helper folder of a test and is never installed.  It reads the name of a
 * misbehaviour, and one argument, from the two lines of the file `rogue` beside it, is a plain worker until the moment
 * that the table gives, and then does what the name says.
 *
 *	main.c        the table, and the plain worker around it
 *	wire.c        frames, sent and received
 *	begin.c       until READY, and the raw packets
 *	compile.c     as the compiler
 *	numbers.c     calls with numbers that lie
 *	end.c         floods, and ways to end
 *
 * Those that check answers report through FINISH(failed): "as it should be", or the step that was not.
 */
#ifndef ROGUE_H
#define ROGUE_H

#include "runtime/frame.h"

struct rogue {
	struct dsync_buffer out;
	uint32_t sent, received;
	struct dsync_frame_job job;       /* after rogue_take_job() */
	struct dsync_frame_result result; /* of the last rogue_call() */
	char argument[4096];
	unsigned char in[DSYNC_FRAME_SIZE_MAX];
};

typedef void rogue_act(struct rogue *r);

/* wire.c: all of these end the process quietly when the host has hung up. */
void rogue_packet(const void *packet, size_t size);
void rogue_begin(struct rogue *r, enum dsync_frame_type type);
void rogue_send(struct rogue *r);
void rogue_ready(struct rogue *r, const struct dsync_frame_ready *ready);
void rogue_take_job(struct rogue *r);
void rogue_code(struct rogue *r, const void *code, size_t size, bool last);
void rogue_post(struct rogue *r, int call, int64_t a, int64_t b, int64_t c, const void *data, size_t size);
int64_t rogue_call(struct rogue *r, int call, int64_t a, int64_t b, int64_t c, const void *data, size_t size);
int64_t rogue_finish(struct rogue *r, int outcome, const char *message);
void rogue_done(struct rogue *r);
void rogue_failed(struct rogue *r, enum dsync_guest_failure failure, const char *text);
void rogue_expect(struct rogue *r, const char *step, int64_t value, int64_t wanted);
void rogue_hang(void);

/* What a sound worker says of itself. */
struct dsync_frame_ready rogue_sound(void);

rogue_act rogue_silent, rogue_exit, rogue_ready_build, rogue_ready_version, rogue_ready_nothing, rogue_ready_root;
rogue_act rogue_ready_no_seccomp, rogue_ready_no_landlock, rogue_ready_short, rogue_ready_long, rogue_ready_descriptor;
rogue_act rogue_reads_slowly;
rogue_act rogue_done_first, rogue_call_first, rogue_failed_first, rogue_garbage, rogue_empty, rogue_short;
rogue_act rogue_oversized, rogue_sequence, rogue_magic, rogue_not_zero, rogue_length, rogue_type;

rogue_act rogue_code_garbage, rogue_code_endless, rogue_code_none, rogue_code_after_last, rogue_code_drip;
rogue_act rogue_compile_call, rogue_compile_text, rogue_compile_exit;

rogue_act rogue_offsets, rogue_write_past, rogue_gap, rogue_write_at_far, rogue_context, rogue_context_not_json,
	rogue_fetch_head;
rogue_act rogue_copy_unread, rogue_open_many, rogue_body_large;

rogue_act rogue_ready_twice, rogue_replay, rogue_descriptor, rogue_unknown_call, rogue_call_long, rogue_call_short;
rogue_act rogue_flood, rogue_flood_answered, rogue_flood_sleep, rogue_log, rogue_after_finish, rogue_finish_exit;
rogue_act rogue_finish_killed, rogue_finish_hang, rogue_finish_unwritten, rogue_done_only, rogue_finish_twice;
rogue_act rogue_sleep, rogue_hang_up, rogue_stale, rogue_late, rogue_sound_update;

#endif
