/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "broker/host_rule.h"

struct match {
	const char *entry;
	const char *url;
	bool allowed;
};

static const struct match matches[] = {
	/* a bare host is https on 443 */
	{ "example.com", "https://example.com/", true },
	{ "example.com", "https://example.com:443/", true },
	{ "example.com", "http://example.com/", false },
	{ "example.com", "https://example.com:8443/", false },
	{ "example.com", "http://example.com:443/", false },
	{ "example.com", "https://notexample.com/", false },
	{ "example.com", "https://www.example.com/", false },
	{ "example.com", "https://example.com.evil.com/", false },
	{ "example.com:443", "https://example.com/", true },
	{ "example.com:443", "http://example.com:443/", false },
	/* another port is either scheme on it */
	{ "example.com:8080", "http://example.com:8080/", true },
	{ "example.com:8080", "https://example.com:8080/", true },
	{ "example.com:8080", "https://example.com/", false },
	{ "example.com:80", "http://example.com/", true },
	/* a scheme means that one, on its own port */
	{ "http://example.com", "http://example.com/", true },
	{ "http://example.com", "https://example.com/", false },
	{ "http://example.com", "https://example.com:80/", false },
	{ "http://example.com", "http://example.com:81/", false },
	{ "https://example.com", "https://example.com/", true },
	{ "https://example.com", "http://example.com/", false },
	{ "HTTPS://example.com:8443", "https://example.com:8443/", true },
	{ "https://example.com:8443", "http://example.com:8443/", false },
	/* any port */
	{ "example.com:*", "https://example.com/", true },
	{ "example.com:*", "https://example.com:1/", true },
	{ "example.com:*", "http://example.com:8080/", true },
	{ "https://example.com:*", "https://example.com:65535/", true },
	{ "https://example.com:*", "http://example.com:8080/", false },
	/* case and the trailing dot say nothing */
	{ "Example.COM", "https://eXample.com/", true },
	{ "example.com.", "https://example.com/", true },
	{ "example.com", "https://example.com./", true },
	/* wildcards are whole labels */
	{ "*.internal.local", "https://a.internal.local/", true },
	{ "*.internal.local", "https://a.b.internal.local/", true },
	{ "*.internal.local", "https://A.Internal.LOCAL./", true },
	{ "*.internal.local", "https://evilinternal.local/", false },
	{ "*.internal.local", "https://internal.local/", false },
	{ "*.internal.local", "https://local/", false },
	{ "*.internal.local", "https://a.internal.local.evil.com/", false },
	{ "*.internal.local", "https://evil.com/?.internal.local", false },
	{ "*.internal.local", "https://evil.com/#.internal.local", false },
	{ "*.internal.local", "http://a.internal.local/", false },
	{ "*.internal.local:8080", "http://a.internal.local:8080/", true },
	/* addresses match exactly, however they are spelt */
	{ "127.0.0.1", "https://127.0.0.1/", true },
	{ "127.0.0.1:8080", "http://127.0.0.1:8080/ok", true },
	{ "127.0.0.1", "https://127.0.0.2/", false },
	{ "[::1]", "https://[::1]/", true },
	{ "::1", "https://[::1]/", true },
	{ "::1", "https://[0:0:0:0:0:0:0:1]/", true },
	{ "[2001:DB8::0:1]:8080", "http://[2001:db8::1]:8080/", true },
	{ "[::1]:*", "http://[::1]:99/", true },
	{ "[::1]", "https://[::2]/", false },
	{ "::ffff:127.0.0.1", "https://127.0.0.1/", false },
	{ "localhost:8080", "http://LOCALHOST:8080/ok", true },
};

static const char *const refused[] = {
	"",
	"*",
	"*.",
	"*.com",
	"*.*",
	"*.*.com",
	"a.*.com",
	"a*.example.com",
	"*a.example.com",
	"example.*",
	"*example.com",
	"*.com.",
	"*.0.1",
	"*.7.0.0.1",
	"*.1.2.3.4",
	"*.[::1]",
	"*.::1",
	"good.example.com*",
	"ftp://example.com",
	"://example.com",
	"https:/example.com",
	"https:example.com",
	"file:///etc",
	"javascript:x",
	"https://",
	"https://example.com/",
	"example.com/",
	"example.com/path",
	"user@example.com",
	"a b.com",
	" example.com",
	"example.com:",
	"example.com:0",
	"example.com:65536",
	"example.com:0443",
	"example.com:4 4",
	"example.com:-1",
	"example.com:**",
	"example.com:x",
	"a..b.com",
	".example.com",
	"example.com..",
	"-a.com",
	"a-.com",
	"exa_mple.com",
	"ex\xc3\xa4mple.com",
	"%65xample.com",
	"example.com#x",
	"example.com?x",
	"127.1",
	"0x7f.1",
	"2130706433",
	"127.0.0.01",
	"127.0.0.1.",
	"256.0.0.1",
	"1.2.3.4.5",
	"[::1",
	"::1]",
	"[::1]x",
	"[::1]:",
	"[::1]8080",
	"[127.0.0.1]",
	"[example.com]",
	"[]",
	"[::1%25lo]",
	"fe80::1%lo",
	":::",
	"1:2:3",
	"12345::",
};

static void
test_matches(void **state)
{
	struct dsync_host_rule rule;
	struct dsync_url url;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		const struct match *m = &matches[i];

		if (dsync_host_rule_parse(&rule, m->entry, strlen(m->entry), NULL) < 0)
			fail_msg("entry %s refused", m->entry);
		if (dsync_url_parse(&url, m->url, strlen(m->url), NULL) < 0)
			fail_msg("URL %s refused", m->url);
		if (dsync_host_rule_allows(&rule, &url) != m->allowed)
			fail_msg("%s for %s: expected %d", m->entry, m->url, m->allowed);
	}
}

static void
test_refused(void **state)
{
	struct dsync_host_rule rule;
	struct dsync_url url;
	struct dsync_error err;
	size_t i;

	(void)state;
	assert_int_equal(dsync_url_parse(&url, "https://a.b.com", 15, NULL), 0);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		memset(&rule, 0xFF, sizeof(rule));
		if (dsync_host_rule_parse(&rule, refused[i], strlen(refused[i]), &err) != DSYNC_ERR_SYNTAX)
			fail_msg("entry \"%s\" accepted", refused[i]);
		assert_string_equal(err.rule, "host");
		assert_true(err.found[0] != '\0');
		assert_false(dsync_host_rule_allows(&rule, &url)); /* what is left of it allows nothing */
	}
}

static void
test_message(void **state)
{
	struct dsync_host_rule rule;
	struct dsync_error err;
	char text[512];

	(void)state;
	dsync_host_rule_parse(&rule, "*.com", 5, &err);
	dsync_error_format(&err, text, sizeof(text));
	assert_string_equal(text,
		"bad host entry (host, *.com): expected [scheme://]host[:port|:*], found a star with fewer than two labels after it");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
