/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* When a refresh that nobody waits for is started, and when not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "dotsync/refresh.h"
#include "fake.h"
#include "home.h"

static void
check_background(int expected)
{
	struct dsync_error err = { 0 };
	int rc = dsync_refresh_background(home_context(), "a.sync", &err);

	if (rc != expected)
		fail_msg("%d %s", rc, err.message);
}

static void
test_background(void **state)
{
	(void)state;
	fake_play("mark");
	fake_make_due();
	check_background(1);
	fake_check_mark("\"background\":true");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_background_not_due(void **state)
{
	(void)state;
	fake_play("mark");
	home_make("a.sync", HOME_MANIFEST, "x", NULL, 0);
	check_background(0);
	home_make("a.sync", HOME_MANIFEST, "x", home_wasm, home_wasm_size);
	check_background(0); /* no grant */
	fake_make_due();
	home_make("a.sync", HOME_MANIFEST "[policy]\nupdate = \"manual\"\n", "x", home_wasm, home_wasm_size);
	check_background(0);
	home_make("a.sync", HOME_MANIFEST "[policy]\nupdate = \"never\"\n", "x", home_wasm, home_wasm_size);
	check_background(0);
	home_make("a.sync", HOME_MANIFEST "[policy]\nttl = 9223372036854775807\n", "x", home_wasm, home_wasm_size);
	check_background(0);
	dsync_sys_sleep_ms(50);
	assert_false(home_exists("mark"));
	assert_int_equal(dsync_refresh_background(home_context(), "none.sync", NULL), DSYNC_ERR_SYSTEM);
}

/* Where every slot is taken nothing is started. */
static void
test_background_slots(void **state)
{
	char name[64];
	int fds[4];
	int i;

	(void)state;
	fake_play("mark");
	fake_make_due();
	assert_int_equal(mkdir(home_path("state/slots"), 0700), 0);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "state/slots/%d", i);
		fds[i] = open(home_path(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(dsync_sys_lock(fds[i]), 0);
	}
	check_background(0);
	close(fds[2]);
	check_background(1);
	fake_check_mark("\"background\":true");
	close(fds[0]);
	close(fds[1]);
	close(fds[3]);
}

static void
test_background_offline(void **state)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_context *offline;

	(void)state;
	fake_make_due();
	options.config_dir = home_path("config");
	options.state_dir = home_path("state");
	options.helper_dir = home_path("helpers");
	options.offline = true;
	offline = dsync_context_create(&options, NULL);
	assert_int_equal(dsync_refresh_background(offline, "a.sync", NULL), 0);
	dsync_context_destroy(offline);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_background),
		TEST(test_background_not_due),
		TEST(test_background_slots),
		TEST(test_background_offline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
