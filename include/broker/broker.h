/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * broker.h - HTTP for somebody who is not trusted.
 *
 * A broker holds the policy of one run: which hosts, how many requests and bytes, how much time.  The guest
 * proposes a request; the broker checks URL, host, port, address, method and headers,
 * follows redirects by hand with every check made anew, counts every byte, and hands the answer out as a stream.
 * One thread; an unread answer blocks nothing but itself: its server waits, and other requests go on.
 *
 *	dsync_broker_create(&broker, &policy, &err);
 *	dsync_broker_fetch(broker, &request, &response, &err);      waits for the head
 *	while ((n = dsync_response_read(response, buf, sizeof(buf), &err)) > 0)
 *		...
 *	dsync_response_close(response);
 *	dsync_broker_destroy(broker);
 *
 * Nothing is shared between requests: each has its own connection and its own look-up of the name, and each hop of a redirect is
 * a request of its own, with every check, that counts like any other.  Guest headers are dropped at the first hop to another origin.
 * Bodies are handed out as they were sent: chunks are put together, content encodings are left alone.
 *
 * Only dotsync-refresh links this.  The environment (proxies, netrc, CA files) is never looked at; SSLKEYLOGFILE, which no
 * option of the HTTP library turns off, is taken out of it.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

struct dsync_broker;
struct dsync_response;

#define DSYNC_BROKER_REQUESTS_MAX 64u
#define DSYNC_BROKER_REDIRECTS_MAX 5u
#define DSYNC_BROKER_MIN_RATE (32u * 1024u) /* bytes a second that extend the deadline */

/* A list of host entries as written (host_rule.h), borrowed until create returns.  One that is no entry allows nothing; refusals mention it. */
struct dsync_host_list {
	const char *const *entries;
	size_t count;
};

/*
 * What the user lets the updater authenticate with: put in where a request has {secret:NAME} as the whole value of this header or query
 * parameter, to this https origin alone.  Never in a record or an error, never sent on to another origin, and an answer
 * that gives it back ends with POLICY, rule "reflected".
 */
struct dsync_broker_secret {
	const char *name;
	const char *host; /* exact, as in struct dsync_url */
	uint16_t port;
	const char *header; /* NULL: a query parameter */
	const char *query;  /* NULL: a header */
	const char *format; /* of the header, with one "{}" */
	const char *value;  /* visible ASCII; NULL: it cannot be had, and `fault` says why */
	const char *fault;
};

/* Copied by create; proxy, ca_file, user_agent and secrets are borrowed for the broker's life. */
struct dsync_broker_policy {
	struct dsync_host_list asked;   /* the manifest's allow_hosts: a request must match both lists */
	struct dsync_host_list granted; /* what the user granted */
	struct dsync_host_list
		withheld; /* what the manifest asks for too, but the caller's session does not allow: for the message alone */
	struct dsync_host_list private_; /* entries whose private addresses may be reached (also granted by the user) */
	bool network_none;               /* network_scope "none": every request is DENIED */
	bool record_hosts; /* for a URL that a person typed: `asked` and `granted` are not consulted, each hop's origin is recorded, private addresses are
	                                    allowed for the first URL's host and `private_` only; https to http is still refused */
	int64_t timeout_ms;     /* of the run, from now */
	uint64_t min_rate;      /* 0: DSYNC_BROKER_MIN_RATE */
	uint64_t bytes_in_max;  /* of all bodies; 0: unlimited */
	uint64_t bytes_out_max; /* of all request bodies, redirects included; 0: unlimited */
	const char *proxy;   /* from the user's configuration; NULL none; with one, addresses of names are its affair */
	const char *ca_file; /* from the user's configuration; NULL the system's */
	const char *user_agent; /* unless the guest sends one; NULL "dotsync" */
	const struct dsync_broker_secret *secrets;
	size_t secret_count;
	const char *record; /* a folder of the host's, where every answer is kept; NULL none */
	const char *
		replay; /* a folder with such answers: they are given, and nothing is asked of any network; NULL none */
	int watch_fds[2]; /* readable or hung up: give up with CANCELLED; -1 none */
	/*
	 * Why it gave up is asked here when a watched descriptor stirs; a negative code ends it with that, 0 goes on, and it is asked again
	 * while the descriptor stirs, so read what is there.  May be NULL: any stir ends it.
	 */
	int (*interrupted)(void *user);
	/* After each piece of a body: bytes received so far, expected bytes or 0. May be NULL. */
	void (*progress)(void *user, uint64_t received, uint64_t expected);
	void *user;
};

struct dsync_header {
	const char *name;
	size_t name_size;
	const char *value;
	size_t value_size;
};

#define DSYNC_BROKER_HEADERS_MAX 32u

struct dsync_request {
	const char *method; /* GET HEAD POST PUT PATCH DELETE */
	size_t method_size;
	const char *url;
	size_t url_size;
	const struct dsync_header *headers; /* the guest's; checked */
	size_t header_count;
	struct dsync_view body;
	const char *etag; /* validators of the host's own: If-None-Match, If-Modified-Since; NULL none */
	const char *last_modified;
	bool take_304; /* hand that status out though nobody asked for it; else it is a failure */
};

int
dsync_broker_create(struct dsync_broker **broker, const struct dsync_broker_policy *policy, struct dsync_error *err);
void dsync_broker_destroy(struct dsync_broker *broker);

/*
 * Sends and waits for the final head.  Fails with
 *	SYNTAX		rule "url": a bad URL
 *	POLICY		rule "network", "host", "address", "header" or "method"; "secret" and "reflected"; "redirect" for whatever is wrong with a place we were sent to
 *	LIMIT		rule "requests", "bytes", "redirect"
 *	NETWORK		rule "dns", "connect", "tls", "http" (an answer that is none, or that can be read in two ways), "body"
 *	TIMEOUT		the run's time is used up, or the head took longer than timeout_ms by itself
 *	CANCELLED	or what `interrupted` said
 * The error names the URL and what the policy would need.  The request is not needed afterwards.
 */
int dsync_broker_fetch(struct dsync_broker *broker, const struct dsync_request *request,
	struct dsync_response **response, struct dsync_error *err);

int dsync_response_status(const struct dsync_response *r);

/* A header of the final answer, without case, joined with ", " when repeated; NULL when absent (Set-Cookie is always). Lives as long as the response. */
const char *dsync_response_header(const struct dsync_response *r, const char *name);

/* Content-Length of the body when known and the body is not encoded, else -1. */
int64_t dsync_response_length(const struct dsync_response *r);

/*
 * The next bytes of the body as the server sent them; 0 at its proper end; a cut body is DSYNC_ERR_NETWORK, one that stops coming
 * TIMEOUT, one beyond bytes_in_max LIMIT; after a failure every call repeats it.  Waits.  Size 0 is INVALID.
 */
int64_t dsync_response_read(struct dsync_response *r, void *buf, size_t size, struct dsync_error *err);

/*
 * The rest of the body through a sink, at most `limit` bytes (-1: all), without a copy in between; returns the bytes.
 * A negative value of the sink's ends the response and is returned; filling an error is then the sink's business.
 */
typedef int dsync_response_sink(void *user, const void *data, size_t size);
int64_t dsync_response_pipe(
	struct dsync_response *r, int64_t limit, dsync_response_sink *sink, void *user, struct dsync_error *err);

/* Bytes of the body handed out so far. */
uint64_t dsync_response_position(const struct dsync_response *r);

/* Ends the transfer wherever it is.  Every response must be closed before its broker is destroyed. */
void dsync_response_close(struct dsync_response *r);

/* What was asked, refused requests included, one record a hop, for reports. Lives as long as the broker. */
struct dsync_broker_record {
	const char *method;
	const char *url; /* with {secret:NAME} as the guest wrote it */
	int status;      /* 0: no answer, or refused before it was sent */
	uint64_t bytes;  /* of body received */
	int error;       /* DSYNC_ERR_* or 0 */
	bool not_modified;
};
size_t dsync_broker_record_count(const struct dsync_broker *broker);
int dsync_broker_record(const struct dsync_broker *broker, size_t index, struct dsync_broker_record *record);

/* Milliseconds left, extended by what was received; requests and bytes left. */
int64_t dsync_broker_time_left(const struct dsync_broker *broker);
uint64_t dsync_broker_requests_left(const struct dsync_broker *broker);
uint64_t dsync_broker_bytes_left(const struct dsync_broker *broker);
uint64_t dsync_broker_bytes_in(const struct dsync_broker *broker);

/* Retry-After of the last answer in seconds from now (delta or date), or -1. */
int64_t dsync_response_retry_after(const struct dsync_response *r, int64_t now);

/* Cache-Control max-age of the answer in seconds (less Age), or -1. */
int64_t dsync_response_max_age(const struct dsync_response *r);

#endif
