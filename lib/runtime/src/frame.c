/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/frame.h"

#include <string.h>

#include "dotsync/error.h"

#define LENGTH_OFFSET 12

const char *
dsync_frame_name(uint16_t type)
{
	switch (type) {
	case DSYNC_FRAME_READY:
		return "READY";
	case DSYNC_FRAME_CODE:
		return "CODE";
	case DSYNC_FRAME_CALL:
		return "CALL";
	case DSYNC_FRAME_DONE:
		return "DONE";
	case DSYNC_FRAME_FAILED:
		return "FAILED";
	case DSYNC_FRAME_JOB:
		return "JOB";
	case DSYNC_FRAME_DATA:
		return "DATA";
	case DSYNC_FRAME_RESULT:
		return "RESULT";
	default:
		return "unknown";
	}
}

int
dsync_frame_parse(const void *packet, size_t size, uint32_t expected_sequence, struct dsync_frame *frame)
{
	struct dsync_cursor c;
	uint32_t magic, length;
	uint16_t zero;
	struct dsync_frame f;

	memset(frame, 0, sizeof(*frame));
	if (size > DSYNC_FRAME_SIZE_MAX)
		return DSYNC_ERR_PROTOCOL;

	dsync_cursor_init(&c, packet, size, 0);
	if (dsync_cursor_u32le(&c, &magic) < 0 || dsync_cursor_u16le(&c, &f.type) < 0 ||
		dsync_cursor_u16le(&c, &zero) < 0 || dsync_cursor_u32le(&c, &f.sequence) < 0 ||
		dsync_cursor_u32le(&c, &length) < 0)
		return DSYNC_ERR_PROTOCOL;
	if (magic != DSYNC_FRAME_MAGIC || zero != 0 || f.sequence != expected_sequence)
		return DSYNC_ERR_PROTOCOL;
	if (length != dsync_cursor_left(&c) || dsync_cursor_take(&c, length, &f.body) < 0)
		return DSYNC_ERR_PROTOCOL;

	*frame = f;
	return 0;
}

void
dsync_frame_begin(struct dsync_buffer *out, enum dsync_frame_type type, uint32_t sequence)
{
	dsync_buffer_clear(out);
	dsync_buffer_append_u32le(out, DSYNC_FRAME_MAGIC);
	dsync_buffer_append_u16le(out, (uint16_t)type);
	dsync_buffer_append_u16le(out, 0);
	dsync_buffer_append_u32le(out, sequence);
	dsync_buffer_append_u32le(out, 0);
}

int
dsync_frame_end(struct dsync_buffer *out)
{
	size_t length;
	int i;

	if (dsync_buffer_error(out) < 0)
		return dsync_buffer_error(out);
	if (out->size > DSYNC_FRAME_SIZE_MAX)
		return DSYNC_ERR_LIMIT;

	length = out->size - DSYNC_FRAME_HEADER_SIZE;
	for (i = 0; i < 4; i++)
		out->data[LENGTH_OFFSET + i] = (unsigned char)(length >> (8 * i));
	return 0;
}
