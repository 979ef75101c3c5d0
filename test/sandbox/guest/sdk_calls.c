/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every call of dotsync.v1 through the SDK header; exits by trap, with the line's number as progress, where one is wrong. */
#include "dotsync.h"

static char buffer[200000];
static unsigned char many[100000];

static void
check(int ok, int line)
{
	if (ok)
		return;
	dotsync_progress(line, 0);
	__builtin_trap();
}
#define CHECK(x) check((x), __LINE__)
#define OUTSIDE ((char *)0x7fffff00)

static void
check_values(void)
{
	CHECK(dotsync_get(DOTSYNC_NOW) == 1000);
	CHECK(dotsync_get(DOTSYNC_PAYLOAD_MAX) == 1009);
	CHECK(dotsync_get(DOTSYNC_CPU_MS) > 0 && dotsync_get(DOTSYNC_CPU_MS) <= 2000);
	CHECK(dotsync_get(DOTSYNC_LOG_BYTES) == 1000);
	CHECK(dotsync_get(DOTSYNC_MEMORY_MAX) == 4 << 20);
	CHECK(dotsync_get(99) == DOTSYNC_UNKNOWN);
	CHECK(dotsync_env("X", 1, buffer, 3) == 5 && buffer[2] == 'l' && buffer[3] == 0);
	CHECK(dotsync_env("X", 1, OUTSIDE, 3) == DOTSYNC_FAULT);
	CHECK(dotsync_env("X", -1, buffer, 3) == DOTSYNC_FAULT);
}

static void
check_response(void)
{
	int64_t h = dotsync_fetch("GET https://a/", 14, many, sizeof(many), DOTSYNC_CONDITIONAL);

	CHECK(h == 16);
	CHECK(dotsync_status((int32_t)h) == 200);
	CHECK(dotsync_header((int32_t)h, "etag", 4, buffer, 100) == 5);
	CHECK(dotsync_header((int32_t)h, "etag", 4, buffer, -1) == DOTSYNC_FAULT);
	CHECK(dotsync_size((int32_t)h) == 8);
	CHECK(dotsync_read((int32_t)h, 0, buffer, 4) == 4 && buffer[3] == 'y');
	CHECK(dotsync_read((int32_t)h, 4, buffer, 100) == 4);
	CHECK(dotsync_read((int32_t)h, 8, buffer, 100) == 0);
	CHECK(dotsync_read((int32_t)h, -1, buffer, 100) == DOTSYNC_INVAL);
	CHECK(dotsync_read((int32_t)h, 0, OUTSIDE, 100) == DOTSYNC_FAULT);
	CHECK(dotsync_copy((int32_t)h, 0, -2) == DOTSYNC_INVAL);
	CHECK(dotsync_close((int32_t)h) == 0);
	CHECK(dotsync_fetch(OUTSIDE, 14, 0, 0, 0) == DOTSYNC_FAULT);
	CHECK(dotsync_fetch(buffer, 100000, 0, 0, 0) == DOTSYNC_INVAL);
}

static void
check_payload(void)
{
	CHECK(dotsync_size(DOTSYNC_RELEASE) == DOTSYNC_NOENT);
	CHECK(dotsync_write("gone", 4) == 4);
	CHECK(dotsync_discard() == 0);
	CHECK(dotsync_write(many, sizeof(many)) == sizeof(many));
	CHECK(dotsync_write(OUTSIDE, 4) == DOTSYNC_FAULT);
	CHECK(dotsync_write(many, -1) == DOTSYNC_FAULT);
	CHECK(dotsync_copy(DOTSYNC_PAYLOAD, 2, -1) == 1);
	CHECK(dotsync_read(DOTSYNC_PAYLOAD, 0, buffer, sizeof(buffer)) == 3);
	CHECK(dotsync_set_context((const char *)many, sizeof(many)) == 0);
}

static void
check_rest(void)
{
	CHECK(dotsync_random(buffer, 4) == 0 && dotsync_random(buffer + 4, 100) == 0);
	CHECK(dotsync_random(OUTSIDE, 4) == DOTSYNC_FAULT);
	CHECK(dotsync_write(buffer, 104) == 104);
	CHECK(dotsync_sleep(5) == 0 && dotsync_sleep(-1) == DOTSYNC_INVAL);
	CHECK(dotsync_log(DOTSYNC_INFO, "hello", 5) == 0);
	CHECK(dotsync_log(9, "hello", 5) == DOTSYNC_INVAL);
	CHECK(dotsync_log(DOTSYNC_ERROR, (const char *)many, 2000) == DOTSYNC_LIMIT);
	CHECK(dotsync_progress(1, 2) == 0);
}

__attribute__((export_name("run"))) void
run(void)
{
	for (unsigned i = 0; i < sizeof(many); i++)
		many[i] = (unsigned char)(i * 7 + i / 256);
	check_values();
	check_response();
	check_payload();
	check_rest();
	dotsync_finish(DOTSYNC_UPDATED, 60, "done", 4);
}
