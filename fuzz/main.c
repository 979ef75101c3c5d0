/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * main.c - runs a fuzz target over files and the files of folders, where there is no libFuzzer.
 *
 * Fails when there was nothing to run: a corpus that got lost must not pass.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_SIZE 4096
#define FILE_SIZE_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input has memory of its own exact size, so that a sanitizer sees the first byte past it. */
static int
run_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *input = malloc(size > 0 ? size : 1);
	size_t i;

	if (input == NULL)
		return -1;
	for (i = 0; i < size; i++)
		input[i] = bytes[i];
	LLVMFuzzerTestOneInput(input, size);
	free(input);
	return 1;
}

/* Returns how many inputs were run, or -1. */
static int
run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(FILE_SIZE_MAX);
	int count = -1;

	if (file != NULL && bytes != NULL)
		count = run_bytes(bytes, fread(bytes, 1, FILE_SIZE_MAX, file));
	if (count < 0)
		fprintf(stderr, "cannot run %s\n", path);
	if (file != NULL)
		fclose(file);
	free(bytes);
	return count;
}

static int
run_path(const char *path)
{
	char file[PATH_SIZE];
	const struct dirent *item;
	DIR *dir = opendir(path);
	int count = 0;

	if (dir == NULL)
		return run_file(path);
	while (count >= 0 && (item = readdir(dir)) != NULL) {
		if (item->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, item->d_name);
		count = run_file(file) < 0 ? -1 : count + 1;
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	int total = 0;
	int count;
	int i;

	for (i = 1; i < argc; i++) {
		count = run_path(argv[i]);
		if (count < 0)
			return 1;
		total += count;
	}
	printf("%d inputs\n", total);
	return total > 0 ? 0 : 1;
}
