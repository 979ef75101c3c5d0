/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * engine.h - Wasmtime, configured the one way we use it.
 *
 * Cranelift alone, one thread, interruption by epochs, memory reserved at its limit so that
 * the limit of the address space can be tight, and the smallest set of wasm features
 * that toolchains emit without being asked.  The engine is made before the lock,
 * because making it installs signal handlers; nothing of a guest is seen until after it.
 */
#ifndef WORKER_ENGINE_H
#define WORKER_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

#include "runtime/frame.h"

/* NULL when there is no memory.  Code compiled with one `memory_max` runs with no other. */
wasm_engine_t *dsync_engine_create(uint64_t memory_max);

/* What compiled code depends on besides its module: engine, this configuration, the processor. */
void dsync_engine_id(unsigned char id[DSYNC_ENGINE_ID_SIZE], uint64_t memory_max);

/* The message of an error, cut to `size` with its NUL; deletes the error. */
void dsync_engine_error_text(wasmtime_error_t *error, char *text, size_t size);

/* What a trap was and in which function, in a few words; deletes the trap. */
void dsync_engine_trap_text(wasm_trap_t *trap, char *text, size_t size);

#endif
