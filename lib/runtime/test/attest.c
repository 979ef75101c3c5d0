/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* sync.attest: written, read, and refused where it is not what we write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "home.h"
#include "runtime/attest.h"

#define HASH64 "0101010101010101010101010101010101010101010101010101010101010101"
#define PAYLOAD "\"payload\":{\"blake3\":\"" HASH64 "\",\"size\":3}"
#define BODY(rest) "{\"base\":\"2026-01-01T00:00:00Z\"," PAYLOAD ",\"v\":1" rest "}"
#define TYPE "application/vnd.dotsync.attest.v1+json"

static void
fill(struct dsync_attest *a)
{
	memset(a, 0, sizeof(*a));
	a->base = 1767225600;
	a->status = 200;
	memset(a->url_hash, 2, sizeof(a->url_hash));
	memset(a->updater_hash, 3, sizeof(a->updater_hash));
	memset(a->payload_hash, 1, sizeof(a->payload_hash));
	a->payload_size = 3;
	memset(a->request, 4, sizeof(a->request));
	strcpy(a->etag, "W/\"x\"");
	strcpy(a->last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
}

/* The envelope of a body; free() it. */
static char *
wrap(const char *body, const char *type)
{
	struct dsync_buffer out;
	char *text;

	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&out, "{\"payload\":\"");
	dsync_text_base64_encode(&out, body, strlen(body));
	dsync_buffer_printf(&out, "\",\"payloadType\":\"%s\",\"signatures\":[]}", type);
	text = strdup(dsync_buffer_text(&out));
	dsync_buffer_finish(&out);
	return text;
}

static void
test_round_trip(void **state)
{
	struct dsync_attest in, out;
	struct dsync_buffer text;

	(void)state;
	fill(&in);
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	assert_int_equal(dsync_attest_write(&in, &text), 0);
	assert_int_equal(dsync_attest_parse(text.data, text.size, &out, NULL), 0);
	assert_memory_equal(&in, &out, sizeof(in));

	memset(in.url_hash, 0, sizeof(in.url_hash)); /* what does not apply is left out */
	memset(in.request, 0, sizeof(in.request));
	in.status = 0;
	in.etag[0] = '\0';
	memset(in.etag, 0, sizeof(in.etag));
	dsync_buffer_clear(&text);
	assert_int_equal(dsync_attest_write(&in, &text), 0);
	assert_int_equal(dsync_attest_parse(text.data, text.size, &out, NULL), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	dsync_buffer_finish(&text);
}

/* The bytes are the same every time and are those of the format's description. */
static void
test_bytes(void **state)
{
	static const char expected[] =
		"{\"payload\":\"eyJiYXNlIjoiMjAyNi0wMS0wMVQwMDowMDowMFoiLCJwYXlsb2FkIjp7ImJsYWtlMyI6IjAxMDEwMTAxMDEwMTAxMDEw"
		"MTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEiLCJzaXplIjozfSwidiI6MX0=\","
		"\"payloadType\":\"" TYPE "\",\"signatures\":[]}";
	struct dsync_attest in;
	struct dsync_buffer text;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.base = 1767225600;
	memset(in.payload_hash, 1, sizeof(in.payload_hash));
	in.payload_size = 3;
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	assert_int_equal(dsync_attest_write(&in, &text), 0);
	assert_string_equal(dsync_buffer_text(&text), expected);
	dsync_buffer_finish(&text);
}

static void
test_bodies(void **state)
{
	static const struct {
		const char *body;
		bool accept;
	} cases[] = {
		{ BODY(""), true }, { BODY(",\"status\":304"), true }, { BODY(",\"later\":{\"than\":[\"us\"]}"), true },
		{ BODY(",\"url\":\"" HASH64 "\""), true }, { BODY(",\"etag\":\"\\\"abc\\\"\""), true }, { "{}", false },
		{ "[]", false }, { "", false }, { "{\"base\":\"2026-01-01T00:00:00Z\"," PAYLOAD "}", false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\"," PAYLOAD ",\"v\":2}", false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\"," PAYLOAD ",\"v\":\"1\"}", false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\",\"v\":1}", false },
		{ "{\"base\":\"yesterday\"," PAYLOAD ",\"v\":1}", false },
		{ "{\"base\":1767225600," PAYLOAD ",\"v\":1}", false }, { "{" PAYLOAD ",\"v\":1}", false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\",\"payload\":{\"blake3\":\"01\",\"size\":3},\"v\":1}", false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\",\"payload\":{\"blake3\":\"" HASH64 "\"},\"v\":1}", false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\",\"payload\":{\"blake3\":\"" HASH64 "\",\"size\":-1},\"v\":1}",
			false },
		{ "{\"base\":\"2026-01-01T00:00:00Z\",\"payload\":{\"blake3\":\"" HASH64 "\",\"size\":1.5},\"v\":1}",
			false },
		{ BODY(",\"status\":1000"), false }, { BODY(",\"status\":\"200\""), false },
		{ BODY(",\"url\":\"" HASH64 "00\""), false }, { BODY(",\"url\":\"https://example.com/\""), false },
		{ BODY(",\"etag\":\"a\\r\\nX: y\""), false }, { BODY(",\"etag\":\"a\\u0000b\""), false },
		{ BODY(",\"last_modified\":\"\303\274\""), false }, { BODY(",\"v\":1"), false }, /* twice */
	};
	struct dsync_attest out, empty;
	size_t i;
	char *text;
	int rc;

	(void)state;
	memset(&empty, 0, sizeof(empty));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dsync_error err = { 0 };

		text = wrap(cases[i].body, TYPE);
		rc = dsync_attest_parse(text, strlen(text), &out, &err);
		if ((rc == 0) != cases[i].accept)
			fail_msg("%s: %d %s", cases[i].body, rc, err.message);
		if (rc < 0) {
			assert_int_not_equal(err.code, 0);
			assert_memory_equal(&out, &empty, sizeof(out));
		}
		free(text);
	}
}

static void
test_long_validator(void **state)
{
	char body[1024], etag[DSYNC_STATE_VALIDATOR_MAX + 2];
	struct dsync_attest out;
	char *text;

	(void)state;
	memset(etag, 'e', sizeof(etag));
	etag[DSYNC_STATE_VALIDATOR_MAX] = '\0';
	snprintf(body, sizeof(body), "{\"base\":\"2026-01-01T00:00:00Z\"," PAYLOAD ",\"v\":1,\"etag\":\"%s\"}", etag);
	text = wrap(body, TYPE);
	assert_int_equal(dsync_attest_parse(text, strlen(text), &out, NULL), 0);
	free(text);
	etag[DSYNC_STATE_VALIDATOR_MAX] = 'e';
	etag[DSYNC_STATE_VALIDATOR_MAX + 1] = '\0';
	snprintf(body, sizeof(body), "{\"base\":\"2026-01-01T00:00:00Z\"," PAYLOAD ",\"v\":1,\"etag\":\"%s\"}", etag);
	text = wrap(body, TYPE);
	assert_true(dsync_attest_parse(text, strlen(text), &out, NULL) < 0);
	free(text);
}

static void
test_envelopes(void **state)
{
	static const char *const refused[] = {
		"",
		"{",
		"{}",
		"[]",
		"null",
		"\"text\"",
		"{\"payload\":\"e30=\"}",
		"{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.dotsync.attest.v2+json\",\"signatures\":[]}",
		"{\"payload\":\"e30\",\"payloadType\":\"" TYPE "\",\"signatures\":[]}",
		"{\"payload\":\"*\",\"payloadType\":\"" TYPE "\",\"signatures\":[]}",
		"{\"payload\":17,\"payloadType\":\"" TYPE "\",\"signatures\":[]}",
		"{\"payload\":\"e30=\",\"payloadType\":\"" TYPE "\"}",
		"{\"payload\":\"e30=\",\"payload\":\"e30=\",\"payloadType\":\"" TYPE "\",\"signatures\":[]}",
		"[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]",
	};
	struct dsync_attest out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (dsync_attest_parse(refused[i], strlen(refused[i]), &out, NULL) == 0)
			fail_msg("accepted: %s", refused[i]);
	}
}

static void
put_attest(const char *path, const char *text)
{
	struct dsync_archive *archive = home_open(path);
	struct dsync_builder *builder = dsync_builder_create();
	struct dsync_error err = { 0 };

	assert_int_equal(dsync_builder_set_base(builder, archive), 0);
	assert_int_equal(dsync_builder_set_entry(builder, "sync.attest", text, strlen(text)), 0);
	if (dsync_builder_write(builder, path, DSYNC_CREATE_REPLACE, &err) < 0)
		fail_msg("%s", err.message);
	dsync_builder_destroy(builder);
	dsync_archive_unref(archive);
}

static void
check_load(const char *path, int expected)
{
	struct dsync_archive *archive = home_open(path);
	struct dsync_attest attest;

	assert_int_equal(dsync_attest_load(archive, &attest), expected);
	if (expected == 0)
		assert_int_equal(attest.base, 1767225600);
	dsync_archive_unref(archive);
}

static void
test_load(void **state)
{
	char *text = wrap(BODY(""), TYPE);

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "one", NULL, 0);
	check_load("a.sync", DSYNC_ERR_NOT_FOUND);
	put_attest("a.sync", text);
	check_load("a.sync", 0);
	put_attest("a.sync", "{}");
	check_load("a.sync", DSYNC_ERR_NOT_FOUND);
	home_make("a.sync", HOME_MANIFEST, "a payload of another size", NULL, 0);
	put_attest("a.sync", text);
	check_load("a.sync", DSYNC_ERR_NOT_FOUND);
	free(text);
}

static void
test_request_key(void **state)
{
	unsigned char a[16], b[16];

	(void)state;
	dsync_attest_request_key(a, "GET", 3, "https://a/", 10, "", 0);
	dsync_attest_request_key(b, "GET", 3, "https://a/", 10, "", 0);
	assert_memory_equal(a, b, 16);
	dsync_attest_request_key(b, "GET", 3, "https://a/", 10, "x: y", 4);
	assert_memory_not_equal(a, b, 16);
	dsync_attest_request_key(b, "GET", 3, "https://b/", 10, "", 0);
	assert_memory_not_equal(a, b, 16);
	dsync_attest_request_key(b, "HEAD", 4, "https://a/", 10, "", 0);
	assert_memory_not_equal(a, b, 16);
}

static void
test_bind_key(void **state)
{
	const unsigned char updater[DSYNC_HASH_SIZE] = { 1 }, other[DSYNC_HASH_SIZE] = { 2 };
	const struct dsync_view context = { (const unsigned char *)"{}", 2 }, none = { NULL, 0 };
	unsigned char plain[16], a[16], b[16];

	(void)state;
	dsync_attest_request_key(plain, "GET", 3, "https://a/", 10, "", 0);
	memcpy(a, plain, 16);
	dsync_attest_bind_key(a, updater, context);
	assert_memory_not_equal(a, plain, 16);
	memcpy(b, plain, 16);
	dsync_attest_bind_key(b, updater, context);
	assert_memory_equal(a, b, 16);
	memcpy(b, plain, 16);
	dsync_attest_bind_key(b, other, context);
	assert_memory_not_equal(a, b, 16);
	memcpy(b, plain, 16);
	dsync_attest_bind_key(b, updater, none);
	assert_memory_not_equal(a, b, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_long_validator),
		cmocka_unit_test(test_envelopes),
		cmocka_unit_test_setup_teardown(test_load, home_setup, home_teardown),
		cmocka_unit_test(test_request_key),
		cmocka_unit_test(test_bind_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
