/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Data that is pushed, not pulled.  What somebody pushes becomes the payload, once this has sent it to a server too: where
 * that fails the archive stays as it is.
 */
#include "dotsync.h"

#define REQUEST "PUT https://example.com/data.txt\nContent-Type: text/plain"
#define BODY_MAX 65536

static char body[BODY_MAX];

void
run(void)
{
	static const char why[] = "the server did not take what was pushed";
	int64_t size, answer, status;

	if (dotsync_get(DOTSYNC_REASON) != DOTSYNC_PUSH) { /* there is nowhere to ask for more */
		dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
		return;
	}
	size = dotsync_read(DOTSYNC_PUSHED, 0, body, BODY_MAX);
	answer =
		size < 0 || size == BODY_MAX ? -1 : dotsync_fetch(REQUEST, sizeof(REQUEST) - 1, body, (int32_t)size, 0);
	status = answer < 0 ? answer : dotsync_status((int32_t)answer);
	if (status >= 200 && status <= 299)
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
	else
		dotsync_finish(DOTSYNC_FAILED, 0, why, sizeof(why) - 1);
}
