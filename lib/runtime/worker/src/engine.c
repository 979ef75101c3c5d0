/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "engine.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/hash.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

#define STACK_SIZE (512u * 1024u) /* of the guest; the worker's own is 8 MiB */
#define GUARD_SIZE (64u * 1024u)

/* Raised by whoever changes configure() in a way that compiled code depends on. */
#define CONFIGURATION 1

static void
configure_features(wasm_config_t *config)
{
	wasmtime_config_wasm_bulk_memory_set(config, true);
	wasmtime_config_wasm_multi_value_set(config, true);
	wasmtime_config_wasm_simd_set(config, true);
	wasmtime_config_wasm_relaxed_simd_set(config, false);
	wasmtime_config_wasm_tail_call_set(config, false);
	wasmtime_config_wasm_multi_memory_set(config, false);
	wasmtime_config_wasm_memory64_set(config, false);
	wasmtime_config_wasm_wide_arithmetic_set(config, false);
	wasmtime_config_wasm_branch_hinting_set(config, false);
	wasmtime_config_wasm_custom_page_sizes_set(config, false);
	wasmtime_config_wasm_stack_switching_set(config, false);
	wasmtime_config_shared_memory_set(config, false);
	wasmtime_config_gc_support_set(config, false);
#ifdef WASMTIME_FEATURE_THREADS
	wasmtime_config_wasm_threads_set(config, false);
#endif
#ifdef WASMTIME_FEATURE_GC
	wasmtime_config_wasm_reference_types_set(config, true);
	wasmtime_config_wasm_function_references_set(config, false);
	wasmtime_config_wasm_gc_set(config, false);
	wasmtime_config_wasm_exceptions_set(config, false);
#endif
#ifdef WASMTIME_FEATURE_COMPONENT_MODEL
	wasmtime_config_wasm_component_model_set(config, false);
#endif
}

static void
configure(wasm_config_t *config, uint64_t memory_max)
{
	configure_features(config);
	wasmtime_config_strategy_set(config, WASMTIME_STRATEGY_CRANELIFT);
	/* Compiled quickly rather than into quick code: most updaters wait for a network (doc/decisions). */
	/* Compiled quickly rather than into quick code: most updaters wait for a network (doc/decisions/08-compile-quickly.md). */
	wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_NONE);
	wasmtime_config_cranelift_flag_set(config, "regalloc_algorithm", "single_pass");
#ifdef WASMTIME_FEATURE_PARALLEL_COMPILATION
	wasmtime_config_parallel_compilation_set(config, false);
#endif
	wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_NONE);
	wasmtime_config_debug_info_set(config, false);
	wasmtime_config_native_unwind_info_set(config, false);
	wasmtime_config_consume_fuel_set(config, false);
	wasmtime_config_epoch_interruption_set(config, true);
	wasmtime_config_signals_based_traps_set(config, true);
	wasmtime_config_max_wasm_stack_set(config, STACK_SIZE);
	wasmtime_config_memory_init_cow_set(config, false); /* it asks for memfd_create(2) */
	wasmtime_config_memory_reservation_set(config, memory_max);
	wasmtime_config_memory_reservation_for_growth_set(config, 0);
	wasmtime_config_memory_guard_size_set(config, GUARD_SIZE);
	wasmtime_config_memory_may_move_set(config, false);
}

wasm_engine_t *
dsync_engine_create(uint64_t memory_max)
{
	wasm_config_t *config = wasm_config_new();

	if (config == NULL)
		return NULL;
	configure(config, memory_max);
	return wasm_engine_new_with_config(config);
}

/* All that the processor says about what it can execute. */
static void
hash_processor(struct dsync_hash *h)
{
	unsigned long capabilities[2] = { getauxval(AT_HWCAP), getauxval(AT_HWCAP2) };
#ifdef __x86_64__
	static const struct {
		unsigned leaf, sub;
	} leaves[] = { { 7, 0 }, { 7, 1 }, { 0x80000001, 0 } };
	unsigned r[4] = { 0, 0, 0, 0 };
	size_t i;

	__get_cpuid(1, &r[0], &r[1], &r[2], &r[3]);
	r[1] = 0; /* which processor this thread is on */
	dsync_hash_update(h, r, sizeof(r));
	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		memset(r, 0, sizeof(r));
		__get_cpuid_count(leaves[i].leaf, leaves[i].sub, &r[0], &r[1], &r[2], &r[3]);
		dsync_hash_update(h, r, sizeof(r));
	}
#endif
	dsync_hash_update(h, capabilities, sizeof(capabilities));
}

void
dsync_engine_id(unsigned char id[DSYNC_ENGINE_ID_SIZE], uint64_t memory_max)
{
	const uint64_t numbers[] = { CONFIGURATION, STACK_SIZE, GUARD_SIZE, memory_max };
	struct dsync_hash h;

	_Static_assert(DSYNC_ENGINE_ID_SIZE == DSYNC_HASH_SIZE, "an engine id is a hash");
	dsync_hash_init(&h);
	dsync_hash_update(&h, WASMTIME_VERSION, sizeof(WASMTIME_VERSION));
	dsync_hash_update(&h, numbers, sizeof(numbers));
	hash_processor(&h);
	dsync_hash_final(&h, id);
}

/* Makes one line of a message, without runs of blanks: the engine explains errors in several. */
static void
copy_line(char *text, size_t size, const char *message, size_t message_size)
{
	size_t i, used = 0;
	bool blank = true;

	for (i = 0; i < message_size && used + 1 < size; i++) {
		bool is_blank = message[i] == '\n' || message[i] == ' ' || message[i] == '\0';

		if (!is_blank)
			text[used++] = message[i];
		else if (!blank)
			text[used++] = ' ';
		blank = is_blank;
	}
	while (used > 0 && text[used - 1] == ' ')
		used--;
	text[used] = '\0';
}

void
dsync_engine_error_text(wasmtime_error_t *error, char *text, size_t size)
{
	wasm_name_t message;

	wasmtime_error_message(error, &message);
	copy_line(text, size, message.data, message.size);
	wasm_byte_vec_delete(&message);
	wasmtime_error_delete(error);
}

static const char *
trap_name(const wasm_trap_t *trap)
{
	static const char *const names[] = { "the stack overflowed", "memory access out of bounds",
		"misaligned atomic access", "table access out of bounds", "call of a null function",
		"call of a function of another type", "integer overflow", "integer division by zero",
		"invalid conversion to integer", "unreachable code was reached", "interrupted", "out of fuel" };
	wasmtime_trap_code_t code;

	if (!wasmtime_trap_code(trap, &code) || code >= sizeof(names) / sizeof(names[0]))
		return NULL;
	return names[code];
}

void
dsync_engine_trap_text(wasm_trap_t *trap, char *text, size_t size)
{
	const char *name = trap_name(trap);
	const wasm_name_t *function = NULL;
	wasm_frame_t *frame;
	wasm_name_t message;
	size_t used;

	if (name != NULL) {
		snprintf(text, size, "%s", name);
	} else {
		wasm_trap_message(trap, &message);
		copy_line(text, size, message.data, message.size);
		wasm_byte_vec_delete(&message);
	}

	frame = wasm_trap_origin(trap);
	if (frame != NULL)
		function = wasmtime_frame_func_name(frame);
	used = strlen(text);
	if (function != NULL && used + 5 < size) {
		memcpy(text + used, " in ", 4);
		copy_line(text + used + 4, size - used - 4, function->data, function->size);
	}
	if (frame != NULL)
		wasm_frame_delete(frame);
	wasm_trap_delete(trap);
}
