/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any packet: parsed, every body read by every reader, and what was accepted packs to the same bytes again. */
#include <stdlib.h>
#include <string.h>

#include "runtime/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One reader and its writer: an accepted body must come back as it was. */
#define TRY(kind, pack, unpack) \
	do { \
		struct kind value; \
		if ((unpack)(body, &value) == 0) { \
			dsync_frame_begin(&out, DSYNC_FRAME_READY, 0); \
			if ((pack)(&out, &value) < 0 || dsync_frame_end(&out) < 0) \
				abort(); \
			if (out.size - DSYNC_FRAME_HEADER_SIZE != body.size || \
				memcmp(out.data + DSYNC_FRAME_HEADER_SIZE, body.data, body.size) != 0) \
				abort(); \
		} \
	} while (0)

static void
read_body(struct dsync_view body)
{
	struct dsync_buffer out;

	dsync_buffer_init(&out, DSYNC_FRAME_SIZE_MAX);
	TRY(dsync_frame_ready, dsync_frame_pack_ready, dsync_frame_unpack_ready);
	TRY(dsync_frame_job, dsync_frame_pack_job, dsync_frame_unpack_job);
	TRY(dsync_frame_chunk, dsync_frame_pack_chunk, dsync_frame_unpack_chunk);
	TRY(dsync_frame_call, dsync_frame_pack_call, dsync_frame_unpack_call);
	TRY(dsync_frame_result, dsync_frame_pack_result, dsync_frame_unpack_result);
	TRY(dsync_frame_done, dsync_frame_pack_done, dsync_frame_unpack_done);
	TRY(dsync_frame_failed, dsync_frame_pack_failed, dsync_frame_unpack_failed);
	dsync_buffer_finish(&out);
}

static void
read_argument(const uint8_t *data, size_t size)
{
	char text[DSYNC_FRAME_ARGUMENT_SIZE], again[DSYNC_FRAME_ARGUMENT_SIZE];
	struct dsync_frame_job job;

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (dsync_frame_parse_argument(text, &job) < 0)
		return;
	if (dsync_frame_format_argument(again, &job) < 0 || strcmp(text, again) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_frame frame;
	uint32_t sequence = 0;

	if (size >= 12)
		memcpy(&sequence, data + 8, sizeof(sequence));
	if (dsync_frame_parse(data, size, sequence, &frame) == 0)
		read_body(frame.body);
	read_body((struct dsync_view){ .data = data, .size = size });
	read_argument(data, size);
	return 0;
}
