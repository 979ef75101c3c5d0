/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/internal.h"

struct accepted {
	const char *text;
	const char *normal;
	const char *host;
	uint16_t port;
};

static const struct accepted accepted[] = {
	{ "https://example.com/", "https://example.com/", "example.com", 443 },
	{ "https://example.com", "https://example.com/", "example.com", 443 },
	{ "HTTPS://EXAMPLE.com./A", "https://example.com/A", "example.com", 443 },
	{ "http://example.com:80/", "http://example.com/", "example.com", 80 },
	{ "http://example.com:443/", "http://example.com:443/", "example.com", 443 },
	{ "https://example.com:443?x", "https://example.com/?x", "example.com", 443 },
	{ "https://example.com:65535/", "https://example.com:65535/", "example.com", 65535 },
	{ "http://h:1", "http://h:1/", "h", 1 },
	{ "https://example.com#frag", "https://example.com/", "example.com", 443 },
	{ "https://example.com/a?b=c#d?e#f", "https://example.com/a?b=c", "example.com", 443 },
	{ "https://example.com/?", "https://example.com/", "example.com", 443 },
	{ "https://example.com?a/b", "https://example.com/?a/b", "example.com", 443 },
	{ "https://example.com/??", "https://example.com/??", "example.com", 443 },
	{ "https://example.com/a@b:c", "https://example.com/a@b:c", "example.com", 443 },
	{ "https://example.com//a//b", "https://example.com//a//b", "example.com", 443 },
	{ "https://example.com/%2e%2E/%00%zz", "https://example.com/%2e%2E/%00%zz", "example.com", 443 },
	{ "https://example.com/{a}|b^`\"<>", "https://example.com/{a}|b^`\"<>", "example.com", 443 },
	{ "https://evil.com#.internal.local", "https://evil.com/", "evil.com", 443 },
	{ "https://evil.com?.internal.local", "https://evil.com/?.internal.local", "evil.com", 443 },
	{ "http://127.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80 },
	{ "http://0.0.0.0/", "http://0.0.0.0/", "0.0.0.0", 80 },
	{ "http://1.2.3.com/", "http://1.2.3.com/", "1.2.3.com", 80 },
	{ "http://0x7f.com/", "http://0x7f.com/", "0x7f.com", 80 },
	{ "http://a.0x7g/", "http://a.0x7g/", "a.0x7g", 80 },
	{ "http://[::1]:8080/", "http://[::1]:8080/", "::1", 8080 },
	{ "http://[0:0::0:1]/", "http://[::1]/", "::1", 80 },
	{ "http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", 80 },
	{ "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::7f00:1]/", "64:ff9b::7f00:1", 80 },
	{ "http://xn--e1afmkfd.xn--p1ai/", "http://xn--e1afmkfd.xn--p1ai/", "xn--e1afmkfd.xn--p1ai", 80 },
	{ "http://a--b.c/", "http://a--b.c/", "a--b.c", 80 },
	{ "http://foo.localhost/", "http://foo.localhost/", "foo.localhost", 80 },
	/* RFC 3986 section 5.2.4 */
	{ "http://h/a/b/c/./../../g", "http://h/a/g", "h", 80 },
	{ "http://h/mid/content=5/../6", "http://h/mid/6", "h", 80 },
	{ "http://h/.", "http://h/", "h", 80 },
	{ "http://h/..", "http://h/", "h", 80 },
	{ "http://h/../../a", "http://h/a", "h", 80 },
	{ "http://h/a/.", "http://h/a/", "h", 80 },
	{ "http://h/a/..", "http://h/", "h", 80 },
	{ "http://h/a/../", "http://h/", "h", 80 },
	{ "http://h/a//../b", "http://h/a/b", "h", 80 },
	{ "http://h/...", "http://h/...", "h", 80 },
	{ "http://h/.a/..b", "http://h/.a/..b", "h", 80 },
	{ "http://h/a?b/../c", "http://h/a?b/../c", "h", 80 },
};

static const char *const refused[] = {
	/* user parts, blanks, backslashes, percent signs */
	"https://api.example.com:x@evil.com/",
	"https://api.example.com:443@169.254.169.254/",
	"http://user@h/",
	"http://@h/",
	"http://u:p@h/",
	"http://allowed.example:x@127.0.0.1:8080/ok",
	"http://127.0.0.1:8080\\@evil.example/ok",
	"https://evil.com\\.internal.local/",
	"http://h/a\\b",
	"http://localhoste\\@localhost",
	"http://h/a b",
	" http://h/",
	"http://h/ ",
	"http://h/\t",
	"http://h\r\n/",
	"http://h/\x7f",
	"http://h/\x01",
	"http://exa%6dple.com/",
	"http://%31%32%37.0.0.1/",
	"http://h%2Fevil/",
	"http://h%00/",
	"http://h:8%30/",
	/* scheme and slashes */
	"",
	"h",
	"127.0.0.1",
	"//x",
	"/x",
	"://x",
	"https:///x",
	"https:/x",
	"https:x",
	"https:",
	"https://",
	"https:\\\\x",
	"http:////x",
	"http s://x",
	"file:///etc/hostname",
	"gopher://x/",
	"ftp://x/",
	"data:text/plain,x",
	"ws://x/",
	"httpss://x/",
	"http+unix://x/",
	"javascript:1",
	/* ports */
	"http://h:/",
	"http://h:0/",
	"http://h:0443/",
	"http://h:65536/",
	"http://h:99999999999999999999/",
	"http://h:-1/",
	"http://h:+1/",
	"http://h:8a/",
	"http://h:80:80/",
	"http://h:*/",
	/* names */
	"http:///",
	"http://./",
	"http://../",
	"http://a..b.com/",
	"http://a.com../",
	"http://.example.com/",
	"http://-a.com/",
	"http://a-.com/",
	"http://a.-b/",
	"http://a_b.com/",
	"http://a,b/",
	"http://a;b/",
	"http://*.com/",
	"http://a~b/",
	"http://a$b/",
	"http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com/",
	"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/",
	"http://example\xe3\x80\x82-com/",
	("http://example\xe3\x80\x82"
	 "com/"),
	"http://ex\xc3\xa4mple.com/",
	"http://h/\xc3\xa4",
	/* addresses in other people's spelling */
	"http://0/",
	"http://127.1/",
	"http://2130706433/",
	"http://0x7f.1/",
	"http://0x7f000001/",
	"http://017700000001/",
	"http://0177.0.0.1/",
	"http://127.0.0.1./",
	"http://127.0.0.01/",
	"http://127.0.0.256/",
	"http://1.2.3/",
	"http://1.2.3.4.5/",
	"http://a.1/",
	"http://a.0x7f/",
	"http://a.0x/",
	"http://1.2.3.-4/",
	"http://127.0.0.0x1/",
	"http://[fe80::1%25lo]/",
	"http://[fe80::1%lo]/",
	"http://[::1/",
	"http://::1/",
	"http://[]/",
	"http://[127.0.0.1]/",
	"http://[h]/",
	"http://[::1]x/",
	"http://[::1]:/",
	"http://[[::1]]/",
	"http://[1:2:3:4:5:6:7:8:9]/",
	"http://[::1.2.3]/",
	"http://[::1.2.3.256]/",
	"http://[v1.a]/",
	"http://x[::1]/",
	"http://[:1]/",
	"http://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]/",
};

static int
parse(struct dsync_url *url, const char *text, struct dsync_error *err)
{
	return dsync_url_parse(url, text, strlen(text), err);
}

static void
test_accepted(void **state)
{
	struct dsync_url url, again;
	CURLU *handle;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		const struct accepted *a = &accepted[i];

		if (parse(&url, a->text, NULL) < 0)
			fail_msg("%s refused", a->text);
		assert_string_equal(url.text, a->normal);
		assert_string_equal(url.host, a->host);
		assert_int_equal(url.port, a->port);
		assert_int_equal(url.text[url.path_offset], '/');
		assert_int_equal(parse(&again, url.text, NULL), 0); /* what is normal stays so */
		assert_string_equal(again.text, url.text);
		if (dsync__url_to_curl(&url, &handle, NULL) < 0)
			fail_msg("%s: curl reads it otherwise", a->text);
		curl_url_cleanup(handle);
	}
}

static void
test_refused(void **state)
{
	struct dsync_error err;
	struct dsync_url url;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (parse(&url, refused[i], &err) != DSYNC_ERR_SYNTAX)
			fail_msg("%s accepted as %s", refused[i], url.text);
		assert_string_equal(err.rule, "url");
		assert_true(err.found[0] != '\0');
		assert_int_equal(url.text[0], '\0');
		assert_int_equal(url.host[0], '\0');
	}
}

static void
test_sizes(void **state)
{
	char text[DSYNC_URL_SIZE_MAX + 2];
	struct dsync_url url;
	char label[64];
	char name[400];
	size_t i;

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	snprintf(name, sizeof(name), "http://%s.com/", label);
	assert_int_equal(parse(&url, name, NULL), 0);
	snprintf(name, sizeof(name), "http://%s.%s.%s.%.61s/", label, label, label, label); /* 253 bytes */
	assert_int_equal(parse(&url, name, NULL), 0);
	assert_int_equal(strlen(url.host), 253);
	snprintf(name, sizeof(name), "http://%s.%s.%s.%.61s./", label, label, label, label);
	assert_int_equal(parse(&url, name, NULL), 0);
	snprintf(name, sizeof(name), "http://%s.%s.%s.%.62s/", label, label, label, label);
	assert_int_equal(parse(&url, name, NULL), DSYNC_ERR_SYNTAX);

	memset(text, 'a', sizeof(text));
	memcpy(text, "http://h/", 9);
	assert_int_equal(dsync_url_parse(&url, text, DSYNC_URL_SIZE_MAX, NULL), 0);
	assert_int_equal(strlen(url.text), DSYNC_URL_SIZE_MAX);
	assert_int_equal(dsync_url_parse(&url, text, DSYNC_URL_SIZE_MAX + 1, NULL), DSYNC_ERR_SYNTAX);
	memcpy(text, "http://h?", 9); /* the missing slash is one byte too many */
	assert_int_equal(dsync_url_parse(&url, text, DSYNC_URL_SIZE_MAX, NULL), DSYNC_ERR_SYNTAX);

	for (i = 0; i < 8; i++) /* nothing shorter than a host is a URL */
		assert_int_equal(dsync_url_parse(&url, "http://h", i, NULL), DSYNC_ERR_SYNTAX);
	assert_int_equal(dsync_url_parse(&url, "http://h\0/", 10, NULL), DSYNC_ERR_SYNTAX);
	assert_int_equal(dsync_url_parse(&url, "http://h/\0", 10, NULL), DSYNC_ERR_SYNTAX);
}

static void
test_messages(void **state)
{
	struct dsync_error err;
	struct dsync_url url;
	char text[1024];

	(void)state;
	parse(&url, "https://api.example.com:x@evil.com/", &err);
	dsync_error_format(&err, text, sizeof(text));
	assert_string_equal(text,
		"bad URL (url, https://api.example.com:x@evil.com/, offset 25): expected http[s]://host[:port]/path, found a user part");
	parse(&url, "http://ex\xc3\xa4mple.com/", &err);
	assert_non_null(strstr(err.hint, "xn--"));
	assert_int_equal(parse(&url, "x", NULL), DSYNC_ERR_SYNTAX);
}

/* The second opinion refuses a URL whose parts are not those of its text. */
static void
test_disagreement(void **state)
{
	struct dsync_url url, changed;
	struct dsync_error err;
	CURLU *handle;

	(void)state;
	assert_int_equal(parse(&url, "https://example.com:8443/a?b", NULL), 0);
	assert_int_equal(dsync__url_to_curl(&url, &handle, &err), 0);
	curl_url_cleanup(handle);

	changed = url;
	changed.host[0] = 'f';
	assert_int_equal(dsync__url_to_curl(&changed, &handle, &err), DSYNC_ERR_SYNTAX);
	assert_null(handle);
	assert_string_equal(err.rule, "url");
	changed = url;
	changed.port = 443;
	assert_int_equal(dsync__url_to_curl(&changed, &handle, &err), DSYNC_ERR_SYNTAX);
	changed = url;
	changed.https = false;
	assert_int_equal(dsync__url_to_curl(&changed, &handle, &err), DSYNC_ERR_SYNTAX);
	changed = url;
	memcpy(changed.text, "https://u@xamp", 14);
	assert_int_equal(dsync__url_to_curl(&changed, &handle, &err), DSYNC_ERR_SYNTAX);
}

struct resolved {
	const char *location;
	const char *result; /* NULL: refused */
};

/* RFC 3986 section 5.4 with base http://a/b/c/d;p?q, and what servers send. */
static const struct resolved resolutions[] = {
	{ "g", "http://a/b/c/g" },
	{ "./g", "http://a/b/c/g" },
	{ "g/", "http://a/b/c/g/" },
	{ "/g", "http://a/g" },
	{ "//g", "http://g/" },
	{ "?y", "http://a/b/c/d;p?y" },
	{ "g?y", "http://a/b/c/g?y" },
	{ "#s", "http://a/b/c/d;p?q" },
	{ "g#s", "http://a/b/c/g" },
	{ "g?y#s", "http://a/b/c/g?y" },
	{ ";x", "http://a/b/c/;x" },
	{ "g;x", "http://a/b/c/g;x" },
	{ "g;x?y#s", "http://a/b/c/g;x?y" },
	{ "", "http://a/b/c/d;p?q" },
	{ ".", "http://a/b/c/" },
	{ "./", "http://a/b/c/" },
	{ "..", "http://a/b/" },
	{ "../", "http://a/b/" },
	{ "../g", "http://a/b/g" },
	{ "../..", "http://a/" },
	{ "../../", "http://a/" },
	{ "../../g", "http://a/g" },
	{ "../../../g", "http://a/g" },
	{ "../../../../g", "http://a/g" },
	{ "/./g", "http://a/g" },
	{ "/../g", "http://a/g" },
	{ "g.", "http://a/b/c/g." },
	{ ".g", "http://a/b/c/.g" },
	{ "g..", "http://a/b/c/g.." },
	{ "..g", "http://a/b/c/..g" },
	{ "./../g", "http://a/b/g" },
	{ "./g/.", "http://a/b/c/g/" },
	{ "g/./h", "http://a/b/c/g/h" },
	{ "g/../h", "http://a/b/c/h" },
	{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
	{ "g;x=1/../y", "http://a/b/c/y" },
	{ "g?y/./x", "http://a/b/c/g?y/./x" },
	{ "g?y/../x", "http://a/b/c/g?y/../x" },
	{ "g#s/./x", "http://a/b/c/g" },
	{ "https://B:444/x", "https://b:444/x" },
	{ "//b:8080/x?y", "http://b:8080/x?y" },
	{ "g?a:b", "http://a/b/c/g?a:b" },
	{ "./g:h", "http://a/b/c/g:h" },
	{ "1:2", "http://a/b/c/1:2" },
	{ "http:g", NULL },
	{ "g:h", NULL },
	{ "file:///x", NULL },
	{ "gopher://a/", NULL },
	{ "data:,x", NULL },
	{ "javascript:1", NULL },
	{ "https:///x", NULL },
	{ "///x", NULL },
	{ "//u@b/", NULL },
	{ "//", NULL },
	{ "http://u:p@b/", NULL },
	{ "/a b", NULL },
	{ "\\\\b", NULL },
	{ "/\\b", NULL },
	{ "/\r\nX: y", NULL },
	{ "/\xc3\xa4", NULL },
	{ "//127.1/", NULL },
	{ "http://b:0/", NULL },
};

static void
test_resolve(void **state)
{
	static const size_t longs[] = { DSYNC_URL_SIZE_MAX, 2 * DSYNC_URL_SIZE_MAX, 2 * DSYNC_URL_SIZE_MAX + 1 };
	static char text[2 * DSYNC_URL_SIZE_MAX + 1];
	struct dsync_url base, url;
	size_t i;
	int rc;

	(void)state;
	assert_int_equal(parse(&base, "http://a/b/c/d;p?q", NULL), 0);
	for (i = 0; i < sizeof(resolutions) / sizeof(resolutions[0]); i++) {
		const struct resolved *r = &resolutions[i];

		rc = dsync_url_resolve(&url, &base, r->location, strlen(r->location), NULL);
		if ((rc == 0) != (r->result != NULL))
			fail_msg("\"%s\": %d", r->location, rc);
		assert_string_equal(url.text, r->result != NULL ? r->result : "");
	}
	assert_int_equal(dsync_url_resolve(&base, &base, "x", 1, NULL), 0); /* in place */
	assert_string_equal(base.text, "http://a/b/c/x");

	for (i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(dsync_url_resolve(&url, &base, text, longs[i], NULL), DSYNC_ERR_SYNTAX);
		assert_string_equal(url.text, "");
	}
}

static void
test_same_origin(void **state)
{
	struct dsync_url a, b;

	(void)state;
	parse(&a, "https://example.com/", NULL);
	parse(&b, "https://Example.com:443/other?x", NULL);
	assert_true(dsync_url_same_origin(&a, &b));
	parse(&b, "http://example.com:443/", NULL);
	assert_false(dsync_url_same_origin(&a, &b));
	parse(&b, "https://example.com:444/", NULL);
	assert_false(dsync_url_same_origin(&a, &b));
	parse(&b, "https://www.example.com/", NULL);
	assert_false(dsync_url_same_origin(&a, &b));
}

/*
 * Random texts of the bytes that matter: whatever our grammar lets through, curl must read as
 * the same host and port, and it must stay the same when it is read again.
 */
static void
test_against_curl(void **state)
{
	static const char alphabet[] = "aZ019.-:/?#@[]%\\ *_~xX\x01\xc3";
	static const char *const starts[] = { "http://", "https://", "http://a", "http://[::", "http://1.2.3.",
		"http://a.b/", "" };
	struct dsync_url url;
	CURLU *handle;
	unsigned accepted_count = 0;
	char text[64];
	size_t size;
	int i;

	(void)state;
	srand(1);
	for (i = 0; i < 300000; i++) {
		size = (size_t)snprintf(text, sizeof(text), "%s", starts[rand() % 7]);
		for (int n = rand() % 10; n > 0; n--)
			text[size++] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		if (dsync_url_parse(&url, text, size, NULL) < 0)
			continue;
		accepted_count++;
		if (dsync__url_to_curl(&url, &handle, NULL) < 0)
			fail_msg("%.*s: curl reads %s otherwise", (int)size, text, url.text);
		curl_url_cleanup(handle);
	}
	assert_true(accepted_count > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_disagreement),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_same_origin),
		cmocka_unit_test(test_against_curl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
