/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync.v1, the contract of guest/dotsync.h.  Here addresses are checked and large
 * transfers cut into pieces; what a call means is the host's affair.
 */
#include "contract.h"

#include <string.h>

#include "ticks.h"

/* Values that only the worker knows.  After finish the host refuses every call but log; what need not reach it is refused here. */
static int64_t
get(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	uint64_t used_ms;

	if (guest->finished)
		return DSYNC_GUEST_ERR_STATE;
	switch (v[0].i32) {
	case DSYNC_GUEST_KEY_CPU_MS:
		used_ms = (dsync_ticks_cpu_us() - guest->start_cpu_us) / 1000;
		return used_ms < guest->job.cpu_ms ? (int64_t)(guest->job.cpu_ms - used_ms) : 0;
	case DSYNC_GUEST_KEY_LOG_BYTES:
		return (int64_t)guest->log_left;
	case DSYNC_GUEST_KEY_MEMORY_MAX:
		return (int64_t)guest->job.memory_max;
	default:
		return dsync_guest_ask(guest, DSYNC_CALL_GET, v[0].i32, 0, 0, NULL, 0);
	}
}

/* A name goes out, a text comes back: copies what fits, returns its full length. */
static int64_t
look_up(struct dsync_guest *guest, enum dsync_call call, int64_t a, const wasmtime_val_raw_t *name,
	const wasmtime_val_raw_t *out)
{
	const unsigned char *from = dsync_guest_range(guest, name[0].i32, (uint32_t)name[1].i32);
	unsigned char *to = dsync_guest_range(guest, out[0].i32, (uint32_t)out[1].i32);
	struct dsync_frame_result r;
	size_t n;

	if (from == NULL || to == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if ((uint32_t)name[1].i32 > DSYNC_FRAME_CALL_DATA_MAX)
		return DSYNC_GUEST_ERR_INVAL;

	r = dsync_guest_call(guest, call, a, 0, 0, from, (uint32_t)name[1].i32);
	n = r.data.size < (uint32_t)out[1].i32 ? r.data.size : (uint32_t)out[1].i32;
	if (r.value >= 0)
		memcpy(to, r.data.data, n);
	return r.value;
}

static int64_t
env(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return look_up(guest, DSYNC_CALL_ENV, 0, v, v + 2);
}

static int64_t
header(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return look_up(guest, DSYNC_CALL_HEADER, v[0].i32, v + 1, v + 3);
}

static int64_t
fetch(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const uint32_t head_size = (uint32_t)v[1].i32, body_size = (uint32_t)v[3].i32;
	const unsigned char *head = dsync_guest_range(guest, v[0].i32, head_size);
	const unsigned char *body = dsync_guest_range(guest, v[2].i32, body_size);
	int64_t value;

	if (head == NULL || body == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (head_size > DSYNC_FRAME_CALL_DATA_MAX)
		return DSYNC_GUEST_ERR_INVAL;
	value = dsync_guest_send(guest, DSYNC_CALL_FETCH_BODY, body, body_size);
	if (value < 0)
		return value;
	return dsync_guest_ask(guest, DSYNC_CALL_FETCH, v[4].i32, 0, 0, head, head_size);
}

static int64_t
status(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return dsync_guest_ask(guest, DSYNC_CALL_STATUS, v[0].i32, 0, 0, NULL, 0);
}

static int64_t
close_response(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return dsync_guest_ask(guest, DSYNC_CALL_CLOSE, v[0].i32, 0, 0, NULL, 0);
}

static int64_t
size_of(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	return dsync_guest_ask(guest, DSYNC_CALL_SIZE, v[0].i32, 0, 0, NULL, 0);
}

static int64_t
read_source(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	unsigned char *out = dsync_guest_range(guest, v[2].i32, (uint32_t)v[3].i32);

	if (out == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (guest->finished)
		return DSYNC_GUEST_ERR_STATE;
	if (v[1].i64 < 0 || v[1].i64 > INT64_MAX - UINT32_MAX)
		return DSYNC_GUEST_ERR_INVAL;
	return dsync_guest_read(guest, DSYNC_CALL_READ, v[0].i32, (uint64_t)v[1].i64, out, (uint32_t)v[3].i32);
}

static int64_t
write_payload(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const unsigned char *data = dsync_guest_range(guest, v[0].i32, (uint32_t)v[1].i32);
	int64_t value;

	if (data == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (guest->finished)
		return DSYNC_GUEST_ERR_STATE;
	value = dsync_guest_send(guest, DSYNC_CALL_WRITE, data, (uint32_t)v[1].i32);
	return value < 0 ? value : (int64_t)(uint32_t)v[1].i32;
}

static int64_t
copy(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	if (v[1].i64 < 0 || v[2].i64 < -1)
		return DSYNC_GUEST_ERR_INVAL;
	return dsync_guest_ask(guest, DSYNC_CALL_COPY, v[0].i32, v[1].i64, v[2].i64, NULL, 0);
}

static int64_t
discard(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	(void)v;
	return dsync_guest_ask(guest, DSYNC_CALL_DISCARD, 0, 0, 0, NULL, 0);
}

static int64_t
set_context(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const uint32_t size = (uint32_t)v[1].i32;
	const unsigned char *data = dsync_guest_range(guest, v[0].i32, size);
	uint32_t done = 0, piece;
	int64_t value;

	if (data == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	do {
		piece = size - done < DSYNC_FRAME_CALL_DATA_MAX ? size - done : DSYNC_FRAME_CALL_DATA_MAX;
		value = dsync_guest_ask(guest, DSYNC_CALL_CONTEXT, done + piece == size, 0, 0, data + done, piece);
		done += piece;
	} while (value >= 0 && done < size);
	return value;
}

static int64_t
random_bytes(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	unsigned char *out = dsync_guest_range(guest, v[0].i32, (uint32_t)v[1].i32);

	if (out == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (guest->finished)
		return DSYNC_GUEST_ERR_STATE;
	return dsync_guest_random_whole(guest, out, (uint32_t)v[1].i32) ? 0 : DSYNC_GUEST_ERR_TIMEOUT;
}

static int64_t
sleep_ms(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	if (v[0].i64 < 0)
		return DSYNC_GUEST_ERR_INVAL;
	return dsync_guest_ask(guest, DSYNC_CALL_SLEEP, v[0].i64, 0, 0, NULL, 0);
}

static int64_t
log_text(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const uint32_t size = (uint32_t)v[2].i32;
	const unsigned char *text = dsync_guest_range(guest, v[1].i32, size);

	if (text == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if (v[0].i32 < 0 || v[0].i32 > 3)
		return DSYNC_GUEST_ERR_INVAL;
	return dsync_guest_log(guest, v[0].i32, text, size) == size ? 0 : DSYNC_GUEST_ERR_LIMIT;
}

static int64_t
progress(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	if (v[0].i64 < 0 || v[1].i64 < 0)
		return DSYNC_GUEST_ERR_INVAL;
	return dsync_guest_ask(guest, DSYNC_CALL_PROGRESS, v[0].i64, v[1].i64, 0, NULL, 0);
}

static int64_t
finish(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const unsigned char *text = dsync_guest_range(guest, v[2].i32, (uint32_t)v[3].i32);
	int64_t value;

	if (text == NULL)
		return DSYNC_GUEST_ERR_FAULT;
	if ((uint32_t)v[3].i32 > DSYNC_FRAME_CALL_DATA_MAX)
		return DSYNC_GUEST_ERR_INVAL;
	value = dsync_guest_ask(guest, DSYNC_CALL_FINISH, v[0].i32, v[1].i64, 0, text, (uint32_t)v[3].i32);
	if (value >= 0)
		guest->finished = true;
	return value;
}

static const struct dsync_import imports[] = {
	{ "get", "i:I", get },
	{ "env", "iiii:I", env },
	{ "fetch", "iiiii:I", fetch },
	{ "status", "i:I", status },
	{ "header", "iiiii:I", header },
	{ "close", "i:I", close_response },
	{ "size", "i:I", size_of },
	{ "read", "iIii:I", read_source },
	{ "write", "ii:I", write_payload },
	{ "copy", "iII:I", copy },
	{ "discard", ":I", discard },
	{ "set_context", "ii:I", set_context },
	{ "random", "ii:I", random_bytes },
	{ "sleep", "I:I", sleep_ms },
	{ "log", "iii:I", log_text },
	{ "progress", "II:I", progress },
	{ "finish", "iIii:I", finish },
};

const struct dsync_import_table dsync_contract_dotsync = { "dotsync.v1", imports,
	sizeof(imports) / sizeof(imports[0]) };
