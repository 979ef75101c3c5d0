/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * corpus.h - the TOML files of the conformance vectors, for the tests of this folder.
 *
 *	struct corpus corpus;
 *	if (corpus_find(&corpus, "valid") == 0)
 *		... skip: corpus_find() has said why ...
 *	for (i = 0; i < corpus.count; i++)
 *		text = corpus_read(corpus.paths[i], &size);
 *	corpus_free(&corpus);
 */
#ifndef TOML_TEST_CORPUS_H
#define TOML_TEST_CORPUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CORPUS_SKIPPED 77

struct corpus {
	char **paths;
	size_t count;
};

/* All .toml files below a folder of the vectors, sorted.  Returns how many; 0 is explained on standard error. */
size_t corpus_find(struct corpus *corpus, const char *folder);
void corpus_free(struct corpus *corpus);

/* A whole file, with a NUL behind it that does not count; free() it.  NULL when it cannot be read. */
char *corpus_read(const char *path, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
