/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Makes every call of dotsync.v1 and writes down what came of it; the other files of this folder do the same. */
#include "dotsync.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static void
line(const char *name, int32_t name_size, const char *value, int32_t size)
{
	dotsync_write(name, name_size);
	dotsync_write(" ", 1);
	dotsync_write(value, size);
	dotsync_write("\n", 1);
}

static void
number(const char *name, int32_t name_size, int64_t value)
{
	char digits[24];
	int32_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	line(name, name_size, digits + at, (int32_t)sizeof(digits) - at);
}

static int
is_random(void)
{
	char bytes[16] = { 0 };
	int i, used = 0;

	if (dotsync_random(bytes, sizeof(bytes)) != 0)
		return 0;
	for (i = 0; i < (int)sizeof(bytes); i++)
		used += bytes[i] != 0;
	return used > 4;
}

void
run(void)
{
	char first[4], out[64];
	int32_t answer =
		(int32_t)dotsync_fetch(TEXT("POST https://example.com/data.txt\nX-Name: value"), TEXT("body"), 0);
	int64_t copied, late, size;

	dotsync_log(DOTSYNC_WARNING, TEXT("said by the updater"));
	dotsync_progress(1, 2);
	dotsync_sleep(1);
	dotsync_write(TEXT("junk"));
	dotsync_discard();
	dotsync_read(answer, 0, first, sizeof(first));
	late = dotsync_read(answer, 0, out, sizeof(out));
	copied = dotsync_copy(answer, 4, -1);
	dotsync_write("\n", 1);
	line(TEXT("read"), first, sizeof(first));
	number(TEXT("copied"), copied);
	number(TEXT("late"), late == DOTSYNC_STATE);
	number(TEXT("status"), dotsync_status(answer));
	size = dotsync_header(answer, TEXT("x-thing"), out, sizeof(out));
	line(TEXT("header"), out, (int32_t)size);
	number(TEXT("missing"), dotsync_header(answer, TEXT("x-other"), out, sizeof(out)) == DOTSYNC_NOENT);
	number(TEXT("size"), dotsync_size(answer));
	number(TEXT("closed"), dotsync_close(answer) == 0 && dotsync_size(answer) < 0);
	size = dotsync_env(TEXT("SDK_NAME"), out, sizeof(out));
	line(TEXT("env"), out, (int32_t)size);
	number(TEXT("denied"), dotsync_env(TEXT("HOME"), out, sizeof(out)) == DOTSYNC_DENIED);
	number(TEXT("reason"), dotsync_get(DOTSYNC_REASON));
	number(TEXT("sealed"), dotsync_get(DOTSYNC_SEALED));
	number(TEXT("now"), dotsync_get(DOTSYNC_NOW) > 1600000000000);
	number(TEXT("random"), is_random());
	number(TEXT("context"), dotsync_set_context(TEXT("{\"n\": 2}")) == 0);
	dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
}
