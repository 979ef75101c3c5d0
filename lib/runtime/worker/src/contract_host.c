/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host.*, the contract of the reference engine: every call's results are in doc/contracts/host.md.
 * All is i32; what does not fit is a negative code, never a wrap.
 */
#include "contract.h"

#include <string.h>

#define REFUSED (-1)

/* A request that cannot even be asked for: the host forgets the last answer, as after any failure. */
static int64_t
refuse_request(struct dsync_guest *guest)
{
	dsync_guest_ask(guest, DSYNC_CALL_HTTP, -1, 0, 0, NULL, 0);
	return REFUSED;
}

static int64_t
http_request(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const int64_t url_size = v[1].i32, method_size = v[3].i32;
	unsigned char *url, *method, text[8192 + 64];
	int64_t value;

	if (url_size < 0 || method_size < 0)
		return refuse_request(guest);
	url = dsync_guest_range(guest, v[0].i32, (uint64_t)url_size);
	method = dsync_guest_range(guest, v[2].i32, (uint64_t)method_size);
	if (url == NULL || method == NULL || url_size > 8192 || method_size > 64)
		return refuse_request(guest);

	memcpy(text, url, (size_t)url_size);
	memcpy(text + url_size, method, (size_t)method_size);
	value = dsync_guest_ask(guest, DSYNC_CALL_HTTP, url_size, 0, 0, text, (size_t)(url_size + method_size));
	return value >= INT32_MIN && value <= INT32_MAX ? value : REFUSED;
}

static int64_t
last_response_size(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	int64_t size = dsync_guest_ask(guest, DSYNC_CALL_LAST_SIZE, 0, 0, 0, NULL, 0);

	(void)v;
	return size >= 0 && size <= INT32_MAX ? size : REFUSED;
}

/* Always from the start of the body; -1 as the most means all of it. */
static int64_t
last_response_read(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	int64_t size = last_response_size(guest, v);
	unsigned char *out;

	if (size < 0)
		return REFUSED;
	if (size > (int64_t)(uint32_t)v[1].i32)
		size = (int64_t)(uint32_t)v[1].i32;
	out = dsync_guest_range(guest, v[0].i32, (uint64_t)size);
	if (out == NULL)
		return REFUSED;
	size = dsync_guest_read(guest, DSYNC_CALL_LAST_READ, 0, 0, out, (uint64_t)size);
	return size >= 0 ? size : REFUSED;
}

static int64_t
payload_size(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	int64_t size = dsync_guest_ask(guest, DSYNC_CALL_SIZE, DSYNC_GUEST_SOURCE_PAYLOAD, 0, 0, NULL, 0);

	(void)v;
	return size >= 0 && size <= INT32_MAX ? size : REFUSED;
}

/* A negative offset is past every end. */
static int64_t
payload_read(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const int64_t offset = (uint32_t)v[0].i32;
	int64_t left, size = v[1].i32;
	unsigned char *out;

	if (size < 0)
		return REFUSED;
	left = dsync_guest_ask(guest, DSYNC_CALL_SIZE, DSYNC_GUEST_SOURCE_PAYLOAD, 0, 0, NULL, 0);
	if (left < 0)
		return REFUSED;
	if (v[0].i32 < 0 || offset >= left)
		return 0;
	if (size > left - offset)
		size = left - offset;
	out = dsync_guest_range(guest, v[2].i32, (uint64_t)size);
	if (out == NULL)
		return REFUSED;
	size = dsync_guest_read(
		guest, DSYNC_CALL_READ, DSYNC_GUEST_SOURCE_PAYLOAD, (uint64_t)offset, out, (uint64_t)size);
	return size >= 0 ? size : REFUSED;
}

static int64_t
payload_write(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	const int64_t offset = v[0].i32, size = v[1].i32;
	int64_t done = 0, piece;
	unsigned char *data;

	if (offset < 0 || size < 0)
		return REFUSED;
	data = dsync_guest_range(guest, v[2].i32, (uint64_t)size);
	if (data == NULL)
		return REFUSED;

	do { /* once at least: writing nothing makes a payload too */
		piece = size - done < DSYNC_FRAME_CALL_DATA_MAX ? size - done : DSYNC_FRAME_CALL_DATA_MAX;
		if (dsync_guest_ask(guest, DSYNC_CALL_WRITE_AT, 0, offset + done, 0, data + done, (size_t)piece) < 0)
			return REFUSED;
		done += piece;
	} while (done < size);

	guest->has_written = true;
	if ((uint64_t)(offset + size) > guest->written)
		guest->written = (uint64_t)(offset + size);
	return size;
}

static const struct dsync_import imports[] = {
	{ "http_request", "iiii:i", http_request },
	{ "last_response_size", ":i", last_response_size },
	{ "last_response_read", "ii:i", last_response_read },
	{ "payload_size", ":i", payload_size },
	{ "payload_read", "iii:i", payload_read },
	{ "payload_write", "iii:i", payload_write },
};

const struct dsync_import_table dsync_contract_host = { "host", imports, sizeof(imports) / sizeof(imports[0]) };

/* What AssemblyScript's compiler emits for a failed assertion: message, file, line, column. */
static int64_t
abort_guest(struct dsync_guest *guest, const wasmtime_val_raw_t *v)
{
	dsync_guest_stop(guest, "the guest called abort at line %d, column %d", v[2].i32, v[3].i32);
	return 0;
}

static const struct dsync_import env_imports[] = {
	{ "abort", "iiii:", abort_guest },
};

const struct dsync_import_table dsync_contract_env = { "env", env_imports,
	sizeof(env_imports) / sizeof(env_imports[0]) };
