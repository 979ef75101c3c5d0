/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The file name of Content-Disposition: what a server may call a file, and what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bin/dotsync-refresh/src/fetch.h"

#define LONG_NAME "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_names(void **state)
{
	static const struct {
		const char *header;
		const char *name; /* NULL: none */
	} cases[] = {
		{ "attachment", NULL },
		{ "attachment; filename=a.csv", "a.csv" },
		{ "attachment;filename=\"a b.csv\" ; x=y", "a b.csv" },
		{ "attachment; FileName= a.csv ", "a.csv" },
		{ "attachment; filename*=UTF-8''a.csv", "a.csv" },
		{ "attachment; filename*=utf-8'en'na%C3%AFve%20plan.csv", "na\xc3\xafve plan.csv" },
		{ "attachment; filename*=UTF-8''%e2%82%ac.csv", "\xe2\x82\xac.csv" },
		/* the one for people before the one for those who cannot read it, in either order */
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a.csv", "a.csv" },
		{ "attachment; filename*=UTF-8''a.csv; filename=\"b.bin\"", "a.csv" },
		/* a wrong one is none */
		{ "attachment; filename=\"b.bin\"; filename*=ISO-8859-1''a.csv", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''%C3.csv", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''%ff", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''..%2F..%2Fa.sh", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''%2Fetc%2Fpasswd", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a%5Cb", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''.profile", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a%00b", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a%0Ab", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a%1b[31m", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a%4", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''a%zz", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8''", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8'en", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=UTF-8", "b.bin" },
		{ "attachment; filename=\"b.bin\"; filename*=", "b.bin" },
		{ "attachment; filename*=UTF-8''" LONG_NAME LONG_NAME LONG_NAME LONG_NAME, NULL },
		{ "attachment; filename=\"../../evil.sh\"", NULL },
		{ "attachment; filename=\".hidden\"", NULL },
		{ "attachment; filename=\"a\\\"b\"", NULL },
		{ "attachment; filename=\"", NULL },
		{ "attachment; x=\"; filename*=UTF-8''a.csv\"; filename=b.bin", "b.bin" },
	};
	char *name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *expected = cases[i].name;

		name = dsync_disposition_file_name(cases[i].header);
		if ((name == NULL) != (expected == NULL) || (name != NULL && strcmp(name, expected) != 0))
			fail_msg("%s: %s", cases[i].header, name != NULL ? name : "none");
		free(name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
