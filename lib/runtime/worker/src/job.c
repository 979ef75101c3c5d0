/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void
dsync_worker_fail(struct dsync_worker *worker, enum dsync_guest_failure failure, const char *format, ...)
{
	char text[DSYNC_FRAME_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	dsync_channel_send_failed(worker->channel, failure, text);
}

/* A job that is not the one the limits were set for is a broken host. */
static void
receive_job(struct dsync_worker *worker)
{
	struct dsync_frame_job job;
	unsigned char *strings;

	if (dsync_frame_unpack_job(dsync_channel_receive(worker->channel, DSYNC_FRAME_JOB), &job) < 0)
		_exit(DSYNC_CHANNEL_EXIT);
	if (job.mode != worker->job.mode || job.memory_max != worker->job.memory_max ||
		job.cpu_ms != worker->job.cpu_ms || job.data_size != worker->job.data_size)
		_exit(DSYNC_CHANNEL_EXIT);

	strings = malloc(job.strings.size + 1);
	if (strings == NULL)
		_exit(DSYNC_CHANNEL_EXIT);
	memcpy(strings, job.strings.data, job.strings.size);
	job.strings.data = strings;
	worker->job = job;
}

void
dsync_worker_make_room(struct dsync_worker *worker)
{
	const size_t size = (size_t)worker->job.data_size;
	void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return;
	madvise(room, size, MADV_HUGEPAGE);
	worker->data = room;
}

void
dsync_worker_free_room(struct dsync_worker *worker)
{
	if (worker->data != NULL)
		munmap(worker->data, (size_t)worker->job.data_size);
	worker->data = NULL;
}

void
dsync_worker_work(struct dsync_worker *worker)
{
	const size_t size = (size_t)worker->job.data_size;

	receive_job(worker);
	if (worker->data == NULL) {
		dsync_worker_fail(worker, DSYNC_GUEST_INTERNAL, "out of memory for %zu bytes", size);
		return;
	}
	dsync_channel_receive_data(worker->channel, worker->data, size);
	if (worker->job.mode == DSYNC_JOB_COMPILE)
		dsync_worker_compile(worker);
	else
		dsync_worker_run(worker);
	dsync_worker_free_room(worker);
}
