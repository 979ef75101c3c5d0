/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Certificates, and an environment full of settings that must not count.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_good(void **state)
{
	char *body;

	(void)state;
	body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "https", "/bytes?size=1000000"), 200);
	assert_int_equal((unsigned char)body[999999], 999999 % 251);
	free(body);
}

static void
test_name(void **state)
{
	char url[128];

	(void)state;
	fixture_allow("https://loop.test:*");
	snprintf(url, sizeof(url), "https://LOOP.test.:%u/echo", testserver_port(&fixture.server, "https"));
	free(fixture_fetch(url, 200));
}

static void
test_bad_certificates(void **state)
{
	static const char *const listeners[] = { "self_signed", "wrong_host", "expired", "tls11" };
	struct dsync_response *response;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++)
		fixture_expect(
			fixture_get(testserver_url(&fixture.server, fixture.url, listeners[i], "/echo"), &response),
			DSYNC_ERR_NETWORK, "tls");
	fixture_finish(NULL);
	fixture.policy.ca_file = NULL; /* the system's authorities do not know ours */
	fixture_expect(fixture_get(testserver_url(&fixture.server, fixture.url, "https", "/echo"), &response),
		DSYNC_ERR_NETWORK, "tls");
	fixture_finish(NULL);
	fixture.policy.ca_file = "/nonexistent";
	fixture_expect(fixture_get(testserver_url(&fixture.server, fixture.url, "https", "/echo"), &response),
		DSYNC_ERR_NETWORK, "tls");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
}

static void
test_scheme_mixed_up(void **state)
{
	struct dsync_response *response;
	char url[128];

	(void)state;
	fixture_allow("127.0.0.1:%u", testserver_port(&fixture.server, "http"));
	fixture_allow("127.0.0.1:%u", testserver_port(&fixture.server, "https"));
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", testserver_port(&fixture.server, "http"));
	assert_int_equal(fixture_get(url, &response), DSYNC_ERR_NETWORK);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", testserver_port(&fixture.server, "https"));
	assert_int_equal(fixture_get(url, &response), DSYNC_ERR_NETWORK);
}

static void
test_no_downgrade(void **state)
{
	struct dsync_response *response;
	char path[256];
	char to[128];

	(void)state;
	testserver_url(&fixture.server, fixture.url, "http", "/echo");
	snprintf(to, sizeof(to), "%.100s", fixture.url);
	snprintf(path, sizeof(path), "/redirect?to=%s", to);
	fixture_expect(fixture_get(testserver_url(&fixture.server, fixture.url, "https", path), &response),
		DSYNC_ERR_POLICY, "redirect");
	assert_int_equal(testserver_requests(&fixture.server, "/echo"), 0);
	assert_non_null(strstr(fixture.err.message, "https to http"));

	fixture_finish(NULL);
	fixture.policy.record_hosts = true; /* nor for what a person typed */
	fixture_expect(fixture_get(testserver_url(&fixture.server, fixture.url, "https", path), &response),
		DSYNC_ERR_POLICY, "redirect");
	fixture_finish(NULL);

	testserver_url(&fixture.server, fixture.url, "https", "/echo"); /* upwards is fine */
	snprintf(to, sizeof(to), "%.100s", fixture.url);
	snprintf(path, sizeof(path), "/redirect?to=%s", to);
	free(fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", path), 200));
}

static void
write_file(const char *folder, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Every variable that curl or its friends would listen to points at the other server, or at a false CA. */
static void
set_environment(const char *home)
{
	static const char *const proxies[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
		"HTTP_PROXY" };
	char proxy[128];
	char keys[512];
	size_t i;

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", testserver_port(&fixture.server, "other"));
	for (i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++)
		setenv(proxies[i], proxy, 1);
	setenv("NO_PROXY", "", 1);
	setenv("no_proxy", "", 1);
	setenv("CURL_CA_BUNDLE", "/nonexistent", 1);
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv("CURL_HOME", home, 1);
	setenv("HOME", home, 1);
	setenv("NETRC", home, 1);
	snprintf(keys, sizeof(keys), "%s/keys", home);
	setenv("SSLKEYLOGFILE", keys, 1);
}

static void
test_environment(void **state)
{
	char home[] = "/tmp/broker-test-XXXXXX";
	char path[512];
	char *body;

	(void)state;
	assert_non_null(mkdtemp(home));
	write_file(home, ".netrc", "machine 127.0.0.1 login me password secret\n");
	write_file(home, ".curlrc", "header = \"X-Curlrc: 1\"\nuser = me:secret\n");
	set_environment(home);

	body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "http", "/echo"), 200);
	assert_null(strstr(body, "Authorization"));
	assert_null(strstr(body, "Curlrc"));
	assert_null(strstr(body, "Proxy"));
	free(body);
	body = fixture_fetch(testserver_url(&fixture.server, fixture.url, "https", "/echo"), 200);
	assert_null(strstr(body, "Authorization"));
	free(body);
	assert_int_equal(testserver_connections(&fixture.server, "other"), 0);

	snprintf(path, sizeof(path), "%s/keys", home);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/.netrc", home);
	unlink(path);
	snprintf(path, sizeof(path), "%s/.curlrc", home);
	unlink(path);
	assert_int_equal(rmdir(home), 0);
}

/* A proxy of the user's is used, for hosts that are allowed, and sees the whole URL. */
static void
test_proxy(void **state)
{
	struct dsync_response *response;
	char proxy[128];
	char *body;

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", testserver_port(&fixture.server, "other"));
	fixture.policy.proxy = proxy;
	fixture_allow("http://example.test");
	setenv("no_proxy", "*", 1);
	body = fixture_fetch("http://example.test/echo", 200);
	assert_non_null(strstr(body, "\"listener\": \"other\""));
	assert_non_null(strstr(body, "\"target\": \"http://example.test/echo\""));
	free(body);
	fixture_expect(fixture_get("http://elsewhere.test/echo", &response), DSYNC_ERR_POLICY, "host");
	fixture_allow("http://10.0.0.1");
	fixture.policy.private_.count = 0;
	fixture_finish(NULL);
	fixture_expect(fixture_get("http://10.0.0.1/echo", &response), DSYNC_ERR_POLICY, "address");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_environment), /* first: curl reads some of it only once */
		TEST(test_good),
		TEST(test_name),
		TEST(test_bad_certificates),
		TEST(test_scheme_mixed_up),
		TEST(test_no_downgrade),
		TEST(test_proxy),
	};

	return cmocka_run_group_tests(tests, fixture_setup_tls, fixture_teardown);
}
