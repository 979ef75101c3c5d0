/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* config.toml of user and machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "home.h"
#include "runtime/config.h"

static void
load(struct dsync_config *config)
{
	struct dsync_error err = { 0 };

	if (dsync_config_load(home_context(), config, &err) < 0)
		fail_msg("%s", err.message);
}

static void
test_defaults(void **state)
{
	struct dsync_config config;

	(void)state;
	load(&config);
	assert_null(config.proxy);
	assert_null(config.ca_file);
	assert_int_equal(config.min_rate, 32768);
	assert_int_equal(config.slots, 4);
	assert_int_equal(config.sandbox, DSYNC_SANDBOX_DEFAULT);
	assert_true(config.max_payload == UINT64_C(16) << 30);
	assert_int_equal(config.finish_timeout, 600);
	dsync_config_finish(&config);
	assert_int_equal(dsync_config_load(home_context_without(), &config, NULL), 0);
	assert_int_equal(config.slots, 4);
	dsync_config_finish(&config);
}

static void
test_both(void **state)
{
	struct dsync_config config;

	(void)state;
	home_write_text("machine/config.toml",
		"[network]\nproxy = \"http://machine:1\"\nca_file = \"/m.pem\"\nmin_rate = 1\n[refresh]\nslots = 2\n"
		"sandbox = \"strict\"\nmax_payload = \"2T\"\nfinish_timeout = 86400\n");
	load(&config);
	assert_string_equal(config.proxy, "http://machine:1");
	assert_string_equal(config.ca_file, "/m.pem");
	assert_int_equal(config.min_rate, 1);
	assert_int_equal(config.slots, 2);
	assert_int_equal(config.sandbox, DSYNC_SANDBOX_STRICT);
	assert_true(config.max_payload == UINT64_C(2) << 40);
	assert_int_equal(config.finish_timeout, 86400);
	dsync_config_finish(&config);

	home_write_text("config/config.toml",
		"network.proxy = \"https://user:2\"\nrefresh = { slots = 256, sandbox = \"degraded\", max_payload = 5 }\n");
	load(&config);
	assert_string_equal(config.proxy, "https://user:2");
	assert_string_equal(config.ca_file, "/m.pem");
	assert_int_equal(config.slots, 256);
	assert_int_equal(config.sandbox, DSYNC_SANDBOX_DEGRADED);
	assert_int_equal(config.max_payload, 5);
	assert_int_equal(config.finish_timeout, 86400);
	dsync_config_finish(&config);

	home_write_text("config/config.toml", "[network]\nproxy = \"\"\n");
	load(&config);
	assert_null(config.proxy);
	dsync_config_finish(&config);
}

static void
test_refuse(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *entry;
	} cases[] = {
		{ "proxy = \"http://x\"\n", DSYNC_ERR_INVALID, "proxy" },
		{ "[netwrok]\n", DSYNC_ERR_INVALID, "netwrok" },
		{ "[[network]]\n", DSYNC_ERR_INVALID, "network" },
		{ "network = 1\n", DSYNC_ERR_INVALID, "network" },
		{ "[network]\nporxy = \"http://x\"\n", DSYNC_ERR_INVALID, "porxy" },
		{ "[refresh]\nproxy = \"http://x\"\n", DSYNC_ERR_INVALID, "proxy" },
		{ "[network]\nproxy = 1\n", DSYNC_ERR_INVALID, "proxy" },
		{ "[network]\nproxy = \"proxy:3128\"\n", DSYNC_ERR_INVALID, "proxy" },
		{ "[network]\nproxy = \"http://x\\n\"\n", DSYNC_ERR_INVALID, "proxy" },
		{ "[network]\nproxy = \"http://x\\u0000\"\n", DSYNC_ERR_INVALID, "proxy" },
		{ "[network]\nca_file = \"ca.pem\"\n", DSYNC_ERR_INVALID, "ca_file" },
		{ "[network]\nca_file = \"\"\n", DSYNC_ERR_INVALID, "ca_file" },
		{ "[network]\nmin_rate = 0\n", DSYNC_ERR_INVALID, "min_rate" },
		{ "[network]\nmin_rate = -5\n", DSYNC_ERR_INVALID, "min_rate" },
		{ "[network]\nmin_rate = 1.5\n", DSYNC_ERR_INVALID, "min_rate" },
		{ "[network]\nmin_rate = 9223372036854775807\n", DSYNC_ERR_INVALID, "min_rate" },
		{ "[refresh]\nslots = 0\n", DSYNC_ERR_INVALID, "slots" },
		{ "[refresh]\nslots = 257\n", DSYNC_ERR_INVALID, "slots" },
		{ "[refresh]\nsandbox = \"none\"\n", DSYNC_ERR_INVALID, "sandbox" },
		{ "[refresh]\nsandbox = true\n", DSYNC_ERR_INVALID, "sandbox" },
		{ "[refresh]\nmax_payload = 0\n", DSYNC_ERR_INVALID, "max_payload" },
		{ "[refresh]\nmax_payload = \"0K\"\n", DSYNC_ERR_INVALID, "max_payload" },
		{ "[refresh]\nmax_payload = \"16 G\"\n", DSYNC_ERR_INVALID, "max_payload" },
		{ "[refresh]\nmax_payload = \"99999999T\"\n", DSYNC_ERR_INVALID, "max_payload" },
		{ "[refresh]\nmax_payload = -1\n", DSYNC_ERR_INVALID, "max_payload" },
		{ "[refresh]\nmax_payload = 1.5\n", DSYNC_ERR_INVALID, "max_payload" },
		{ "[refresh]\nfinish_timeout = 0\n", DSYNC_ERR_INVALID, "finish_timeout" },
		{ "[refresh]\nfinish_timeout = 86401\n", DSYNC_ERR_INVALID, "finish_timeout" },
		{ "[refresh\n", DSYNC_ERR_INVALID, "" },
		{ "[[[[", DSYNC_ERR_INVALID, "" },
		{ "\xff", DSYNC_ERR_INVALID, "" },
		{ "v = 1\nv = 2\n", DSYNC_ERR_INVALID, "" },
	};
	struct dsync_config config;
	struct dsync_error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		home_write_text("config/config.toml", cases[i].text);
		memset(&err, 0, sizeof(err));
		if (dsync_config_load(home_context(), &config, &err) != cases[i].code || err.code != cases[i].code)
			fail_msg("%s: %d %s", cases[i].text, err.code, err.message);
		assert_string_equal(err.entry, cases[i].entry);
		assert_null(config.proxy);
		if (cases[i].code == DSYNC_ERR_INVALID)
			assert_non_null(strstr(err.message, "config.toml"));
	}
}

static void
test_odd_files(void **state)
{
	struct dsync_config config;
	char *large = malloc(70000);

	(void)state;
	assert_int_equal(mkdir(home_path("config/config.toml"), 0700), 0);
	assert_int_equal(dsync_config_load(home_context(), &config, NULL), DSYNC_ERR_INVALID);
	assert_int_equal(remove(home_path("config/config.toml")), 0);
	memset(large, '\n', 70000);
	home_write("config/config.toml", large, 70000);
	free(large);
	assert_int_equal(dsync_config_load(home_context(), &config, NULL), DSYNC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_both),
		TEST(test_refuse),
		TEST(test_odd_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
