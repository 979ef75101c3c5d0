/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "dotsync.h"

#define REQUEST "GET https://example.com/data.txt"

static char data[1 << 20];

static void
fail(const char *why, int32_t size)
{
	dotsync_finish(DOTSYNC_FAILED, 0, why, size);
}

void
run(void)
{
	int64_t answer = dotsync_fetch(REQUEST, sizeof(REQUEST) - 1, 0, 0, DOTSYNC_CONDITIONAL);
	int64_t status = answer < 0 ? answer : dotsync_status((int32_t)answer);
	int64_t size;

	if (status == 304) {
		dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
		return;
	}
	size = status == 200 ? dotsync_read((int32_t)answer, 0, data, sizeof(data)) : -1;
	if (size < 0) {
		fail("no usable answer", 16);
		return;
	}
	/* Here the data becomes what the archive is to hold. */
	if (dotsync_write(data, (int32_t)size) == size)
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
}
