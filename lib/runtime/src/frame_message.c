/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* READY, CALL, RESULT, DONE and FAILED. */
#include "runtime/frame.h"

#include <string.h>

#include "dotsync/error.h"

int
dsync_frame_pack_ready(struct dsync_buffer *out, const struct dsync_frame_ready *ready)
{
	dsync_buffer_append_u32le(out, ready->version);
	dsync_buffer_append(out, ready->build_id, sizeof(ready->build_id));
	dsync_buffer_append(out, ready->engine_id, sizeof(ready->engine_id));
	dsync_buffer_append_u32le(out, ready->landlock_abi);
	dsync_buffer_append_u32le(out, ready->landlock_errata);
	dsync_buffer_append_u32le(out, ready->landlock_scopes);
	dsync_buffer_append_u32le(out, ready->landlock_net);
	dsync_buffer_append_u32le(out, ready->namespaces);
	dsync_buffer_append_u32le(out, ready->seccomp);
	dsync_buffer_append_u32le(out, ready->no_new_privs);
	dsync_buffer_append_u32le(out, ready->not_root);
	dsync_buffer_append_u32le(out, ready->rlimits);
	dsync_buffer_append_u32le(out, ready->no_capabilities);
	return dsync_buffer_append_u32le(out, ready->mdwe);
}

static int
read_ready(struct dsync_cursor *c, struct dsync_frame_ready *r)
{
	uint32_t *const numbers[] = { &r->landlock_abi, &r->landlock_errata, &r->landlock_scopes, &r->landlock_net,
		&r->namespaces, &r->seccomp, &r->no_new_privs, &r->not_root, &r->rlimits, &r->no_capabilities,
		&r->mdwe };
	size_t i;

	if (dsync_cursor_u32le(c, &r->version) < 0 || r->version != DSYNC_FRAME_VERSION)
		return DSYNC_ERR_PROTOCOL;
	if (dsync_cursor_copy(c, r->build_id, sizeof(r->build_id)) < 0 ||
		dsync_cursor_copy(c, r->engine_id, sizeof(r->engine_id)) < 0)
		return DSYNC_ERR_PROTOCOL;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (dsync_cursor_u32le(c, numbers[i]) < 0)
			return DSYNC_ERR_PROTOCOL;
	}
	return dsync_cursor_left(c) == 0 ? 0 : DSYNC_ERR_PROTOCOL;
}

int
dsync_frame_unpack_ready(struct dsync_view body, struct dsync_frame_ready *ready)
{
	struct dsync_cursor c;

	dsync_cursor_init(&c, body.data, body.size, 0);
	if (read_ready(&c, ready) < 0) {
		memset(ready, 0, sizeof(*ready));
		return DSYNC_ERR_PROTOCOL;
	}
	return 0;
}

static bool
call_is_known(uint16_t call)
{
	return (call >= DSYNC_CALL_GET && call <= DSYNC_CALL_FINISH) ||
		(call >= DSYNC_CALL_HTTP && call <= DSYNC_CALL_WRITE_AT);
}

int
dsync_frame_pack_call(struct dsync_buffer *out, const struct dsync_frame_call *call)
{
	dsync_buffer_append_u16le(out, call->call);
	dsync_buffer_append_u16le(out, 0);
	dsync_buffer_append_u64le(out, (uint64_t)call->a);
	dsync_buffer_append_u64le(out, (uint64_t)call->b);
	dsync_buffer_append_u64le(out, (uint64_t)call->c);
	return dsync_buffer_append(out, call->data.data, call->data.size);
}

int
dsync_frame_unpack_call(struct dsync_view body, struct dsync_frame_call *call)
{
	struct dsync_cursor c;
	uint16_t number, zero;
	uint64_t values[3];

	memset(call, 0, sizeof(*call));
	dsync_cursor_init(&c, body.data, body.size, 0);
	if (dsync_cursor_u16le(&c, &number) < 0 || dsync_cursor_u16le(&c, &zero) < 0 ||
		dsync_cursor_u64le(&c, &values[0]) < 0 || dsync_cursor_u64le(&c, &values[1]) < 0 ||
		dsync_cursor_u64le(&c, &values[2]) < 0)
		return DSYNC_ERR_PROTOCOL;
	if (zero != 0 || !call_is_known(number) || dsync_cursor_left(&c) > DSYNC_FRAME_CALL_DATA_MAX)
		return DSYNC_ERR_PROTOCOL;

	call->call = number;
	call->a = (int64_t)values[0];
	call->b = (int64_t)values[1];
	call->c = (int64_t)values[2];
	return dsync_cursor_take(&c, dsync_cursor_left(&c), &call->data);
}

int
dsync_frame_pack_result(struct dsync_buffer *out, const struct dsync_frame_result *result)
{
	dsync_buffer_append_u64le(out, (uint64_t)result->value);
	return dsync_buffer_append(out, result->data.data, result->data.size);
}

int
dsync_frame_unpack_result(struct dsync_view body, struct dsync_frame_result *result)
{
	struct dsync_cursor c;
	uint64_t value;

	memset(result, 0, sizeof(*result));
	dsync_cursor_init(&c, body.data, body.size, 0);
	if (dsync_cursor_u64le(&c, &value) < 0 || dsync_cursor_left(&c) > DSYNC_FRAME_CALL_DATA_MAX)
		return DSYNC_ERR_PROTOCOL;

	result->value = (int64_t)value;
	return dsync_cursor_take(&c, dsync_cursor_left(&c), &result->data);
}

int
dsync_frame_pack_done(struct dsync_buffer *out, const struct dsync_frame_done *done)
{
	dsync_buffer_append_u32le(out, done->contract);
	dsync_buffer_append_u32le(out, done->exit_code);
	dsync_buffer_append_u64le(out, done->memory_peak);
	dsync_buffer_append_u64le(out, done->cpu_us);
	dsync_buffer_append_u64le(out, done->start_us);
	return dsync_buffer_append_u64le(out, done->log_dropped);
}

int
dsync_frame_unpack_done(struct dsync_view body, struct dsync_frame_done *done)
{
	struct dsync_cursor c;
	struct dsync_frame_done d;

	memset(done, 0, sizeof(*done));
	dsync_cursor_init(&c, body.data, body.size, 0);
	if (dsync_cursor_u32le(&c, &d.contract) < 0 || dsync_cursor_u32le(&c, &d.exit_code) < 0 ||
		dsync_cursor_u64le(&c, &d.memory_peak) < 0 || dsync_cursor_u64le(&c, &d.cpu_us) < 0 ||
		dsync_cursor_u64le(&c, &d.start_us) < 0 || dsync_cursor_u64le(&c, &d.log_dropped) < 0)
		return DSYNC_ERR_PROTOCOL;
	if (dsync_cursor_left(&c) != 0 || d.contract > DSYNC_CONTRACT_WASI)
		return DSYNC_ERR_PROTOCOL;

	*done = d;
	return 0;
}

/* Not in the middle of a UTF-8 character. */
static size_t
cut_text(struct dsync_view text)
{
	size_t size = text.size;

	if (size <= DSYNC_FRAME_TEXT_MAX)
		return size;
	size = DSYNC_FRAME_TEXT_MAX;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return size;
}

int
dsync_frame_pack_failed(struct dsync_buffer *out, const struct dsync_frame_failed *failed)
{
	dsync_buffer_append_u32le(out, failed->failure);
	return dsync_buffer_append(out, failed->text.data, cut_text(failed->text));
}

int
dsync_frame_unpack_failed(struct dsync_view body, struct dsync_frame_failed *failed)
{
	struct dsync_cursor c;
	uint32_t failure;

	memset(failed, 0, sizeof(*failed));
	dsync_cursor_init(&c, body.data, body.size, 0);
	if (dsync_cursor_u32le(&c, &failure) < 0 || dsync_cursor_left(&c) > DSYNC_FRAME_TEXT_MAX)
		return DSYNC_ERR_PROTOCOL;
	if (failure < DSYNC_GUEST_INVALID || failure > DSYNC_GUEST_INTERNAL)
		return DSYNC_ERR_PROTOCOL;

	failed->failure = failure;
	return dsync_cursor_take(&c, dsync_cursor_left(&c), &failed->text);
}
