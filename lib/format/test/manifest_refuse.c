/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a manifest must not say: the exact message of each rule, and every key with every wrong type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "dotsync/manifest.h"
#include "manifest_texts.h"
#include "toml/edit.h"

/* `text` takes the place of the line of MINIMAL that starts with `line`; NULL: it is put at the end, line 10. */
static const struct refusal {
	const char *line;
	const char *text;
	const char *message;
} refusals[] = {
	/* missing */
	{ "version", "",
		"manifest key is missing (manifest, sync.version, line 1, column 2): expected one of \"1.0\", \"1.1\", "
		"\"1.2\", \"1.3\"; add it to [sync]" },
	{ "content_type", "",
		"manifest key is missing (manifest, sync.content_type, line 1, column 2): expected a media type in "
		"visible ASCII, such as \"text/csv\"; add it to [sync]" },
	{ "display_ext", "",
		"manifest key is missing (manifest, sync.display_ext, line 1, column 2): expected 1 to 32 letters, "
		"digits or . _ - +, such as \"csv\"; add it to [sync]" },
	{ "created_by", "",
		"manifest key is missing (manifest, meta.created_by, line 6, column 2): expected a string; add it to [meta]" },
	{ "created_at", "",
		"manifest key is missing (manifest, meta.created_at, line 6, column 2): expected an RFC 3339 time in "
		"quotes, such as \"2026-01-31T12:00:00Z\"; add it to [meta]" },
	{ "hash_algo", "",
		"manifest key is missing (manifest, meta.hash_algo, line 6, column 2): expected \"blake3\"; add it to [meta]" },
	{ "[meta]", "", "manifest key is missing (manifest, meta.created_by): expected a string; add it to [meta]" },

	/* wrong type */
	{ "created_at", "created_at = 2026-01-31T12:00:00Z",
		"manifest key has the wrong type (manifest, meta.created_at, line 8, column 1): expected an RFC 3339 time in quotes, such as "
		"\"2026-01-31T12:00:00Z\", found a date and time: 2026-01-31T12:00:00Z" },
	{ NULL, "[policy]\nttl = \"1h\"",
		"manifest key has the wrong type (manifest, policy.ttl, line 11, column 1): expected a whole number of seconds, 0 or more, "
		"found a string: \"1h\"" },
	{ NULL, "[permissions]\nallow_hosts = \"a.example\"",
		"manifest key has the wrong type (manifest, permissions.allow_hosts, line 11, column 1): expected a list of strings, found "
		"a string: \"a.example\"" },
	{ NULL, "[permissions]\nallow_hosts = [\"a.example\",\n  7]",
		"manifest key has the wrong type (manifest, permissions.allow_hosts, line 12, column 3): expected a list of strings, found "
		"an integer: 7" },
	{ NULL, "[encryption.meta]\nkdf = 1.5",
		"manifest key has the wrong type (manifest, encryption.meta.kdf, line 11, column 1): expected a string, found a float: 1.5" },
	{ NULL, "[owner_chain]\n",
		"manifest key has the wrong type (manifest, owner_chain, line 10, column 2): expected an array of "
		"tables, found a table: [owner_chain]" },
	{ NULL, "[[owner_chain]]\nseq = 1\n[[owner_chain]]\nseq = \"2\"",
		"manifest key has the wrong type (manifest, owner_chain.seq, line 13, column 1): expected a whole number, 1 or more, found a "
		"string: \"2\"" },
	{ NULL, "[[signature]]",
		"manifest key has the wrong type (manifest, signature, line 10, column 3): expected a table, found an "
		"array" },

	/* range */
	{ NULL, "[policy]\nttl = -1",
		"manifest value is not allowed (manifest, policy.ttl, line 11, column 1): expected a whole number "
		"of seconds, 0 or more, found -1" },
	{ NULL, "[policy]\ntimeout = 0",
		"manifest value is not allowed (manifest, policy.timeout, line 11, column 1): expected a whole "
		"number of seconds, 1 or more, found 0" },
	{ NULL, "[policy]\nmax_payload = 0",
		"manifest value is not allowed (manifest, policy.max_payload, line 11, column 1): expected "
		"a whole number of bytes, 1 or more, found 0" },
	{ NULL, "[policy]\nstale_if_error = -5",
		"manifest value is not allowed (manifest, policy.stale_if_error, line 11, column 1): "
		"expected a whole number of seconds, 0 or more, found -5" },
	{ NULL, "[policy]\nstale_while_revalidate = -5",
		"manifest value is not allowed (manifest, policy.stale_while_revalidate, line "
		"11, column 1): expected a whole number of seconds, 0 or more, found -5" },
	{ NULL, "[dotsync]\nseq = 0",
		"manifest value is not allowed (manifest, dotsync.seq, line 11, column 1): expected a whole number, "
		"1 or more, found 0" },
	{ NULL, "[publisher]\nthreshold = 0",
		"manifest value is not allowed (manifest, publisher.threshold, line 11, column 1): expected "
		"a whole number, 1 or more, found 0" },

	/* words */
	{ "version", "version = \"1.4\"",
		"manifest value is not allowed (manifest, sync.version, line 2, column 1): expected one of "
		"\"1.0\", \"1.1\", \"1.2\", \"1.3\", found \"1.4\"" },
	{ "hash_algo", "hash_algo = \"sha256\"",
		"manifest value is not allowed (manifest, meta.hash_algo, line 9, column 1): expected "
		"\"blake3\", found \"sha256\"" },
	{ "display_ext", "display_ext = \"csv\"\nvariant = \"Vault\"",
		"manifest value is not allowed (manifest, sync.variant, line 5, column 1): expected one of \"plain\", \"vault\", \"app\", "
		"\"data\", found \"Vault\"" },
	{ NULL, "[policy]\nnetwork_scope = \"lan\"",
		"manifest value is not allowed (manifest, policy.network_scope, line 11, column 1): "
		"expected one of \"none\", \"local\", \"wan\", found \"lan\"" },
	{ NULL, "[policy]\nupdate = \"\"",
		"manifest value is not allowed (manifest, policy.update, line 11, column 1): expected one of "
		"\"background\", \"manual\", \"never\", found \"\"" },
	{ NULL, "[permissions]\nread = \"all\"",
		"manifest value is not allowed (manifest, permissions.read, line 11, column 1): expected "
		"one of \"owner\", \"member\", \"public\", found \"all\"" },
	{ NULL, "[publisher]\nrequire = \"x\"",
		"manifest value is not allowed (manifest, publisher.require, line 11, column 1): expected "
		"one of \"none\", \"attested\", \"publisher\", found \"x\"" },

	/* contents */
	{ "content_type", "content_type = \"csv\"",
		"manifest value is not allowed (manifest, sync.content_type, line 3, column 1): "
		"expected a media type in visible ASCII, such as \"text/csv\", found \"csv\"" },
	{ "display_ext", "display_ext = \"../x\"",
		"manifest value is not allowed (manifest, sync.display_ext, line 4, column 1): expected "
		"1 to 32 letters, digits or . _ - +, such as \"csv\", found \"../x\"" },
	{ "created_at", "created_at = \"yesterday\"",
		"manifest value is not allowed (manifest, meta.created_at, line 8, column 1): expected an RFC 3339 time in quotes, such as "
		"\"2026-01-31T12:00:00Z\", found \"yesterday\"" },
	{ "created_by", "created_by = \"a\\u0000b\"",
		"manifest value is not allowed (manifest, meta.created_by, line 7, column 1): "
		"expected a string without NUL characters, found \"a\\u0000b\"" },
	{ NULL, "[capabilities]\nvalues = [\"a\\u0000\"]",
		"manifest value is not allowed (manifest, capabilities.values, line 11, column 11): expected a string without NUL characters, "
		"found \"a\\u0000\"" },
	{ NULL, "[ownership]\nteam = [\"me\"]",
		"manifest value is not allowed (manifest, ownership.team, line 11, column 9): expected a "
		"list of did:key strings, such as \"did:key:z6Mk...\", found \"me\"" },
	{ NULL, "[dotsync]\narchive_id = \"0123456789ABCDEF0123456789abcdef\"",
		"manifest value is not allowed (manifest, dotsync.archive_id, line 11, column 1): expected 32 lower-case hex digits, found "
		"\"0123456789ABCDEF0123456789abcdef\"" },

	/* found: shortened between characters, escaped */
	{ "created_at",
		"created_at = \"012345678901234567890123456789012345678901234567890123456789012345678901234567\303\251tail\"",
		"manifest value is not allowed (manifest, meta.created_at, line 8, column 1): expected an RFC 3339 time in quotes, such as "
		"\"2026-01-31T12:00:00Z\", found "
		"\"012345678901234567890123456789012345678901234567890123456789012345678901234567..." },
	{ "content_type", "content_type = \"\302\205\342\200\256\"",
		"manifest value is not allowed (manifest, sync.content_type, line 3, "
		"column 1): expected a media type in visible ASCII, such as "
		"\"text/csv\", found \"\\u{0085}\\u{202e}\"" },
};

static char *
build(const struct refusal *refusal, char out[1024])
{
	const char *at;
	const char *end;

	if (refusal->line == NULL) {
		strcpy(out, MINIMAL);
		return strcat(strcat(out, refusal->text), "\n");
	}
	at = strstr(MINIMAL, refusal->line);
	assert_non_null(at);
	end = strchr(at, '\n');
	memcpy(out, MINIMAL, (size_t)(at - MINIMAL));
	out[at - MINIMAL] = '\0';
	strcat(out, refusal->text);
	return strcat(out, refusal->text[0] != '\0' ? end : end + 1);
}

static void
test_messages(void **state)
{
	struct dsync_error err;
	char text[1024];
	char line[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		build(&refusals[i], text);
		memset(&err, 0, sizeof(err));
		assert_null(dsync_manifest_parse(text, strlen(text), &err));
		assert_int_equal(err.code, DSYNC_ERR_MANIFEST);
		dsync_error_format(&err, line, sizeof(line));
		assert_string_equal(line, refusals[i].message);
		assert_null(dsync_manifest_parse(text, strlen(text), NULL));
	}
}

/* Values of every TOML type, with the letter that key types below are made of. */
static const struct {
	char type;
	const char *text;
} samples[] = {
	{ 's', "\"x\"" },
	{ 'i', "3" },
	{ 'b', "true" },
	{ 'f', "1.5" },
	{ 'd', "2026-01-31T12:00:00Z" },
	{ 'd', "2026-01-31T12:00:00" },
	{ 'd', "2026-01-31" },
	{ 'd', "12:00:00" },
	{ 'x', "[1]" },
	{ 'x', "[[]]" },
	{ 'x', "[{}]" },
	{ 'l', "[\"x\"]" },
	{ 't', "{}" },
	{ 'x', "[\"x\", 1]" },
};

static const struct {
	const char *table;
	const char *key;
	char type; /* s: string, i: integer, b: boolean, l: list of strings, t: table */
} keys[] = {
	{ "sync", "version", 's' },
	{ "sync", "content_type", 's' },
	{ "sync", "display_ext", 's' },
	{ "sync", "variant", 's' },
	{ "meta", "name", 's' },
	{ "meta", "description", 's' },
	{ "meta", "created_by", 's' },
	{ "meta", "created_at", 's' },
	{ "meta", "hash_algo", 's' },
	{ "policy", "ttl", 'i' },
	{ "policy", "timeout", 'i' },
	{ "policy", "network_scope", 's' },
	{ "policy", "update", 's' },
	{ "policy", "stale_while_revalidate", 'i' },
	{ "policy", "stale_if_error", 'i' },
	{ "policy", "fail_closed", 'b' },
	{ "policy", "max_payload", 'i' },
	{ "permissions", "allow_hosts", 'l' },
	{ "permissions", "allow_env", 'l' },
	{ "permissions", "read", 's' },
	{ "permissions", "write", 's' },
	{ "permissions", "execute", 's' },
	{ "ownership", "owner_capsule", 's' },
	{ "ownership", "write_allowed", 'b' },
	{ "ownership", "creator", 's' },
	{ "ownership", "team", 'l' },
	{ "verification", "enabled", 'b' },
	{ "verification", "vm_type", 's' },
	{ "verification", "proof_type", 's' },
	{ "encryption", "enabled", 'b' },
	{ "encryption", "algorithm", 's' },
	{ "encryption", "meta", 't' },
	{ "encryption.meta", "keys", 'l' },
	{ "encryption.meta", "recipients", 'l' },
	{ "encryption.meta", "kdf", 's' },
	{ "encryption.meta", "hint", 's' },
	{ "capabilities", "values", 'l' },
	{ "signature", "algo", 's' },
	{ "signature", "manifest_hash", 's' },
	{ "signature", "payload_hash", 's' },
	{ "signature", "timestamp", 's' },
	{ "signature", "value", 's' },
	{ "publisher", "keys", 'l' },
	{ "publisher", "threshold", 'i' },
	{ "publisher", "require", 's' },
	{ "publisher", "expires_max", 'i' },
	{ "publisher", "url", 's' },
	{ "dotsync", "archive_id", 's' },
	{ "dotsync", "seq", 'i' },
	{ "", "policy", 't' },
	{ "", "permissions", 't' },
	{ "", "ownership", 't' },
	{ "", "verification", 't' },
	{ "", "encryption", 't' },
	{ "", "capabilities", 't' },
	{ "", "signature", 't' },
	{ "", "publisher", 't' },
	{ "", "dotsync", 't' },
};

static void
check_type(size_t key, const char *value)
{
	struct dsync_error err = { 0 };
	struct dsync_buffer text;
	struct dsync_view view;
	char name[64];

	strcpy(name, keys[key].table);
	strcat(strcat(name, keys[key].table[0] != '\0' ? "." : ""), keys[key].key);
	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	if (dsync_toml_edit_set(&text, MINIMAL, sizeof(MINIMAL) - 1, keys[key].table, keys[key].key, value, &err) < 0)
		fail_msg("%s = %s: %s", name, value, err.message);

	view = dsync_buffer_view(&text);
	if (dsync_manifest_parse(view.data, view.size, &err) != NULL)
		fail_msg("%s = %s was accepted", name, value);
	assert_int_equal(err.code, DSYNC_ERR_MANIFEST);
	assert_string_equal(err.rule, "manifest");
	assert_string_equal(err.entry, name);
	assert_true(err.line > 0);
	assert_string_not_equal(err.expected, "");
	assert_string_not_equal(err.found, "");
	dsync_buffer_finish(&text);
}

static void
test_every_key_every_type(void **state)
{
	size_t key;
	size_t sample;

	(void)state;
	for (key = 0; key < sizeof(keys) / sizeof(keys[0]); key++) {
		for (sample = 0; sample < sizeof(samples) / sizeof(samples[0]); sample++) {
			if (samples[sample].type != keys[key].type)
				check_type(key, samples[sample].text);
		}
	}
}

struct content {
	const char *value;
	bool is_allowed;
};

static void
check_contents(const char *table, const char *key, const struct content *contents, size_t count)
{
	struct dsync_error err = { 0 };
	struct dsync_manifest *m = dsync_manifest_parse(MINIMAL, sizeof(MINIMAL) - 1, &err);
	size_t i;
	int rc;

	assert_non_null(m);
	for (i = 0; i < count; i++) {
		rc = dsync_manifest_set_string(m, table, key, contents[i].value, &err);
		if (rc != (contents[i].is_allowed ? 0 : DSYNC_ERR_MANIFEST))
			fail_msg("%s.%s = %s: %d", table, key, contents[i].value, rc);
	}
	dsync_manifest_destroy(m);
}

static void
test_contents(void **state)
{
	static const struct content types[] = {
		{ "text/csv", true },
		{ "a/b", true },
		{ "application/vnd.x+json", true },
		{ "text/csv;charset=utf-8", true },
		{ "text/csv ; header=\"present here\"", true },
		{ "*/*", true },
		{ "", false },
		{ "/", false },
		{ "text/", false },
		{ "/csv", false },
		{ "text", false },
		{ "text//csv", false },
		{ "te xt/csv", false },
		{ "text/csv charset", false },
		{ "text/csv ", false },
		{ " text/csv", false },
		{ "text/csv;\tx=1", false },
		{ "text/csv\r\nX: 1", false },
		{ "text/\303\251", false },
		{ "text/csv;x=\177", false },
		{ "text/csv, a/b", false },
	};
	static const struct content extensions[] = {
		{ "csv", true },
		{ ".csv", true },
		{ "tar.gz", true },
		{ "A-Z_0+9", true },
		{ "12345678901234567890123456789012", true },
		{ ".12345678901234567890123456789012", true },
		{ "", true },
		{ ".", true },
		{ "a/b", false },
		{ "a b", false },
		{ "\303\251", false },
		{ "a\n", false },
		{ "a:b", false },
		{ "123456789012345678901234567890123", false },
	};
	static const struct content times[] = {
		{ "2026-01-31T12:00:00Z", true },
		{ "2026-01-31T12:00:00-00:00", true },
		{ "", false },
		{ "2026-01-31", false },
		{ "2026-01-31T12:00:00", false },
		{ "2026-02-30T12:00:00Z", false },
		{ "2026-01-31T24:00:00Z", false },
		{ "2026-01-31T12:00:00Z ", false },
		{ "10000-01-31T12:00:00Z", false },
	};

	(void)state;
	check_contents("sync", "content_type", types, sizeof(types) / sizeof(types[0]));
	check_contents("sync", "display_ext", extensions, sizeof(extensions) / sizeof(extensions[0]));
	check_contents("meta", "created_at", times, sizeof(times) / sizeof(times[0]));
}

static void
test_did_keys(void **state)
{
	static const struct content keys_of_publisher[] = {
		{ DID, true },
		{ "did:key:z6", true },
		{ "", false },
		{ "did:key:z", false },
		{ "did:key:x6Mk", false },
		{ "did:web:example.com", false },
		{ "did:key:z6O", false },
		{ "did:key:z6 ", false },
		{ "did:key:z0", false },
		{ "did:key:zl", false },
		{ "did:key:zI", false },
	};
	struct dsync_manifest *m = dsync_manifest_parse(MINIMAL, sizeof(MINIMAL) - 1, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys_of_publisher) / sizeof(keys_of_publisher[0]); i++) {
		const char *const list[] = { DID, keys_of_publisher[i].value };

		assert_int_equal(dsync_manifest_set_strings(m, "publisher", "keys", list, 2, NULL),
			keys_of_publisher[i].is_allowed ? 0 : DSYNC_ERR_MANIFEST);
		assert_int_equal(dsync_manifest_set_strings(m, "ownership", "team", list, 2, NULL),
			keys_of_publisher[i].is_allowed ? 0 : DSYNC_ERR_MANIFEST);
	}
	dsync_manifest_destroy(m);
}

/* What the TOML reader refuses is a syntax error, with its own rule. */
static void
test_syntax(void **state)
{
	struct dsync_error err;

	(void)state;
	assert_null(dsync_manifest_parse("[sync\n", 6, &err));
	assert_int_equal(err.code, DSYNC_ERR_SYNTAX);
	assert_string_equal(err.rule, "toml");
	assert_null(dsync_manifest_parse(NULL, 0, &err));
	assert_int_equal(err.code, DSYNC_ERR_MANIFEST);
	assert_string_equal(err.entry, "sync.version");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_every_key_every_type),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_did_keys),
		cmocka_unit_test(test_syntax),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
