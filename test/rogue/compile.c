/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* As the compiler, with the module in hand. */
#include <string.h>
#include <unistd.h>

#include "rogue.h"

#define ENDLESS (UINT64_C(10) << 30)

void
rogue_code_garbage(struct rogue *r)
{
	memset(r->in, 0xcc, 60000);
	rogue_code(r, r->in, 60000, true);
	rogue_done(r);
	_exit(0);
}

void
rogue_code_endless(struct rogue *r)
{
	uint64_t sent;

	memset(r->in, 0xcc, 60000);
	for (sent = 0; sent < ENDLESS; sent += 60000)
		rogue_code(r, r->in, 60000, false);
}

void
rogue_code_none(struct rogue *r)
{
	rogue_done(r);
}

void
rogue_code_after_last(struct rogue *r)
{
	rogue_code(r, "code", 4, true);
	rogue_code(r, "more", 4, false);
}

void
rogue_code_drip(struct rogue *r)
{
	rogue_code(r, "", 0, false);
}

void
rogue_compile_call(struct rogue *r)
{
	rogue_post(r, DSYNC_CALL_WRITE, 0, 0, 0, "bad", 3);
}

void
rogue_compile_text(struct rogue *r)
{
	rogue_failed(r, DSYNC_GUEST_INVALID, "\033]0;owned\a\033[2J\r\nno %s%n \xff\xfe module");
	_exit(0);
}

void
rogue_compile_exit(struct rogue *r)
{
	rogue_code(r, "code", 4, true);
	rogue_done(r);
	_exit(1);
}
