/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "home.h"
#include "runtime/grants.h"

#define PATIENCE_MS 20000

int
fake_setup(void **state)
{
	home_setup(state);
	home_install("fake_refresh", "dotsync-refresh", 0755);
	assert_int_equal(setenv("MARK", home_path("mark"), 1), 0);
	return 0;
}

void
fake_play(const char *part)
{
	assert_int_equal(setenv("FAKE", part, 1), 0);
}

struct dsync_outcome *
fake_run(const struct dsync_refresh_options *options)
{
	struct dsync_error err = { 0 };
	struct dsync_outcome *outcome = dsync_refresh_run(home_context(), "a.sync", options, &err);

	if (outcome == NULL)
		fail_msg("%s", err.message);
	return outcome;
}

void
fake_check_mark(const char *expected)
{
	char text[4096] = "";
	int64_t end = dsync_sys_monotonic_ms() + PATIENCE_MS;
	FILE *file = NULL;

	while (dsync_sys_monotonic_ms() < end && text[0] == '\0') {
		file = fopen(home_path("mark"), "r");
		if (file != NULL) {
			if (fgets(text, sizeof(text), file) == NULL)
				text[0] = '\0';
			fclose(file);
		}
		if (text[0] == '\0')
			dsync_sys_sleep_ms(2);
	}
	if (strstr(text, expected) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", expected, text);
}

void
fake_make_due(void)
{
	struct dsync_grant grant;

	home_make("a.sync", HOME_MANIFEST, "x", home_wasm, home_wasm_size);
	dsync_grant_init(&grant);
	grant.owner = strdup(HOME_OWNER);
	dsync_hash(grant.updater, home_wasm, home_wasm_size);
	assert_int_equal(dsync_grants_store(home_context(), &grant, NULL), 0);
	dsync_grant_finish(&grant);
}
