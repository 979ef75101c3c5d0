/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dsync_channel *
dsync_channel_open(int fd)
{
	struct dsync_channel *channel = malloc(sizeof(*channel));

	if (channel == NULL)
		return NULL;
	channel->fd = fd;
	channel->sent = 0;
	channel->received = 0;
	dsync_buffer_init(&channel->out, DSYNC_FRAME_SIZE_MAX);
	if (dsync_buffer_reserve(&channel->out, DSYNC_FRAME_SIZE_MAX) == NULL) {
		dsync_channel_close(channel);
		return NULL;
	}
	return channel;
}

void
dsync_channel_close(struct dsync_channel *channel)
{
	if (channel == NULL)
		return;
	dsync_buffer_finish(&channel->out);
	free(channel);
}

void
dsync_channel_begin(struct dsync_channel *channel, enum dsync_frame_type type)
{
	dsync_frame_begin(&channel->out, type, channel->sent);
}

void
dsync_channel_send(struct dsync_channel *channel)
{
	ssize_t n;

	if (dsync_frame_end(&channel->out) < 0)
		_exit(DSYNC_CHANNEL_EXIT);
	do
		n = write(channel->fd, channel->out.data, channel->out.size);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)channel->out.size)
		_exit(DSYNC_CHANNEL_EXIT);
	channel->sent++;
}

struct dsync_view
dsync_channel_receive(struct dsync_channel *channel, enum dsync_frame_type type)
{
	struct dsync_frame frame;
	ssize_t n;

	/* read(2) drops descriptors that come with a packet. */
	do
		n = read(channel->fd, channel->in, sizeof(channel->in));
	while (n < 0 && errno == EINTR);
	if (n <= 0 || dsync_frame_parse(channel->in, (size_t)n, channel->received, &frame) < 0)
		_exit(DSYNC_CHANNEL_EXIT);
	if (frame.type != type)
		_exit(DSYNC_CHANNEL_EXIT);
	channel->received++;
	return frame.body;
}

struct dsync_frame_result
dsync_channel_call(struct dsync_channel *channel, const struct dsync_frame_call *call)
{
	struct dsync_frame_result result;

	dsync_channel_begin(channel, DSYNC_FRAME_CALL);
	dsync_frame_pack_call(&channel->out, call);
	dsync_channel_send(channel);
	if (dsync_frame_unpack_result(dsync_channel_receive(channel, DSYNC_FRAME_RESULT), &result) < 0)
		_exit(DSYNC_CHANNEL_EXIT);
	return result;
}

void
dsync_channel_receive_data(struct dsync_channel *channel, unsigned char *data, size_t size)
{
	struct dsync_frame_chunk chunk;
	size_t done = 0;

	do {
		if (dsync_frame_unpack_chunk(dsync_channel_receive(channel, DSYNC_FRAME_DATA), &chunk) < 0)
			_exit(DSYNC_CHANNEL_EXIT);
		if (chunk.data.size > size - done)
			_exit(DSYNC_CHANNEL_EXIT);
		memcpy(data + done, chunk.data.data, chunk.data.size);
		done += chunk.data.size;
	} while (!chunk.last);
	if (done != size)
		_exit(DSYNC_CHANNEL_EXIT);
}

void
dsync_channel_send_code(struct dsync_channel *channel, const void *code, size_t size)
{
	struct dsync_frame_chunk chunk = { .data = { .data = code } };

	do {
		chunk.data.size = size < DSYNC_FRAME_CHUNK_MAX ? size : DSYNC_FRAME_CHUNK_MAX;
		chunk.last = chunk.data.size == size;
		dsync_channel_begin(channel, DSYNC_FRAME_CODE);
		dsync_frame_pack_chunk(&channel->out, &chunk);
		dsync_channel_send(channel);
		chunk.data.data += chunk.data.size;
		size -= chunk.data.size;
	} while (!chunk.last);
}

void
dsync_channel_send_failed(struct dsync_channel *channel, enum dsync_guest_failure failure, const char *text)
{
	struct dsync_frame_failed failed = { .failure = failure };

	failed.text.data = (const unsigned char *)text;
	failed.text.size = strlen(text);
	dsync_channel_begin(channel, DSYNC_FRAME_FAILED);
	dsync_frame_pack_failed(&channel->out, &failed);
	dsync_channel_send(channel);
}
