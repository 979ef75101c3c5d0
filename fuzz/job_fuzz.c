/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any packet of either side of the socket to dotsync-refresh: what is accepted can be written, and reads the same again. */
#include <stdlib.h>
#include <string.h>

#include "runtime/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text of a job in a buffer of its own. */
static void
write_job(const struct dsync_job *job, struct dsync_buffer *out)
{
	dsync_buffer_init(out, DSYNC_BUFFER_UNLIMITED);
	if (dsync_job_write(job, out) < 0)
		abort();
}

static void
try_job(const uint8_t *data, size_t size)
{
	struct dsync_buffer once, twice;
	struct dsync_job job, again;

	if (dsync_job_read(data, size, &job, NULL) < 0)
		return;
	write_job(&job, &once);
	if (dsync_job_read(once.data, once.size, &again, NULL) < 0)
		abort();
	write_job(&again, &twice);
	if (once.size != twice.size || memcmp(once.data, twice.data, once.size) != 0)
		abort();
	dsync_buffer_finish(&once);
	dsync_buffer_finish(&twice);
	dsync_job_finish(&job);
	dsync_job_finish(&again);
}

static void
write_message(const struct dsync_message *message, struct dsync_buffer *out)
{
	dsync_buffer_init(out, DSYNC_BUFFER_UNLIMITED);
	if ((message->is_outcome ? dsync_result_write(&message->result, out)
				 : dsync_event_write(&message->event, out)) < 0)
		abort();
}

static void
try_message(const uint8_t *data, size_t size)
{
	struct dsync_buffer once, twice;
	struct dsync_message message, again;

	if (dsync_message_read(data, size, &message, NULL) < 0)
		return;
	write_message(&message, &once);
	if (dsync_message_read(once.data, once.size, &again, NULL) < 0)
		abort();
	write_message(&again, &twice);
	if (once.size != twice.size || memcmp(once.data, twice.data, once.size) != 0)
		abort();
	dsync_buffer_finish(&once);
	dsync_buffer_finish(&twice);
	dsync_message_finish(&message);
	dsync_message_finish(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_job(data, size);
	try_message(data, size);
	return 0;
}
