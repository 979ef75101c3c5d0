/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * updater.h - what can be said of a sync.wasm without running it.
 *
 * Reads the import and export sections of a binary module (WebAssembly core 1.0, section 5.5) through the bounds cursor.
 */
#ifndef RUNTIME_UPDATER_H
#define RUNTIME_UPDATER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "dotsync/error.h"

struct dsync_archive;

struct dsync_updater_info {
	bool present;
	size_t size;
	unsigned char hash[DSYNC_HASH_SIZE];
	int contract;        /* enum dsync_contract of frame.h; UNKNOWN when the module cannot be read */
	bool decodes;        /* imports of dotsync.decode.v1: the worker needs memory for decoders */
	const char *lacks;   /* the export without which it cannot be run, such as "memory"; NULL: none */
	const char *builtin; /* name of our own updater with this hash, or NULL */
};

/* Of bytes; never fails: what cannot be read has an unknown contract. */
void dsync_updater_inspect(const void *wasm, size_t size, struct dsync_updater_info *info);

/* Of an archive. */
int dsync_updater_inspect_archive(
	const struct dsync_archive *archive, struct dsync_updater_info *info, struct dsync_error *err);

/* "dotsync.v1", "host", "wasi", "unknown". */
const char *dsync_contract_name(int contract);

#endif
