/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host.h - a host of dotsync.v1 that answers from a script, for updaters compiled for this machine.
 *
 *	static const struct page pages[] = { { "https://a.example/", 200, "body", 0 }, { 0 } };
 *	struct host host = { .context = "{...}", .pages = pages };
 *
 *	host_run(&host);		calls the updater's run()
 *	assert_int_equal(host.outcome, DOTSYNC_UPDATED);
 *
 * The calls of dotsync.decode.v1 are in host_decode.c, over the decoders of the worker.  Calls that no updater under test makes are not here.  One updater a program, one thread.
 */
#ifndef GUEST_TEST_HOST_H
#define GUEST_TEST_HOST_H

#include <stddef.h>
#include <stdint.h>

#define HOST_TEXT_MAX 20000
#define HOST_REQUESTS_MAX 8

struct page {
	const char *url; /* NULL ends the list */
	int64_t status;  /* negative: what fetch returns */
	const char *body;
	int64_t copied; /* negative: what copy returns after half of the body */
};

struct host {
	const char *context;      /* NULL: there is none */
	const char *old_payload;  /* NULL is as good as "" */
	const char *pushed;       /* NULL: nothing was */
	const struct page *pages; /* a URL that is not in it is DOTSYNC_NET */
	int64_t reason;
	const char *binary; /* NULL, or a text above that goes on behind a NUL */
	size_t binary_size;

	/* what the updater did */
	int finished; /* how often */
	int32_t outcome;
	char message[HOST_TEXT_MAX];
	char payload[HOST_TEXT_MAX]; /* with a NUL behind it; more than fits is DOTSYNC_LIMIT */
	size_t payload_size;
	char heads[HOST_REQUESTS_MAX][HOST_TEXT_MAX];
	char body[HOST_TEXT_MAX]; /* of the last request */
	int requests;
	int conditional; /* how many of them */
	int discards;
	int open; /* answers that were not closed */
};

void host_run(struct host *host);

#endif
