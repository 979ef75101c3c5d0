/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cage.h - a guest without a worker: imports are called in the test's own process, so that sanitizers see them.
 *
 *	cage_open(&cage, answer, user);		one page of memory; `answer` runs in a process of its own
 *	n = cage_call(&cage, &dsync_contract_wasi, "fd_close", (int64_t[]) { 3 });
 *	cage_close(&cage);			every call the host saw was in order, or the test ends here
 */
#ifndef TEST_CAGE_H
#define TEST_CAGE_H

#include <sys/types.h>

#include "contract.h"

#define CAGE_PAGE 65536
#define CAGE_ARGUMENTS_MAX 9

/* Fills the result of the n-th call. */
typedef void
cage_answer(void *user, uint32_t n, const struct dsync_frame_call *call, struct dsync_frame_result *result);

struct cage {
	wasm_engine_t *engine;
	wasmtime_store_t *store;
	struct dsync_channel *channel;
	struct dsync_frame_job job; /* changed by the test before cage_restart() */
	struct dsync_guest guest;
	int fd;
	pid_t host;
};

void cage_open(struct cage *cage, cage_answer *answer, void *user);
void cage_close(struct cage *cage);

/* The same host, a fresh guest with fresh memory. */
void cage_restart(struct cage *cage, enum dsync_contract contract);

/* Calls an import by name; the arguments are cut to its types. */
int64_t
cage_call(struct cage *cage, const struct dsync_import_table *table, const char *name, const int64_t *arguments);

#endif
