/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync.h - write an updater: the contract dotsync.v1, for C compiled to wasm32.
 *
 * An updater is a module that exports `memory` and `run`.  dotsync calls run() when the
 * archive's data is stale; run() asks for new data, appends it to the new payload, and says
 * how it went with dotsync_finish().  Without finish, or after a trap, nothing changes.
 *
 *	#include "dotsync.h"
 *
 *	void run(void)
 *	{
 *		int64_t r = dotsync_fetch(REQUEST, sizeof(REQUEST) - 1, 0, 0, DOTSYNC_CONDITIONAL);
 *		if (r >= 0 && dotsync_status((int32_t)r) == 200 && dotsync_copy((int32_t)r, 0, -1) >= 0)
 *			dotsync_finish(DOTSYNC_UPDATED, 0, 0, 0);
 *	}
 *
 * Compile: clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--export=run -o sync.wasm updater.c
 * doc/write-an-updater.md is the tutorial; guest/c/ has examples and a template to begin from.
 *
 * Every call returns an int64_t; negative is an error below.  Sizes are bytes.  Pointers are addresses in the
 * guest's memory; a range outside it is DOTSYNC_FAULT, and nothing was done.  Texts have a length and no NUL.  After
 * finish nothing but log is to be called: DOTSYNC_STATE.  The contract is frozen: additions are new import modules.
 *
 * For another target than wasm32 the calls are plain functions, so that an updater can be tested with some of your own.
 */
#ifndef DOTSYNC_GUEST_H
#define DOTSYNC_GUEST_H

#include <stdint.h>

enum {
	DOTSYNC_FAULT = -1,   /* an address range that is not in the guest's memory */
	DOTSYNC_INVAL = -2,   /* a value that makes no sense: bad URL, unknown source, negative offset */
	DOTSYNC_NOENT = -3,   /* no such header, environment name, context, key */
	DOTSYNC_DENIED = -4,  /* the policy forbids it: host, address, header, sealed context */
	DOTSYNC_NET = -5,     /* name not found, refused, cut off, TLS */
	DOTSYNC_TIMEOUT = -6, /* the time of the run or of the request is over */
	DOTSYNC_LIMIT = -7,   /* too many requests, bytes, open responses; payload too large */
	DOTSYNC_STATE = -8,   /* not possible now: read out of order, call after finish */
	DOTSYNC_IO = -9,      /* the host could not read or store (disk full) */
	DOTSYNC_UNKNOWN = -10 /* a key or call that this host does not know */
};

enum { DOTSYNC_FAILED = 0, DOTSYNC_UNCHANGED = 1, DOTSYNC_UPDATED = 2, DOTSYNC_UPDATED_EMPTY = 3 };
enum { DOTSYNC_DEBUG = 0, DOTSYNC_INFO = 1, DOTSYNC_WARNING = 2, DOTSYNC_ERROR = 3 };

/* Reasons: its TTL is over, somebody wants it now, a payload was pushed, there is no payload yet. */
enum { DOTSYNC_STALE = 0, DOTSYNC_FORCED = 1, DOTSYNC_PUSH = 2, DOTSYNC_FIRST = 3 };

/*
 * Sources: the payload as it is, context.json, manifest.toml, what was pushed, the release that was verified; 16 and more are answers.
 * What was pushed becomes the payload, whatever is written: a run for a push judges it or sends it on, and DOTSYNC_FAILED refuses it.
 */
enum { DOTSYNC_PAYLOAD = 0, DOTSYNC_CONTEXT = 1, DOTSYNC_MANIFEST = 2, DOTSYNC_PUSHED = 3, DOTSYNC_RELEASE = 4 };

enum { DOTSYNC_CONDITIONAL = 1 };

enum {
	DOTSYNC_NOW = 0,        /* milliseconds since 1970 */
	DOTSYNC_REASON = 1,     /* why it runs: DOTSYNC_STALE and the others */
	DOTSYNC_SEALED = 2,     /* 1 when manifest and context must not change */
	DOTSYNC_WALL_MS = 3,    /* milliseconds left; every byte received extends it */
	DOTSYNC_CPU_MS = 4,     /* milliseconds of computing left */
	DOTSYNC_REQUESTS = 5,   /* requests left */
	DOTSYNC_BYTES_IN = 6,   /* bytes that may still be received */
	DOTSYNC_LOG_BYTES = 7,  /* bytes of log left */
	DOTSYNC_MEMORY_MAX = 8, /* limit of the guest's memory, bytes */
	DOTSYNC_PAYLOAD_MAX = 9 /* limit of the new payload, bytes */
};

/* What an updater defines: called once a run, in a fresh instance. */
void run(void);

#ifdef __wasm__
#define DOTSYNC_IMPORT(name) __attribute__((import_module("dotsync.v1"), import_name(#name))) extern
#else
#define DOTSYNC_IMPORT(name) extern
#endif

/* One number about this run: DOTSYNC_NOW and the others; DOTSYNC_UNKNOWN for other keys. */
DOTSYNC_IMPORT(get) int64_t dotsync_get(int32_t key);

/*
 * The value of an environment variable: copies at most `cap` bytes, returns the full length.  DOTSYNC_DENIED unless
 * the manifest asks for it (permissions.allow_env) and the user granted it; DOTSYNC_NOENT where it is not set.
 */
DOTSYNC_IMPORT(env) int64_t dotsync_env(const char *name, int32_t name_size, char *out, int32_t cap);

/*
 * Sends a request and waits for the head of the answer; returns a handle for it, 16 or more.  `head` (at most 61440 bytes)
 * is "METHOD URL" and then "\nname: value" for each header, at most 32; `body` may be empty.  With DOTSYNC_CONDITIONAL the
 * host adds the validators it kept for this very request (same method, URL and headers), and the answer may be 304.
 * Any status is an answer; DOTSYNC_NET, _TIMEOUT, _DENIED and _LIMIT say that there is none.  Redirects are
 * followed by the host where the policy allows.  At most 8 answers are open at once, and 64 requests are made in a run.
 */
DOTSYNC_IMPORT(fetch)
int64_t dotsync_fetch(const char *head, int32_t head_size, const void *body, int32_t body_size, int32_t flags);

/* The status of an answer, such as 200. */
DOTSYNC_IMPORT(status) int64_t dotsync_status(int32_t handle);

/* A header of an answer (name without case): copies at most `cap` bytes, returns the full length; DOTSYNC_NOENT. */
DOTSYNC_IMPORT(header)
int64_t dotsync_header(int32_t handle, const char *name, int32_t name_size, char *out, int32_t cap);

/* Forgets an answer; what was not read is not received.  Handles are not used again. */
DOTSYNC_IMPORT(close) int64_t dotsync_close(int32_t handle);

/* Bytes of a source: DOTSYNC_PAYLOAD and the others; DOTSYNC_NOENT where there is none. Of an answer: its Content-Length, or DOTSYNC_NOENT. */
DOTSYNC_IMPORT(size) int64_t dotsync_size(int32_t source);

/*
 * Copies bytes of a source or an answer's body to `out`; returns their number, less than `size` only where it ends, 0 at the end.
 * An answer is read in order: `off` is where the last read ended, else DOTSYNC_STATE; an answer cut off is DOTSYNC_NET.
 */
DOTSYNC_IMPORT(read) int64_t dotsync_read(int32_t source, int64_t off, void *out, int32_t size);

/* Appends to the new payload, which begins empty; returns `size`, or DOTSYNC_LIMIT (DOTSYNC_PAYLOAD_MAX), DOTSYNC_IO (disk full). */
DOTSYNC_IMPORT(write) int64_t dotsync_write(const void *data, int32_t size);

/*
 * Appends a range of a source or answer to the new payload without passing through the guest; len -1: the rest.  Returns the bytes
 * copied.  After an error some of them may have been appended: dotsync_discard() before writing something else.
 */
DOTSYNC_IMPORT(copy) int64_t dotsync_copy(int32_t source, int64_t off, int64_t len);

/* Forgets the new payload written so far. */
DOTSYNC_IMPORT(discard) int64_t dotsync_discard(void);

/* Replaces context.json (UTF-8) when the run succeeds; DOTSYNC_DENIED in sealed archives. */
DOTSYNC_IMPORT(set_context) int64_t dotsync_set_context(const char *json, int32_t size);

/* Random bytes, good enough for keys. */
DOTSYNC_IMPORT(random) int64_t dotsync_random(void *out, int32_t size);

/* Waits; DOTSYNC_TIMEOUT when the run's time (DOTSYNC_WALL_MS) is over first. */
DOTSYNC_IMPORT(sleep) int64_t dotsync_sleep(int64_t ms);

/* A line, or lines, for whoever looks (`dotsync refresh -v`); DOTSYNC_LIMIT when DOTSYNC_LOG_BYTES are used up, and what does not fit is dropped. */
DOTSYNC_IMPORT(log) int64_t dotsync_log(int32_t level, const char *text, int32_t size);

/* For people watching: bytes done of bytes in all (0: unknown). */
DOTSYNC_IMPORT(progress) int64_t dotsync_progress(int64_t done, int64_t total);

/*
 * Says how it went, once: DOTSYNC_UPDATED (what was written is the new payload; if nothing was, nothing changes), _UPDATED_EMPTY (the new
 * payload is empty, and meant to be), _UNCHANGED (the data is as fresh as now), _FAILED.  After a failure `retry_s` > 0
 * asks to be tried again no earlier than that; the message is for people.
 */
DOTSYNC_IMPORT(finish) int64_t dotsync_finish(int32_t outcome, int64_t retry_s, const char *message, int32_t size);

#endif
