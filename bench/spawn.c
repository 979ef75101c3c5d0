/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * spawn - run a command a number of times; say how long each run took, and the most memory that it, or what it
 * waited for, had.
 *
 *	spawn TIMES OUTPUT COMMAND [ARGUMENT...]
 *
 * OUTPUT gets the command's standard output (and is emptied before each run).  This program is small, so that what
 * a process owes to the one it was made by is little: that counts as its memory, and as its time.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "measure.h"

extern char **environ;

struct run {
	int64_t ns;
	int64_t memory_kib;
	int status;
};

static struct run
run_once(char **command, const char *output)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	struct run run;
	int64_t start;
	pid_t pid;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	start = measure_now();
	rc = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	if (rc != 0) {
		errno = rc;
		measure_fail(command[0]);
	}
	while (wait4(pid, &run.status, 0, &usage) < 0) {
		if (errno != EINTR)
			measure_fail("wait4");
	}
	run.ns = measure_now() - start;
	run.memory_kib = usage.ru_maxrss;
	posix_spawn_file_actions_destroy(&actions);
	return run;
}

int
main(int argc, char **argv)
{
	int64_t memory_kib = 0;
	int64_t *times;
	int count, i;

	if (argc < 4 || (count = atoi(argv[1])) < 1) {
		fprintf(stderr, "usage: spawn TIMES OUTPUT COMMAND [ARGUMENT...]\n");
		return 2;
	}
	times = calloc((size_t)count, sizeof(*times));
	if (times == NULL)
		measure_fail("memory");
	for (i = 0; i < count; i++) {
		struct run run = run_once(argv + 3, argv[2]);

		if (run.status != 0) {
			fprintf(stderr, "spawn: %s ended with wait status %d\n", argv[3], run.status);
			return 1;
		}
		times[i] = run.ns;
		if (run.memory_kib > memory_kib)
			memory_kib = run.memory_kib;
	}
	putchar('{');
	measure_print_list("ns", times, (size_t)count);
	printf(", \"memory_kib\": %lld}\n", (long long)memory_kib);
	free(times);
	return 0;
}
