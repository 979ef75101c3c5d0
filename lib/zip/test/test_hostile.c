/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One archive for each way to break a rule: the reader names the rule, and says
 * exactly what stands in hostile.txt.  To write that file anew after a message was
 * changed, run the test with DOTSYNC_REFRESH=1 in the environment and read the difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostile.h"
#include "hostile_cases.h"

#define GOLDEN_SIZE_MAX 65536

static char golden[GOLDEN_SIZE_MAX];
static FILE *refreshed;
static int fd;

static const char *
golden_path(char path[512])
{
	const char *source = getenv("DOTSYNC_SOURCE");

	snprintf(path, 512, "%s/lib/zip/test/hostile.txt", source != NULL ? source : ".");
	return path;
}

/* The line of this case, or what says that there is none. */
static const char *
expected_text(const char *name, char text[1536])
{
	char start[128];
	const char *line, *end;

	snprintf(start, sizeof(start), "\n%s: ", name);
	line = strstr(golden, start);
	if (line == NULL)
		return "(no line in hostile.txt)";
	line += strlen(start);
	end = strchr(line, '\n');
	snprintf(text, 1536, "%.*s", (int)(end - line), line);
	return text;
}

/* Opens and reads everything, as far as it goes. */
static int
try_archive(const struct hostile *h, struct dsync_error *err)
{
	static unsigned char buf[4096];
	struct dsync_zip *zip = hostile_open(h, fd, err);
	size_t i;
	int rc = 0;

	if (zip == NULL)
		return err->code;
	for (i = 0; rc == 0 && i < dsync_zip_count(zip); i++)
		rc = dsync_zip_stream(zip, dsync_zip_at(zip, i), buf, sizeof(buf), NULL, NULL, err);
	dsync_zip_close(zip);
	return rc;
}

static void
check_case(const struct hostile_case *c)
{
	struct dsync_error err = { 0 };
	char text[1536], expected[1536];
	struct hostile *h = calloc(1, sizeof(*h));
	int rc;

	assert_non_null(h);
	hostile_init(h);
	hostile_case_build(c, h);
	rc = try_archive(h, &err);
	if (rc >= 0)
		fail_msg("%s was accepted", c->name);
	dsync_error_format(&err, text, sizeof(text));
	if (strcmp(err.rule, c->rule) != 0)
		fail_msg("%s: rule %s, expected %s: %s", c->name, err.rule, c->rule, text);
	assert_int_equal(err.code, rc);
	if (refreshed != NULL)
		fprintf(refreshed, "%s: %s\n", c->name, text);
	else
		assert_string_equal(text, expected_text(c->name, expected));
	if (rc == DSYNC_ERR_NOT_ARCHIVE)
		assert_null(hostile_open(h, fd, NULL)); /* an error is not needed */
	hostile_finish(h);
	free(h);
}

static void
test_every_case(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < hostile_case_count; i++)
		check_case(&hostile_cases[i]);
}

/* Every rule that a file can break has a case. */
static void
test_every_rule(void **state)
{
	static const char *const rules[] = { "Z1", "Z2", "Z3", "Z4", "Z5", "Z6", "Z7", "Z8", "Z9", "Z10", "Z11", "Z12",
		"Z13", "Z14", "Z15", "Z16", "Z17", "Z18", "Z19", "Z20", "Z21", "Z22", "Z23", "Z24", "Z25", "Z26", "Z27",
		"Z28", "Z29" };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		for (k = 0; k < hostile_case_count && strcmp(hostile_cases[k].rule, rules[i]) != 0; k++)
			;
		if (k == hostile_case_count)
			fail_msg("no archive breaks %s", rules[i]);
	}
}

/* The sample that the cases start from is right. */
static void
test_sample(void **state)
{
	struct dsync_error err = { 0 };
	struct hostile *h = calloc(1, sizeof(*h));
	int zip64;

	(void)state;
	assert_non_null(h);
	for (zip64 = 0; zip64 < 2; zip64++) {
		hostile_init(h);
		hostile_add_sample(h);
		h->zip64 = zip64;
		hostile_emit(h);
		assert_int_equal(try_archive(h, &err), 0);
		hostile_finish(h);
	}
	free(h);
}

static int
setup(void **state)
{
	char path[512];
	FILE *file;
	size_t size = 1;

	(void)state;
	fd = hostile_file_create();
	golden[0] = '\n';
	file = fopen(golden_path(path), "r");
	if (file != NULL) {
		size += fread(golden + 1, 1, sizeof(golden) - 2, file);
		fclose(file);
	}
	golden[size] = '\0';
	if (getenv("DOTSYNC_REFRESH") != NULL)
		refreshed = fopen(path, "w");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return refreshed != NULL ? fclose(refreshed) : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_every_case),
		cmocka_unit_test(test_every_rule),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
