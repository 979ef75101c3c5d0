/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * frame.h - the frames between dotsync-refresh (the host) and dotsync-worker.
 *
 * One SOCK_SEQPACKET socket, descriptor 3 of the worker.  Every packet is one frame of at
 * most DSYNC_FRAME_SIZE_MAX bytes: a header of 16 bytes, then the body.  Integers are
 * little-endian.
 *
 *	offset  size  field
 *	0       4     magic "DSYF"
 *	4       2     type
 *	6       2     zero
 *	8       4     sequence number, from 0, per direction, no gaps
 *	12      4     length of the body
 *
 * Conversation (doc/worker.md):
 *
 *	                         the host starts the worker with one argument, dsync_frame_format_argument():
 *	                         limits that the kernel enforces must be set before the worker locks itself
 *	worker: READY            which layers hold, which engine; nothing of the guest was sent yet
 *	        (or FAILED, INTERNAL: a layer that must hold does not; the text names it)
 *	host:   JOB              compile or run, limits; they must be those of the argument
 *	host:   DATA ... DATA    the module, or its compiled code; the last one has the flag LAST
 *	worker: CODE ... CODE    (compile) the compiled code; the last one has the flag LAST
 *	worker: CALL             (run) one call of the guest; the host answers each with one RESULT
 *	worker: DONE or FAILED   the last frame; then exit 0
 *
 * FINISH is called by the guest in the contract dotsync.v1, and by the worker itself, once and last, in the
 * contracts host and WASI: updated when the guest wrote a payload, updated-empty when a host guest wrote one
 * of no bytes, unchanged when it wrote none (always, in push mode), failed when it exited with another code than 0.  The worker answers
 * GET of CPU time, log bytes and memory limit itself.
 *
 * Anything else, a wrong number, a short or long packet, a descriptor in a packet: the receiver ends the
 * conversation (the host kills the worker).  This file only packs and unpacks; sockets are the programs' affair.
 */
#ifndef RUNTIME_FRAME_H
#define RUNTIME_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "runtime/build_id.h"

#define DSYNC_FRAME_MAGIC UINT32_C(0x46595344) /* "DSYF" */
#define DSYNC_FRAME_SIZE_MAX 65536u
#define DSYNC_FRAME_HEADER_SIZE 16u
#define DSYNC_FRAME_CALL_DATA_MAX 61440u /* bytes that ride on one CALL or RESULT */
#define DSYNC_FRAME_FD 3                 /* the worker's end */
#define DSYNC_FRAME_VERSION 1u

enum dsync_frame_type {
	DSYNC_FRAME_READY = 1,
	DSYNC_FRAME_CODE = 2,
	DSYNC_FRAME_CALL = 3,
	DSYNC_FRAME_DONE = 4,
	DSYNC_FRAME_FAILED = 5,
	DSYNC_FRAME_JOB = 16,
	DSYNC_FRAME_DATA = 17,
	DSYNC_FRAME_RESULT = 18,
};

/* A frame as received: the body is a view of the caller's packet. */
struct dsync_frame {
	uint16_t type;
	uint32_t sequence;
	struct dsync_view body;
};

/* The type's name, such as "READY", for messages; "unknown" for other numbers. */
const char *dsync_frame_name(uint16_t type);

/* Checks magic, zero field, length and sequence number; DSYNC_ERR_PROTOCOL. */
int dsync_frame_parse(const void *packet, size_t size, uint32_t expected_sequence, struct dsync_frame *frame);

/*
 * Starts a packet in `out` (cleared first); the body is appended by the caller or a pack function, then end() sets its
 * length: DSYNC_ERR_LIMIT past DSYNC_FRAME_SIZE_MAX, or the buffer's own failure.
 */
void dsync_frame_begin(struct dsync_buffer *out, enum dsync_frame_type type, uint32_t sequence);
int dsync_frame_end(struct dsync_buffer *out);

/*
 * The functions below append a body to a packet that was begun (0, or the buffer's failure), and read one back: a body
 * that is too short or too long, or a value out of range, is DSYNC_ERR_PROTOCOL and leaves the struct zeroed.
 */

/* ---- READY: what holds ---- */

#define DSYNC_ENGINE_ID_SIZE 32

enum dsync_sandbox_namespace { /* bits */
	DSYNC_NS_USER = 1,
	DSYNC_NS_NET = 2,
	DSYNC_NS_IPC = 4,
	DSYNC_NS_MOUNT = 8,
	DSYNC_NS_UTS = 16,
	DSYNC_NS_CGROUP = 32,
};

enum dsync_seccomp_profile { DSYNC_SECCOMP_NONE = 0, DSYNC_SECCOMP_P1 = 1 };

struct dsync_frame_ready {
	uint32_t version;                              /* DSYNC_FRAME_VERSION */
	unsigned char build_id[DSYNC_BUILD_ID_SIZE];   /* of the build; host and worker must be of one build */
	unsigned char engine_id[DSYNC_ENGINE_ID_SIZE]; /* version, configuration, processor: part of the cache key */
	uint32_t landlock_abi;                         /* 0: off */
	uint32_t landlock_errata;
	uint32_t landlock_scopes; /* bits: 1 abstract sockets, 2 signals */
	uint32_t landlock_net;    /* 1: TCP bind and connect are handled */
	uint32_t namespaces;      /* DSYNC_NS_* that were entered */
	uint32_t seccomp;         /* enum dsync_seccomp_profile */
	uint32_t no_new_privs;    /* 1 when set */
	uint32_t not_root;        /* 1 when the real, effective and saved uid are not 0 */
	uint32_t rlimits;         /* 1 when all were set and read back */
	uint32_t no_capabilities; /* 1 when the effective, permitted and inheritable sets are empty */
	uint32_t mdwe;            /* 1 when memory-deny-write-execute holds; never with an engine that maps its code */
};

int dsync_frame_pack_ready(struct dsync_buffer *out, const struct dsync_frame_ready *ready);
int dsync_frame_unpack_ready(struct dsync_view body, struct dsync_frame_ready *ready);

/* ---- JOB ---- */

enum dsync_job_mode {
	DSYNC_JOB_COMPILE = 1,
	DSYNC_JOB_RUN = 2,
	DSYNC_JOB_DECODE = 3, /* run, with memory for decoders: a module that imports dotsync.decode.v1 */
};

enum dsync_contract {
	DSYNC_CONTRACT_UNKNOWN = 0,
	DSYNC_CONTRACT_DOTSYNC = 1,
	DSYNC_CONTRACT_HOST = 2,
	DSYNC_CONTRACT_WASI = 3
};

struct dsync_frame_job {
	uint32_t mode;
	uint32_t push;           /* 1: push mode (source 3 holds the pushed payload) */
	uint64_t data_size;      /* bytes that follow in DATA frames */
	uint64_t memory_max;     /* of the guest's linear memory, bytes */
	uint64_t cpu_ms;         /* of compiling, or of running the guest */
	uint64_t log_max;        /* bytes of log that are passed on */
	unsigned char seed[32];  /* of the guest's random numbers */
	int64_t now_ms;          /* the host's clock when the job began */
	uint32_t argument_count; /* strings that follow, each with its NUL: WASI arguments, then NAME=VALUE */
	uint32_t environment_count;
	struct dsync_view strings;
};

/* `strings` holds exactly the promised number of NUL-terminated strings; the view of an unpacked job is of the packet. */
int dsync_frame_pack_job(struct dsync_buffer *out, const struct dsync_frame_job *job);
int dsync_frame_unpack_job(struct dsync_view body, struct dsync_frame_job *job);

/* What the argument may ask for; what a worker that compiles gets is derived from data_size. */
#define DSYNC_FRAME_DATA_MAX (UINT64_C(256) << 20)
#define DSYNC_FRAME_MEMORY_MAX (UINT64_C(4) << 30)
#define DSYNC_FRAME_CPU_MS_MAX (UINT64_C(24) * 3600 * 1000)

/*
 * The worker's only argument, "run:memory_max:cpu_ms:data_size", or "decode:..." or "compile:...", in decimal.  The limits must be
 * within those above, and none 0: DSYNC_ERR_LIMIT.  Parsing fills these four members, zeroes the rest; DSYNC_ERR_SYNTAX.
 */
#define DSYNC_FRAME_ARGUMENT_SIZE 72
int dsync_frame_format_argument(char out[DSYNC_FRAME_ARGUMENT_SIZE], const struct dsync_frame_job *job);
int dsync_frame_parse_argument(const char *text, struct dsync_frame_job *job);

/* ---- DATA and CODE: u32 flags, then bytes ---- */

#define DSYNC_FRAME_LAST 1u
#define DSYNC_FRAME_CHUNK_MAX (DSYNC_FRAME_SIZE_MAX - DSYNC_FRAME_HEADER_SIZE - 4u)

struct dsync_frame_chunk {
	bool last;
	struct dsync_view data; /* empty only in a last chunk */
};

int dsync_frame_pack_chunk(struct dsync_buffer *out, const struct dsync_frame_chunk *chunk);
int dsync_frame_unpack_chunk(struct dsync_view body, struct dsync_frame_chunk *chunk);

/* ---- CALL and RESULT ---- */

enum dsync_call {
	/* dotsync.v1; arguments a, b, c; `data` is what travels beside them; the answer's value is the i64 that the guest gets */
	DSYNC_CALL_GET = 1, /* a key */
	DSYNC_CALL_ENV,     /* data: name -> full length, data: value */
	DSYNC_CALL_FETCH_BODY, /* data: next piece of a request body, collected until FETCH -> 0; an error forgets the pieces */
	DSYNC_CALL_FETCH,  /* a flags; data: head -> handle */
	DSYNC_CALL_STATUS, /* a handle */
	DSYNC_CALL_HEADER, /* a handle; data: name -> full length, data: value */
	DSYNC_CALL_CLOSE,  /* a handle */
	DSYNC_CALL_SIZE,   /* a source */
	DSYNC_CALL_READ,   /* a source, b offset, c bytes (at most CALL_DATA_MAX) -> count, data */
	DSYNC_CALL_WRITE,  /* data: appended to the new payload -> 0 or more */
	DSYNC_CALL_COPY,   /* a source, b offset, c length or -1 -> bytes copied */
	DSYNC_CALL_DISCARD,
	DSYNC_CALL_CONTEXT,  /* a 1 when this is the last piece; data: next piece of the new context */
	DSYNC_CALL_SLEEP,    /* a ms */
	DSYNC_CALL_LOG,      /* a level; data: text */
	DSYNC_CALL_PROGRESS, /* a done, b total */
	DSYNC_CALL_FINISH,   /* a outcome, b retry seconds; data: message */
	/* host.*; results are those of doc/contracts/host.md */
	/* a bytes of the URL, or negative: only forget the last answer; data: URL, then method -> status or negative */
	DSYNC_CALL_HTTP = 64,
	DSYNC_CALL_LAST_SIZE, /* -> bytes of the last response's body, at most INT32_MAX */
	DSYNC_CALL_LAST_READ, /* b offset, c bytes -> count, data */
	DSYNC_CALL_WRITE_AT,  /* b offset; data: overwrites or extends the new payload (gaps are zeros) -> count */
};

/* A call that is not in the table is DSYNC_ERR_PROTOCOL. */
struct dsync_frame_call {
	uint16_t call;
	int64_t a, b, c;
	struct dsync_view data;
};

struct dsync_frame_result {
	int64_t value;
	struct dsync_view data;
};

int dsync_frame_pack_call(struct dsync_buffer *out, const struct dsync_frame_call *call);
int dsync_frame_unpack_call(struct dsync_view body, struct dsync_frame_call *call);
int dsync_frame_pack_result(struct dsync_buffer *out, const struct dsync_frame_result *result);
int dsync_frame_unpack_result(struct dsync_view body, struct dsync_frame_result *result);

/* ---- DONE ---- */

struct dsync_frame_done {
	uint32_t contract;    /* enum dsync_contract, known after compiling too */
	uint32_t exit_code;   /* of the guest: proc_exit, or an i32 that run returned */
	uint64_t memory_peak; /* of the linear memory, bytes */
	uint64_t cpu_us;      /* compiling or running */
	uint64_t start_us;    /* from the worker's start to the guest's first instruction */
	uint64_t log_dropped; /* bytes of log past the limit */
};

int dsync_frame_pack_done(struct dsync_buffer *out, const struct dsync_frame_done *done);
int dsync_frame_unpack_done(struct dsync_view body, struct dsync_frame_done *done);

/* ---- FAILED ---- */

enum dsync_guest_failure {
	DSYNC_GUEST_INVALID = 1, /* not a module, a feature that is off */
	DSYNC_GUEST_IMPORT,      /* unknown or mistyped import, named in the text */
	DSYNC_GUEST_EXPORT,      /* no memory, no entry point */
	DSYNC_GUEST_TOO_LARGE,   /* module, code, memory */
	DSYNC_GUEST_TRAP,        /* text names it */
	DSYNC_GUEST_TIME,        /* CPU time of compiling or running */
	DSYNC_GUEST_STALE_CODE,  /* compiled code of another engine: compile again */
	DSYNC_GUEST_INTERNAL,    /* out of memory in the worker and the like */
};

struct dsync_frame_failed {
	uint32_t failure;
	struct dsync_view text; /* UTF-8, at most 1 KiB; hostile */
};

/* Longer texts are cut between characters; unpacking refuses them. */
#define DSYNC_FRAME_TEXT_MAX 1024u
int dsync_frame_pack_failed(struct dsync_buffer *out, const struct dsync_frame_failed *failed);
int dsync_frame_unpack_failed(struct dsync_view body, struct dsync_frame_failed *failed);

/* Numbers of dotsync.v1, the same in guest/dotsync.h. */
enum dsync_guest_error {
	DSYNC_GUEST_ERR_FAULT = -1,
	DSYNC_GUEST_ERR_INVAL = -2,
	DSYNC_GUEST_ERR_NOENT = -3,
	DSYNC_GUEST_ERR_DENIED = -4,
	DSYNC_GUEST_ERR_NET = -5,
	DSYNC_GUEST_ERR_TIMEOUT = -6,
	DSYNC_GUEST_ERR_LIMIT = -7,
	DSYNC_GUEST_ERR_STATE = -8,
	DSYNC_GUEST_ERR_IO = -9,
	DSYNC_GUEST_ERR_UNKNOWN = -10,
};

enum dsync_guest_outcome {
	DSYNC_GUEST_FAILED = 0,
	DSYNC_GUEST_UNCHANGED = 1,
	DSYNC_GUEST_UPDATED = 2,
	DSYNC_GUEST_UPDATED_EMPTY = 3,
};

enum dsync_guest_key {
	DSYNC_GUEST_KEY_NOW = 0,
	DSYNC_GUEST_KEY_REASON = 1,
	DSYNC_GUEST_KEY_SEALED = 2,
	DSYNC_GUEST_KEY_WALL_MS = 3,
	DSYNC_GUEST_KEY_CPU_MS = 4,
	DSYNC_GUEST_KEY_REQUESTS = 5,
	DSYNC_GUEST_KEY_BYTES_IN = 6,
	DSYNC_GUEST_KEY_LOG_BYTES = 7,
	DSYNC_GUEST_KEY_MEMORY_MAX = 8,
	DSYNC_GUEST_KEY_PAYLOAD_MAX = 9,
};

enum dsync_guest_source {
	DSYNC_GUEST_SOURCE_PAYLOAD = 0,
	DSYNC_GUEST_SOURCE_CONTEXT = 1,
	DSYNC_GUEST_SOURCE_MANIFEST = 2,
	DSYNC_GUEST_SOURCE_PUSHED = 3,
	DSYNC_GUEST_SOURCE_RELEASE = 4,
	DSYNC_GUEST_SOURCE_RESPONSE = 16, /* and up */
};

#endif
