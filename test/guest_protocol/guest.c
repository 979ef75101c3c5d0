/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An updater that does what the first letter of its context says; what follows it is that behaviour's argument. */
#include "dotsync.h"

static char context[4096], piece[4096];

static void
write_number(int64_t number)
{
	char digits[24];
	int32_t at = sizeof(digits);

	digits[--at] = ' ';
	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	dotsync_write(digits + at, (int32_t)sizeof(digits) - at);
}

/* What it was started for, what it may take, and what was pushed. */
static void
report(void)
{
	const int64_t size = dotsync_size(DOTSYNC_PUSHED);

	write_number(dotsync_get(DOTSYNC_REASON));
	write_number(dotsync_get(DOTSYNC_MEMORY_MAX));
	if (size >= 0)
		write_number(size);
	else
		dotsync_write(size == DOTSYNC_NOENT ? "none" : "other", size == DOTSYNC_NOENT ? 4 : 5);
}

/* Whatever begins with "bad" is not wanted; what it writes itself is nobody's payload. */
static int32_t
judge(void)
{
	const int64_t n = dotsync_read(DOTSYNC_PUSHED, 0, piece, sizeof(piece));

	dotsync_write("its own", 7);
	if (n >= 3 && piece[0] == 'b' && piece[1] == 'a' && piece[2] == 'd')
		return DOTSYNC_FAILED;
	return n < 0 ? DOTSYNC_FAILED : DOTSYNC_UPDATED;
}

static int32_t
fetch(int32_t size)
{
	static char head[4100] = "GET ";
	int64_t handle;
	int32_t i;

	for (i = 1; i < size; i++)
		head[3 + i] = context[i];
	handle = dotsync_fetch(head, 3 + size, 0, 0, 0);
	return handle >= 0 && dotsync_copy((int32_t)handle, 0, -1) >= 0 ? DOTSYNC_UPDATED : DOTSYNC_FAILED;
}

void
run(void)
{
	const int32_t size = (int32_t)dotsync_read(DOTSYNC_CONTEXT, 0, context, sizeof(context));
	volatile uint32_t turns = 0;
	int32_t outcome = DOTSYNC_UPDATED;
	int64_t n;

	switch (size > 0 ? context[0] : 0) {
	case '1': /* write the rest */
		dotsync_write(context + 1, size - 1);
		break;
	case '2':
		report();
		break;
	case '3':
		outcome = judge();
		break;
	case '4': /* for ever */
		for (;;)
			turns++;
	case '5': /* a variable */
		n = dotsync_env(context + 1, size - 1, piece, sizeof(piece));
		dotsync_write(n >= 0 ? piece : "none", n >= 0 ? (int32_t)n : 4);
		break;
	case '6':
		outcome = fetch(size);
		break;
	default:
		outcome = DOTSYNC_UNCHANGED;
	}
	dotsync_finish(outcome, 0, outcome == DOTSYNC_FAILED ? "not wanted" : "", outcome == DOTSYNC_FAILED ? 10 : 0);
}
