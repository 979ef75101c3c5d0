/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the program that starts us allows in its variables takes away from the request's lists and never adds to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../src/guest_environment.h"
#include "../src/session.h"
#include "home.h"

static const char *const words[] = { "a.example", "b.example:8443", "KEY" };

static const struct {
	const char *variable; /* NULL: not set */
	const char *kept;     /* of the words, each with a space behind it */
} rows[] = {
	{ NULL, "a.example b.example:8443 KEY " },
	{ "", "" },
	{ "a.example", "a.example " },
	{ "a.example,KEY", "a.example KEY " },
	{ " KEY , a.example ", "a.example KEY " },
	{ "KEY,KEY,KEY", "KEY " },
	{ ",,KEY,", "KEY " },
	{ "a.example KEY", "" }, /* one word, which nobody asked for */
	{ "a.exampl,a.example.,A.EXAMPLE,b.example,KE,KEYS", "" },
	{ "*,*.example,c.example", "" },
};

static void
check_kept(const struct dsync_strings *list, const char *kept, const char *variable)
{
	char text[128] = "";
	size_t i;

	for (i = 0; i < list->count; i++)
		strcat(strcat(text, list->items[i]), " ");
	if (strcmp(text, kept) != 0)
		fail_msg("\"%s\": expected %s, found %s", variable != NULL ? variable : "(not set)", kept, text);
}

static void
test_narrows(void **state)
{
	const struct dsync_strings asked = { (char **)(uintptr_t)words, sizeof(words) / sizeof(words[0]) };
	struct dsync_guest_request request = { .context = { .hosts = asked, .env = asked } };
	struct dsync_session *session;
	size_t i;
	int k;

	(void)state;
	home_make("a.sync", HOME_MANIFEST, "payload", NULL, 0);
	session = dsync_session_open("a.sync", home_context(), NULL);
	assert_non_null(session);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < 2; k++) {
			struct dsync_guest_contract contract = { .limits = DSYNC_SESSION_LIMITS_INIT };

			*(k == 0 ? &contract.hosts : &contract.env) = rows[i].variable;
			assert_int_equal(dsync__guest_environment_apply(&contract, &request, session, NULL), 0);
			assert_true(session->narrow_hosts && session->narrow_env);
			check_kept(&session->hosts, k == 0 ? rows[i].kept : rows[0].kept, rows[i].variable);
			check_kept(&session->env, k == 1 ? rows[i].kept : rows[0].kept, rows[i].variable);
		}
	}
	dsync_session_close(session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_narrows, home_setup, home_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
