/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine.h"

static void
serve(int fd, cage_answer *answer, void *user)
{
	static unsigned char in[DSYNC_FRAME_SIZE_MAX];
	struct dsync_frame_result result;
	struct dsync_frame_call call;
	struct dsync_frame frame;
	struct dsync_buffer packet;
	uint32_t n = 0;
	ssize_t got;

	dsync_buffer_init(&packet, DSYNC_FRAME_SIZE_MAX);
	while ((got = read(fd, in, sizeof(in))) > 0) {
		if (dsync_frame_parse(in, (size_t)got, n, &frame) < 0 || dsync_frame_unpack_call(frame.body, &call) < 0)
			_exit(1);
		memset(&result, 0, sizeof(result));
		result.data.data = in;
		answer(user, n, &call, &result);
		dsync_frame_begin(&packet, DSYNC_FRAME_RESULT, n);
		dsync_frame_pack_result(&packet, &result);
		if (dsync_frame_end(&packet) < 0 || write(fd, packet.data, packet.size) < 0)
			_exit(2);
		n++;
	}
	_exit(0);
}

void
cage_restart(struct cage *cage, enum dsync_contract contract)
{
	wasm_memorytype_t *type;

	dsync_guest_init(&cage->guest, cage->channel, &cage->job, contract);
	cage->guest.store = wasmtime_store_context(cage->store);
	assert_null(wasmtime_memorytype_new(1, true, 1, false, false, 16, &type));
	assert_null(wasmtime_memory_new(cage->guest.store, type, &cage->guest.memory));
	wasm_memorytype_delete(type);
	cage->guest.has_memory = true;
}

void
cage_open(struct cage *cage, cage_answer *answer, void *user)
{
	int pair[2];

	memset(cage, 0, sizeof(*cage));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	cage->host = fork();
	if (cage->host == 0) {
		close(pair[0]);
		serve(pair[1], answer, user);
	}
	close(pair[1]);
	cage->fd = pair[0];
	cage->channel = dsync_channel_open(cage->fd);
	cage->job.mode = DSYNC_JOB_DECODE;
	cage->job.cpu_ms = 1000;
	cage->job.log_max = 100000;
	cage->job.now_ms = INT64_C(1700000000123);
	cage->job.argument_count = 1;
	cage->job.environment_count = 2;
	cage->job.strings.data = (const unsigned char *)"a\0b=1\0c=2";
	cage->job.strings.size = 10;
	cage->engine = dsync_engine_create(1 << 20);
	cage->store = wasmtime_store_new(cage->engine, NULL, NULL);
	cage_restart(cage, DSYNC_CONTRACT_WASI);
}

void
cage_close(struct cage *cage)
{
	int status;

	dsync_channel_close(cage->channel);
	close(cage->fd);
	wasmtime_store_delete(cage->store);
	wasm_engine_delete(cage->engine);
	assert_int_equal(waitpid(cage->host, &status, 0), cage->host);
	assert_int_equal(status, 0);
}

int64_t
cage_call(struct cage *cage, const struct dsync_import_table *table, const char *name, const int64_t *arguments)
{
	wasmtime_val_raw_t v[CAGE_ARGUMENTS_MAX];
	const struct dsync_import *import = NULL;
	size_t i;

	for (i = 0; i < table->count && import == NULL; i++) {
		if (strcmp(table->imports[i].name, name) == 0)
			import = &table->imports[i];
	}
	assert_non_null(import);
	memset(v, 0, sizeof(v));
	for (i = 0; import->type[i] != ':'; i++) {
		if (import->type[i] == 'i')
			v[i].i32 = (int32_t)arguments[i];
		else
			v[i].i64 = arguments[i];
	}
	return import->call(&cage->guest, v);
}
