/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a manifest means: every key, every default, every accepted form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync/manifest.h"
#include "manifest_texts.h"

static struct dsync_manifest *
parse(const char *text)
{
	struct dsync_error err = { 0 };
	struct dsync_manifest *m = dsync_manifest_parse(text, strlen(text), &err);
	char line[1024];

	if (m == NULL) {
		dsync_error_format(&err, line, sizeof(line));
		fail_msg("%s\nin\n%s", line, text);
	}
	return m;
}

static void
test_every_key(void **state)
{
	struct dsync_manifest *m = parse(FULL);

	(void)state;
	assert_string_equal(dsync_manifest_version(m), "1.2");
	assert_string_equal(dsync_manifest_content_type(m), "text/csv; charset=utf-8");
	assert_string_equal(dsync_manifest_display_ext(m), "tar.gz");
	assert_int_equal(dsync_manifest_variant(m), DSYNC_VARIANT_VAULT);

	assert_string_equal(dsync_manifest_name(m), "Exchange rates");
	assert_string_equal(dsync_manifest_description(m), "all of \"them\"");
	assert_string_equal(dsync_manifest_created_by(m), DID);
	assert_int_equal(dsync_manifest_created_at(m), 1769857200);

	assert_int_equal(dsync_manifest_ttl(m), 60);
	assert_int_equal(dsync_manifest_timeout(m), 5);
	assert_int_equal(dsync_manifest_network_scope(m), DSYNC_NETWORK_LOCAL);
	assert_int_equal(dsync_manifest_update(m), DSYNC_UPDATE_MANUAL);
	assert_int_equal(dsync_manifest_stale_while_revalidate(m), 7200);
	assert_int_equal(dsync_manifest_stale_if_error(m), 86400);
	assert_true(dsync_manifest_fail_closed(m));
	assert_int_equal(dsync_manifest_max_payload(m), 1000000);

	assert_int_equal(dsync_manifest_allow_host_count(m), 2);
	assert_string_equal(dsync_manifest_allow_host(m, 0), "b.example");
	assert_string_equal(dsync_manifest_allow_host(m, 1), "*.a.example");
	assert_null(dsync_manifest_allow_host(m, 2));
	assert_int_equal(dsync_manifest_allow_env_count(m), 2);
	assert_string_equal(dsync_manifest_allow_env(m, 0), "TOKEN");
	assert_string_equal(dsync_manifest_allow_env(m, 1), "LANG");
	assert_int_equal(dsync_manifest_read_role(m), DSYNC_ROLE_MEMBER);
	assert_int_equal(dsync_manifest_write_role(m), DSYNC_ROLE_PUBLIC);
	assert_int_equal(dsync_manifest_execute_role(m), DSYNC_ROLE_MEMBER);
	dsync_manifest_destroy(m);
}

static void
test_every_trust_key(void **state)
{
	struct dsync_manifest *m = parse(FULL);

	(void)state;
	assert_string_equal(dsync_manifest_owner_capsule(m), "capsule:1");
	assert_string_equal(dsync_manifest_creator(m), "Ren\303\251");
	assert_true(dsync_manifest_write_allowed(m));
	assert_int_equal(dsync_manifest_team_count(m), 1);
	assert_string_equal(dsync_manifest_team(m, 0), DID);

	assert_true(dsync_manifest_verification_enabled(m));
	assert_string_equal(dsync_manifest_vm_type(m), "risc0");
	assert_string_equal(dsync_manifest_proof_type(m), "stark");
	assert_true(dsync_manifest_encryption_enabled(m));
	assert_string_equal(dsync_manifest_encryption_algorithm(m), "age-v1");

	assert_int_equal(dsync_manifest_capability_count(m), 2);
	assert_string_equal(dsync_manifest_capability(m, 0), "local-first");
	assert_string_equal(dsync_manifest_capability(m, 1), "seal:v1:blake3:00");
	assert_true(dsync_manifest_has_seal(m));
	assert_true(dsync_manifest_has_signature(m));
	assert_string_equal(dsync_manifest_signature_payload_hash(m), "blake3:01");
	assert_true(dsync_manifest_has_publisher(m));
	assert_int_equal(dsync_manifest_publisher_require(m), DSYNC_REQUIRE_ATTESTED);
	assert_string_equal(dsync_manifest_archive_id(m), "0123456789abcdef0123456789abcdef");
	dsync_manifest_destroy(m);
}

static void
test_every_default(void **state)
{
	struct dsync_manifest *m = parse(MINIMAL);

	(void)state;
	assert_int_equal(dsync_manifest_variant(m), DSYNC_VARIANT_PLAIN);
	assert_string_equal(dsync_manifest_name(m), "");
	assert_string_equal(dsync_manifest_description(m), "");
	assert_int_equal(dsync_manifest_ttl(m), 3600);
	assert_int_equal(dsync_manifest_timeout(m), 30);
	assert_int_equal(dsync_manifest_network_scope(m), DSYNC_NETWORK_WAN);
	assert_int_equal(dsync_manifest_update(m), DSYNC_UPDATE_BACKGROUND);
	assert_true(dsync_manifest_stale_while_revalidate(m) == DSYNC_MANIFEST_UNLIMITED);
	assert_true(dsync_manifest_stale_if_error(m) == DSYNC_MANIFEST_UNLIMITED);
	assert_false(dsync_manifest_fail_closed(m));
	assert_true(dsync_manifest_max_payload(m) == INT64_C(4294967296));
	assert_int_equal(dsync_manifest_allow_host_count(m), 0);
	assert_null(dsync_manifest_allow_host(m, 0));
	assert_int_equal(dsync_manifest_allow_env_count(m), 0);
	assert_int_equal(dsync_manifest_read_role(m), DSYNC_ROLE_PUBLIC);
	assert_int_equal(dsync_manifest_write_role(m), DSYNC_ROLE_OWNER);
	assert_int_equal(dsync_manifest_execute_role(m), DSYNC_ROLE_OWNER);
	assert_null(dsync_manifest_owner_capsule(m));
	assert_null(dsync_manifest_creator(m));
	assert_false(dsync_manifest_write_allowed(m));
	assert_int_equal(dsync_manifest_team_count(m), 0);
	assert_false(dsync_manifest_verification_enabled(m));
	assert_null(dsync_manifest_vm_type(m));
	assert_null(dsync_manifest_proof_type(m));
	assert_false(dsync_manifest_encryption_enabled(m));
	assert_null(dsync_manifest_encryption_algorithm(m));
	assert_int_equal(dsync_manifest_capability_count(m), 0);
	assert_false(dsync_manifest_has_signature(m));
	assert_null(dsync_manifest_signature_payload_hash(m));
	assert_false(dsync_manifest_has_seal(m));
	assert_false(dsync_manifest_has_publisher(m));
	assert_int_equal(dsync_manifest_publisher_require(m), DSYNC_REQUIRE_NONE);
	assert_null(dsync_manifest_archive_id(m));
	dsync_manifest_destroy(m);
}

/* Who names publishers without saying what for gets the strict reading. */
static void
test_publisher_require(void **state)
{
	static const struct {
		const char *text;
		enum dsync_publisher_require require;
	} cases[] = {
		{ MINIMAL "[publisher]\n", DSYNC_REQUIRE_PUBLISHER },
		{ MINIMAL "[publisher]\nrequire = \"publisher\"\n", DSYNC_REQUIRE_PUBLISHER },
		{ MINIMAL "[publisher]\nrequire = \"attested\"\n", DSYNC_REQUIRE_ATTESTED },
		{ MINIMAL "[publisher]\nrequire = \"none\"\n", DSYNC_REQUIRE_NONE },
	};
	struct dsync_manifest *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = parse(cases[i].text);
		assert_int_equal(dsync_manifest_publisher_require(m), cases[i].require);
		dsync_manifest_destroy(m);
	}
}

/* The same as MINIMAL without a header. */
#define DOTTED \
	"owner_chain = []\nsync.version = \"1.0\"\nsync.content_type = 'text/plain'\nsync.display_ext = \"txt\"\n" \
	"meta = { created_by = \"x\", created_at = \"2026-01-31 12:00:00z\", hash_algo = \"blake3\" }\n"

/* Forms that must be read, beyond the texts above. */
static void
test_accepts(void **state)
{
	static const char *const texts[] = {
		"\xef\xbb\xbf" MINIMAL,
		MINIMAL "[policy]\nttl = 0\n",
		MINIMAL "[policy]\nttl = 9223372036854775807\n",
		MINIMAL "[policy]\nmax_payload = 1\nstale_if_error = 0\nttl = 0x3c\n",
		MINIMAL "[policy]\nttl = 1_0 # ten\n[policy.ours]\nttl = \"unknown tables may hold anything\"\n",
		MINIMAL "[permissions]\nallow_hosts = []\n[ownership]\nteam = []\n[capabilities]\nvalues = []\n",
		MINIMAL "[signature]\n[publisher]\n[dotsync]\n",
		MINIMAL "owner_chain = 3 # in [meta], so unknown\n",
		MINIMAL
		"[unknown]\nx = 1.5\ny = 1979-05-27\nz = [[1], [\"a\", {}]]\n[[more]]\n\"a b\".c = \"nul \\u0000\"\n",
		DOTTED,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		dsync_manifest_destroy(parse(texts[i]));
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "2026-01-31T12:00:00Z", 1769860800 },
		{ "2026-01-31t12:00:00z", 1769860800 },
		{ "2026-01-31 12:00:00.999Z", 1769860800 },
		{ "2026-01-31T12:00:00+14:00", 1769810400 },
		{ "2016-12-31T23:59:60Z", 1483228800 }, /* a leap second counts as the next one */
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
	};
	struct dsync_manifest *m = parse(MINIMAL);
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(dsync_manifest_set_string(m, "meta", "created_at", cases[i].text, &err), 0);
		assert_true(dsync_manifest_created_at(m) == cases[i].seconds);
	}
	dsync_manifest_destroy(m);
}

static void
test_text_is_kept(void **state)
{
	static const char text[] = "\xef\xbb\xbf# first\r\n" MINIMAL "\r\n\r\n[x]\r\ny = 1 # last";
	struct dsync_manifest *m = parse(text);
	struct dsync_manifest *copy;
	struct dsync_view view;

	(void)state;
	copy = dsync_manifest_dup(m, NULL);
	assert_non_null(copy);
	dsync_manifest_destroy(m);

	view = dsync_manifest_text(copy);
	assert_int_equal(view.size, sizeof(text) - 1);
	assert_memory_equal(view.data, text, view.size);
	dsync_manifest_destroy(copy);
	dsync_manifest_destroy(NULL);
}

static void
test_size_limit(void **state)
{
	struct dsync_error err;
	struct dsync_manifest *m;
	char line[256];
	char *text = malloc(DSYNC_MANIFEST_SIZE_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', DSYNC_MANIFEST_SIZE_MAX + 1);
	memcpy(text, MINIMAL, sizeof(MINIMAL) - 1);
	m = dsync_manifest_parse(text, DSYNC_MANIFEST_SIZE_MAX, &err);
	assert_non_null(m);
	dsync_manifest_destroy(m);

	assert_null(dsync_manifest_parse(text, DSYNC_MANIFEST_SIZE_MAX + 1, &err));
	assert_int_equal(err.code, DSYNC_ERR_LIMIT);
	dsync_error_format(&err, line, sizeof(line));
	assert_string_equal(
		line, "the manifest is too large (manifest): expected at most 262144 bytes, found 262145 bytes");
	free(text);
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(dsync_variant_name(DSYNC_VARIANT_DATA), "data");
	assert_string_equal(dsync_variant_name((enum dsync_variant)4), "?");
	assert_string_equal(dsync_network_scope_name(DSYNC_NETWORK_NONE), "none");
	assert_string_equal(dsync_network_scope_name((enum dsync_network_scope)3), "?");
	assert_string_equal(dsync_update_mode_name(DSYNC_UPDATE_NEVER), "never");
	assert_string_equal(dsync_update_mode_name((enum dsync_update_mode)3), "?");
	assert_string_equal(dsync_role_name(DSYNC_ROLE_PUBLIC), "public");
	assert_string_equal(dsync_role_name((enum dsync_role)77), "?");
	assert_string_equal(dsync_publisher_require_name(DSYNC_REQUIRE_PUBLISHER), "publisher");
	assert_string_equal(dsync_publisher_require_name((enum dsync_publisher_require)3), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_every_trust_key),
		cmocka_unit_test(test_every_default),
		cmocka_unit_test(test_publisher_require),
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_text_is_kept),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
