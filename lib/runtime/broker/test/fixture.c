/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 20000

struct fixture fixture;

static int
start(bool tls)
{
	if (testserver_start(&fixture.server, tls) == 0)
		return 0;
	fprintf(stderr, "the test server did not start\n");
	return -1;
}

int
fixture_setup(void **state)
{
	(void)state;
	return start(false);
}

int
fixture_setup_tls(void **state)
{
	(void)state;
	return start(true);
}

int
fixture_teardown(void **state)
{
	(void)state;
	testserver_stop(&fixture.server);
	return 0;
}

void
fixture_allow(const char *format, ...)
{
	struct dsync_host_list list;
	char *text = fixture.entry_texts[fixture.entry_count];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(fixture.entry_texts[0]), format, args);
	va_end(args);
	fixture.entries[fixture.entry_count++] = text;
	list.entries = fixture.entries;
	list.count = fixture.entry_count;
	fixture.policy.asked = fixture.policy.granted = fixture.policy.private_ = list;
}

int
fixture_reset(void **state)
{
	static const char *const listeners[] = { "http", "other", "http6", "full", "https", "self_signed", "wrong_host",
		"expired", "tls11" };
	size_t i;

	(void)state;
	testserver_reset(&fixture.server);
	fixture.entry_count = 0;
	memset(&fixture.policy, 0, sizeof(fixture.policy));
	memset(&fixture.request, 0, sizeof(fixture.request));
	memset(&fixture.err, 0, sizeof(fixture.err));
	fixture.request.method = "GET";
	fixture.policy.timeout_ms = TIMEOUT_MS;
	fixture.policy.watch_fds[0] = fixture.policy.watch_fds[1] = -1;
	if (fixture.server.ca[0] != '\0')
		fixture.policy.ca_file = fixture.server.ca;
	for (i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		if (testserver_port(&fixture.server, listeners[i]) != 0)
			fixture_allow("%s", testserver_url(&fixture.server, fixture.url, listeners[i], ""));
	}
	resolver_calls = 0;
	return 0;
}

int
fixture_finish(void **state)
{
	(void)state;
	dsync_broker_destroy(fixture.broker);
	fixture.broker = NULL;
	return 0;
}

int
fixture_get(const char *url, struct dsync_response **response)
{
	if (fixture.broker == NULL)
		assert_int_equal(dsync_broker_create(&fixture.broker, &fixture.policy, &fixture.err), 0);
	fixture.request.method_size = strlen(fixture.request.method);
	fixture.request.url = url;
	fixture.request.url_size = strlen(url);
	memset(&fixture.err, 0, sizeof(fixture.err));
	return dsync_broker_fetch(fixture.broker, &fixture.request, response, &fixture.err);
}

int
fixture_get_path(const char *path, struct dsync_response **response)
{
	return fixture_get(testserver_url(&fixture.server, fixture.url, "http", path), response);
}

void
fixture_expect(int rc, int code, const char *rule)
{
	char text[2048];

	if (rc == code && fixture.err.code == code && strcmp(fixture.err.rule, rule) == 0)
		return;
	dsync_error_format(&fixture.err, text, sizeof(text));
	fail_msg("expected %s (%s), found %d: %s", dsync_error_name(code), rule, rc, text);
}

char *
fixture_body(struct dsync_response *response, size_t *size)
{
	size_t room = 1u << 20;
	size_t used = 0;
	char *body = malloc(room + 1);
	int64_t n;

	assert_non_null(body);
	while ((n = dsync_response_read(response, body + used, room - used, &fixture.err)) > 0) {
		used += (size_t)n;
		if (used == room) {
			room *= 2;
			body = realloc(body, room + 1);
			assert_non_null(body);
		}
	}
	body[used] = '\0';
	if (size != NULL)
		*size = used;
	if (n == 0)
		return body;
	free(body);
	return NULL;
}

char *
fixture_fetch(const char *url, int status)
{
	struct dsync_response *response;
	char text[2048];
	char *body;
	int rc = fixture_get(url, &response);

	if (rc < 0) {
		dsync_error_format(&fixture.err, text, sizeof(text));
		fail_msg("%s: %s", url, text);
	}
	assert_int_equal(dsync_response_status(response), status);
	body = fixture_body(response, NULL);
	assert_non_null(body);
	dsync_response_close(response);
	return body;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PEAK_LINE "no such line: %ld"
#else
#define PEAK_LINE "VmHWM: %ld"
#endif

long
fixture_peak_memory(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long peak = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		sscanf(line, PEAK_LINE, &peak);
	fclose(f);
	return peak;
}
