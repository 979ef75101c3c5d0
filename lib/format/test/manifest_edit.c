/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A new manifest, and setters that change one key and not one byte more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "dotsync/manifest.h"
#include "manifest_texts.h"

static struct dsync_manifest *
parse(const char *text)
{
	struct dsync_error err = { 0 };
	struct dsync_manifest *m = dsync_manifest_parse(text, strlen(text), &err);

	if (m == NULL)
		fail_msg("%s: %s", err.entry, err.message);
	return m;
}

static void
assert_text(const struct dsync_manifest *m, const char *text)
{
	struct dsync_view view = dsync_manifest_text(m);

	assert_string_equal((const char *)view.data, text);
	assert_int_equal(view.size, strlen(text));
}

static void
assert_message(const struct dsync_error *err, const char *message)
{
	char line[1024];

	dsync_error_format(err, line, sizeof(line));
	assert_string_equal(line, message);
}

static void
test_create(void **state)
{
	int64_t before = dsync_sys_now();
	struct dsync_manifest *m = dsync_manifest_create("text/csv", ".csv", NULL);

	(void)state;
	assert_non_null(m);
	assert_true(dsync_manifest_created_at(m) >= before && dsync_manifest_created_at(m) <= dsync_sys_now());

	assert_int_equal(dsync_manifest_set_string(m, "meta", "created_at", "2026-01-31T12:00:00Z", NULL), 0);
	assert_text(m,
		"[sync]\n"
		"version = \"1.3\"\n"
		"content_type = \"text/csv\"\n"
		"display_ext = \"csv\"\n"
		"variant = \"plain\"\n"
		"\n"
		"[meta]\n"
		"created_by = \"dotsync\"\n"
		"created_at = \"2026-01-31T12:00:00Z\"\n"
		"hash_algo = \"blake3\"\n"
		"\n"
		"[policy]\n"
		"ttl = 3600\n"
		"timeout = 30\n");
	dsync_manifest_destroy(m);
}

static void
test_create_refuses(void **state)
{
	struct dsync_error err;

	(void)state;
	assert_null(dsync_manifest_create("csv", "csv", &err));
	assert_int_equal(err.code, DSYNC_ERR_MANIFEST);
	assert_string_equal(err.entry, "sync.content_type");
	assert_null(dsync_manifest_create("text/csv", "a/b", &err));
	assert_string_equal(err.entry, "sync.display_ext");
	assert_null(dsync_manifest_create("text/\xff", "csv", &err));
	assert_int_equal(err.code, DSYNC_ERR_INVALID);
	assert_null(dsync_manifest_create("text/csv\"\nx = \"", "csv", &err));
	assert_string_equal(err.entry, "sync.content_type");
}

/* What `create` makes of its options, as a person reads it. */
static void
test_build_up(void **state)
{
	const char *const hosts[] = { "z.example", "a.example:8443", "quote\"d" };
	struct dsync_manifest *m = dsync_manifest_create("text/csv", "csv", NULL);

	(void)state;
	assert_int_equal(dsync_manifest_set_string(m, "meta", "created_at", "2026-01-31T12:00:00Z", NULL), 0);
	assert_int_equal(dsync_manifest_set_string(m, "meta", "name", "Ren\303\251's \"rates\"\n\033", NULL), 0);
	assert_int_equal(dsync_manifest_set_integer(m, "policy", "ttl", INT64_MAX, NULL), 0);
	assert_int_equal(dsync_manifest_set_boolean(m, "policy", "fail_closed", true, NULL), 0);
	assert_int_equal(dsync_manifest_set_strings(m, "permissions", "allow_hosts", hosts, 3, NULL), 0);
	assert_int_equal(dsync_manifest_set_strings(m, "permissions", "allow_env", NULL, 0, NULL), 0);
	assert_int_equal(dsync_manifest_set_raw(m, "x", "list", "[1, 2.5, { a = 1979-05-27 }]", NULL), 0);
	assert_text(m,
		"[sync]\n"
		"version = \"1.3\"\n"
		"content_type = \"text/csv\"\n"
		"display_ext = \"csv\"\n"
		"variant = \"plain\"\n"
		"\n"
		"[meta]\n"
		"created_by = \"dotsync\"\n"
		"created_at = \"2026-01-31T12:00:00Z\"\n"
		"hash_algo = \"blake3\"\n"
		"name = \"Ren\303\251's \\\"rates\\\"\\n\\u001B\"\n"
		"\n"
		"[policy]\n"
		"ttl = 9223372036854775807\n"
		"timeout = 30\n"
		"fail_closed = true\n"
		"\n"
		"[permissions]\n"
		"allow_hosts = [\"z.example\", \"a.example:8443\", \"quote\\\"d\"]\n"
		"allow_env = []\n"
		"\n"
		"[x]\n"
		"list = [1, 2.5, { a = 1979-05-27 }]\n");
	assert_string_equal(dsync_manifest_name(m), "Ren\303\251's \"rates\"\n\033");
	assert_true(dsync_manifest_ttl(m) == INT64_MAX);
	assert_true(dsync_manifest_fail_closed(m));
	assert_int_equal(dsync_manifest_allow_host_count(m), 3);
	assert_string_equal(dsync_manifest_allow_host(m, 0), "z.example");
	assert_string_equal(dsync_manifest_allow_host(m, 2), "quote\"d");
	assert_int_equal(dsync_manifest_allow_env_count(m), 0);
	dsync_manifest_destroy(m);
}

static void
test_remove(void **state)
{
	struct dsync_manifest *m = parse(MINIMAL "# about it\nname = \"x\" # why\n[policy]\nttl = 5\n");
	struct dsync_error err;

	(void)state;
	assert_int_equal(dsync_manifest_remove(m, "policy", "ttl", &err), 0);
	assert_int_equal(dsync_manifest_ttl(m), 3600);
	assert_int_equal(dsync_manifest_remove(m, "meta", "not there", &err), 0);
	assert_int_equal(dsync_manifest_remove(m, "meta", "created_at", &err), DSYNC_ERR_MANIFEST);
	assert_string_equal(err.entry, "meta.created_at");
	assert_true(dsync_manifest_created_at(m) == 1769860800);
	assert_text(m, MINIMAL "# about it\nname = \"x\" # why\n[policy]\n");
	dsync_manifest_destroy(m);
}

/* Texts that people, editors and other programs write; each has `ttl = 60` somewhere and no key `zz`. */
static const char *const styles[] = {
	MINIMAL "[policy]\nttl = 60",
	"\xef\xbb\xbf" MINIMAL "\n[policy]\n  ttl   =   60   # one minute\n\ttimeout=5\n\n\n# the end\n",
	"[sync]\r\nversion = '1.3'\r\ncontent_type = \"text/csv\"\r\ndisplay_ext = \"csv\"\r\n\r\n"
	"[meta]\r\ncreated_by = \"x\"\r\ncreated_at = \"2026-01-31T12:00:00Z\"\r\nhash_algo = \"blake3\"\r\n\r\n"
	"[policy] # how long\r\nttl = 60\r\n\r\n[mine]\r\nx = 1\r\n",
	"policy.ttl = 60\n" MINIMAL,
	"policy = { ttl = 60, timeout = 5, other = \"}\" }\n" MINIMAL,
	"'policy'.\"ttl\" = 60 # quoted\n" MINIMAL "[unknown]\nttl = 60\n[[many]]\nttl = 60\n[[many]]\n",
	MINIMAL "text = '''\n[policy]\nttl = 1\n'''\n[ policy ]\n\"ttl\" = 60\nlist = [\n  1, # one\n  2,\n]\n",
};

/* The new text is the old one with one stretch of bytes replaced; returns how many old bytes went. */
static size_t
replaced(const char *old, const char *new)
{
	size_t old_size = strlen(old);
	size_t new_size = strlen(new);
	size_t least = old_size < new_size ? old_size : new_size;
	size_t head = 0;
	size_t tail = 0;

	while (head < least && old[head] == new[head])
		head++;
	while (tail < least - head && old[old_size - 1 - tail] == new[new_size - 1 - tail])
		tail++;
	return old_size - head - tail;
}

static void
test_setters_keep_all_else(void **state)
{
	struct dsync_manifest *m;
	struct dsync_error err = { 0 };
	const char *new;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		m = parse(styles[i]);
		assert_int_equal(dsync_manifest_ttl(m), 60);
		if (dsync_manifest_set_integer(m, "policy", "ttl", 86400, &err) < 0)
			fail_msg("style %zu: %s", i, err.message);
		assert_int_equal(dsync_manifest_ttl(m), 86400);
		new = (const char *)dsync_manifest_text(m).data;
		assert_int_equal(strlen(new), strlen(styles[i]) + 3);
		assert_true(replaced(styles[i], new) <= 2);

		assert_int_equal(dsync_manifest_set_integer(m, "policy", "ttl", 60, &err), 0);
		assert_text(m, styles[i]);
		dsync_manifest_destroy(m);
	}
}

/* A key that was not there is added in one place, and removing it gives the old text back. */
static void
test_additions_keep_all_else(void **state)
{
	static const char *const tables[] = { "meta", "policy", "zz", "permissions" };
	struct dsync_manifest *m;
	struct dsync_error err = { 0 };
	const char *new;
	size_t i;
	size_t table;

	(void)state;
	for (i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
		for (table = 0; table < 4; table++) {
			m = parse(styles[i]);
			if (dsync_manifest_set_string(m, tables[table], "zz", "\303\251", &err) < 0)
				fail_msg("style %zu, %s: %s", i, tables[table], err.message);
			new = (const char *)dsync_manifest_text(m).data;
			assert_non_null(strstr(new, "zz = \"\303\251\""));
			assert_int_equal(replaced(styles[i], new), 0);
			assert_int_equal(dsync_manifest_ttl(m), 60);
			if (strchr(styles[i], '\r') != NULL)
				assert_non_null(strstr(new, "zz = \"\303\251\"\r\n"));
			dsync_manifest_destroy(m);
		}
	}
}

/* Random setters on one manifest: after each, the text is exactly what parsing it again says, and other keys stand. */
static void
test_random_setters(void **state)
{
	static const char *const keys[] = { "ttl", "timeout", "stale_if_error", "max_payload", "unknown", "b c" };
	int64_t model[6] = { 60, 5, DSYNC_MANIFEST_UNLIMITED, DSYNC_MANIFEST_MAX_PAYLOAD_DEFAULT, 0, 0 };
	struct dsync_manifest *m = parse(styles[1]);
	struct dsync_manifest *copy;
	uint64_t seed = 12345;
	size_t key;
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		key = (seed >> 33) % 6;
		model[key] = (int64_t)(1 + (seed >> (2 + (seed >> 40) % 61)));
		assert_int_equal(dsync_manifest_set_integer(m, "policy", keys[key], model[key], NULL), 0);
		copy = dsync_manifest_dup(m, NULL);
		assert_true(dsync_manifest_ttl(copy) == model[0] && dsync_manifest_timeout(copy) == model[1]);
		assert_true(dsync_manifest_stale_if_error(m) == model[2] && dsync_manifest_max_payload(m) == model[3]);
		assert_non_null(strstr((const char *)dsync_manifest_text(m).data, "\n\n\n# the end\n"));
		dsync_manifest_destroy(copy);
	}
	dsync_manifest_destroy(m);
}

static void
test_failure_changes_nothing(void **state)
{
	static const struct {
		const char *table;
		const char *key;
		const char *raw;
		int code;
	} cases[] = {
		{ "policy", "ttl", "-1", DSYNC_ERR_MANIFEST },
		{ "policy", "ttl", "\"60\"", DSYNC_ERR_MANIFEST },
		{ "policy", "ttl", "9223372036854775808", DSYNC_ERR_INVALID },
		{ "policy", "ttl", "", DSYNC_ERR_INVALID },
		{ "meta", "x", "1979-13-01", DSYNC_ERR_INVALID },
		{ "sync", "variant", "\"x\"", DSYNC_ERR_MANIFEST },
		{ "signature", "value", "1", DSYNC_ERR_MANIFEST },
	};
	struct dsync_manifest *m = parse(styles[1]);
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(
			dsync_manifest_set_raw(m, cases[i].table, cases[i].key, cases[i].raw, &err), cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		assert_true(dsync_manifest_set_raw(m, cases[i].table, cases[i].key, cases[i].raw, NULL) < 0);
		assert_text(m, styles[1]);
		assert_int_equal(dsync_manifest_ttl(m), 60);
	}
	assert_int_equal(dsync_manifest_set_string(m, "meta", "name", "\xff", &err), DSYNC_ERR_INVALID);
	assert_message(&err, "the value is not UTF-8 text (manifest, meta.name)");
	assert_int_equal(dsync_manifest_set_integer(m, "policy", "timeout", 0, &err), DSYNC_ERR_MANIFEST);
	assert_message(&err,
		"manifest value is not allowed (manifest, policy.timeout, line 13, column 2): expected a whole number of "
		"seconds, 1 or more, found 0");
	assert_text(m, styles[1]);
	dsync_manifest_destroy(m);
}

static void
test_too_large(void **state)
{
	struct dsync_manifest *m = parse(MINIMAL);
	struct dsync_error err;
	char *text = malloc(5 * DSYNC_MANIFEST_SIZE_MAX);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 5 * DSYNC_MANIFEST_SIZE_MAX);
	text[5 * DSYNC_MANIFEST_SIZE_MAX - 1] = '\0';
	assert_int_equal(dsync_manifest_set_string(m, "meta", "name", text, &err), DSYNC_ERR_LIMIT);
	assert_message(&err, "the value is too long for a manifest (manifest, meta.name)");
	text[DSYNC_MANIFEST_SIZE_MAX] = '\0';
	assert_int_equal(dsync_manifest_set_string(m, "meta", "name", text, &err), DSYNC_ERR_LIMIT);
	assert_text(m, MINIMAL);
	free(text);
	dsync_manifest_destroy(m);
}

/* What somebody signed is not for us to change, not even in an unknown corner. */
static void
test_signed_is_never_changed(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ MINIMAL "[signature]\n",
			"the manifest is signed and cannot be changed (manifest): expected a manifest without [signature] and seal, found a "
			"[signature] table; ask its owner for a new version, or make an archive of your own from its payload" },
		{ MINIMAL "[capabilities]\nvalues = [\"a\", \"seal:\"]\n",
			"the manifest is signed and cannot be changed (manifest): expected a manifest without [signature] and seal, found a "
			"seal; ask its owner for a new version, or make an archive of your own from its payload" },
	};
	const char *const strings[] = { "x" };
	struct dsync_manifest *m;
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = parse(cases[i].text);
		assert_int_equal(dsync_manifest_set_string(m, "meta", "created_at", "2026-01-31T12:00:00Z", &err),
			DSYNC_ERR_STATE);
		assert_message(&err, cases[i].message);
		assert_int_equal(dsync_manifest_set_integer(m, "policy", "ttl", 1, &err), DSYNC_ERR_STATE);
		assert_int_equal(dsync_manifest_set_boolean(m, "x", "y", true, &err), DSYNC_ERR_STATE);
		assert_int_equal(dsync_manifest_set_strings(m, "x", "y", strings, 1, &err), DSYNC_ERR_STATE);
		assert_int_equal(dsync_manifest_set_raw(m, "x", "y", "1", NULL), DSYNC_ERR_STATE);
		assert_int_equal(dsync_manifest_remove(m, "x", "y", &err), DSYNC_ERR_STATE);
		assert_text(m, cases[i].text);
		dsync_manifest_destroy(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_refuses),
		cmocka_unit_test(test_build_up),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_setters_keep_all_else),
		cmocka_unit_test(test_additions_keep_all_else),
		cmocka_unit_test(test_random_setters),
		cmocka_unit_test(test_failure_changes_nothing),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_signed_is_never_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
