/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every case of the public conformance suite gives its stated result.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "tagged.h"
#include "toml/toml.h"

static bool
check_valid(const char *path)
{
	struct dsync_error err = { .code = 0 };
	struct dsync_toml *doc;
	char text[1024], *toml, *json;
	size_t size, json_size;
	bool good = false;

	snprintf(text, sizeof(text), "%.*sjson", (int)strlen(path) - 4, path);
	toml = corpus_read(path, &size);
	json = corpus_read(text, &json_size);
	assert_non_null(toml);
	assert_non_null(json);
	doc = dsync_toml_parse(toml, size, &err);
	if (doc == NULL) {
		dsync_error_format(&err, text, sizeof(text));
		fprintf(stderr, "%s: %s\n", path, text);
	} else {
		good = tagged_equal(doc, json);
		if (!good)
			fprintf(stderr, "%s: differs from its JSON\n", path);
	}
	dsync_toml_free(doc);
	free(toml);
	free(json);
	return good;
}

static bool
check_invalid(const char *path)
{
	struct dsync_error err = { .code = 0 };
	struct dsync_toml *doc;
	size_t size;
	char *toml = corpus_read(path, &size);

	assert_non_null(toml);
	doc = dsync_toml_parse(toml, size, &err);
	free(toml);
	if (doc != NULL) {
		fprintf(stderr, "%s: accepted\n", path);
		dsync_toml_free(doc);
		return false;
	}
	return err.code == DSYNC_ERR_SYNTAX && strcmp(err.rule, "toml") == 0 && err.line > 0 && err.column > 0 &&
		err.offset <= size && err.message[0] != '\0' && err.expected[0] != '\0' && err.found[0] != '\0';
}

static void
check_folder(const char *folder, bool (*check)(const char *path))
{
	struct corpus corpus;
	size_t failed = 0, i;

	if (corpus_find(&corpus, folder) == 0)
		skip();
	for (i = 0; i < corpus.count; i++)
		failed += !check(corpus.paths[i]);
	printf("%s: %zu cases, %zu failed\n", folder, corpus.count, failed);
	corpus_free(&corpus);
	assert_int_equal(failed, 0);
}

static void
valid_documents(void **state)
{
	(void)state;
	check_folder("valid", check_valid);
}

static void
invalid_documents(void **state)
{
	(void)state;
	check_folder("invalid", check_invalid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_documents),
		cmocka_unit_test(invalid_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
