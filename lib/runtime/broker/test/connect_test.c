/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The two questions that curl asks about a connection, without curl: which addresses and ports may be connected to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../src/internal.h"

static const char *const hosts[] = { "http://example.com:*", "http://127.0.0.1:*" };
static const char *const private_hosts[] = { "http://127.0.0.1:*" };

static struct dsync_broker *
make_broker(const char *proxy)
{
	struct dsync_broker_policy policy = { .asked = { hosts, 2 },
		.granted = { hosts, 2 },
		.private_ = { private_hosts, 1 },
		.proxy = proxy,
		.watch_fds = { -1, -1 } };
	struct dsync_broker *broker;

	assert_int_equal(dsync_broker_create(&broker, &policy, NULL), 0);
	return broker;
}

static const struct row {
	const char *url;
	const char *ip;
	int port;
	int expected;
	const char *message; /* part of why not */
} rows[] = {
	{ "http://example.com/", "8.8.8.8", 80, CURL_PREREQFUNC_OK, NULL },
	{ "http://example.com/", "2001:4860:4860::8888", 80, CURL_PREREQFUNC_OK, NULL },
	{ "http://127.0.0.1:8080/", "127.0.0.1", 8080, CURL_PREREQFUNC_OK, NULL },
	{ "http://example.com/", "127.0.0.1", 80, CURL_PREREQFUNC_ABORT, "private address" },
	{ "http://example.com/", "::1", 80, CURL_PREREQFUNC_ABORT, "private address" },
	{ "http://example.com/", "::ffff:127.0.0.1", 80, CURL_PREREQFUNC_ABORT, "private address" },
	{ "http://127.0.0.1:8080/", "224.0.0.1", 8080, CURL_PREREQFUNC_ABORT, "never connected to" },
	{ "http://example.com/", "8.8.8.8", 81, CURL_PREREQFUNC_ABORT, "another place" },
	{ "http://127.0.0.1:8080/", "127.0.0.1", 80, CURL_PREREQFUNC_ABORT, "another place" },
	{ "http://example.com/", "", 80, CURL_PREREQFUNC_ABORT, "another place" },
	{ "http://example.com/", "/run/socket", 80, CURL_PREREQFUNC_ABORT, "another place" },
};

static void
check_row(struct dsync_broker *broker, const struct row *row)
{
	struct dsync_response r = { .broker = broker };
	char ip[64], local[] = "192.0.2.1";
	int rc;

	strcpy(ip, row->ip);
	assert_int_equal(dsync_url_parse(&r.url, row->url, strlen(row->url), NULL), 0);
	rc = dsync__transfer_before_request(&r, ip, local, row->port, 40000);
	if (rc != row->expected)
		fail_msg("%s over %s %d: %d", row->url, row->ip, row->port, rc);
	if (row->message == NULL) {
		assert_int_equal(r.refused.code, 0);
		return;
	}
	assert_int_equal(r.refused.code, DSYNC_ERR_POLICY);
	assert_string_equal(r.refused.rule, "address");
	if (strstr(r.refused.message, row->message) == NULL)
		fail_msg("%s over %s: %s", row->url, row->ip, r.refused.message);
}

static void
test_before_request(void **state)
{
	struct dsync_broker *broker = make_broker(NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(broker, &rows[i]);
	dsync_broker_destroy(broker);
}

/* With a proxy it is the proxy that both questions see, whatever its address. */
static void
test_proxy(void **state)
{
	struct dsync_broker *broker = make_broker("http://127.0.0.1:3128");
	struct dsync_response r = { .broker = broker };
	char ip[] = "127.0.0.1";

	(void)state;
	assert_int_equal(dsync_url_parse(&r.url, "http://example.com/", 19, NULL), 0);
	assert_int_equal(dsync__transfer_before_request(&r, ip, ip, 3128, 40000), CURL_PREREQFUNC_OK);
	assert_int_equal(r.refused.code, 0);
	dsync_broker_destroy(broker);
}

static void
fill_address(struct curl_sockaddr *address, const char *ip)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	assert_int_equal(inet_pton(AF_INET, ip, &v4.sin_addr), 1);
	memset(address, 0, sizeof(*address));
	address->family = AF_INET;
	address->socktype = SOCK_STREAM;
	address->addrlen = sizeof(v4);
	memcpy(&address->addr, &v4, sizeof(v4));
}

static void
test_open_socket(void **state)
{
	struct dsync_broker *broker = make_broker(NULL);
	struct dsync_response r = { .broker = broker };
	struct curl_sockaddr address;
	curl_socket_t fd;

	(void)state;
	assert_int_equal(dsync_url_parse(&r.url, "http://example.com/", 19, NULL), 0);
	fill_address(&address, "8.8.8.8");
	fd = dsync__transfer_open_socket(&r, CURLSOCKTYPE_IPCXN, &address); /* connects to nothing */
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(dsync__transfer_open_socket(&r, CURLSOCKTYPE_ACCEPT, &address), CURL_SOCKET_BAD);
	address.socktype = -1; /* the system has no such socket */
	assert_int_equal(dsync__transfer_open_socket(&r, CURLSOCKTYPE_IPCXN, &address), CURL_SOCKET_BAD);
	assert_int_equal(r.refused.code, 0);
	fill_address(&address, "10.0.0.1");
	assert_int_equal(dsync__transfer_open_socket(&r, CURLSOCKTYPE_IPCXN, &address), CURL_SOCKET_BAD);
	assert_string_equal(r.refused.rule, "address");
	dsync_broker_destroy(broker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_request),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_open_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
