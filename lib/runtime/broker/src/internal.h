/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * internal.h - what the files of the broker share.
 *
 *	url.c url_path.c url_resolve.c host.c	text to struct dsync_url
 *	url_curl.c				the second opinion: curl_url
 *	host_rule.c policy.c address.c		may this request go there?
 *	request_header.c			may the guest say this?
 *	broker.c record.c			budgets and the report
 *	fetch.c request.c			one request, and the hops it is led through
 *	transfer.c transfer_address.c		driving curl, and its questions about addresses
 *	head.c response.c cache.c		what came back
 *	tape.c					answers kept in a folder, and given again
 *	secret.c guard.c			what guests may send and never see
 *	resolve.c				replaced by tests when they are linked
 */
#ifndef BROKER_INTERNAL_H
#define BROKER_INTERNAL_H

#include <curl/curl.h>

#include "base/buffer.h"
#include "broker/address.h"
#include "broker/broker.h"
#include "broker/host_rule.h"
#include "broker/url.h"

/* --- hosts and URLs --- */

/*
 * Reads a host as it stands in a URL (an IPv6 address without its brackets) into lower case and one spelling.
 * Returns NULL, or what is wrong with it.
 */
const char *
dsync__host_parse(const char *text, size_t size, enum dsync_url_host_kind *kind, char host[DSYNC_URL_HOST_SIZE]);

/* A port of 1 to 65535 without leading zero; false for anything else. */
bool dsync__port_parse(const char *text, size_t size, uint16_t *port);

/* Appends the path (which starts with '/' or is empty) without dot segments to `out`; returns its length. */
size_t dsync__path_normalise(char *out, const char *path, size_t size);

/* Parses url->text with curl as well; SYNTAX unless it is read the same way.  The handle is for CURLOPT_CURLU. */
int dsync__url_to_curl(const struct dsync_url *url, CURLU **handle, struct dsync_error *err);

/* --- policy --- */

struct dsync__rules {
	struct dsync_host_rule *rules;
	size_t count;
	char *unusable; /* the first entry that is none, NULL: all are */
};

int dsync__rules_create(struct dsync__rules *rules, const struct dsync_host_list *list, struct dsync_error *err);
void dsync__rules_finish(struct dsync__rules *rules);
bool dsync__rules_allow(const struct dsync__rules *rules, const struct dsync_url *url);

/* POLICY unless the run may ask this URL; hosts only, addresses are seen when the socket is opened. */
int dsync__policy_check_url(const struct dsync_broker *broker, const struct dsync_url *url, struct dsync_error *err);

/* POLICY unless a connection on behalf of `url` may go to this address. */
int dsync__policy_check_address(const struct dsync_broker *broker, const struct dsync_url *url,
	const struct sockaddr *address, socklen_t size, struct dsync_error *err);

/* The same for a URL whose host is an address already; 0 for names. */
int
dsync__policy_check_literal(const struct dsync_broker *broker, const struct dsync_url *url, struct dsync_error *err);

/* --- requests --- */

enum dsync__method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

int dsync__method_parse(const char *text, size_t size, enum dsync__method *method, struct dsync_error *err);
const char *dsync__method_name(enum dsync__method method);

#define DSYNC__HEADER_BYTES_MAX 8192u /* of all guest headers of a request together */

/* POLICY, rule "header", at the first header that a guest may not send. */
int dsync__request_headers_check(const struct dsync_header *headers, size_t count, struct dsync_error *err);

/* Visible ASCII, spaces and tabs. */
bool dsync__header_value_ok(const char *value, size_t size);

#define DSYNC__SECRETS_SENT_MAX 4u /* in one request */

/* What one hop sends.  Everything is borrowed from the caller of dsync_broker_fetch(). */
struct dsync__hop {
	const struct dsync_request *request;
	enum dsync__method method;
	bool with_body;    /* request->body is sent */
	bool with_headers; /* the guest's headers are sent */
	unsigned redirects;
	const struct dsync_broker_secret
		*secrets[DSYNC__SECRETS_SENT_MAX]; /* those of headers, then those of the URL */
	size_t secret_count;
};

/* --- secrets --- */

/* Has this header a template in it?  Whether it may, dsync__secrets_find() says. */
bool dsync__secret_is_in(const struct dsync_header *header);

/* Finds what the request names; POLICY, rule "secret", unless each may be sent where it stands. */
int dsync__secrets_find(const struct dsync_broker *broker, const struct dsync_url *url, struct dsync__hop *hop,
	struct dsync_error *err);

/* Appends the line of a header that is a secret: 1; 0 for all others. */
int dsync__secret_header(const struct dsync__hop *hop, const struct dsync_header *header, struct dsync_buffer *line);

/* dsync__url_to_curl() with the values of the secrets in the URL, which a redirect's never has. */
int
dsync__secret_url(const struct dsync__hop *hop, const struct dsync_url *url, CURLU **handle, struct dsync_error *err);

/* Appends the value as it stands in a query. */
void dsync__secret_encode(const char *value, struct dsync_buffer *out);

/* Finishes a buffer that held a secret. */
void dsync__wipe(struct dsync_buffer *text);

/* Looks for the secrets of a request in its answer; NULL where it has none, and then all pass. */
struct dsync__guard;
int dsync__guard_create(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err);
void dsync__guard_destroy(struct dsync__guard *guard);
bool dsync__guard_finds(const struct dsync__guard *guard, const void *data, size_t size);
int dsync__guard_refuse(struct dsync_response *r); /* sets r->fault */

/*
 * Passes a piece of the body on to `next` (0, or negative, which ends the response), less what may be the beginning of a
 * secret; negative as well when one is there, with r->fault set.  At the end of the body what was held is passed on: 1, or 0 when
 * there was nothing.
 */
typedef int dsync__guard_next(struct dsync_response *r, const void *data, size_t size);
int dsync__guard_pass(struct dsync_response *r, const void *data, size_t size, dsync__guard_next *next);
int dsync__guard_end(struct dsync_response *r, dsync__guard_next *next);
size_t dsync__guard_held(const struct dsync_response *r);

/* --- the broker --- */

struct dsync__record {
	char *url;
	enum dsync__method method;
	struct dsync_broker_record public_;
};

struct dsync_broker {
	struct dsync_broker_policy policy;
	struct dsync__rules asked;
	struct dsync__rules granted;
	struct dsync__rules withheld;
	struct dsync__rules private_;
	struct dsync_url first; /* with record_hosts: the URL that a person typed; text "" before it */
	int64_t start_ms;       /* monotonic */
	uint64_t bytes_in;
	uint64_t bytes_out;
	struct dsync__record records[DSYNC_BROKER_REQUESTS_MAX];
	size_t record_count; /* each request takes one */
	int tape_folder;     /* of policy.record or policy.replay, -1: none */
	uint64_t replayed;   /* a bit for each answer that was given */
};

/* Starts a record, which is what counts requests: LIMIT, rule "requests", when there were too many. */
int dsync__record_add(struct dsync_broker *broker, const struct dsync_url *url, enum dsync__method method,
	struct dsync__record **record, struct dsync_error *err);

/* --- responses --- */

#define DSYNC__FIELDS_MAX 256u              /* header fields of an answer */
#define DSYNC__HEAD_BYTES_MAX (64u * 1024u) /* of all heads of an answer, interim ones and trailers included */
#define DSYNC__HEAD_LINE_MAX (8u * 1024u)
#define DSYNC__INTERIM_MAX 16u
#define DSYNC__BUFFER_SIZE (512u * 1024u) /* the most that curl reads at once; and what an unread body may take */
#define DSYNC__CONNECT_MS 10000
#define DSYNC__STALL_MS 15000 /* a body slower than STALL_BYTES in this time is given up */
#define DSYNC__STALL_BYTES (64u * 15u)

struct dsync__field {
	char *name;  /* as sent */
	char *value; /* joined with ", " */
	unsigned count;
};

/* How long this much of a body has been waited for; time in which nobody reads does not count. */
struct dsync__stall {
	int64_t waited_ms;
	uint64_t bytes;
};

/* Adds a wait; true when the server was too slow for too long. */
bool dsync__stall_add(struct dsync__stall *stall, int64_t waited_ms, uint64_t bytes);

struct dsync_response {
	struct dsync_broker *broker;
	struct dsync__record *record;
	struct dsync_url url; /* of this hop */
	enum dsync__method method;
	CURL *easy;
	CURLM *multi; /* its own: no connection, name or state is shared between requests */
	CURLU *curl_url;
	struct curl_slist *headers;
	bool conditional; /* the answer 304 was asked for, or is welcome */
	struct curl_slist *resolve;
	char curl_error[CURL_ERROR_SIZE];
	int64_t start_ms;

	/* The head; final once head_done. */
	bool head_done;
	int status;
	unsigned interim;
	size_t head_bytes;
	struct dsync__field fields[DSYNC__FIELDS_MAX];
	size_t field_count;
	int64_t length; /* of the body as sent, -1 unknown */
	bool chunked;

	/* The body. */
	unsigned char *pending; /* DSYNC__BUFFER_SIZE bytes once needed */
	size_t pending_at;
	size_t pending_end;
	bool paused;
	dsync_response_sink *sink; /* while piping */
	void *sink_user;
	uint64_t sink_left;
	int sink_error;
	uint64_t received;
	uint64_t position;
	struct dsync__stall stall;

	bool done; /* curl is through; `result` says how */
	CURLcode result;
	struct dsync__tape *tape;   /* NULL: none */
	struct dsync__guard *guard; /* NULL: no secret was sent */
	struct dsync_error fault;   /* what a callback refused for good; code 0 when nothing */
	struct dsync_error refused; /* the last address that was; another one may have served */
	int failed;                 /* the code that ended this response; later calls repeat it */
};

/* Makes the handle for one hop and registers it; the response must be zeroed but for broker, record, url and method. */
int dsync__request_start(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err);

/* Moves the transfer on, waiting when there is nothing to do.  0, or why it must end. */
int dsync__transfer_step(struct dsync_response *r, struct dsync_error *err);

/* Why curl ended: 0, or what `fault` or curl's result say. */
int dsync__transfer_result(struct dsync_response *r, struct dsync_error *err);

/* Stores `code` as the end of this response and in its record; returns it. */
int dsync__response_fail(struct dsync_response *r, int code);

/* Looks a field up without case; NULL when absent. */
const struct dsync__field *dsync__response_field(const struct dsync_response *r, const char *name, size_t size);
void dsync__response_drop_fields(struct dsync_response *r);

/* The answer to this method and status has none, whatever its head says. */
bool dsync__response_without_body(const struct dsync_response *r);

/* curl's callbacks; `user` is the response. */
size_t dsync__head_receive(char *data, size_t one, size_t size, void *user);
size_t dsync__body_receive(char *data, size_t one, size_t size, void *user);
curl_socket_t dsync__transfer_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address);
int dsync__transfer_before_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port);

/*
 * tape.c.  Where answers are recorded, begin makes room for this one and keep_* get what comes; where they are played, begin finds
 * the answer (NETWORK, rule "replay", when there is none) and play does what curl would: it calls the two functions above.
 * All do nothing for a response without a tape.
 */
int dsync__tape_begin(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err);
bool dsync__tape_plays(const struct dsync_response *r);
int dsync__tape_keep_head(struct dsync_response *r, const void *line, size_t size);
int dsync__tape_keep_body(struct dsync_response *r, const void *data, size_t size);
void dsync__tape_play(struct dsync_response *r);
void dsync__tape_end(struct dsync_response *r);

/*
 * Addresses of a name for CURLOPT_RESOLVE ("host:port:address,address"), or NULL to ask the system, which
 * is all that this library does; test programs bring a function of the same name.
 */
struct curl_slist *dsync__resolve(const char *host, uint16_t port);

#endif
