/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * worker_start - how long the worker takes: from posix_spawn to READY, a whole cached run of the least guest, and
 * compiling the modules named.
 *
 *	worker_start [--json] [MODULE...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../test/sandbox/worker_host.h"

#define ROUNDS 201
#define WARM_UP 10

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
print_times(const char *what, double *times, size_t count, bool json)
{
	qsort(times, count, sizeof(times[0]), compare);
	printf(json ? "{\"what\": \"%s\", \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"min_ms\": %.3f, \"rounds\": %zu}\n"
		    : "%-40s p50 %8.3f ms   p90 %8.3f ms   min %8.3f ms   (%zu rounds)\n",
		what, times[count / 2], times[count * 9 / 10], times[0], count);
}

static void
measure_start(uint32_t mode, const char *what, bool json)
{
	static struct host host;
	static double times[ROUNDS];
	struct dsync_frame_job job = host_job(mode, 10000);
	double start;
	int i;

	job.memory_max = 64 << 20;
	for (i = -WARM_UP; i < ROUNDS; i++) {
		start = now_ms();
		host_start(&host, NULL, &job);
		if (!host_ready(&host))
			exit(1);
		if (i >= 0)
			times[i] = now_ms() - start;
		host_stop(&host);
	}
	print_times(what, times, ROUNDS, json);
}

static void
measure_run(const struct dsync_buffer *module, bool json)
{
	static double times[ROUNDS], starts[ROUNDS];
	struct dsync_frame_job job = host_job(DSYNC_JOB_RUN, 1);
	struct host_end compiled, end;
	struct host_world world;
	double start;
	int i;

	job.memory_max = 64 << 20;
	host_compile(module->data, module->size, &job, &compiled);
	if (!compiled.done)
		exit(1);
	for (i = -WARM_UP; i < ROUNDS; i++) {
		host_world_init(&world);
		start = now_ms();
		host_run(&compiled, &job, &world, &end);
		if (!end.done || !world.finished)
			exit(1);
		if (i >= 0) {
			times[i] = now_ms() - start;
			starts[i] = (double)end.result.start_us / 1e3;
		}
		host_end_finish(&end);
		host_world_finish(&world);
	}
	print_times("cached run, spawn to reaped", times, ROUNDS, json);
	print_times("worker's main to first instruction", starts, ROUNDS, json);
	host_end_finish(&compiled);
}

static int
measure_compile(const char *path, bool json)
{
	static double times[9];
	struct dsync_frame_job job = host_job(DSYNC_JOB_COMPILE, 1);
	struct host_end end;
	struct stat st;
	unsigned char *module;
	FILE *file = fopen(path, "rb");
	double start;
	char what[300];
	size_t i, code = 0;

	if (file == NULL || fstat(fileno(file), &st) != 0 || (module = malloc((size_t)st.st_size)) == NULL ||
		fread(module, 1, (size_t)st.st_size, file) != (size_t)st.st_size) {
		perror(path);
		return 1;
	}
	fclose(file);
	job.memory_max = 64 << 20;
	job.cpu_ms = 30000;
	for (i = 0; i < 9; i++) {
		start = now_ms();
		host_compile(module, (size_t)st.st_size, &job, &end);
		times[i] = now_ms() - start;
		if (!end.done)
			fprintf(stderr, "%s: %s\n", path, end.text);
		code = end.code.size;
		host_end_finish(&end);
	}
	snprintf(what, sizeof(what), "compile %.200s: %lld -> %zu B",
		strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path, (long long)st.st_size, code);
	print_times(what, times, 9, json);
	free(module);
	return 0;
}

int
main(int argc, char **argv)
{
	const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	struct dsync_buffer module;
	int i, failed = 0;

	if (getenv("DOTSYNC_BUILD") == NULL) {
		fprintf(stderr, "worker_start: set DOTSYNC_BUILD to the build tree\n");
		return 2;
	}
	measure_start(DSYNC_JOB_RUN, "spawn to READY, run", json);
	measure_start(DSYNC_JOB_COMPILE, "spawn to READY, compile", json);
	if (host_load("ds_update", &module)) {
		measure_run(&module, json);
		dsync_buffer_finish(&module);
	}
	for (i = 1 + json; i < argc; i++)
		failed |= measure_compile(argv[i], json);
	return failed;
}
