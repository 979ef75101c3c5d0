/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * builder.h - make a new archive, or a changed copy of one.
 *
 * A builder collects what goes in, then writes it in one go: beside the target,
 * checked with the strict reader, made durable, and only then put in place.
 * Nothing of a failed write remains.
 *
 *	struct dsync_builder *b = dsync_builder_create();
 *	dsync_builder_set_manifest(b, manifest);
 *	dsync_builder_set_payload_file(b, "rates.csv");
 *	if (dsync_builder_write(b, "rates.csv.sync", DSYNC_CREATE_NEW, &err) < 0)
 *		...
 *	dsync_builder_destroy(b);
 *
 * Setters remember their first error and the write reports it.  dsync_builder_set_base() starts from an
 * existing archive: whatever is not set is kept, unknown entries byte for byte, and a large payload is
 * shared or copied inside the kernel. The same input and options give the same bytes.
 */
#ifndef DOTSYNC_BUILDER_H
#define DOTSYNC_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_builder;
struct dsync_manifest;

enum dsync_create_mode {
	DSYNC_CREATE_NEW,     /* the target must not exist: DSYNC_ERR_EXISTS */
	DSYNC_CREATE_REPLACE, /* swap atomically; an existing target must be an archive */
	DSYNC_CREATE_UPDATE,  /* the target must still be the version that was set as base: DSYNC_ERR_CONFLICT */
	DSYNC_CREATE_FORCE,   /* replace any regular file */
};

enum dsync_profile {
	DSYNC_PROFILE_DEFAULT, /* manifest Deflated */
	DSYNC_PROFILE_SYNC_RS, /* everything Stored, always a sync.wasm: for the Rust reader */
};

/* NULL only when memory ran out. */
struct dsync_builder *dsync_builder_create(void);
void dsync_builder_destroy(struct dsync_builder *b);

/* Take everything that is not set from here; referenced until destroy. */
int dsync_builder_set_base(struct dsync_builder *b, struct dsync_archive *base);

/* Copied.  A builder with neither this nor a base is DSYNC_ERR_STATE at write. */
int dsync_builder_set_manifest(struct dsync_builder *b, const struct dsync_manifest *manifest);

/*
 * The payload, one of: bytes (copied), a file by path, a descriptor from its start to its end (duplicated; a
 * pipe until it ends), or a callback.  With a new payload the base's sync.attest and sync.chunks go, which
 * speak of the old one.
 */
int dsync_builder_set_payload_bytes(struct dsync_builder *b, const void *data, size_t size);
int dsync_builder_set_payload_file(struct dsync_builder *b, const char *path);
int dsync_builder_set_payload_fd(struct dsync_builder *b, int fd);

/* Called until it returns 0 (end) or a negative code; returns how many bytes it put into `buf`. */
typedef int64_t dsync_builder_source(void *user, void *buf, size_t size);
int dsync_builder_set_payload_source(struct dsync_builder *b, dsync_builder_source *source, void *user);

/* context.json and sync.wasm, copied; NULL with size 0 removes the entry. */
int dsync_builder_set_context(struct dsync_builder *b, const void *json, size_t size);
int dsync_builder_set_updater(struct dsync_builder *b, const void *wasm, size_t size);

/*
 * Any other entry, copied; NULL removes it.  Names of the entries above and unknown ones in "sync." are
 * DSYNC_ERR_INVALID.
 */
int dsync_builder_set_entry(struct dsync_builder *b, const char *name, const void *data, size_t size);

/* Without this the base's: what the Rust reader could open stays so. */
int dsync_builder_set_profile(struct dsync_builder *b, enum dsync_profile profile);

/* Of every entry, seconds since 1970 (SOURCE_DATE_EPOCH); by default 1980-01-01. */
int dsync_builder_set_time(struct dsync_builder *b, int64_t seconds);

/* Permission bits of a file that is new; by default 0666 less the umask.  A replaced file's are kept. */
int dsync_builder_set_mode(struct dsync_builder *b, unsigned mode);

/*
 * Bytes done of bytes in all (0 when not known), called from inside write on the caller's thread; non-zero
 * cancels.
 */
typedef int dsync_builder_progress(void *user, uint64_t done, uint64_t total);
int dsync_builder_set_progress(struct dsync_builder *b, dsync_builder_progress *progress, void *user);

/* Writes, verifies, makes durable, puts in place. 0 only when the new archive is there for good. */
int
dsync_builder_write(struct dsync_builder *b, const char *path, enum dsync_create_mode mode, struct dsync_error *err);

/* The archive as a plain stream: spooled to a temporary file first. For `create -o -`. */
int dsync_builder_write_fd(struct dsync_builder *b, int fd, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
