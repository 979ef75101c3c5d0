/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest.h - one running guest, as its imports see it.
 *
 * Every import gets this struct and its arguments.  Addresses of the guest are i32 that
 * only dsync_guest_range() turns into pointers; such a pointer is good until the import
 * returns, because nothing else runs meanwhile.  What an import needs from outside it asks
 * with dsync_guest_call(): one frame out, one frame back.
 */
#ifndef WORKER_GUEST_H
#define WORKER_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <wasmtime.h>

#include "channel.h"
#include "runtime/frame.h"

#define DSYNC_GUEST_FDS 16
#define DSYNC_GUEST_STOP_SIZE 128
#define DSYNC_GUEST_STREAMS 8
#define DSYNC_GUEST_STREAM_FIRST 0x40000000 /* numbers of streams are above those of the host's answers */

/* What a WASI descriptor of the guest stands for. */
enum dsync_guest_fd_kind {
	DSYNC_FD_CLOSED = 0,
	DSYNC_FD_INPUT,
	DSYNC_FD_OUTPUT,
	DSYNC_FD_LOG,
	DSYNC_FD_FOLDER,
	DSYNC_FD_FILE
};

struct dsync_guest_fd {
	enum dsync_guest_fd_kind kind;
	int32_t source;    /* of INPUT and FILE: dsync_guest_source, or -1 for nothing */
	uint64_t position; /* of INPUT and FILE */
	uint32_t flags;    /* as the guest set them: told again, and without effect */
};

/* A stream of dotsync.decode.v1; `decode` NULL: free. */
struct dsync_guest_stream {
	int32_t number;
	struct dsync_decode *decode;
	struct dsync_guest *guest;
	int32_t source;
	const struct dsync_guest_stream *lower; /* NULL: over a source of the host */
};

/* Random numbers: the keyed hash of a counter. */
struct dsync_guest_random {
	unsigned char key[32];
	uint64_t counter;
	unsigned char block[32];
	size_t left; /* bytes of the block that were not handed out */
};

struct dsync_guest {
	struct dsync_channel *channel;
	struct dsync_frame_job job; /* its strings are a copy, owned by the caller */
	enum dsync_contract contract;

	wasmtime_context_t *store;
	wasmtime_memory_t memory; /* valid when has_memory */
	bool has_memory;

	bool stopped; /* the guest ended itself: exit_code, or `stop` says why */
	uint32_t exit_code;
	char stop[DSYNC_GUEST_STOP_SIZE]; /* "" after a plain exit */

	uint64_t start_us, start_cpu_us; /* when it began */
	uint64_t log_left, log_dropped;
	uint64_t written; /* host, WASI: bytes of the new payload */
	bool has_written;
	bool write_failed; /* WASI: what was written is not whole */
	bool finished;     /* dotsync.v1: it said how it went */
	struct dsync_guest_random random;
	struct dsync_guest_fd fds[DSYNC_GUEST_FDS];
	struct dsync_guest_stream streams[DSYNC_GUEST_STREAMS];
	int32_t streams_opened;
};

/* Fills a zeroed struct.  `job` must outlive it. */
void dsync_guest_init(struct dsync_guest *guest, struct dsync_channel *channel, const struct dsync_frame_job *job,
	enum dsync_contract contract);

/* The memory from `address` on, `size` bytes of it; NULL when that is not all inside. Size 0 is allowed up to the memory's end. */
unsigned char *dsync_guest_range(struct dsync_guest *guest, int32_t address, uint64_t size);

/* One call with its answer; the answer's data is valid until the next call. */
struct dsync_frame_result dsync_guest_call(struct dsync_guest *guest, enum dsync_call call, int64_t a, int64_t b,
	int64_t c, const void *data, size_t size);

/* The same where only the value counts. */
int64_t dsync_guest_ask(struct dsync_guest *guest, enum dsync_call call, int64_t a, int64_t b, int64_t c,
	const void *data, size_t size);

/*
 * Reads up to `size` bytes of a source into memory of the guest, in pieces, until the source has no more for now.
 * Returns their number, or the error of the first piece.  `call` is READ or LAST_READ.
 */
int64_t dsync_guest_read(struct dsync_guest *guest, enum dsync_call call, int32_t source, uint64_t offset,
	unsigned char *out, uint64_t size);

/* Sends `size` bytes in pieces by a call that takes only data (WRITE, FETCH_BODY); 0, or the first error. */
int64_t dsync_guest_send(struct dsync_guest *guest, enum dsync_call call, const unsigned char *data, uint64_t size);

/* Passes text on while the budget lasts and counts what does not; returns how much was passed on. */
uint64_t dsync_guest_log(struct dsync_guest *guest, int32_t level, const unsigned char *text, uint64_t size);

void dsync_guest_random_bytes(struct dsync_guest *guest, unsigned char *out, uint64_t size);

/* The same of any size; false when the guest's processor time ran out on the way, which nothing else would notice. */
bool dsync_guest_random_whole(struct dsync_guest *guest, unsigned char *out, uint64_t size);

/* Ends the guest when the import returns: with an exit code, or as a trap with this text. */
void dsync_guest_exit(struct dsync_guest *guest, uint32_t code);
void dsync_guest_stop(struct dsync_guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
