/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An updater that calls dotsync.decode.v1 in every way that makes no sense, over an old payload "old data" and a context. */
#include "dotsync-decode.h"
#include "dotsync.h"

#define NOWHERE ((char *)0x7fffff00)
#define FIRST 0x40000000

static char buf[64];

/* The line of the first call whose result is another, and the result. */
static char message[] = "line 000 gave 00000000000";

static int32_t
tell(int32_t line, int64_t got)
{
	int32_t i = 7;

	for (; line > 0; line /= 10)
		message[i--] = (char)('0' + line % 10);
	message[14] = got < 0 ? '-' : '+';
	got = got < 0 ? -got : got;
	for (i = 24; i > 14; i--, got /= 10)
		message[i] = (char)('0' + got % 10);
	dotsync_finish(DOTSYNC_FAILED, 0, message, sizeof(message) - 1);
	return -1;
}

#define EXPECT(call, value) \
	do { \
		int64_t got_ = (call); \
\
		if (got_ != (value)) \
			return tell(__LINE__, got_); \
	} while (0)

static int32_t
try_numbers(void)
{
	int32_t i;

	EXPECT(dotsync_decode_open(-1, DOTSYNC_PLAIN), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_open(DOTSYNC_PAYLOAD, -1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_open(DOTSYNC_PAYLOAD, 7), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_open(FIRST, DOTSYNC_PLAIN), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_open(INT32_MAX, DOTSYNC_PLAIN), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_read(FIRST, buf, 1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_peek(0, buf, 1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_copy(-1, 1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_skip(FIRST, 1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_position(FIRST), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_sum(FIRST, buf, 32), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_why(FIRST, buf, 32), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_close(FIRST), DOTSYNC_INVAL);
	for (i = 0; i < 8; i++)
		EXPECT(dotsync_decode_open(DOTSYNC_PAYLOAD, i % 7), FIRST + i);
	EXPECT(dotsync_decode_open(DOTSYNC_PAYLOAD, DOTSYNC_PLAIN), DOTSYNC_LIMIT);
	for (i = 0; i < 8; i++)
		EXPECT(dotsync_decode_close(FIRST + i), 0);
	EXPECT(dotsync_decode_close(FIRST), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_open(99, DOTSYNC_PLAIN), FIRST + 8);
	EXPECT(dotsync_decode_read(FIRST + 8, buf, 1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_open(DOTSYNC_PUSHED, DOTSYNC_GZIP), FIRST + 9);
	EXPECT(dotsync_decode_read(FIRST + 9, buf, 1), DOTSYNC_NOENT);
	return 0;
}

static int32_t
try_ranges(int32_t s)
{
	EXPECT(dotsync_decode_read(s, NOWHERE, 1), DOTSYNC_FAULT);
	EXPECT(dotsync_decode_read(s, buf, -1), DOTSYNC_FAULT);
	EXPECT(dotsync_decode_peek(s, NOWHERE, 1), DOTSYNC_FAULT);
	EXPECT(dotsync_decode_sum(s, NOWHERE, 1), DOTSYNC_FAULT);
	EXPECT(dotsync_decode_why(s, NOWHERE, 1), DOTSYNC_FAULT);
	EXPECT(dotsync_decode_copy(s, -2), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_skip(s, INT64_MIN), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_read(s, buf, 0), 0);
	EXPECT(dotsync_decode_peek(s, buf, 0), 0);
	EXPECT(dotsync_decode_skip(s, 0), 0);
	EXPECT(dotsync_decode_position(s), 0);
	return 0;
}

static int32_t
try_streams(int32_t s)
{
	const int32_t above = s + 1, bad = s + 2;

	EXPECT(dotsync_decode_peek(s, buf, 64), 8);
	EXPECT(dotsync_decode_open(s, DOTSYNC_CRC32), above);
	EXPECT(dotsync_decode_close(s), DOTSYNC_STATE);
	EXPECT(dotsync_decode_read(above, buf, 3), 3);
	EXPECT(dotsync_decode_position(s), 3);
	EXPECT(dotsync_decode_sum(above, buf, 2), 4);
	EXPECT(dotsync_decode_copy(s, 1), 1);
	EXPECT(dotsync_decode_skip(above, 1), 1);
	EXPECT(dotsync_decode_position(above), 4);
	EXPECT(dotsync_decode_skip(s, 1000), 3);
	EXPECT(dotsync_decode_read(above, buf, 3), 0);
	EXPECT(dotsync_decode_close(above), 0);
	EXPECT(dotsync_decode_close(s), 0);
	EXPECT(dotsync_decode_open(DOTSYNC_PAYLOAD, DOTSYNC_XZ), bad);
	EXPECT(dotsync_decode_why(bad, buf, 64), 0);
	EXPECT(dotsync_decode_copy(bad, -1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_skip(bad, 1), DOTSYNC_INVAL);
	EXPECT(dotsync_decode_why(bad, buf, 0) > 10, 1);
	return 0;
}

void
run(void)
{
	int64_t s;

	if (try_numbers() < 0)
		return;
	s = dotsync_decode_open(DOTSYNC_PAYLOAD, DOTSYNC_SHA256);
	if (try_ranges((int32_t)s) < 0 || try_streams((int32_t)s) < 0)
		return;
	s = dotsync_decode_open(DOTSYNC_CONTEXT, DOTSYNC_PLAIN);
	dotsync_decode_copy((int32_t)s, -1);
	dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
}
