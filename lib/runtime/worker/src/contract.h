/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * contract.h - which imports a module may have, and which contract it follows.
 *
 * Every import that exists stands in one of five constant tables.  A type is written as
 * letters, parameters first: i is i32, I is i64, "iiI:i" takes three and returns an i32.
 * A module is judged before anything of it runs: its contract by the rule of
 * doc/contracts/README.md, then every import by name and type, then its exports.
 */
#ifndef WORKER_CONTRACT_H
#define WORKER_CONTRACT_H

#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

#include "guest.h"

/* One import: `call` returns its result, if it has one; an i32 is cut to size. */
struct dsync_import {
	const char *name;
	const char *type;
	int64_t (*call)(struct dsync_guest *guest, const wasmtime_val_raw_t *v);
};

struct dsync_import_table {
	const char *module;
	const struct dsync_import *imports;
	size_t count;
};

extern const struct dsync_import_table dsync_contract_dotsync; /* "dotsync.v1" */
extern const struct dsync_import_table dsync_contract_decode;  /* "dotsync.decode.v1": may accompany dotsync.v1 */
extern const struct dsync_import_table dsync_contract_host;    /* "host" */
extern const struct dsync_import_table dsync_contract_wasi;    /* "wasi_snapshot_preview1" */
extern const struct dsync_import_table dsync_contract_env;     /* "env": abort of AssemblyScript */

#define DSYNC_CONTRACT_TEXT_SIZE 512

/* A module that was accepted, or why not. */
struct dsync_contract_match {
	enum dsync_contract contract;
	const struct dsync_import **imports; /* one for each of the module's imports, in order */
	size_t import_count;
	const char *entry;   /* "run" or "_start" */
	bool has_initialize; /* _initialize is to be called before it */
	uint32_t failure;    /* 0, or enum dsync_guest_failure and a text */
	char text[DSYNC_CONTRACT_TEXT_SIZE];
};

/* Judges a compiled module; finish() frees the match, whatever came out. */
void dsync_contract_match(const wasmtime_module_t *module, uint64_t memory_max, struct dsync_contract_match *match);
void dsync_contract_match_finish(struct dsync_contract_match *match);

/* What the worker says for a guest that has no way to: FINISH in the contracts host and WASI. */
void dsync_contract_finish(struct dsync_guest *guest);

#endif
