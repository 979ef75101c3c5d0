/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * layout.h - the names and places inside an archive (doc/format.md).
 */
#ifndef FORMAT_LAYOUT_H
#define FORMAT_LAYOUT_H

#include <stddef.h>

#define DSYNC_ENTRY_MANIFEST "manifest.toml"
#define DSYNC_ENTRY_CONTEXT "context.json"
#define DSYNC_ENTRY_UPDATER "sync.wasm"
#define DSYNC_ENTRY_RELEASE "sync.release"
#define DSYNC_ENTRY_ATTEST "sync.attest"
#define DSYNC_ENTRY_PROOF "sync.proof"
#define DSYNC_ENTRY_CHUNKS "sync.chunks"
#define DSYNC_ENTRY_PAYLOAD "payload"

/* Names that start so are ours to define. */
#define DSYNC_ENTRY_RESERVED_PREFIX "sync."

#define DSYNC_PAYLOAD_ALIGNMENT 4096u

/* Room kept before the payload so that small changes in the head do not move it. */
#define DSYNC_HEAD_RESERVE 4096u
#define DSYNC_HEAD_RESERVE_PUBLISHER 8192u

/* A sync.wasm of exactly these bytes means "no updater". */
#define DSYNC_UPDATER_STUB "\0asm\1\0\0\0"
#define DSYNC_UPDATER_STUB_SIZE 8u

#endif
