/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * archive.h - open a .sync archive and read its payload where it lies.
 *
 * Opening checks the container (every rule of doc/format.md) and the manifest; it does not judge
 * signatures: dsync_trust_check() in trust.h does.  An open archive is a snapshot:
 * when somebody swaps a newer version in, this handle goes on reading the old one.
 *
 *	struct dsync_archive *archive = dsync_archive_open("example.sync", NULL, &err);
 *	struct dsync_view payload;
 *	if (archive != NULL && dsync_archive_map_payload(archive, &payload, &err) == 0)
 *		fwrite(payload.data, 1, payload.size, stdout);
 *	dsync_archive_unref(archive);
 *
 * A handle is used by one thread at a time; its reference count may be changed by any.
 */
#ifndef DOTSYNC_ARCHIVE_H
#define DOTSYNC_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_manifest;

#define DSYNC_CONTEXT_SIZE_MAX (UINT64_C(16) << 20)
#define DSYNC_PROOF_SIZE_MAX (UINT64_C(16) << 20)
#define DSYNC_UPDATER_SIZE_MAX (UINT64_C(256) << 20)
#define DSYNC_RELEASE_SIZE_MAX (UINT64_C(64) << 10)
#define DSYNC_ATTEST_SIZE_MAX (UINT64_C(64) << 10)
#define DSYNC_CHUNKS_SIZE_MAX ((UINT64_C(4) << 20) + 24)

#define DSYNC_GENERATION_SIZE 16
#define DSYNC_GENERATION_TEXT_SIZE 33

/* Set `size` with the initialiser; 0 in a limit means the default above. */
struct dsync_archive_options {
	size_t size;
	uint64_t context_size_max;
	uint64_t proof_size_max;
	uint64_t updater_size_max;
};
#define DSYNC_ARCHIVE_OPTIONS_INIT \
	{ \
		sizeof(struct dsync_archive_options), 0, 0, 0 \
	}

/*
 * Open by path (symbolic links are followed), relative to a folder's descriptor, or
 * from a descriptor, which is duplicated and stays the caller's.  Options may be
 * NULL.  On failure NULL: DSYNC_ERR_NOT_ARCHIVE with the broken rule, DSYNC_ERR_SYNTAX
 * or _MANIFEST for the manifest, DSYNC_ERR_SYSTEM for the system.
 */
struct dsync_archive *
dsync_archive_open(const char *path, const struct dsync_archive_options *options, struct dsync_error *err);
struct dsync_archive *dsync_archive_open_at(
	int dirfd, const char *path, const struct dsync_archive_options *options, struct dsync_error *err);
struct dsync_archive *
dsync_archive_open_fd(int fd, const struct dsync_archive_options *options, struct dsync_error *err);

/* One more user; returns the archive. */
struct dsync_archive *dsync_archive_ref(struct dsync_archive *archive);

/* One user less; the last one closes.  NULL is allowed. */
void dsync_archive_unref(struct dsync_archive *archive);

/* Borrowed: lives as long as the archive. */
const struct dsync_manifest *dsync_archive_manifest(const struct dsync_archive *archive);

uint64_t dsync_archive_payload_size(const struct dsync_archive *archive);

/*
 * Maps the payload and hands out a view that lives as long as the archive is open;
 * the second call returns the same view.  Its CRC is not checked.  When another program truncates
 * the file in place, touching the view raises SIGBUS; use dsync_archive_read_payload() for files that others may
 * truncate.  dotsync itself never writes into a published file.
 */
int dsync_archive_map_payload(struct dsync_archive *archive, struct dsync_view *payload, struct dsync_error *err);

/*
 * Copies payload bytes out with pread; returns how many (fewer than `size` only
 * at the end, 0 at or past it) or a negative code.
 */
int64_t dsync_archive_read_payload(
	const struct dsync_archive *archive, uint64_t offset, void *buf, size_t size, struct dsync_error *err);

/*
 * Where the payload's bytes are, for sendfile, SQLite, libmaxminddb and the like; the descriptor stays the
 * archive's.
 */
struct dsync_extent {
	int fd;
	uint64_t offset;
	uint64_t size;
};
struct dsync_extent dsync_archive_payload_extent(const struct dsync_archive *archive);

/*
 * Streams the payload through the sink and compares its CRC-32 at the end (DSYNC_ERR_CORRUPT).  The sink
 * returns 0, or a negative code that ends the stream and is returned.  Constant memory.
 */
typedef int dsync_archive_sink(void *user, const void *data, size_t size);
int dsync_archive_stream_payload(
	const struct dsync_archive *archive, dsync_archive_sink *sink, void *user, struct dsync_error *err);

/* The entries, in the order of their data. The name lives as long as the archive. */
struct dsync_archive_entry {
	const char *name;
	uint64_t offset;      /* of the data in the file */
	uint64_t size;        /* in bytes, inflated */
	uint64_t stored_size; /* in bytes, in the file */
	uint32_t crc32;
	bool deflated;
	bool has_descriptor;
	bool known; /* one of the names that the format gives a meaning */
};
size_t dsync_archive_entry_count(const struct dsync_archive *archive);
int dsync_archive_entry(const struct dsync_archive *archive, size_t index, struct dsync_archive_entry *entry);

/* The entry of this name: 0, or DSYNC_ERR_NOT_FOUND (`err` is not filled). */
int dsync_archive_find(const struct dsync_archive *archive, const char *name, struct dsync_archive_entry *entry);

/*
 * Reads an entry whole and checked into memory of its own (free() it); DSYNC_ERR_NOT_FOUND, _LIMIT over
 * `size_max`, _CORRUPT.
 */
int dsync_archive_read_entry(const struct dsync_archive *archive, const char *name, uint64_t size_max,
	unsigned char **data, size_t *size, struct dsync_error *err);

/* True when there is an updater: sync.wasm is present and not the 8-byte stub. */
bool dsync_archive_has_updater(const struct dsync_archive *archive);

/* Names one published version whatever its inode: BLAKE3-128 over directory and end record. */
void dsync_archive_generation(const struct dsync_archive *archive, unsigned char generation[DSYNC_GENERATION_SIZE]);
void
dsync_generation_format(char out[DSYNC_GENERATION_TEXT_SIZE], const unsigned char generation[DSYNC_GENERATION_SIZE]);

/* The path as it was given to open; "" when opened from a descriptor.  Lives as long as the archive. */
const char *dsync_archive_path(const struct dsync_archive *archive);

/* The file behind the archive: for fstat, extended attributes; stays the archive's. */
int dsync_archive_fd(const struct dsync_archive *archive);
uint64_t dsync_archive_file_size(const struct dsync_archive *archive);

/*
 * Reads everything and reports each fault and each warning to the callback: CRC-32 of every entry, content
 * that is not what its name says, payload compressed or with a descriptor, unknown entries.  Returns the
 * number of faults (0: sound), or a negative code when the check itself failed.  `payload_hash` (may be
 * NULL) receives the payload's BLAKE3.
 */
typedef void dsync_verify_report(void *user, bool is_warning, const struct dsync_error *problem);
int dsync_archive_verify(struct dsync_archive *archive, dsync_verify_report *report, void *user,
	unsigned char payload_hash[32], struct dsync_error *err);

/*
 * The same without the hash: the payload's bytes go to the sink (may be NULL) as they are read, for callers who
 * hash them on a thread of their own, or show how far it is.
 */
int dsync_archive_verify_sink(struct dsync_archive *archive, dsync_verify_report *report, void *user,
	dsync_archive_sink *sink, void *sink_user, struct dsync_error *err);

#ifdef __cplusplus
}
#endif
#endif
