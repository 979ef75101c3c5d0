/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Hosts of grants: which entries mean the same, and which private addresses are granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "home.h"
#include "runtime/grants.h"

static void
init(struct dsync_grant *grant, const char *host)
{
	dsync_grant_init(grant);
	grant->owner = strdup(HOME_OWNER);
	dsync_hash(grant->updater, home_wasm, home_wasm_size);
	assert_int_equal(dsync_grant_add(&grant->hosts, host, NULL), 0);
}

static void
store(struct dsync_grant *grant)
{
	assert_int_equal(dsync_grants_store(home_context(), grant, NULL), 0);
	dsync_grant_finish(grant);
}

static void
judge(struct dsync_consent *consent)
{
	struct dsync_archive *archive = home_open("a.sync");

	assert_int_equal(dsync_consent_judge(home_context(), archive, dsync_sys_now(), consent, NULL), 0);
	dsync_archive_unref(archive);
}

static void
test_has_host(void **state)
{
	static const struct {
		const char *item, *entry;
		bool has;
	} cases[] = {
		{ "a.example", "A.EXAMPLE", true },
		{ "https://a.example", "a.example", true },
		{ "10.0.0.5:8080", "http://10.0.0.5:8080", true },
		{ "http://a.example", "http://a.example", true },
		{ "http://a.example", "https://a.example", false },
		{ "a.example", "a.example:8443", false },
		{ "a.example", "b.example", false },
	};
	struct dsync_grant grant;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		init(&grant, cases[i].item);
		if (dsync_grant_has_host(&grant.hosts, cases[i].entry) != cases[i].has)
			fail_msg("%s, %s", cases[i].item, cases[i].entry);
		assert_false(dsync_grant_has_host(&grant.private_hosts, cases[i].entry));
		dsync_grant_finish(&grant);
	}
}

/* All hosts that test_private asks for, one of them on its private address as well. */
static void
init_private(struct dsync_grant *grant)
{
	init(grant, "10.0.0.5:8080");
	assert_int_equal(dsync_grant_add(&grant->hosts, "a.example", NULL), 0);
	assert_int_equal(dsync_grant_add(&grant->hosts, "http://localhost", NULL), 0);
	assert_int_equal(dsync_grant_add(&grant->private_hosts, "http://10.0.0.5:8080", NULL), 0);
}

/* A private address that is granted like any other is not granted; what the replaced updater might reach is remembered. */
static void
test_private(void **state)
{
	struct dsync_consent consent;
	struct dsync_grant grant;

	(void)state;
	home_make("a.sync",
		HOME_MANIFEST "[permissions]\nallow_hosts = [\"10.0.0.5:8080\", \"a.example\", \"http://localhost\"]\n",
		"x", home_wasm, home_wasm_size);
	init_private(&grant);
	memset(grant.updater, 7, sizeof(grant.updater));
	store(&grant);
	judge(&consent);
	assert_int_equal(consent.state, DSYNC_CONSENT_REPLACED);
	assert_int_equal(consent.missing_private.count, 2);
	assert_int_equal(consent.before_private.count, 1);
	assert_string_equal(consent.before_private.items[0], "http://10.0.0.5:8080");
	dsync_consent_finish(&consent);

	init_private(&grant);
	store(&grant);
	judge(&consent);
	assert_true(consent.granted);
	assert_int_equal(consent.missing_private.count, 1);
	assert_string_equal(consent.missing_private.items[0], "http://localhost");
	dsync_consent_finish(&consent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_host),
		cmocka_unit_test_setup_teardown(test_private, home_setup, home_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
