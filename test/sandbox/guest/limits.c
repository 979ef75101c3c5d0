/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An updater that takes all it can get of what the first word of its context names, and says in its log how much that was:
 * "NAME GOT ANSWER", where ANSWER is what the host said when there was no more.  With "hold" for a second word it then waits.
 * The third word is a URL.
 */
#include "dotsync.h"

#define CONTEXT_MAX 4096
#define PIECE 65536
#define MIB (1 << 20)

static char context[CONTEXT_MAX + 1];
static char head[CONTEXT_MAX + 8];
static char line[100];
static char piece[MIB];

/* The context's words, each with its end. */
static const char *name = context, *hold, *url;

static void
split(void)
{
	const char **const words[] = { &hold, &url };
	int32_t found = 0;

	for (char *c = context; *c != '\0' && found < 2; c++) {
		if (*c == ' ') {
			*c = '\0';
			*words[found++] = c + 1;
		}
	}
}

static int
is(const char *word, const char *what)
{
	while (*word != '\0' && *word == *what)
		word++, what++;
	return *word == *what;
}

static char *
add_text(char *at, const char *text)
{
	while (*text != '\0')
		*at++ = *text++;
	return at;
}

static char *
add_number(char *at, int64_t number)
{
	char digits[24];
	int32_t i = sizeof(digits);
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		digits[--i] = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (number < 0)
		*at++ = '-';
	while (i < (int32_t)sizeof(digits))
		*at++ = digits[i++];
	return at;
}

static void
say(int64_t got, int64_t answer)
{
	char *at = add_text(line, name);

	*at++ = ' ';
	at = add_number(at, got);
	*at++ = ' ';
	at = add_number(at, answer);
	dotsync_log(DOTSYNC_INFO, line, (int32_t)(at - line));
}

static int64_t
fetch(const char *method, int32_t body_size)
{
	char *at = add_text(add_text(head, method), url);

	return dotsync_fetch(head, (int32_t)(at - head), piece, body_size, 0);
}

/* Up to the limit, and one byte more. */
static int64_t
take_payload(int64_t *got)
{
	int64_t left, answer;

	while ((left = dotsync_get(DOTSYNC_PAYLOAD_MAX) - *got) > 0) {
		answer = dotsync_write(piece, left < PIECE ? (int32_t)left : PIECE);
		if (answer < 0)
			return answer;
		*got += answer;
	}
	return dotsync_write(piece, 1);
}

static int64_t
take_requests(int64_t *got)
{
	int64_t handle;

	for (; (handle = fetch("GET ", 0)) >= 0; *got += 1)
		dotsync_close((int32_t)handle);
	return handle;
}

/* Of as many endless bodies as are given. */
static int64_t
take_bytes_in(int64_t *got)
{
	int64_t handle, n, at;

	while ((handle = fetch("GET ", 0)) >= 0) {
		for (at = 0; (n = dotsync_read((int32_t)handle, at, piece, MIB)) > 0; at += n)
			*got += n;
		dotsync_close((int32_t)handle);
	}
	return handle;
}

static int64_t
take_bytes_out(int64_t *got)
{
	int64_t handle;

	for (; (handle = fetch("POST ", MIB)) >= 0; *got += MIB)
		dotsync_close((int32_t)handle);
	return handle;
}

/* In lines short enough to be passed on whole. */
static int64_t
take_log(int64_t *got)
{
	int64_t answer;

	for (int32_t i = 0; i < 1000; i++)
		piece[i] = 'x';
	while ((answer = dotsync_log(DOTSYNC_INFO, piece, 1000)) >= 0)
		*got += 1000;
	return answer;
}

static int64_t
take_memory(int64_t *got)
{
	while (__builtin_wasm_memory_grow(0, 1) != (__SIZE_TYPE__)-1) {
		for (int32_t i = 4096; i <= PIECE; i += 4096)
			((volatile char *)(__builtin_wasm_memory_size(0) * PIECE))[-i] = 1;
	}
	*got = (int64_t)__builtin_wasm_memory_size(0) * PIECE;
	return 0;
}

static int64_t
compute(int64_t *got)
{
	for (;;)
		*(volatile int64_t *)got += 1;
	return 0;
}

static const struct {
	const char *name;
	int64_t (*take)(int64_t *got);
} limits[] = {
	{ "payload", take_payload },
	{ "requests", take_requests },
	{ "bytes-in", take_bytes_in },
	{ "bytes-out", take_bytes_out },
	{ "log", take_log },
	{ "memory", take_memory },
	{ "cpu", compute },
};

void
run(void)
{
	int64_t size = dotsync_read(DOTSYNC_CONTEXT, 0, context, CONTEXT_MAX), got = 0, answer = 0;

	context[size > 0 ? size : 0] = '\0';
	split();
	for (uint32_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (is(limits[i].name, name))
			answer = limits[i].take(&got);
	}
	say(got, answer);
	if (hold != 0 && is("hold", hold))
		dotsync_sleep(600000);
	dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
}
