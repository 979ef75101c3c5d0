/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fixture.h - a broker and the misbehaving server, for the tests of both.
 *
 * The programs define no server of their own: `fixture.server` is started by fixture_setup() and reset before
 * each test by fixture_reset().  A policy starts with everything granted that the server listens on, and tests take away.
 */
#ifndef BROKER_TEST_FIXTURE_H
#define BROKER_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/broker.h"
#include "testserver.h"

#define FIXTURE_ENTRIES 64

struct fixture {
	struct testserver server;
	struct dsync_broker_policy policy; /* of the next broker */
	const char *entries[FIXTURE_ENTRIES];
	char entry_texts[FIXTURE_ENTRIES][128];
	size_t entry_count;
	struct dsync_broker *broker; /* made by the first fetch */
	struct dsync_request request;
	struct dsync_error err; /* of the last call */
	char url[TESTSERVER_URL_SIZE];
};

extern struct fixture fixture;

/* cmocka group and test functions; with *state == "tls" the server speaks TLS as well. */
int fixture_setup(void **state);
int fixture_setup_tls(void **state);
int fixture_teardown(void **state);
int fixture_reset(void **state);
int fixture_finish(void **state);

/* Adds an entry to the three lists. */
void fixture_allow(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* fetch of GET `url`, or of fixture.request with this URL; the error text is printed when it is not as expected. */
int fixture_get(const char *url, struct dsync_response **response);

/* The same for a path of the listener "http". */
int fixture_get_path(const char *path, struct dsync_response **response);

/* Fails the test unless the last error has this code and rule. */
void fixture_expect(int rc, int code, const char *rule);

/* The whole body in memory to be freed, NUL-terminated; NULL after an error, which is in fixture.err. */
char *fixture_body(struct dsync_response *response, size_t *size);

/* Fetches, demands the status and closes; returns the body. */
char *fixture_fetch(const char *url, int status);

/* How often the test resolver was asked since the reset. */
extern unsigned resolver_calls;

/* The most memory that this process ever had, in KiB; always 0 where a sanitizer keeps what was freed. */
long fixture_peak_memory(void);

#endif
