/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which folder wins, and what is said where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/context.h"

/* Each row: the variables, "" for unset; then the three folders, NULL for none. */
static const struct {
	const char *home, *xdg_config, *xdg_state, *xdg_cache, *config, *state;
	const char *config_dir, *state_dir, *cache_dir;
} cases[] = {
	{ "", "", "", "", "", "", NULL, NULL, NULL },
	{ "/h", "", "", "", "", "", "/h/.config/dotsync", "/h/.local/state/dotsync", "/h/.cache/dotsync" },
	{ "/h/", "", "", "", "", "", "/h/.config/dotsync", "/h/.local/state/dotsync", "/h/.cache/dotsync" },
	{ "h", "", "", "", "", "", NULL, NULL, NULL },
	{ "/h", "/c", "/s", "/k", "", "", "/c/dotsync", "/s/dotsync", "/k/dotsync" },
	{ "/h", "c", "s", "./k", "", "", "/h/.config/dotsync", "/h/.local/state/dotsync", "/h/.cache/dotsync" },
	{ "", "/c", "", "", "", "", "/c/dotsync", NULL, NULL },
	{ "/h", "/c", "/s", "/k", "/own/config", "/own/state//", "/own/config", "/own/state", "/k/dotsync" },
	{ "/h", "", "", "", "relative", "relative", "/h/.config/dotsync", "/h/.local/state/dotsync",
		"/h/.cache/dotsync" },
	{ "/", "", "", "", "", "", "/.config/dotsync", "/.local/state/dotsync", "/.cache/dotsync" },
};

static void
set(const char *name, const char *value)
{
	if (value[0] != '\0')
		assert_int_equal(setenv(name, value, 1), 0);
	else
		assert_int_equal(unsetenv(name), 0);
}

static void
check_text(const char *found, const char *expected)
{
	if (expected == NULL)
		assert_null(found);
	else
		assert_string_equal(found, expected);
}

static void
test_environment(void **state)
{
	struct dsync_context *context;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set("HOME", cases[i].home);
		set("XDG_CONFIG_HOME", cases[i].xdg_config);
		set("XDG_STATE_HOME", cases[i].xdg_state);
		set("XDG_CACHE_HOME", cases[i].xdg_cache);
		set("DOTSYNC_CONFIG_DIR", cases[i].config);
		set("DOTSYNC_STATE_DIR", cases[i].state);
		context = dsync_context_create(NULL, NULL);
		assert_non_null(context);
		check_text(dsync_context_config_dir(context), cases[i].config_dir);
		check_text(dsync_context_state_dir(context), cases[i].state_dir);
		check_text(dsync_context_cache_dir(context), cases[i].cache_dir);
		assert_string_equal(dsync_context_machine_dir(context), "/etc/dotsync");
		assert_int_equal(dsync_context_helper_dir(context)[0], '/');
		dsync_context_destroy(context);
	}
}

static void
test_options_win(void **state)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_context *context;

	(void)state;
	set("HOME", "/h");
	set("DOTSYNC_CONFIG_DIR", "/own/config");
	options.config_dir = "/a";
	options.state_dir = "/b/";
	options.cache_dir = "/c";
	options.machine_dir = "/d";
	options.helper_dir = "/e";
	context = dsync_context_create(&options, NULL);
	assert_non_null(context);
	assert_string_equal(dsync_context_config_dir(context), "/a");
	assert_string_equal(dsync_context_state_dir(context), "/b");
	assert_string_equal(dsync_context_cache_dir(context), "/c");
	assert_string_equal(dsync_context_machine_dir(context), "/d");
	assert_string_equal(dsync_context_helper_dir(context), "/e");
	dsync_context_destroy(context);
	dsync_context_destroy(NULL);
}

static void
test_offline(void **state)
{
	static const struct {
		const char *value;
		bool option, offline;
	} rows[] = { { "", false, false }, { "0", false, false }, { "1", false, true }, { "yes", false, true },
		{ "", true, true }, { "0", true, true } };
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_context *context;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set("DOTSYNC_OFFLINE", rows[i].value);
		options.offline = rows[i].option;
		context = dsync_context_create(&options, NULL);
		assert_int_equal(dsync_context_offline(context), rows[i].offline);
		dsync_context_destroy(context);
	}
	set("DOTSYNC_OFFLINE", "");
}

static void
test_need(void **state)
{
	struct dsync_context *context;
	struct dsync_error err;
	const char *dir;
	bool owned;

	(void)state;
	set("HOME", "");
	set("XDG_CONFIG_HOME", "");
	set("XDG_STATE_HOME", "");
	set("XDG_CACHE_HOME", "");
	set("DOTSYNC_CONFIG_DIR", "");
	set("DOTSYNC_STATE_DIR", "");
	context = dsync_context_resolve(NULL, &owned, &err);
	assert_true(owned);
	assert_int_equal(dsync_context_need_config_dir(context, &dir, &err), DSYNC_ERR_NOT_FOUND);
	assert_null(dir);
	assert_non_null(strstr(err.hint, "DOTSYNC_CONFIG_DIR"));
	assert_int_equal(dsync_context_need_state_dir(context, &dir, &err), DSYNC_ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "DOTSYNC_STATE_DIR"));
	assert_int_equal(dsync_context_need_cache_dir(context, &dir, &err), DSYNC_ERR_NOT_FOUND);
	assert_non_null(strstr(err.hint, "XDG_CACHE_HOME"));
	assert_int_equal(dsync_context_need_cache_dir(context, &dir, NULL), DSYNC_ERR_NOT_FOUND);
	assert_ptr_equal(dsync_context_resolve(context, &owned, &err), context);
	assert_false(owned);
	dsync_context_log(context, DSYNC_LOG_ERROR, "%s", "nobody listens");
	dsync_context_destroy(context);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_options_win),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
