/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job.h"

#include <string.h>

#include "contract.h"
#include "engine.h"
#include "ticks.h"

#define MAGIC_SIZE 8

/* NULL for a module in binary form, else what it is. */
static const char *
not_a_module(const unsigned char *data, size_t size)
{
	static const unsigned char module[MAGIC_SIZE] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
	static const unsigned char component[MAGIC_SIZE] = { 0, 'a', 's', 'm', 13, 0, 1, 0 };

	if (size >= MAGIC_SIZE && memcmp(data, module, MAGIC_SIZE) == 0)
		return NULL;
	if (size >= MAGIC_SIZE && memcmp(data, component, MAGIC_SIZE) == 0)
		return "a component; expected a core module";
	return "not a wasm module in binary form";
}

/* What the handler writes should compiling take too long: it would be the next frame. */
static void
prepare_timeout(struct dsync_worker *worker, struct dsync_buffer *packet)
{
	static const char text[] = "compiling took too long";
	struct dsync_frame_failed failed = { .failure = DSYNC_GUEST_TIME };

	failed.text.data = (const unsigned char *)text;
	failed.text.size = sizeof(text) - 1;
	dsync_buffer_init(packet, DSYNC_FRAME_SIZE_MAX);
	dsync_frame_begin(packet, DSYNC_FRAME_FAILED, worker->channel->sent);
	dsync_frame_pack_failed(packet, &failed);
	dsync_frame_end(packet);
}

static void
send_code(struct dsync_worker *worker, const wasm_byte_vec_t *code, const struct dsync_contract_match *match,
	uint64_t cpu_us)
{
	struct dsync_frame_done done = { .contract = match->contract, .cpu_us = cpu_us };

	dsync_channel_send_code(worker->channel, code->data, code->size);
	dsync_channel_begin(worker->channel, DSYNC_FRAME_DONE);
	dsync_frame_pack_done(&worker->channel->out, &done);
	dsync_channel_send(worker->channel);
}

/* The module is compiled: judge it, and hand out its code. */
static void
deliver(struct dsync_worker *worker, wasmtime_module_t *module, uint64_t start_cpu_us)
{
	struct dsync_contract_match match;
	wasmtime_error_t *error = NULL;
	wasm_byte_vec_t code;
	char text[DSYNC_CONTRACT_TEXT_SIZE];

	dsync_contract_match(module, worker->job.memory_max, &match);
	if (match.failure == 0)
		error = wasmtime_module_serialize(module, &code);
	dsync_ticks_cancel();

	if (match.failure != 0) {
		dsync_worker_fail(worker, match.failure, "%s", match.text);
	} else if (error != NULL) {
		dsync_engine_error_text(error, text, sizeof(text));
		dsync_worker_fail(worker, DSYNC_GUEST_INTERNAL, "%s", text);
	} else {
		send_code(worker, &code, &match, dsync_ticks_cpu_us() - start_cpu_us);
		wasm_byte_vec_delete(&code);
	}
	dsync_contract_match_finish(&match);
}

void
dsync_worker_compile(struct dsync_worker *worker)
{
	const size_t size = (size_t)worker->job.data_size;
	const uint64_t start_cpu_us = dsync_ticks_cpu_us();
	const char *refused = not_a_module(worker->data, size);
	wasmtime_module_t *module = NULL;
	wasmtime_error_t *error;
	struct dsync_buffer timeout;
	char text[DSYNC_CONTRACT_TEXT_SIZE];

	if (refused != NULL) {
		dsync_worker_fail(worker, DSYNC_GUEST_INVALID, "%s", refused);
		return;
	}

	prepare_timeout(worker, &timeout);
	dsync_ticks_exit_after(worker->job.cpu_ms, DSYNC_FRAME_FD, &timeout);
	error = wasmtime_module_new(worker->engine, worker->data, size, &module);
	if (error != NULL) {
		dsync_ticks_cancel();
		dsync_engine_error_text(error, text, sizeof(text));
		dsync_worker_fail(worker, DSYNC_GUEST_INVALID, "%s", text);
	} else {
		deliver(worker, module, start_cpu_us);
		wasmtime_module_delete(module);
	}
	dsync_buffer_finish(&timeout);
}
