/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * job.h - what the caller and dotsync-refresh say to each other.
 *
 * One SOCK_SEQPACKET socket, descriptor 3 of dotsync-refresh.  Every packet is one JSON object of at most
 * DSYNC_JOB_SIZE_MAX bytes:
 *
 *	caller:  {"job": ...}                 once; may carry one descriptor (fetch: where the body goes; push: what is pushed)
 *	helper:  {"event": ...}  any number   started, waiting, progress, request, log, sandbox
 *	helper:  {"outcome": ...}             once; the helper ends unless the outcome is staged
 *	caller:  {"decision": "commit"|"discard"}   only after a staged outcome
 *	helper:  {"outcome": ...}             the final one
 *
 * Paths and commands of a job are texts; one that is no UTF-8 goes as "NAME_hex", digits of its bytes, and never as both.
 *
 * Closing the socket cancels, unless the job said "background".  Both sides read the other's packets strictly: unknown members, duplicate
 * members, wrong types and overlong packets end the conversation (DSYNC_ERR_PROTOCOL).
 */
#ifndef RUNTIME_JOB_H
#define RUNTIME_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/error.h"
#include "dotsync/refresh.h"
#include "runtime/grants.h"

#define DSYNC_JOB_FD 3
#define DSYNC_JOB_SIZE_MAX (128u * 1024u)

enum dsync_job_kind {
	DSYNC_JOB_REFRESH, /* the main job */
	DSYNC_JOB_FETCH,   /* get one URL that a person typed: for `create --from` and `get`; no wasm, no archive */
	DSYNC_JOB_CHECK,   /* is everything there?  start the worker, report the sandbox, end: for `doctor` */
};

struct dsync_job {
	enum dsync_job_kind kind;
	unsigned char build_id[16];
	char *path;       /* of the archive, absolute */
	char *config_dir; /* NULL where there is none; so are the next ones */
	char *state_dir;
	char *cache_dir;
	char *machine_dir;
	char *helper_dir;
	bool background;
	bool force, dry_run, explain, stage;
	char *to, *check, *exec; /* NULL: none; `to` absolute */
	char *working_dir;       /* of check and exec */
	char *record, *replay;   /* folders of recorded answers, absolute; NULL: none */
	char *sandbox;           /* NULL: the configuration's */
	bool session_grant;      /* the caller allows what the manifest asks for, this once */
	bool fill; /* `create`: the first payload by a built-in updater; it may go wherever the URLs that a person typed lead, and the
	                            result has the members of fetch; nothing is remembered of it */
	bool offline; /* the network is not to be used: an updater is not started */
	/* of a session */
	bool push; /* the descriptor holds a payload: the updater sees it in push mode, then it is the archive's */
	bool narrow_hosts, narrow_env; /* of what the manifest asks for only these, letter by letter */
	struct dsync_strings hosts, env;
	uint64_t cpu_ms, memory_max; /* limits below the archive's own; 0: none */
	/* fetch */
	char *url;
	int64_t timeout_ms; /* of a refresh too, where it is less than the archive's; -1: none */
	uint64_t size_max;
};

void dsync_job_init(struct dsync_job *job);
void dsync_job_finish(struct dsync_job *job);
int dsync_job_write(const struct dsync_job *job, struct dsync_buffer *out);
int dsync_job_read(const void *packet, size_t size, struct dsync_job *job, struct dsync_error *err);

/* One request that was made, for reports. */
struct dsync_job_request {
	char *method;
	char *url;
	int status;
	uint64_t bytes;
	bool cached; /* 304 */
};

/* What came of a job. */
struct dsync_result {
	enum dsync_outcome_kind kind;
	bool staged;   /* waits for a decision */
	char *staging; /* where the whole new archive is while it waits; NULL otherwise */
	bool shared;
	struct dsync_error error;
	char generation[33];
	uint64_t payload_size;
	char *sandbox; /* the report line; NULL when no worker ran */
	struct dsync_job_request *requests;
	size_t request_count;
	int64_t next_attempt; /* after a failure; INT64_MIN none */
	int64_t timing_lock_us, timing_worker_us, timing_compile_us, timing_start_us, timing_run_us, timing_commit_us,
		timing_total_us; /* -1: did not happen */
	int64_t cpu_us,
		memory_peak; /* what the updater took: of time to compute, and bytes; -1: it did not run to its end */
	struct dsync_strings asked, missing; /* consent: host entries, "env:NAME" */
	char *explanation;                   /* explain: lines for people; NULL otherwise */
	/* fetch */
	int status;
	char *final_url;
	struct dsync_strings origins; /* every hop's "scheme://host[:port]" in the form of a host entry */
	char *content_type, *etag, *last_modified, *file_name; /* NULL when the server said none */
	int64_t max_age;                                       /* seconds, -1: not said */
	bool has_payload_hash;                                 /* the whole body came */
	unsigned char payload_hash[DSYNC_HASH_SIZE];           /* of the body that was fetched */
	int64_t took_ms;
};

void dsync_result_init(struct dsync_result *result);
void dsync_result_finish(struct dsync_result *result);
int dsync_result_write(const struct dsync_result *result, struct dsync_buffer *out);

/* Appends what programs read of a result, "outcome" to "error" of doc/schema/refresh.json, to an object that is open. */
void dsync_result_describe(const struct dsync_result *result, struct dsync_buffer *out);

int dsync_event_write(const struct dsync_event *event, struct dsync_buffer *out);

/* A packet from the helper: event (texts live until dsync_message_finish) or outcome. */
struct dsync_message {
	bool is_outcome;
	struct dsync_event event;
	struct dsync_result result;
	void *storage;
};
int dsync_message_read(const void *packet, size_t size, struct dsync_message *message, struct dsync_error *err);
void dsync_message_finish(struct dsync_message *message);

#endif
