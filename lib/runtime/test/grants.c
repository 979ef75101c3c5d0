/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Grants: their files, good and hostile, and what an archive has of them. */
#include <fcntl.h>
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
#include "runtime/grants.h"

#define HASH "blake3:0101010101010101010101010101010101010101010101010101010101010101"
#define GRANT "v = 1\nowner = \"" HOME_OWNER "\"\nupdater = \"" HASH "\"\n"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *entry; /* the key that is to blame, NULL: accepted */
	} cases[] = {
		{ GRANT, NULL },
		{ GRANT "hosts = [\"a.example\", \"*.b.example:8443\"]\nenv = [\"TOKEN\"]\nprivate = [\"a.example\"]\n",
			NULL },
		{ GRANT "created = \"2026-01-01T00:00:00Z\"\nexpires = \"2027-01-01T00:00:00Z\"\n", NULL },
		{ "v = 1\nowner = \"x\"\n", NULL },
		{ "", "" },
		{ "owner = \"x\"\n", "" },
		{ "v = 1\n", "" },
		{ "v = 2\nowner = \"x\"\n", "v" },
		{ "v = \"1\"\nowner = \"x\"\n", "v" },
		{ "v = 1\nowner = 1\n", "owner" },
		{ "v = 1\nowner = \"a\\u0000b\"\n", "owner" },
		{ "v = 1\nowner = \"x\"\nupdater = \"blake3:01\"\n", "updater" },
		{ "v = 1\nowner = \"x\"\nupdater = 7\n", "updater" },
		{ GRANT "hosts = \"a.example\"\n", "hosts" },
		{ GRANT "hosts = [1]\n", "hosts" },
		{ GRANT "hosts = [\"a\\u0000b\"]\n", "hosts" },
		{ GRANT "env = {}\n", "env" },
		{ GRANT "expires = \"never\"\n", "expires" },
		{ GRANT "expires = 2027-01-01T00:00:00Z\n", "expires" },
		{ GRANT "created = 5\n", "created" },
		{ GRANT "secret = \"x\"\n", "secret" },
		{ GRANT "[hosts]\n", "hosts" },
		{ GRANT "hosts = []\nhosts = []\n", "" },
		{ "v = 1\nowner = \"unterminated\n", "" },
		{ "\xff\xfe", "" },
	};
	struct dsync_grant grant;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dsync_error err = { 0 };

		rc = dsync__grant_parse(cases[i].text, strlen(cases[i].text), &grant, &err);
		if ((rc == 0) != (cases[i].entry == NULL))
			fail_msg("%s: %d", cases[i].text, rc);
		if (rc == 0) {
			dsync_grant_finish(&grant);
			continue;
		}
		assert_int_equal(rc, DSYNC_ERR_SYNTAX);
		if (cases[i].entry[0] != '\0')
			assert_string_equal(err.entry, cases[i].entry);
	}
}

static void
init(struct dsync_grant *grant, const char *host)
{
	dsync_grant_init(grant);
	grant->owner = strdup(HOME_OWNER);
	dsync_hash(grant->updater, home_wasm, home_wasm_size);
	if (host != NULL)
		assert_int_equal(dsync_grant_add(&grant->hosts, host, NULL), 0);
}

static void
store(struct dsync_grant *grant)
{
	struct dsync_error err = { 0 };

	if (dsync_grants_store(home_context(), grant, &err) < 0)
		fail_msg("%s", err.message);
	dsync_grant_finish(grant);
}

static struct dsync_grants *
load(void)
{
	struct dsync_grants *grants;
	struct dsync_error err = { 0 };

	if (dsync_grants_load(home_context(), &grants, &err) < 0)
		fail_msg("%s", err.message);
	return grants;
}

static void
test_store(void **state)
{
	const struct dsync_grant *found;
	struct dsync_grant grant;
	struct dsync_grants *grants;
	struct stat st;

	(void)state;
	grants = load();
	assert_int_equal(dsync_grants_count(grants), 0);
	dsync_grants_free(grants);

	init(&grant, "quoted\"\\.example");
	grant.created = 1700000000;
	grant.expires = 4000000000;
	assert_int_equal(dsync_grant_add(&grant.env, "TOKEN", NULL), 0);
	assert_int_equal(dsync_grant_add(&grant.private_hosts, "10.0.0.1", NULL), 0);
	store(&grant);

	grants = load();
	assert_int_equal(dsync_grants_count(grants), 1);
	found = dsync_grants_at(grants, 0);
	assert_int_equal(found->origin, DSYNC_GRANT_USER);
	assert_string_equal(found->owner, HOME_OWNER);
	assert_false(found->any_updater);
	assert_string_equal(found->hosts.items[0], "quoted\"\\.example");
	assert_string_equal(found->env.items[0], "TOKEN");
	assert_string_equal(found->private_hosts.items[0], "10.0.0.1");
	assert_int_equal(found->created, 1700000000);
	assert_int_equal(found->expires, 4000000000);
	assert_int_equal(stat(found->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	dsync_grants_free(grants);
	dsync_grants_free(NULL);
}

/* A second grant of the same pair widens the first; one that has expired is forgotten on that occasion. */
static void
test_merge(void **state)
{
	struct dsync_grant grant;
	struct dsync_grants *grants;

	(void)state;
	init(&grant, "a.example");
	store(&grant);
	init(&grant, "b.example");
	assert_int_equal(dsync_grant_add(&grant.hosts, "a.example", NULL), 0);
	grant.expires = dsync_sys_now() - 1;
	store(&grant);
	grants = load();
	assert_int_equal(dsync_grants_count(grants), 1);
	assert_int_equal(dsync_grants_at(grants, 0)->hosts.count, 2);
	dsync_grants_free(grants);

	init(&grant, "c.example");
	store(&grant);
	grants = load();
	assert_int_equal(dsync_grants_at(grants, 0)->hosts.count, 1);
	assert_string_equal(dsync_grants_at(grants, 0)->hosts.items[0], "c.example");
	assert_true(dsync_grants_at(grants, 0)->expires == INT64_MAX);
	dsync_grants_free(grants);
}

static void
test_revoke(void **state)
{
	unsigned char updater[DSYNC_HASH_SIZE];
	struct dsync_grant grant;
	struct dsync_error err;

	(void)state;
	dsync_hash(updater, home_wasm, home_wasm_size);
	assert_int_equal(dsync_grants_revoke(home_context(), HOME_OWNER, updater, &err), 0);
	init(&grant, "a.example");
	store(&grant);
	assert_int_equal(dsync_grants_revoke(home_context(), "somebody else", updater, &err), 0);
	assert_int_equal(dsync_grants_revoke(home_context(), HOME_OWNER, updater, &err), 1);
	assert_int_equal(home_count("config/grants"), 0);
	assert_int_equal(dsync_grants_revoke(home_context_without(), HOME_OWNER, updater, &err), DSYNC_ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "DOTSYNC_CONFIG_DIR"));
}

static void
test_without_home(void **state)
{
	struct dsync_grants *grants;
	struct dsync_grant grant;
	struct dsync_error err;

	(void)state;
	assert_int_equal(dsync_grants_load(home_context_without(), &grants, &err), 0);
	assert_int_equal(dsync_grants_count(grants), 0);
	dsync_grants_free(grants);
	init(&grant, "a.example");
	assert_int_equal(dsync_grants_store(home_context_without(), &grant, &err), DSYNC_ERR_NOT_FOUND);
	dsync_grant_finish(&grant);
}

/* One bad file never hides the good ones, and never grants. */
static void
test_hostile_files(void **state)
{
	struct dsync_grants *grants;
	char *large;

	(void)state;
	assert_int_equal(mkdir(home_path("config/grants"), 0700), 0);
	home_write_text("config/grants/a.toml", GRANT "surprise = 1\n");
	home_write("config/grants/b.toml", "\0\0\0\0", 4);
	home_write_text("config/grants/c.toml", "");
	home_write_text("config/grants/d.txt", GRANT);
	home_write_text("config/grants/.e.toml", GRANT);
	assert_int_equal(mkfifo(home_path("config/grants/f.toml"), 0600), 0);
	assert_int_equal(mkdir(home_path("config/grants/g.toml"), 0700), 0);
	assert_int_equal(symlink("nowhere", home_path("config/grants/h.toml")), 0);
	large = malloc(70000);
	memset(large, '#', 70000);
	home_write("config/grants/i.toml", large, 70000);
	free(large);
	home_write_text("config/grants/z.toml", GRANT);

	grants = load();
	assert_int_equal(dsync_grants_count(grants), 1);
	assert_non_null(strstr(dsync_grants_at(grants, 0)->path, "/z.toml"));
	assert_non_null(strstr(home_log(), "grants nothing"));
	dsync_grants_free(grants);
}

/* The folder is a file: no grants, no failure. */
static void
test_no_folder(void **state)
{
	struct dsync_grants *grants;

	(void)state;
	home_write_text("config/grants", "");
	grants = load();
	assert_int_equal(dsync_grants_count(grants), 0);
	dsync_grants_free(grants);
}

static void
judge(struct dsync_consent *consent, int64_t now)
{
	struct dsync_archive *archive = home_open("a.sync");
	struct dsync_error err = { 0 };

	if (dsync_consent_judge(home_context(), archive, now, consent, &err) < 0)
		fail_msg("%s", err.message);
	dsync_archive_unref(archive);
}

static void
check_granted(bool expected)
{
	struct dsync_consent consent;

	judge(&consent, dsync_sys_now());
	assert_int_equal(consent.granted, expected);
	dsync_consent_finish(&consent);
}

#define ASKS "[permissions]\nallow_hosts = [\"A.example\", \"b.example\"]\nallow_env = [\"TOKEN\"]\n"

static void
test_consent(void **state)
{
	struct dsync_consent consent;
	struct dsync_grant grant;

	(void)state;
	home_make("a.sync", HOME_MANIFEST ASKS, "x", home_wasm, home_wasm_size);
	judge(&consent, dsync_sys_now());
	assert_false(consent.granted);
	assert_string_equal(consent.owner, HOME_OWNER);
	assert_int_equal(consent.asked_hosts.count, 2);
	assert_int_equal(consent.missing_hosts.count, 2);
	assert_int_equal(consent.missing_env.count, 1);
	dsync_consent_finish(&consent);

	init(&grant, "a.EXAMPLE");                                       /* host names have no case */
	assert_int_equal(dsync_grant_add(&grant.env, "token", NULL), 0); /* variables have */
	store(&grant);
	judge(&consent, dsync_sys_now());
	assert_false(consent.granted);
	assert_int_equal(consent.missing_hosts.count, 1);
	assert_string_equal(consent.missing_hosts.items[0], "b.example");
	assert_int_equal(consent.missing_env.count, 1);
	dsync_consent_finish(&consent);

	init(&grant, "b.example");
	assert_int_equal(dsync_grant_add(&grant.env, "TOKEN", NULL), 0);
	store(&grant);
	check_granted(true);
}

/* No leave without a grant, even where nothing is asked for; and none for another updater or owner, or after its day. */
static void
test_consent_matching(void **state)
{
	unsigned char other[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, 0 };
	struct dsync_consent consent;
	struct dsync_grant grant;

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "x", home_wasm, home_wasm_size);
	check_granted(false);

	init(&grant, NULL);
	dsync_hash(grant.updater, other, sizeof(other));
	store(&grant);
	init(&grant, NULL);
	free(grant.owner);
	grant.owner = strdup("somebody else");
	store(&grant);
	check_granted(false);

	init(&grant, NULL);
	grant.expires = dsync_sys_now() + 1000;
	store(&grant);
	check_granted(true);
	judge(&consent, dsync_sys_now() + 2000);
	assert_false(consent.granted);
	dsync_consent_finish(&consent);
}

/* Only the machine may leave out which updater. */
static void
test_machine(void **state)
{
	struct dsync_grants *grants;

	(void)state;
	home_make("a.sync", HOME_MANIFEST ASKS, "x", home_wasm, home_wasm_size);
	assert_int_equal(mkdir(home_path("config/grants"), 0700), 0);
	assert_int_equal(mkdir(home_path("machine/grants.d"), 0700), 0);
	home_write_text("config/grants/any.toml",
		"v = 1\nowner = \"" HOME_OWNER "\"\nhosts = [\"a.example\", \"b.example\"]\nenv = [\"TOKEN\"]\n");
	check_granted(false);
	home_write_text("machine/grants.d/any.toml",
		"v = 1\nowner = \"" HOME_OWNER "\"\nhosts = [\"a.example\", \"b.example\"]\nenv = [\"TOKEN\"]\n");
	check_granted(true);
	grants = load();
	assert_int_equal(dsync_grants_count(grants), 2);
	dsync_grants_free(grants);
}

/* The union of user and machine counts. */
static void
test_union(void **state)
{
	struct dsync_grant grant;

	(void)state;
	home_make("a.sync", HOME_MANIFEST ASKS, "x", home_wasm, home_wasm_size);
	assert_int_equal(mkdir(home_path("machine/grants.d"), 0700), 0);
	home_write_text("machine/grants.d/any.toml", "v = 1\nowner = \"" HOME_OWNER "\"\nhosts = [\"b.example\"]\n");
	check_granted(false);
	init(&grant, "a.example");
	assert_int_equal(dsync_grant_add(&grant.env, "TOKEN", NULL), 0);
	store(&grant);
	check_granted(true);
}

/* Why it may not run: nothing, another updater, more than there is, a time that is over. */
static void
test_consent_states(void **state)
{
	unsigned char other[] = { 0, 'a', 's', 'm', 1, 0, 0, 0, 0 };
	unsigned char other_hash[DSYNC_HASH_SIZE];
	struct dsync_consent consent;
	struct dsync_grant grant;
	struct dsync_error err;

	(void)state;
	home_make("a.sync", HOME_MANIFEST ASKS, "x", home_wasm, home_wasm_size);
	judge(&consent, dsync_sys_now());
	assert_int_equal(consent.state, DSYNC_CONSENT_NOTHING);
	dsync_consent_finish(&consent);

	init(&grant, "unlike.example"); /* of another archive of the owner, and newer */
	memset(grant.updater, 7, sizeof(grant.updater));
	grant.created = 2000;
	store(&grant);
	init(&grant, "a.example");
	assert_int_equal(dsync_grant_add(&grant.hosts, "gone.example", NULL), 0);
	dsync_hash(other_hash, other, sizeof(other));
	memcpy(grant.updater, other_hash, sizeof(other_hash));
	grant.created = 1000;
	store(&grant);
	judge(&consent, dsync_sys_now());
	assert_int_equal(consent.state, DSYNC_CONSENT_REPLACED);
	assert_memory_equal(consent.before_updater, other_hash, sizeof(other_hash));
	assert_int_equal(consent.before_hosts.count, 2);
	assert_int_equal(consent.before_created, 1000);
	assert_int_equal(dsync_consent_refuse(&consent, &err), DSYNC_ERR_CONSENT);
	assert_int_equal(consent.missing_hosts.count, 2); /* what the other one had is not this one's */
	dsync_consent_finish(&consent);

	init(&grant, "a.example");
	grant.expires = dsync_sys_now() + 1000;
	store(&grant);
	judge(&consent, dsync_sys_now());
	assert_int_equal(consent.state, DSYNC_CONSENT_WIDER);
	assert_int_equal(consent.before_hosts.count, 0);
	dsync_consent_refuse(&consent, &err);
	assert_non_null(strstr(err.expected, "b.example"));
	dsync_consent_finish(&consent);

	judge(&consent, dsync_sys_now() + 2000);
	assert_int_equal(consent.state, DSYNC_CONSENT_EXPIRED);
	assert_int_equal(consent.granted_hosts.count, 0);
	assert_int_equal(consent.before_hosts.count, 1);
	dsync_consent_refuse(&consent, &err);
	assert_non_null(strstr(err.message, "expired"));
	dsync_consent_finish(&consent);
}

/* What everybody may write grants nothing. */
static void
test_writable_by_all(void **state)
{
	(void)state;
	home_make("a.sync", HOME_MANIFEST, "x", home_wasm, home_wasm_size);
	assert_int_equal(mkdir(home_path("machine/grants.d"), 0700), 0);
	home_write_text("machine/grants.d/any.toml", "v = 1\nowner = \"" HOME_OWNER "\"\n");
	assert_int_equal(chmod(home_path("machine/grants.d/any.toml"), 0646), 0);
	check_granted(false);
	assert_non_null(strstr(home_log(), "everybody may write it"));
	assert_int_equal(chmod(home_path("machine/grants.d/any.toml"), 0664), 0);
	check_granted(true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		TEST(test_store),
		TEST(test_merge),
		TEST(test_revoke),
		TEST(test_without_home),
		TEST(test_hostile_files),
		TEST(test_no_folder),
		TEST(test_consent),
		TEST(test_consent_matching),
		TEST(test_consent_states),
		TEST(test_writable_by_all),
		TEST(test_machine),
		TEST(test_union),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
