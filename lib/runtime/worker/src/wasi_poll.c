/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * poll_oneoff: descriptors are always ready, so it waits only where clocks alone are asked for; then for the one that
 * is due first.
 *
 *	subscription, 48 bytes	0 userdata, 8 u8 tag; 16 u32 clock, 24 timeout, 40 u16 flags, or 16 u32 descriptor
 *	event, 32 bytes		0 userdata, 8 u16 error, 10 u8 tag; 16 bytes ready, 24 u16 flags
 */
#include "wasi_world.h"

#include <string.h>

#define SUBSCRIPTION_SIZE 48
#define EVENT_SIZE 32
#define SUBSCRIPTIONS_MAX 4096

#define FLAG_ABSOLUTE 1
#define FLAG_HANGUP 1

enum tag { TAG_CLOCK, TAG_READ, TAG_WRITE, TAG_COUNT };

/* Of a clock that only counts computing nobody can wait for. */
#define WAITABLE_CLOCKS 2

struct poll {
	struct dsync_guest *guest;
	const unsigned char *in; /* subscriptions, in the guest's memory */
	uint32_t count;
	uint64_t now[DSYNC_WASI_CLOCKS]; /* when it began: waits are told from here, whenever they are asked for */
};

static const unsigned char *
subscription(const struct poll *p, uint32_t i)
{
	return p->in + (size_t)i * SUBSCRIPTION_SIZE;
}

/* Nanoseconds until a subscription is due; what is wrong is due at once. */
static uint64_t
wait_of(const struct poll *p, const unsigned char *s)
{
	const uint32_t clock = dsync_wasi_get32(s + 16);
	const uint64_t timeout = dsync_wasi_get64(s + 24);

	if (s[8] != TAG_CLOCK || clock >= WAITABLE_CLOCKS)
		return 0;
	if ((s[40] & FLAG_ABSOLUTE) == 0)
		return timeout;
	return timeout > p->now[clock] ? timeout - p->now[clock] : 0;
}

/* The shortest wait, or INVAL for a subscription to nothing known. */
static int64_t
find_shortest(const struct poll *p, uint64_t *shortest)
{
	uint64_t wait;
	uint32_t i;

	*shortest = UINT64_MAX;
	for (i = 0; i < p->count; i++) {
		if (subscription(p, i)[8] >= TAG_COUNT)
			return DSYNC_WASI_INVAL;
		wait = wait_of(p, subscription(p, i));
		if (wait < *shortest)
			*shortest = wait;
	}
	return DSYNC_WASI_SUCCESS;
}

/* Done by the host, so that it counts against the run's time. */
static int64_t
wait_ns(struct dsync_guest *guest, uint64_t ns)
{
	const int64_t ms = (int64_t)(ns / 1000000 + (ns % 1000000 != 0));
	int64_t rc;

	if (ms == 0)
		return DSYNC_WASI_SUCCESS;
	rc = dsync_guest_ask(guest, DSYNC_CALL_SLEEP, ms, 0, 0, NULL, 0);
	return rc < 0 ? dsync_wasi_error(rc) : DSYNC_WASI_SUCCESS;
}

/* How a descriptor is ready: the bytes that may be read, or some that may be written. */
static int64_t
check_ready(struct dsync_guest *guest, const unsigned char *s, uint64_t *bytes, bool *hangup)
{
	const struct dsync_guest_fd *fd = dsync_wasi_fd(guest, (int32_t)dsync_wasi_get32(s + 16));
	const bool writable = fd != NULL && (fd->kind == DSYNC_FD_OUTPUT || fd->kind == DSYNC_FD_LOG);
	const bool readable = fd != NULL && (fd->kind == DSYNC_FD_INPUT || fd->kind == DSYNC_FD_FILE);
	int64_t size = 0;

	if (s[8] == TAG_WRITE) {
		*bytes = DSYNC_FRAME_CALL_DATA_MAX;
		return writable ? DSYNC_WASI_SUCCESS : DSYNC_WASI_BADF;
	}
	if (!readable)
		return DSYNC_WASI_BADF;
	if (fd->source >= 0)
		size = dsync_guest_ask(guest, DSYNC_CALL_SIZE, fd->source, 0, 0, NULL, 0);
	if (size > 0 && (uint64_t)size > fd->position)
		*bytes = (uint64_t)size - fd->position;
	*hangup = fd->kind == DSYNC_FD_INPUT && *bytes == 0;
	return DSYNC_WASI_SUCCESS;
}

/* Reads the subscription before it writes: the two may lie in the same place. */
static void
put_event(const struct poll *p, const unsigned char *s, unsigned char *out)
{
	const uint64_t userdata = dsync_wasi_get64(s);
	const unsigned char tag = s[8];
	uint64_t bytes = 0;
	bool hangup = false;
	int64_t error;

	if (tag == TAG_CLOCK)
		error = dsync_wasi_get32(s + 16) < WAITABLE_CLOCKS     ? DSYNC_WASI_SUCCESS
			: dsync_wasi_get32(s + 16) < DSYNC_WASI_CLOCKS ? DSYNC_WASI_NOTSUP
								       : DSYNC_WASI_INVAL;
	else
		error = check_ready(p->guest, s, &bytes, &hangup);

	memset(out, 0, EVENT_SIZE);
	dsync_wasi_put64(out, userdata);
	out[8] = (unsigned char)error;
	out[10] = tag;
	dsync_wasi_put64(out + 16, bytes);
	out[24] = hangup ? FLAG_HANGUP : 0;
}

DSYNC_WASI_FUNCTION(poll_oneoff)
{
	struct poll p = { .guest = guest, .count = (uint32_t)v[2].i32 };
	unsigned char *out = dsync_guest_range(guest, v[1].i32, (uint64_t)p.count * EVENT_SIZE);
	unsigned char *count_out = dsync_guest_range(guest, v[3].i32, 4);
	uint32_t i, events = 0;
	uint64_t waited;
	int64_t rc;

	p.in = dsync_guest_range(guest, v[0].i32, (uint64_t)p.count * SUBSCRIPTION_SIZE);
	if (p.count == 0 || p.count > SUBSCRIPTIONS_MAX)
		return DSYNC_WASI_INVAL;
	if (p.in == NULL || out == NULL || count_out == NULL)
		return DSYNC_WASI_FAULT;
	for (i = 0; i < DSYNC_WASI_CLOCKS; i++)
		dsync_wasi_clock(guest, i, &p.now[i]);
	rc = find_shortest(&p, &waited);
	if (rc == DSYNC_WASI_SUCCESS)
		rc = wait_ns(guest, waited);
	if (rc != DSYNC_WASI_SUCCESS)
		return rc;

	/* An event is shorter than a subscription, so writing never overtakes reading where the two overlap from one start. */
	for (i = 0; i < p.count; i++) {
		if (wait_of(&p, subscription(&p, i)) <= waited)
			put_event(&p, subscription(&p, i), out + (size_t)EVENT_SIZE * events++);
	}
	dsync_wasi_put32(count_out, events);
	return DSYNC_WASI_SUCCESS;
}
