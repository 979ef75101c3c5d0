/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * channel.h - the worker's end of the conversation (runtime/frame.h).
 *
 * Strictly one frame at a time: whatever comes that is not the frame that is due ends
 * the process, quietly, with DSYNC_CHANNEL_EXIT; so does a host that went away.  There is
 * nobody left to tell, and nothing of a half-understood frame may reach the guest.
 * All memory is taken in open(), before the lock.
 */
#ifndef WORKER_CHANNEL_H
#define WORKER_CHANNEL_H

#include <stdbool.h>

#include "base/buffer.h"
#include "runtime/frame.h"

#define DSYNC_CHANNEL_EXIT 3

struct dsync_channel {
	int fd;
	uint32_t sent, received; /* the next sequence numbers */
	struct dsync_buffer out; /* the packet that is being built */
	unsigned char in[DSYNC_FRAME_SIZE_MAX +
		1]; /* the packet received last; one more byte, to see those that are too long */
};

/* NULL when there is no memory.  The descriptor stays the caller's. */
struct dsync_channel *dsync_channel_open(int fd);
void dsync_channel_close(struct dsync_channel *channel);

/* Starts a frame in channel->out; the caller packs its body there; send() sends it. */
void dsync_channel_begin(struct dsync_channel *channel, enum dsync_frame_type type);
void dsync_channel_send(struct dsync_channel *channel);

/* The body of the next frame, which must be of this type; valid until the next receive. */
struct dsync_view dsync_channel_receive(struct dsync_channel *channel, enum dsync_frame_type type);

/* One call of the guest and its answer, whose data is valid until the next receive. */
struct dsync_frame_result dsync_channel_call(struct dsync_channel *channel, const struct dsync_frame_call *call);

/* Receives DATA frames of exactly `size` bytes together. */
void dsync_channel_receive_data(struct dsync_channel *channel, unsigned char *data, size_t size);

/* Sends bytes as CODE frames. */
void dsync_channel_send_code(struct dsync_channel *channel, const void *code, size_t size);

/* The last frame of a job that failed; control characters are the host's to escape. */
void dsync_channel_send_failed(struct dsync_channel *channel, enum dsync_guest_failure failure, const char *text);

#endif
