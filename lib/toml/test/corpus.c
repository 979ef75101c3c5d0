/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void
add_path(struct corpus *corpus, const char *path)
{
	char **paths = realloc(corpus->paths, (corpus->count + 1) * sizeof(*paths));

	if (paths == NULL)
		abort();
	corpus->paths = paths;
	corpus->paths[corpus->count] = strdup(path);
	if (corpus->paths[corpus->count++] == NULL)
		abort();
}

static void
walk(struct corpus *corpus, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat st;
	char path[1024];
	size_t size;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		size = (size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || size >= sizeof(path) || stat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			walk(corpus, path);
		else if (strcmp(path + size - 5, ".toml") == 0)
			add_path(corpus, path);
	}
	if (dir != NULL)
		closedir(dir);
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t
corpus_find(struct corpus *corpus, const char *folder)
{
	const char *vectors = getenv("DOTSYNC_VECTORS");
	char path[1024];

	corpus->paths = NULL;
	corpus->count = 0;
	if (vectors == NULL) {
		fprintf(stderr, "skipped: DOTSYNC_VECTORS is not set\n");
		return 0;
	}
	snprintf(path, sizeof(path), "%s/toml/%s", vectors, folder);
	walk(corpus, path);
	if (corpus->count == 0)
		fprintf(stderr, "skipped: no conformance vectors in %s\n", path);
	else
		qsort(corpus->paths, corpus->count, sizeof(*corpus->paths), compare_paths);
	return corpus->count;
}

void
corpus_free(struct corpus *corpus)
{
	size_t i;

	for (i = 0; i < corpus->count; i++)
		free(corpus->paths[i]);
	free(corpus->paths);
}

char *
corpus_read(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	struct stat st;

	if (file == NULL)
		return NULL;
	if (fstat(fileno(file), &st) == 0)
		text = malloc((size_t)st.st_size + 1);
	if (text != NULL) {
		*size = fread(text, 1, (size_t)st.st_size, file);
		text[*size] = '\0';
	}
	fclose(file);
	return text;
}
