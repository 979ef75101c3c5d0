/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Secrets: what is typed, what stands in a grant, where values come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../src/grants.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "home.h"

#define VALUE "0123456789abcdef"

static void
test_parse(void **state)
{
	static const struct {
		const char *text, *name, *host;
		unsigned port;
		bool in_query;
		const char *place, *format;
	} good[] = {
		{ "T=env:X,host=a.example", "T", "a.example", 443, false, "Authorization", "Bearer {}" },
		{ "T=env:X,host=https://A.Example:8443", "T", "a.example", 8443, false, "Authorization", "Bearer {}" },
		{ "my-key_1=file:/run/key,host=[::1]:8443,header=X-Api-Key", "my-key_1", "::1", 8443, false,
			"X-Api-Key", "{}" },
		{ "T=credential:tok.en,host=127.0.0.1,query=api_key", "T", "127.0.0.1", 443, true, "api_key", "{}" },
		{ "T=env:X,header=Cookie,host=a.example,format=a={}; b=1, c", "T", "a.example", 443, false, "Cookie",
			"a={}; b=1, c" },
		{ "T=env:X,host=a.example,format=Basic {}", "T", "a.example", 443, false, "Authorization", "Basic {}" },
	};
	struct dsync_secret s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (dsync_secret_parse(&s, good[i].text, NULL) < 0)
			fail_msg("%s", good[i].text);
		assert_string_equal(s.name, good[i].name);
		assert_string_equal(s.host, good[i].host);
		assert_int_equal(s.port, good[i].port);
		assert_int_equal(s.in_query, good[i].in_query);
		assert_string_equal(s.place, good[i].place);
		assert_string_equal(s.format, good[i].format);
		dsync_secret_finish(&s);
	}
}

static void
test_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"T",
		"T=",
		"T=env:X",
		"=env:X,host=a.example",
		"a b=env:X,host=a.example",
		"T=the-value-itself,host=a.example",
		"T=file:,host=a.example",
		"T=env:,host=a.example",
		"T=env:A-B,host=a.example",
		"T=credential:../x,host=a.example",
		"T=credential:a/b,host=a.example",
		"T=env:X,host=",
		"T=env:X,host=*.example.com",
		"T=env:X,host=http://a.example",
		"T=env:X,host=a.example/path",
		"T=env:X,host=u@a.example",
		"T=env:X,host=a.example:0",
		"T=env:X,host=a.example:65536",
		"T=env:X,host=a.example:x",
		"T=env:X,host=a.example,header=Host",
		"T=env:X,host=a.example,header=content-length",
		"T=env:X,host=a.example,header=Proxy-Authorization",
		"T=env:X,host=a.example,header=A B",
		"T=env:X,host=a.example,header=",
		"T=env:X,host=a.example,query=a&b",
		"T=env:X,host=a.example,query=a,format=x{}",
		"T=env:X,host=a.example,format=Bearer",
		"T=env:X,host=a.example,format={}{}",
		"T=env:X,host=a.example,format={}\r\nX: y",
		"T=env:X,host=a.example,other=x",
		"T=env:X,host=a.example,,",
		"T=env:X,host=a.example,https",
	};
	struct dsync_error err;
	struct dsync_secret s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dsync_secret_parse(&s, bad[i], &err) != DSYNC_ERR_INVALID)
			fail_msg("%s", bad[i]);
		assert_null(s.name);
		assert_string_equal(err.rule, "secret");
	}
}

static struct dsync_secret
make(const char *source)
{
	char text[512];
	struct dsync_secret s;

	snprintf(text, sizeof(text), "T=%s,host=a.example", source);
	assert_int_equal(dsync_secret_parse(&s, text, NULL), 0);
	return s;
}

/* The value, or NULL; an error never holds any of it. */
static char *
value_of(const char *source)
{
	struct dsync_secret s = make(source);
	struct dsync_error err = { 0 };
	char text[2048];
	char *value;

	if (dsync_secret_value(&s, &value, &err) < 0) {
		dsync_error_format(&err, text, sizeof(text));
		assert_null(strstr(text, "01234"));
		assert_null(value);
	}
	dsync_secret_finish(&s);
	return value;
}

static void
check_value(const char *source, const char *expected)
{
	char *value = value_of(source);

	if (expected == NULL)
		assert_null(value);
	else
		assert_string_equal(value, expected);
	dsync_secret_wipe(value);
}

static void
test_file(void **state)
{
	static const struct {
		const char *text;
		const char *value;
	} texts[] = {
		{ VALUE, VALUE },
		{ VALUE "\n", VALUE },
		{ VALUE "\r\n", VALUE },
		{ VALUE "\n\n", NULL },
		{ VALUE "\nmore\n", NULL },
		{ "\xc3\xa4" VALUE, NULL },
		{ "0123456", NULL }, /* too short to be recognised */
		{ "", NULL },
	};
	char source[512];
	char large[5000];
	size_t i;

	(void)state;
	snprintf(source, sizeof(source), "file:%s", home_path("key"));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		home_write_text("key", texts[i].text);
		assert_int_equal(chmod(home_path("key"), 0600), 0);
		check_value(source, texts[i].value);
	}
	home_write("key", VALUE "\0" VALUE, 33);
	check_value(source, NULL);
	memset(large, '0', sizeof(large));
	home_write("key", large, sizeof(large));
	check_value(source, NULL);
	home_write("key", large, DSYNC_SECRET_VALUE_MAX);
	free(value_of(source));
	check_value("file:/nonexistent", NULL);
	assert_int_equal(unlink(home_path("key")), 0);
	assert_int_equal(mkfifo(home_path("key"), 0600), 0);
	check_value(source, NULL);
}

/* This user's file is for nobody else to read; root's may be for a group. */
static void
test_file_mode(void **state)
{
	static const struct {
		unsigned mode;
		bool ours, roots;
	} cases[] = {
		{ 0600, true, true },
		{ 0400, true, true },
		{ 0440, false, true },
		{ 0640, false, true },
		{ 0660, false, false },
		{ 0604, false, false },
		{ 0644, false, false },
		{ 0601, false, false },
	};
	char source[512];
	size_t i;

	(void)state;
	snprintf(source, sizeof(source), "file:%s", home_path("key"));
	home_write_text("key", VALUE);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = dsync_sys_euid() == 0 ? cases[i].roots : cases[i].ours;

		assert_int_equal(chmod(home_path("key"), cases[i].mode), 0);
		check_value(source, good ? VALUE : NULL);
	}
	if (dsync_sys_euid() != 0)
		return;
	assert_int_equal(chmod(home_path("key"), 0600), 0);
	assert_int_equal(chown(home_path("key"), 12345, (gid_t)-1), 0);
	check_value(source, NULL); /* somebody else's, though root could read it */
}

static void
test_credential(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	check_value("credential:token", NULL);
	assert_int_equal(mkdir(home_path("credentials"), 0700), 0);
	home_write_text("credentials/token", VALUE "\n");
	assert_int_equal(chmod(home_path("credentials/token"), 0440), 0);
	setenv("CREDENTIALS_DIRECTORY", home_path("credentials"), 1);
	check_value("credential:token", VALUE);
	check_value("credential:other", NULL);
	setenv("CREDENTIALS_DIRECTORY", "relative", 1);
	check_value("credential:token", NULL);
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* What is in the environment of the one who grants is kept; the rest stays where it is. */
static void
test_keep(void **state)
{
	struct dsync_secret s;
	struct dsync_error err;
	char source[512];

	(void)state;
	unsetenv("TEST_SECRET");
	s = make("env:TEST_SECRET");
	assert_int_equal(dsync_secret_keep(&s, &err), DSYNC_ERR_PERMISSION);
	setenv("TEST_SECRET", "short", 1);
	assert_int_equal(dsync_secret_keep(&s, &err), DSYNC_ERR_INVALID);
	assert_null(strstr(err.found, "short"));
	setenv("TEST_SECRET", VALUE, 1);
	assert_int_equal(dsync_secret_keep(&s, &err), 0);
	assert_null(s.source);
	assert_string_equal(s.value, VALUE);
	dsync_secret_finish(&s);
	unsetenv("TEST_SECRET");

	snprintf(source, sizeof(source), "file:%s", home_path("key"));
	s = make(source);
	assert_int_equal(dsync_secret_keep(&s, &err), DSYNC_ERR_PERMISSION);
	home_write_text("key", VALUE);
	assert_int_equal(chmod(home_path("key"), 0600), 0);
	assert_int_equal(dsync_secret_keep(&s, &err), 0);
	assert_null(s.value);
	dsync_secret_finish(&s);
	s = make("credential:later");
	assert_int_equal(dsync_secret_keep(&s, &err), 0);
	dsync_secret_finish(&s);
}

#define HEAD "v = 1\nowner = \"x\"\n[[secret]]\n"
#define WHOLE "name = \"T\"\nhost = \"a.example\"\nheader = \"X-Key\"\nsource = \"file:/k\"\n"

static void
test_grant_file(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ HEAD WHOLE, true },
		{ HEAD WHOLE "port = 8443\nformat = \"Key {}\"\n", true },
		{ HEAD WHOLE "[[secret]]\nname = \"U\"\nhost = \"b.example\"\nquery = \"k\"\nvalue = \"" VALUE "\"\n",
			true },
		{ "v = 1\nowner = \"x\"\nsecret = []\n", true },
		{ HEAD WHOLE "[[secret]]\n" WHOLE, false }, /* one of each name */
		{ HEAD WHOLE "value = \"" VALUE "\"\n", false },
		{ HEAD WHOLE "query = \"k\"\n", false },
		{ HEAD WHOLE "port = 0\n", false },
		{ HEAD WHOLE "port = \"443\"\n", false },
		{ HEAD WHOLE "surprise = 1\n", false },
		{ HEAD WHOLE "format = \"{}\\r\\nX: {}\"\n", false },
		{ HEAD "name = \"T\"\n", false },
		{ HEAD "name = \"T\"\nhost = \"*.example\"\nheader = \"X\"\nsource = \"file:/k\"\n", false },
		{ HEAD "name = \"T\"\nhost = \"a.example\"\nheader = \"X\"\nvalue = \"short\"\n", false },
		{ HEAD "name = \"T\"\nhost = \"a.example\"\nheader = \"Host\"\nsource = \"file:/k\"\n", false },
		{ "v = 1\nowner = \"x\"\n[secret]\n" WHOLE, false },
		{ "v = 1\nowner = \"x\"\nsecret = [1]\n", false },
	};
	struct dsync_grant grant, again;
	struct dsync_buffer text;
	struct dsync_error err;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rc = dsync__grant_parse(cases[i].text, strlen(cases[i].text), &grant, &err);
		if ((rc == 0) != cases[i].good)
			fail_msg("%s: %d", cases[i].text, rc);
		if (rc < 0) {
			assert_string_equal(err.entry, "secret");
			continue;
		}
		dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
		assert_int_equal(dsync_grant_write(&grant, &text), 0);
		assert_int_equal(dsync__grant_parse((const char *)text.data, text.size, &again, &err), 0);
		assert_int_equal(again.secrets.count, grant.secrets.count);
		dsync_buffer_finish(&text);
		dsync_grant_finish(&again);
		dsync_grant_finish(&grant);
	}
}

/* The user's word before the machine's; a later grant replaces the one of the same name. */
static void
test_consent(void **state)
{
	struct dsync_archive *archive;
	struct dsync_consent consent;
	struct dsync_grant grant;
	struct dsync_secret s;
	int i;

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "x", home_wasm, home_wasm_size);
	assert_int_equal(mkdir(home_path("machine/grants.d"), 0700), 0);
	home_write_text("machine/grants.d/m.toml",
		"v = 1\nowner = \"" HOME_OWNER "\"\n[[secret]]\n" WHOLE
		"[[secret]]\nname = \"M\"\nhost = \"m.example\"\n"
		"header = \"X\"\nsource = \"credential:m\"\n");
	for (i = 0; i < 2; i++) {
		dsync_grant_init(&grant);
		grant.owner = strdup(HOME_OWNER);
		dsync_hash(grant.updater, home_wasm, home_wasm_size);
		s = make(i == 0 ? "file:/first" : "file:/second");
		assert_int_equal(dsync_grant_add_secret(&grant.secrets, &s, true, NULL), 0);
		dsync_secret_finish(&s);
		assert_int_equal(dsync_grants_store(home_context(), &grant, NULL), 0);
		dsync_grant_finish(&grant);
	}
	archive = home_open("a.sync");
	assert_int_equal(dsync_consent_judge(home_context(), archive, dsync_sys_now(), &consent, NULL), 0);
	dsync_archive_unref(archive);
	assert_true(consent.granted);
	assert_int_equal(consent.secrets.count, 2);
	for (i = 0; i < 2; i++) {
		if (strcmp(consent.secrets.items[i].name, "T") == 0)
			assert_string_equal(consent.secrets.items[i].source, "file:/second");
	}
	dsync_consent_finish(&consent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		TEST(test_file),
		TEST(test_file_mode),
		TEST(test_credential),
		TEST(test_keep),
		cmocka_unit_test(test_grant_file),
		TEST(test_consent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
