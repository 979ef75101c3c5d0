/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is read from a URL: the entry of an allow-list, a file name, the host; and which texts are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../src/media_type.h"
#include "../src/origin.h"

static void
test_accepted(void **state)
{
	static const struct {
		const char *url, *entry;
	} cases[] = {
		{ "https://example.com", "example.com" },
		{ "https://example.com/", "example.com" },
		{ "HTTPS://Example.COM/Path?Q#f", "example.com" },
		{ "https://example.com:443/x", "example.com" },
		{ "https://example.com:8443/x", "https://example.com:8443" },
		{ "http://example.com/x", "http://example.com" },
		{ "http://example.com:80/x", "http://example.com:80" },
		{ "http://127.0.0.1:8080/x@y", "http://127.0.0.1:8080" },
		{ "https://[::1]/x", "[::1]" },
		{ "https://[::1]:443/x", "[::1]" },
		{ "https://[::1]:8443/x", "https://[::1]:8443" },
		{ "https://example.com?x", "example.com" },
	};
	char entry[ORIGIN_SIZE];
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(origin_of_url(cases[i].url, entry, &err), 0);
		assert_string_equal(entry, cases[i].entry);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"x",
		"ftp://example.com/",
		"https:/example.com",
		"https:///x",
		"https://",
		"http://?x",
		"https://u@example.com/",
		"https://u:p@example.com/",
		"https://exa mple.com/",
		"https://example.com/\n",
		"https://example.com/\xc3\xa4",
		"https:\\\\example.com",
		"https://example.com\\x/",
		"file:///etc/passwd",
	};
	char entry[ORIGIN_SIZE], large[2 * ORIGIN_SIZE];
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (origin_of_url(cases[i], entry, &err) != DSYNC_ERR_SYNTAX)
			fail_msg("accepted: %s", cases[i]);
		assert_string_equal(err.rule, "url");
	}
	memset(large, 'a', sizeof(large));
	memcpy(large, "https://", 8);
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(origin_of_url(large, entry, NULL), DSYNC_ERR_SYNTAX);
	large[ORIGIN_SIZE - 1] = '\0';
	assert_int_equal(origin_of_url(large, entry, NULL), 0);
}

static void
test_file_name(void **state)
{
	static const struct {
		const char *url, *name;
		bool of_path;
	} cases[] = {
		{ "https://example.com/a/list.dat", "list.dat", true },
		{ "https://example.com/a/list.dat?x=/y#z", "list.dat", true },
		{ "https://example.com/a/b/", "b", true },
		{ "https://example.com/", "example.com", false },
		{ "https://example.com", "example.com", false },
		{ "https://example.com:8080", "example.com_8080", false },
		{ "https://example.com/.ssh", "ssh", true },
		{ "https://example.com/..", "download", true },
		{ "https://example.com/%2e%2e%2fx", "_2e_2e_2fx", true },
		{ "https://example.com/a;b$(c)", "a_b__c_", true },
	};
	char name[ORIGIN_NAME_SIZE], large[2000] = "https://example.com/";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(origin_file_name(cases[i].url, name), cases[i].of_path);
		assert_string_equal(name, cases[i].name);
	}
	memset(large + strlen(large), 'a', sizeof(large) - strlen(large) - 1);
	origin_file_name(large, name);
	assert_int_equal(strlen(name), ORIGIN_NAME_SIZE - 1);
}

static void
test_same_host(void **state)
{
	(void)state;
	assert_true(origin_same_host("https://a.example/x", "a.example"));
	assert_true(origin_same_host("http://a.example:80", "https://A.example:8443/y"));
	assert_true(origin_same_host("[::1]", "http://[::1]:80/"));
	assert_false(origin_same_host("https://a.example/", "https://b.example/"));
	assert_false(origin_same_host("https://a.example/", "https://a.example.org/"));
	assert_false(origin_same_host("[::1]", "http://[::2]/"));
}

static void
test_bare_url(void **state)
{
	char bare[32];

	(void)state;
	origin_bare_url("https://a.example/x?key=1#y", bare, sizeof(bare));
	assert_string_equal(bare, "https://a.example/x");
	origin_bare_url("https://a.example/0123456789012345678901234567890", bare, sizeof(bare));
	assert_int_equal(strlen(bare), sizeof(bare) - 1);
}

static void
test_media_types(void **state)
{
	(void)state;
	assert_string_equal(media_type_of_extension("CSV"), "text/csv");
	assert_null(media_type_of_extension("unknown"));
	assert_null(media_type_of_extension(""));
	assert_string_equal(media_type_extension("Text/HTML; charset=utf-8", 24), "html");
	assert_string_equal(media_type_extension("text/xml", 8), "xml");
	assert_null(media_type_extension("text/", 5));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_file_name),
		cmocka_unit_test(test_same_host),
		cmocka_unit_test(test_bare_url),
		cmocka_unit_test(test_media_types),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
