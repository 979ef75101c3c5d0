/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "limits.h"

#include <errno.h>
#include <sys/resource.h>

#define MIB (UINT64_C(1) << 20)

/* A running guest: program, heap, stacks, guard pages; and its code three times (packet buffer, image, bookkeeping). */
#define RUN_BASE (48 * MIB)

#define RUN_PER_CODE 3

/* Of a guest that decodes, besides: one decoder at its largest (decode.h), or several that are smaller. */
#define RUN_DECODERS (144 * MIB)

/* A compiler: measured up to 430 bytes a byte of module (Go; others half of that). */
#define COMPILE_BASE (128 * MIB)
#define COMPILE_PER_MODULE 512
#define COMPILE_MAX (2048 * MIB)

uint64_t
dsync_limits_address_space(const struct dsync_frame_job *job)
{
	uint64_t size;

	if (job->mode != DSYNC_JOB_COMPILE)
		return job->memory_max + RUN_PER_CODE * job->data_size + RUN_BASE +
			(job->mode == DSYNC_JOB_DECODE ? RUN_DECODERS : 0);
	size = COMPILE_PER_MODULE * job->data_size + COMPILE_BASE;
	return size < COMPILE_MAX ? size : COMPILE_MAX;
}

uint64_t
dsync_limits_data(const struct dsync_frame_job *job)
{
	return dsync_limits_address_space(job) - 16 * MIB;
}

/* A stricter limit that was there before stays. */
static int
set_limit(int resource, uint64_t soft, uint64_t hard)
{
	struct rlimit limit, now;

	if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
		return -errno;
	limit.rlim_max = now.rlim_max < hard ? now.rlim_max : hard;
	limit.rlim_cur = limit.rlim_max < soft ? limit.rlim_max : soft;
	if (setrlimit((__rlimit_resource_t)resource, &limit) != 0)
		return -errno;
	if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
		return -errno;
	return now.rlim_cur == limit.rlim_cur && now.rlim_max == limit.rlim_max ? 0 : -ERANGE;
}

int
dsync_limits_set(const struct dsync_frame_job *job)
{
	/* One second more, in which our own limit ends what it can. */
	const uint64_t seconds = (job->cpu_ms + 999) / 1000 + 1;
	const uint64_t space = dsync_limits_address_space(job);
	const uint64_t data = dsync_limits_data(job);
	const struct {
		int resource;
		uint64_t soft, hard;
	} limits[] = {
		{ RLIMIT_CORE, 0, 0 },
		{ RLIMIT_FSIZE, 0, 0 },
		{ RLIMIT_NPROC, 0, 0 },
		{ RLIMIT_NOFILE, 8, 8 },
		{ RLIMIT_MEMLOCK, 0, 0 }, /* refuses io_uring too */
		{ RLIMIT_MSGQUEUE, 0, 0 },
		{ RLIMIT_SIGPENDING, 16, 16 },
		{ RLIMIT_NICE, 0, 0 },
		{ RLIMIT_RTPRIO, 0, 0 },
		{ RLIMIT_STACK, 8 * MIB, 8 * MIB },
		{ RLIMIT_CPU, seconds, seconds + 1 },
		{ RLIMIT_AS, space, space },
		{ RLIMIT_DATA, data, data },
	};
	size_t i;
	int rc;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		rc = set_limit(limits[i].resource, limits[i].soft, limits[i].hard);
		if (rc < 0)
			return rc;
	}
	return 0;
}
