/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * testserver.h - server.py for tests in C.
 *
 *	struct testserver server;
 *	if (testserver_start(&server, true) < 0)
 *		...                                     it said why on stderr
 *	testserver_url(&server, url, "http", "/echo");
 *	testserver_requests(&server, "/echo");          how often that path was asked for
 *	testserver_stop(&server);
 *
 * The server ends when its standard input does, so a test that crashes leaves none behind.
 * Finds server.py by DOTSYNC_SOURCE, which ctest sets.
 */
#ifndef TEST_TESTSERVER_H
#define TEST_TESTSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TESTSERVER_URL_SIZE 8192
#define TESTSERVER_ANSWER_SIZE 1048576

struct testserver {
	pid_t pid;
	int stdin_fd;
	char line[1024]; /* what it printed: JSON of listener names and ports */
	char ca[512];    /* file of the authority; "" without TLS */
};

int testserver_start(struct testserver *server, bool tls);
void testserver_stop(struct testserver *server);

/* The port of a listener ("http", "other", "https"...); 0 when there is none. */
uint16_t testserver_port(const struct testserver *server, const char *listener);

/* scheme://127.0.0.1:port/path (http6: [::1]); returns `url`.  Origin alone with path "". */
const char *
testserver_url(const struct testserver *server, char url[TESTSERVER_URL_SIZE], const char *listener, const char *path);

/* Sends a control request; its JSON is returned in memory to be freed, NULL on failure. */
char *testserver_control(const struct testserver *server, const char *method, const char *what, const char *body);

/* Forgets log, counts and content. */
void testserver_reset(const struct testserver *server);

/* Requests for a path, and connections to a listener, since the last reset; -1 when the server does not answer. */
int testserver_requests(const struct testserver *server, const char *path);
int testserver_connections(const struct testserver *server, const char *listener);

#endif
