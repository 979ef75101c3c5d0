/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "measure.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

int64_t
measure_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

_Noreturn void
measure_fail(const char *what)
{
	perror(what);
	exit(1);
}

_Noreturn void
measure_fail_with(const char *what, const struct dsync_error *err)
{
	char text[1024];

	dsync_error_format(err, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", what, text);
	exit(1);
}

int
measure_open(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		measure_fail(path);
	*size = (size_t)st.st_size;
	return fd;
}

void
measure_print_list(const char *name, const int64_t *values, size_t count)
{
	size_t i;

	printf("\"%s\": [", name);
	for (i = 0; i < count; i++)
		printf("%s%lld", i > 0 ? ", " : "", (long long)values[i]);
	putchar(']');
}
