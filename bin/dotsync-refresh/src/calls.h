/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * calls.h - what this host answers to the calls of one guest.
 *
 *	dsync_calls_init(&calls, ...);
 *	rc = dsync_calls_answer(&calls, &call, &result);       for each CALL frame
 *	... calls.finished, calls.outcome, calls.fault ...
 *	dsync_calls_finish(&calls);
 *
 * The guest is not trusted and neither is the worker: every number that comes is checked here, whatever was
 * checked there.  A refusal is a number for the guest and, for people, an error in `fault`; a negative return ends the run.
 */
#ifndef REFRESH_CALLS_H
#define REFRESH_CALLS_H

#include "broker/broker.h"
#include "caller.h"
#include "runtime/attest.h"
#include "runtime/config.h"
#include "runtime/frame.h"
#include "runtime/state.h"
#include "secrets.h"
#include "staging.h"

#define DSYNC_CALLS_RESPONSES_MAX 8u
#define DSYNC_CALLS_REQUEST_BODY_MAX (UINT32_C(4) << 20)
#define DSYNC_CALLS_LOG_MAX 65536u
#define DSYNC_CALLS_MESSAGE_SIZE 512u

/* What a conditional request is made with, and what the answer gave for the next one. */
struct dsync_validators {
	bool present;
	unsigned char request[16]; /* dsync_attest_bind_key(); of `got`, before it was bound */
	char etag[DSYNC_STATE_VALIDATOR_MAX + 1];
	char last_modified[DSYNC_STATE_VALIDATOR_MAX + 1];
};

/* An answer that the guest holds. */
struct dsync_open_response {
	int64_t handle; /* 0: free */
	struct dsync_response *response;
};

/* The permissions of one run. */
struct dsync_permissions {
	struct dsync_host_list asked, granted, withheld, private_;
	bool network_none;
	const struct dsync_strings *env_asked; /* names of variables of this process, which are its caller's */
	const struct dsync_strings *env_granted;
};

struct dsync_calls {
	/* set by the run before init, borrowed */
	struct dsync_caller *caller;
	struct dsync_archive *base;
	struct dsync_staging *staging;
	const struct dsync_config *config;
	struct dsync_permissions permissions;
	int worker_fd;
	int spool_folder;       /* where answers of the host contract are spooled */
	const char *spool_name; /* in it, where files must have a name */
	int64_t timeout_ms;     /* of the run, without what the network's bytes add */
	uint64_t payload_max;
	int64_t reason;              /* DSYNC_GUEST_KEY_REASON */
	const char *record, *replay; /* folders of recorded answers; NULL: none */
	struct dsync_view pushed;    /* NULL data: nothing was */
	bool sealed;
	struct dsync_result *
		fill; /* the first payload is fetched: the network is a person's who typed the URLs, and this has what is to be told; else NULL */
	struct dsync_run_secrets *secrets; /* freed with the calls; NULL: none */
	struct dsync_validators known;     /* of the state record: belongs to this generation */
	struct dsync_validators attested;  /* of sync.attest: to be used only after the payload's hash was compared */
	unsigned char attested_payload[DSYNC_HASH_SIZE];
	unsigned char updater_hash[DSYNC_HASH_SIZE];

	/* the rest is the calls' own */
	int64_t start_ms;
	struct dsync_broker *broker; /* made at the first request */
	size_t told;                 /* of its records, in events */
	struct dsync_open_response open[DSYNC_CALLS_RESPONSES_MAX];
	int64_t next_handle;
	struct dsync_buffer request_body;
	struct dsync_buffer old_context;
	bool old_context_read;
	struct dsync_buffer new_context;
	bool has_new_context; /* all its pieces came */
	size_t log_bytes;
	struct dsync_buffer data; /* what travels beside a result */
	int spool;                /* the host contract's last answer, -1: none */
	uint64_t spool_size;

	bool finished;   /* the guest said how it went */
	int64_t outcome; /* enum dsync_guest_outcome */
	int64_t retry_s; /* asked for by guest or server, -1: not */
	char message[DSYNC_CALLS_MESSAGE_SIZE];
	struct dsync_error fault;    /* the last thing that went wrong, forgotten when a later request goes well */
	struct dsync_validators got; /* of the last good answer */
	unsigned char got_url[DSYNC_HASH_SIZE];
	int got_status;
};

/* Starts the clock; the members above were set in a zeroed struct. */
void dsync_calls_init(struct dsync_calls *c);
void dsync_calls_finish(struct dsync_calls *c);

/* 0 with the result, whose data lives until the next call; negative (CANCELLED, GUEST...) ends the run, with c->fault filled. */
int dsync_calls_answer(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result);

/* Milliseconds that the run may still take. */
int64_t dsync_calls_time_left(const struct dsync_calls *c);

/* --- between the files of the calls --- */

/* A handler fills the result; it returns 0, or a negative code that ends the run. */
typedef int
dsync_call_handler(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result);

/* calls_fetch.c */
dsync_call_handler dsync_calls_fetch_body, dsync_calls_fetch, dsync_calls_status, dsync_calls_header, dsync_calls_close;

/* calls_payload.c */
dsync_call_handler dsync_calls_size, dsync_calls_read, dsync_calls_write, dsync_calls_copy, dsync_calls_discard;
dsync_call_handler dsync_calls_context;

/* Binds a request's key to the context that is there, and that of `got` to the one that will be. */
void dsync_calls_bind_key(struct dsync_calls *c, unsigned char key[16]);
void dsync_calls_got_key(const struct dsync_calls *c, unsigned char key[16]);

/* calls_host.c */
dsync_call_handler dsync_calls_http, dsync_calls_last_size, dsync_calls_last_read, dsync_calls_write_at;

/* calls_broker.c: the broker, made when it is first needed, and what its answers mean. */
int dsync_calls_request(struct dsync_calls *c, const struct dsync_request *request, struct dsync_response **response);
struct dsync_open_response *dsync_calls_find(struct dsync_calls *c, int64_t handle);

/* Remembers a failure; returns the guest's number for it, with *end set to a code that ends the run, or 0. */
int64_t dsync_calls_fail(struct dsync_calls *c, const struct dsync_error *err, int *end);

/* The same for what staging refused. */
int64_t dsync_calls_fail_staging(struct dsync_calls *c);

/* Is the caller gone, or the worker?  0, or a negative code; for the broker and for sleeping. */
int dsync_calls_interrupted(void *calls);

#endif
