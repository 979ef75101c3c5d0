/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Updaters that ask for what is not theirs, one for each first word of the context; its argument is the rest.  Each writes some
 * bytes, does its worst, and claims success; "told" ones fail with the number that the host answered as their message.
 */
#include "dotsync.h"

#define CONTEXT_MAX 4096
#define PAGE 65536

static char context[CONTEXT_MAX + 1];
static char head[CONTEXT_MAX + 5];
static char digits[24];
static const char *argument;
static int32_t argument_size;

static int
is(const char *word)
{
	int32_t i = 0;

	while (word[i] != '\0' && word[i] == context[i])
		i++;
	return word[i] == '\0' && (context[i] == ' ' || context[i] == '\0');
}

/* Fails with a number as the message. */
static void
told(int64_t number)
{
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	int32_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + left % 10);
		left /= 10;
	} while (left != 0);
	if (number < 0)
		digits[--i] = '-';
	dotsync_finish(DOTSYNC_FAILED, 0, digits + i, (int32_t)sizeof(digits) - i);
}

static int64_t
fetch(void)
{
	int32_t i;

	head[0] = 'G', head[1] = 'E', head[2] = 'T', head[3] = ' ';
	for (i = 0; i < argument_size; i++)
		head[4 + i] = argument[i];
	return dotsync_fetch(head, 4 + argument_size, 0, 0, 0);
}

/* Writes a page again and again; what the first refusal said. */
static int64_t
flood(void)
{
	int64_t got;

	do {
		got = dotsync_write(0, PAGE);
	} while (got == PAGE);
	return got;
}

/* Grows until it may not, touching every page; the pages it got. */
static int64_t
grow(void)
{
	int64_t pages = 0;
	volatile char *place;

	while (__builtin_wasm_memory_grow(0, 16) != (__SIZE_TYPE__)-1) {
		place = (volatile char *)((__builtin_wasm_memory_size(0) - 16) * PAGE);
		for (int i = 0; i < 16; i++)
			place[i * PAGE] = 1;
		pages += 16;
	}
	return pages;
}

/* Lengths and offsets that are no lengths and offsets: how many of them were not refused. */
static int64_t
negative(void)
{
	int64_t taken = 0;

	taken += dotsync_write(context, -1) >= 0;
	taken += dotsync_write((const void *)-1, 1) >= 0;
	taken += dotsync_write((const void *)-1, 2) >= 0;
	taken += dotsync_read(DOTSYNC_PAYLOAD, -1, digits, 4) >= 0;
	taken += dotsync_read(DOTSYNC_PAYLOAD, 0, digits, -1) >= 0;
	taken += dotsync_read(DOTSYNC_PAYLOAD, 0x7fffffffffffffff, digits, 4) > 0;
	taken += dotsync_read(-1, 0, digits, 4) >= 0;
	taken += dotsync_read(16, 0, digits, 4) >= 0;
	taken += dotsync_copy(DOTSYNC_PAYLOAD, -1, -1) >= 0;
	taken += dotsync_copy(DOTSYNC_PAYLOAD, 0, -2) >= 0;
	taken += dotsync_copy(DOTSYNC_PAYLOAD, 0x7fffffffffffffff, -1) >= 0;
	taken += dotsync_copy(15, 0, -1) >= 0;
	taken += dotsync_fetch(head, -1, 0, 0, 0) >= 0;
	taken += dotsync_fetch(head, 4, 0, -1, 0) >= 0;
	taken += dotsync_fetch("GET", 3, 0, 0, 0) >= 0;
	taken += dotsync_status(16) >= 0;
	taken += dotsync_header(-1, "A", 1, digits, 4) >= 0;
	taken += dotsync_close(0) >= 0;
	taken += dotsync_size(-1) >= 0;
	taken += dotsync_size(9) >= 0;
	taken += dotsync_env("HOME", -1, digits, 4) >= 0;
	taken += dotsync_random(digits, -1) >= 0;
	taken += dotsync_sleep(-1) >= 0;
	taken += dotsync_log(DOTSYNC_INFO, "a", -1) >= 0;
	taken += dotsync_log(4, "a", 1) >= 0;
	taken += dotsync_progress(-1, 0) >= 0;
	taken += dotsync_set_context("{}", -1) >= 0;
	taken += dotsync_get(-1) >= 0;
	taken += dotsync_get(10) >= 0;
	taken += dotsync_finish(4, 0, "", 0) >= 0;
	taken += dotsync_finish(-1, 0, "", 0) >= 0;
	return taken;
}

/* More requests than a run may make; how many it got. */
static int64_t
hammer(void)
{
	int64_t count = 0, handle;

	while ((handle = fetch()) >= 0) {
		dotsync_close((int32_t)handle);
		count++;
	}
	return count;
}

void
run(void)
{
	int64_t size = dotsync_read(DOTSYNC_CONTEXT, 0, context, CONTEXT_MAX);

	for (argument = context; argument < context + size && *argument != ' '; argument++)
		;
	argument_size = (int32_t)(context + size - argument);
	if (argument_size > 0)
		argument++, argument_size--;
	dotsync_write("half a payload", 14);

	if (is("twice")) {
		dotsync_finish(DOTSYNC_FAILED, 0, "first word", 10);
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
	} else if (is("late")) {
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
		dotsync_write(" and more", 9);
		dotsync_discard();
		dotsync_set_context("{}", 2);
	} else if (is("regret")) {
		dotsync_finish(DOTSYNC_UPDATED, 0, "", 0);
		__builtin_trap();
	} else if (is("fetch")) {
		told(fetch());
	} else if (is("env")) {
		told(dotsync_env(argument, argument_size, digits, sizeof(digits)));
	} else if (is("flood")) {
		told(flood());
	} else if (is("grow")) {
		told(grow());
	} else if (is("negative")) {
		told(negative());
	} else if (is("hammer")) {
		told(hammer());
	} else if (is("seal")) {
		told(dotsync_set_context("{}", 2));
	} else if (is("binary")) {
		told(dotsync_set_context("\xff\xfe", 2));
	}
}
