/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * contract_type.h - types of imports and exports: compared with our letters, and told to people.
 *
 * Letters as in contract.h, parameters first: "iI:i" is a function of an i32 and an i64 that returns an i32.
 */
#ifndef WORKER_CONTRACT_TYPE_H
#define WORKER_CONTRACT_TYPE_H

#include <stdbool.h>

#include <wasmtime.h>

#define DSYNC_CONTRACT_TYPE_SIZE 160

/* Is it a function of just this type?  NULL is none. */
bool dsync_contract_type_is(const wasm_externtype_t *type, const char *letters);

/* "a function (i32, i64) -> i32", "a memory", "a table", "a global"; a long list of parameters ends in dots. */
void dsync_contract_type_tell(char text[DSYNC_CONTRACT_TYPE_SIZE], const wasm_externtype_t *type);

/* The same of letters. */
void dsync_contract_type_tell_letters(char text[DSYNC_CONTRACT_TYPE_SIZE], const char *letters);

#endif
