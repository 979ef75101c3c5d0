/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls with numbers that lie, and heads that are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rogue.h"

#define GOOD "as it should be"
#define PIECE 60000

static void
end_good(struct rogue *r)
{
	rogue_finish(r, DSYNC_GUEST_FAILED, GOOD);
	rogue_done(r);
	_exit(0);
}

static const int64_t corners[] = { INT64_MIN, INT64_MIN + 1, -(INT64_C(1) << 32), -2, INT64_MAX, INT64_MAX - 1,
	INT64_C(1) << 62, INT64_C(1) << 32 };
#define CORNERS (sizeof(corners) / sizeof(corners[0]))

/* Nothing that is negative or past an end is answered with a byte. */
void
rogue_offsets(struct rogue *r)
{
	static const int calls[] = { DSYNC_CALL_READ, DSYNC_CALL_COPY, DSYNC_CALL_SIZE, DSYNC_CALL_STATUS,
		DSYNC_CALL_HEADER, DSYNC_CALL_CLOSE, DSYNC_CALL_LAST_READ, DSYNC_CALL_HTTP, DSYNC_CALL_GET,
		DSYNC_CALL_PROGRESS };
	char step[64];
	size_t i, k, call, place;

	for (call = 0; call < sizeof(calls) / sizeof(calls[0]); call++) {
		for (i = 0; i < CORNERS; i++) {
			for (k = 0; k < CORNERS; k++) {
				rogue_call(r, calls[call], corners[i], corners[k], corners[i], "", 0);
				snprintf(step, sizeof(step), "call %d, corner %zu, %zu", calls[call], i, k);
				rogue_expect(r, step, (int64_t)r->result.data.size, 0);
			}
		}
	}
	for (place = 0; place < 3; place++) {
		for (i = 0; i < CORNERS; i++) {
			int64_t value = rogue_call(r, DSYNC_CALL_READ, (int64_t)place, corners[i], INT64_MAX, "", 0);

			snprintf(step, sizeof(step), "read %zu at corner %zu", place, i);
			rogue_expect(r, step, value, corners[i] < 0 ? DSYNC_GUEST_ERR_INVAL : 0);
			value = rogue_call(r, DSYNC_CALL_COPY, (int64_t)place, corners[i], -1, "", 0);
			snprintf(step, sizeof(step), "copy %zu at corner %zu", place, i);
			rogue_expect(r, step, value, DSYNC_GUEST_ERR_INVAL);
		}
		rogue_expect(r, "read of -1 bytes", rogue_call(r, DSYNC_CALL_READ, (int64_t)place, 0, -1, "", 0),
			DSYNC_GUEST_ERR_INVAL);
		rogue_expect(r, "copy of -2 bytes", rogue_call(r, DSYNC_CALL_COPY, (int64_t)place, 0, -2, "", 0),
			DSYNC_GUEST_ERR_INVAL);
	}
	rogue_expect(r, "a large read", rogue_call(r, DSYNC_CALL_READ, 0, 0, INT64_MAX, "", 0), strlen("old data"));
	end_good(r);
}

/* The manifest allows a million bytes. */
void
rogue_write_past(struct rogue *r)
{
	int i;

	for (i = 0; i < 16; i++)
		rogue_expect(r, "a write within", rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, r->in, PIECE), 0);
	rogue_expect(r, "a write past", rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, r->in, PIECE), DSYNC_GUEST_ERR_LIMIT);
	rogue_expect(r, "one more", rogue_call(r, DSYNC_CALL_WRITE, 0, 0, 0, "x", 1), DSYNC_GUEST_ERR_LIMIT);
	rogue_finish(r, DSYNC_GUEST_UPDATED, "");
	rogue_done(r);
	_exit(0);
}

/* One byte at the end of the largest payload that the manifest allows, and nothing before it. */
void
rogue_gap(struct rogue *r)
{
	int64_t size = rogue_call(r, DSYNC_CALL_GET, DSYNC_GUEST_KEY_PAYLOAD_MAX, 0, 0, "", 0);

	rogue_call(r, DSYNC_CALL_WRITE_AT, 0, size - 1, 0, "x", 1);
	rogue_finish(r, DSYNC_GUEST_UPDATED, "");
	rogue_done(r);
	_exit(0);
}

void
rogue_write_at_far(struct rogue *r)
{
	size_t i;
	int64_t value;

	for (i = 0; i < CORNERS; i++) {
		value = rogue_call(r, DSYNC_CALL_WRITE_AT, 0, corners[i], 0, "x", 1);
		rogue_expect(r, "a write far away", value < 0, 1);
		rogue_expect(r, "forgotten", rogue_call(r, DSYNC_CALL_DISCARD, 0, 0, 0, "", 0), 0);
		value = rogue_call(r, DSYNC_CALL_WRITE_AT, 0, corners[i], 0, "", 0);
		rogue_expect(r, "nothing written far away", value < 0, 1);
		rogue_expect(r, "forgotten", rogue_call(r, DSYNC_CALL_DISCARD, 0, 0, 0, "", 0), 0);
	}
	end_good(r);
}

/* A context of 1 GiB: the host never keeps more than it may have. */
void
rogue_context(struct rogue *r)
{
	uint64_t sent;
	bool refused = false;

	memset(r->in, ' ', PIECE);
	for (sent = 0; sent < UINT64_C(1) << 30; sent += PIECE)
		refused = rogue_call(r, DSYNC_CALL_CONTEXT, 0, 0, 0, r->in, PIECE) == DSYNC_GUEST_ERR_LIMIT || refused;
	rogue_expect(r, "a refusal", refused, true);
	end_good(r);
}

void
rogue_context_not_json(struct rogue *r)
{
	static const char text[] = "{\"v\": 1,\033[2J";

	rogue_call(r, DSYNC_CALL_CONTEXT, 1, 0, 0, text, sizeof(text) - 1);
	rogue_finish(r, DSYNC_GUEST_UNCHANGED, "");
	rogue_done(r);
	_exit(0);
}

static int64_t
fetch(struct rogue *r)
{
	char head[8192];
	int size = snprintf(head, sizeof(head), "GET %s", r->argument);

	return rogue_call(r, DSYNC_CALL_FETCH, 0, 0, 0, head, (size_t)size);
}

/* None of these reaches a server; %s is a URL that may be asked. */
void
rogue_fetch_head(struct rogue *r)
{
	static const char *const heads[] = {
		"GET %s\nX-A: b\r\nX-Evil: 1",
		"GET %s\nX-A: b\rX-Evil: 1",
		"GET %s\nX-A\r\n: b",
		"GET %s\nX Evil: 1",
		"GET %s\n: empty",
		"GET %s\nno colon",
		"GET %s\nHost: evil.example",
		"GET %s\nContent-Length: 5",
		"GET %s\nTransfer-Encoding: chunked",
		"GET %s\r\nX-Evil: 1",
		"GET %s HTTP/1.1\r\nX-Evil: 1\r\n\r\n",
		"GET\t%s",
		" %s",
		"GET / HTTP/1.1\r\nX: %s",
		"CONNECT %s",
		"GET file:///etc/passwd",
		"GET unix:///run/docker.sock",
		"",
		"GET ",
		" ",
		"\n\n\n",
	};
	char head[8192];
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		/* without a URL in it the format is the text */
		const char *mark = strstr(heads[i], "%s");
		size_t size = mark == NULL ? strlen(heads[i]) : (size_t)(mark - heads[i]);

		memcpy(head, heads[i], size);
		snprintf(head + size, sizeof(head) - size, "%s%s", mark == NULL ? "" : r->argument,
			mark == NULL ? "" : mark + 2);
		rogue_expect(r, heads[i], rogue_call(r, DSYNC_CALL_FETCH, 0, 0, 0, head, strlen(head)) < 0, true);
	}
	i = (size_t)snprintf(head, sizeof(head), "GET %s\nX-A: b", r->argument);
	head[i] = '\0'; /* and one with a zero byte that travels */
	rogue_expect(r, "a zero byte", rogue_call(r, DSYNC_CALL_FETCH, 0, 0, 0, head, i + 1) < 0, true);
	for (i = 2; i < 64; i *= 2)
		rogue_expect(r, "flags", rogue_call(r, DSYNC_CALL_FETCH, (int64_t)i, 0, 0, head, strlen(head)),
			DSYNC_GUEST_ERR_INVAL);
	rogue_expect(r, "a good one", fetch(r), DSYNC_GUEST_SOURCE_RESPONSE);
	end_good(r);
}

/* From an answer in another order than its own. */
void
rogue_copy_unread(struct rogue *r)
{
	int64_t handle = fetch(r);

	rogue_expect(r, "an answer", handle, DSYNC_GUEST_SOURCE_RESPONSE);
	rogue_expect(r, "from its middle", rogue_call(r, DSYNC_CALL_COPY, handle, 5, 5, "", 0), DSYNC_GUEST_ERR_STATE);
	rogue_expect(r, "some of it", rogue_call(r, DSYNC_CALL_COPY, handle, 0, 5, "", 0), 5);
	rogue_expect(r, "again", rogue_call(r, DSYNC_CALL_COPY, handle, 0, 5, "", 0), DSYNC_GUEST_ERR_STATE);
	rogue_expect(r, "read behind", rogue_call(r, DSYNC_CALL_READ, handle, 0, 5, "", 0), DSYNC_GUEST_ERR_STATE);
	rogue_expect(r, "close", rogue_call(r, DSYNC_CALL_CLOSE, handle, 0, 0, "", 0), 0);
	rogue_expect(
		r, "copy of a closed one", rogue_call(r, DSYNC_CALL_COPY, handle, 5, 5, "", 0), DSYNC_GUEST_ERR_INVAL);
	rogue_expect(r, "close again", rogue_call(r, DSYNC_CALL_CLOSE, handle, 0, 0, "", 0), DSYNC_GUEST_ERR_INVAL);
	rogue_expect(r, "handle 0", rogue_call(r, DSYNC_CALL_CLOSE, 0, 0, 0, "", 0), DSYNC_GUEST_ERR_INVAL);
	end_good(r);
}

void
rogue_open_many(struct rogue *r)
{
	int open = 0;
	int i;

	for (i = 0; i < 10000; i++)
		open += fetch(r) >= 0;
	rogue_expect(r, "answers that are open", open, 8);
	end_good(r);
}

void
rogue_body_large(struct rogue *r)
{
	bool refused = false;
	int i;

	for (i = 0; i < 10000; i++)
		refused =
			rogue_call(r, DSYNC_CALL_FETCH_BODY, 0, 0, 0, r->in, PIECE) == DSYNC_GUEST_ERR_LIMIT || refused;
	rogue_expect(r, "a refusal", refused, true);
	end_good(r);
}
