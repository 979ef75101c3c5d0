/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An updater that behaves as the first word of its context says; the rest of the context is
 * that behaviour's argument.  contract_test.py has most of them.
 */
#include "dotsync.h"

#define CONTEXT_MAX 4096
#define PIECE 65536

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"))) extern void proc_exit(int32_t code);

static char context[CONTEXT_MAX];
static char head[CONTEXT_MAX + 4];
static char piece[PIECE];
static const char *argument;
static int32_t argument_size;

static int
is(const char *word, const char *argument_start)
{
	int32_t i = 0;

	while (word[i] != '\0' && word[i] == context[i])
		i++;
	return word[i] == '\0' && context + i == argument_start;
}

static int32_t
fetch(int32_t flags)
{
	int32_t i;

	head[0] = 'G', head[1] = 'E', head[2] = 'T', head[3] = ' ';
	for (i = 0; i < argument_size; i++)
		head[4 + i] = argument[i];
	return (int32_t)dotsync_fetch(head, 4 + argument_size, 0, 0, flags);
}

static void
finish(int32_t outcome)
{
	dotsync_finish(outcome, 0, "", 0);
}

/* Through the guest's own memory. */
static void
read_all(int32_t handle)
{
	int64_t at = 0, n;

	while ((n = dotsync_read(handle, at, piece, PIECE)) > 0) {
		dotsync_write(piece, (int32_t)n);
		at += n;
	}
	finish(n == 0 ? DOTSYNC_UPDATED : DOTSYNC_FAILED);
}

/* As many answers at once as the host allows, and their number as the payload. */
static void
hoard(void)
{
	char digits[2] = "0";

	while (digits[0] < '9' + 1 && fetch(0) >= 0)
		digits[0]++;
	dotsync_write(digits, 1);
	finish(DOTSYNC_UPDATED);
}

/* A request with headers and a body; the answer is the payload. */
static void
post(void)
{
	static const char headers[] = "\nX-One: 1\nContent-Type: text/x-test";
	int32_t i, at = 5, handle;

	head[0] = 'P', head[1] = 'O', head[2] = 'S', head[3] = 'T', head[4] = ' ';
	for (i = 0; i < argument_size; i++)
		head[at++] = argument[i];
	for (i = 0; headers[i] != '\0'; i++)
		head[at++] = headers[i];
	for (i = 0; i < PIECE; i++)
		piece[i] = 'b';
	handle = (int32_t)dotsync_fetch(head, at, piece, PIECE, 0);
	finish(handle >= 0 && dotsync_copy(handle, 0, -1) > 0 ? DOTSYNC_UPDATED : DOTSYNC_FAILED);
}

/* What a header of the answer says, and what the host says of one that is not there. */
static void
header(void)
{
	int32_t handle = fetch(0);
	int64_t n = dotsync_header(handle, "etag", 4, piece, PIECE);

	if (n > 0)
		dotsync_write(piece, (int32_t)n);
	if (dotsync_header(handle, "x-none", 6, piece, PIECE) == DOTSYNC_NOENT)
		dotsync_write("none", 4);
	if (dotsync_read(handle, 1, piece, 1) == DOTSYNC_STATE)
		dotsync_write("state", 5);
	if (dotsync_close(handle) == 0 && dotsync_status(handle) == DOTSYNC_INVAL)
		dotsync_write("closed", 6);
	finish(DOTSYNC_UPDATED);
}

static void
environment(void)
{
	int64_t n = dotsync_env(argument, argument_size, piece, PIECE);

	if (n >= 0)
		dotsync_write(piece, (int32_t)n);
	else
		dotsync_write("none", 4);
	finish(DOTSYNC_UPDATED);
}

/* The old payload, the same again by way of the guest, and the manifest. */
static void
sources(void)
{
	dotsync_copy(DOTSYNC_PAYLOAD, 0, -1);
	dotsync_write(piece, (int32_t)dotsync_read(DOTSYNC_PAYLOAD, 1, piece, PIECE));
	dotsync_copy(DOTSYNC_MANIFEST, 0, 6);
	finish(DOTSYNC_UPDATED);
}

static void
chatter(void)
{
	int32_t i;

	for (i = 0; i < PIECE; i++)
		piece[i] = 'x';
	dotsync_log(DOTSYNC_WARNING, "red \033[31malert\n\nsecond", 22);
	for (i = 0; i < 3; i++)
		dotsync_log(DOTSYNC_INFO, piece, 30000);
	finish(DOTSYNC_UNCHANGED);
}

static void
behave(const char *rest)
{
	if (is("trap", rest)) {
		__builtin_trap();
	} else if (is("loop", rest)) {
		for (;;)
			__asm__ volatile("");
	} else if (is("exit", rest)) {
		finish(DOTSYNC_UPDATED);
		proc_exit(7);
	} else if (is("silent", rest)) {
		return;
	} else if (is("fail", rest)) {
		dotsync_finish(DOTSYNC_FAILED, 120, "no luck", 7);
	} else if (is("lie", rest)) {
		finish(DOTSYNC_UPDATED_EMPTY);
	} else if (is("sleep", rest)) {
		dotsync_sleep(600000);
		finish(DOTSYNC_UPDATED);
	} else if (is("update", rest)) {
		finish(DOTSYNC_UPDATED);
	}
}

void
run(void)
{
	int64_t size = dotsync_read(DOTSYNC_CONTEXT, 0, context, CONTEXT_MAX);
	int32_t handle;

	for (argument = context; argument < context + size && *argument != ' '; argument++)
		;
	const char *rest = argument;
	argument_size = (int32_t)(context + size - argument);
	if (argument_size > 0)
		argument++, argument_size--;

	if (is("nothing", rest)) {
		finish(DOTSYNC_UPDATED);
	} else if (is("empty", rest)) {
		finish(DOTSYNC_UPDATED_EMPTY);
	} else if (is("context", rest)) {
		finish(dotsync_set_context(argument, argument_size) == 0 ? DOTSYNC_UNCHANGED : DOTSYNC_FAILED);
	} else if (is("env", rest)) {
		environment();
	} else if (is("sources", rest)) {
		sources();
	} else if (is("log", rest)) {
		chatter();
	} else if (is("post", rest)) {
		post();
	} else if (is("header", rest)) {
		header();
	} else if (is("give-up", rest)) {
		fetch(0); /* and not a word about how it went */
	} else if (is("hoard", rest)) {
		hoard();
	} else if (is("copy", rest) || is("read", rest)) {
		handle = fetch(DOTSYNC_CONDITIONAL);
		if (handle < 0)
			finish(DOTSYNC_FAILED);
		else if (is("read", rest))
			read_all(handle);
		else
			finish(dotsync_copy(handle, 0, -1) >= 0 ? DOTSYNC_UPDATED : DOTSYNC_FAILED);
	} else {
		dotsync_write("half a payload", 14);
		behave(rest);
	}
}
