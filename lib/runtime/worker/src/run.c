/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"
#include "engine.h"
#include "lock.h"
#include "ticks.h"

#define TABLE_ELEMENTS_MAX 100000
#define TEXT_SIZE 512

/* What an imported function is bound to. */
struct binding {
	struct dsync_guest *guest;
	const struct dsync_import *import;
};

struct run {
	struct dsync_worker *worker;
	wasmtime_module_t *module;
	wasmtime_store_t *store;
	struct dsync_contract_match match;
	struct binding *bindings;
	wasmtime_extern_t *externs;
	wasmtime_instance_t instance;
	struct dsync_guest guest;
	uint64_t first_us; /* monotonic, when the guest's first instruction was due */
};

/* Imports may be called before instantiation ends, by a start function: the memory is looked up at the first call. */
static void
find_memory(struct dsync_guest *guest, wasmtime_caller_t *caller)
{
	static const char name[] = "memory";
	wasmtime_extern_t item;

	if (guest->has_memory || !wasmtime_caller_export_get(caller, name, sizeof(name) - 1, &item))
		return;
	if (item.kind == WASMTIME_EXTERN_MEMORY) {
		guest->memory = item.of.memory;
		guest->has_memory = true;
	}
}

/* Every call of the guest comes through here. */
static wasm_trap_t *
enter(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
	const struct binding *binding = env;
	struct dsync_guest *guest = binding->guest;
	const char result = strchr(binding->import->type, ':')[1];
	int64_t value;

	(void)count;
	find_memory(guest, caller);
	value = binding->import->call(guest, values);
	if (guest->stopped || dsync_ticks_expired()) /* a call that was cut short must not look like one that failed */
		return wasmtime_trap_new("exit", 4);
	if (result == 'i')
		values[0].i32 = (int32_t)value;
	else if (result == 'I')
		values[0].i64 = value;
	return NULL;
}

static int
bind_imports(struct run *run)
{
	const size_t count = run->match.import_count;
	wasmtime_context_t *store = wasmtime_store_context(run->store);
	wasm_importtype_vec_t imports;
	size_t i;

	run->bindings = calloc(count + 1, sizeof(run->bindings[0]));
	run->externs = calloc(count + 1, sizeof(run->externs[0]));
	if (run->bindings == NULL || run->externs == NULL)
		return -1;

	wasmtime_module_imports(run->module, &imports);
	for (i = 0; i < count; i++) {
		run->bindings[i].guest = &run->guest;
		run->bindings[i].import = run->match.imports[i];
		run->externs[i].kind = WASMTIME_EXTERN_FUNC;
		wasmtime_func_new_unchecked(store,
			wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[i])), enter,
			&run->bindings[i], NULL, &run->externs[i].of.func);
	}
	wasm_importtype_vec_delete(&imports);
	return 0;
}

/* Compiled code in, memory for it no longer needed out, contract judged, imports bound, executable memory closed. */
static int
load(struct run *run)
{
	struct dsync_worker *worker = run->worker;
	wasmtime_error_t *error =
		wasmtime_module_deserialize(worker->engine, worker->data, (size_t)worker->job.data_size, &run->module);
	char text[TEXT_SIZE];

	dsync_worker_free_room(worker);
	if (error != NULL) {
		dsync_engine_error_text(error, text, sizeof(text));
		dsync_worker_fail(worker, DSYNC_GUEST_STALE_CODE, "%s", text);
		return -1;
	}
	dsync_contract_match(run->module, worker->job.memory_max, &run->match);
	if (run->match.failure != 0) {
		dsync_worker_fail(worker, run->match.failure, "%s", run->match.text);
		return -1;
	}

	dsync_guest_init(&run->guest, worker->channel, &worker->job, run->match.contract);
	run->store = wasmtime_store_new(worker->engine, NULL, NULL);
	wasmtime_store_limiter(run->store, (int64_t)worker->job.memory_max, TABLE_ELEMENTS_MAX, 1, 4, 1);
	run->guest.store = wasmtime_store_context(run->store);
	if (bind_imports(run) < 0) {
		dsync_worker_fail(worker, DSYNC_GUEST_INTERNAL, "out of memory");
		return -1;
	}
	if (dsync_lock_freeze() < 0)
		_exit(DSYNC_CHANNEL_EXIT);
	return 0;
}

/* One way for all ends that are not a plain return: exit of the guest's own is none of them. */
static int
judge(struct run *run, wasm_trap_t *trap, wasmtime_error_t *error)
{
	char text[TEXT_SIZE] = "";
	int refused = error != NULL && trap == NULL;

	if (trap == NULL && error == NULL)
		return 0;
	if (error != NULL)
		dsync_engine_error_text(error, text, sizeof(text));
	if (trap != NULL)
		dsync_engine_trap_text(trap, text, sizeof(text));

	if (run->guest.stopped && run->guest.stop[0] == '\0')
		return 0;
	if (run->guest.stopped)
		dsync_worker_fail(run->worker, DSYNC_GUEST_TRAP, "%s", run->guest.stop);
	else if (dsync_ticks_expired())
		dsync_worker_fail(run->worker, DSYNC_GUEST_TIME, "the updater computed longer than %llu ms",
			(unsigned long long)run->worker->job.cpu_ms);
	else
		dsync_worker_fail(run->worker, refused ? DSYNC_GUEST_TOO_LARGE : DSYNC_GUEST_TRAP, "%s", text);
	return -1;
}

static int
call_export(struct run *run, const char *name)
{
	wasmtime_context_t *store = run->guest.store;
	wasmtime_error_t *error;
	wasmtime_val_raw_t result;
	wasm_trap_t *trap = NULL;
	wasmtime_extern_t item;

	memset(&result, 0, sizeof(result));
	if (run->guest.stopped || !wasmtime_instance_export_get(store, &run->instance, name, strlen(name), &item))
		return 0;
	error = wasmtime_func_call_unchecked(store, &item.of.func, &result, 1, &trap);
	if (judge(run, trap, error) < 0)
		return -1;
	if (!run->guest.stopped)
		run->guest.exit_code = (uint32_t)result.i32; /* 0 where it returns nothing */
	return 0;
}

/* The start function, _initialize, and the entry point. */
static int
execute(struct run *run)
{
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;

	wasmtime_context_set_epoch_deadline(run->guest.store, 1);
	dsync_ticks_interrupt_after(run->worker->job.cpu_ms);
	run->first_us = dsync_ticks_monotonic_us();
	error = wasmtime_instance_new(
		run->guest.store, run->module, run->externs, run->match.import_count, &run->instance, &trap);
	if (judge(run, trap, error) < 0)
		return -1;
	if (run->match.has_initialize && call_export(run, "_initialize") < 0)
		return -1;
	return call_export(run, run->match.entry);
}

static void
report(struct run *run)
{
	struct dsync_guest *guest = &run->guest;
	struct dsync_channel *channel = run->worker->channel;
	struct dsync_frame_done done = {
		.contract = guest->contract,
		.exit_code = guest->exit_code,
		.cpu_us = dsync_ticks_cpu_us() - guest->start_cpu_us,
		.start_us = run->first_us - run->worker->born_us,
		.log_dropped = guest->log_dropped,
	};

	/* A memory never shrinks. */
	if (guest->has_memory)
		done.memory_peak = wasmtime_memory_data_size(guest->store, &guest->memory);
	if (guest->contract != DSYNC_CONTRACT_DOTSYNC)
		dsync_contract_finish(guest);
	dsync_channel_begin(channel, DSYNC_FRAME_DONE);
	dsync_frame_pack_done(&channel->out, &done);
	dsync_channel_send(channel);
}

void
dsync_worker_run(struct dsync_worker *worker)
{
	struct run run;

	memset(&run, 0, sizeof(run));
	run.worker = worker;
	if (load(&run) == 0 && execute(&run) == 0)
		report(&run);

	/* The process ends here; what the engine holds goes with it. */
	dsync_contract_match_finish(&run.match);
	free(run.bindings);
	free(run.externs);
}
