/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Writers that are killed at any moment, and readers that never stop: no reader sees
 * anything but a whole version, no update that was reported is lost.
 *
 *	test_format_commit_loop [seconds]
 *
 * Each payload is a decimal counter and then filler that is made from it.  A writer holds the
 * lock, reads the counter, adds one and, when publishing succeeded, notes the number in its
 * log.  So at the end the counter is at least as large as every number in a log, no number
 * stands in two logs, and readers only ever see it grow.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/assemble.h"
#include "format/commit.h"
#include "sample.h"

#define WRITERS 2
#define READERS 4
#define NUMBER_SIZE 20
#define FILLER_MAX 40000u
#define SECONDS_DEFAULT 2

static int seconds = SECONDS_DEFAULT;

static size_t
make_payload(char *buf, uint64_t number)
{
	size_t size = NUMBER_SIZE + (size_t)(number * 7919 % FILLER_MAX);

	snprintf(buf, NUMBER_SIZE + 1, "%019" PRIu64 "\n", number);
	memset(buf + NUMBER_SIZE, 'a' + (int)(number % 26), size - NUMBER_SIZE);
	return size;
}

/* The counter of a whole payload; ends the process when it is a mixture. */
static uint64_t
read_number(struct dsync_archive *archive)
{
	char expected[NUMBER_SIZE + FILLER_MAX + 1];
	struct dsync_view view;
	uint64_t number;

	if (dsync_archive_map_payload(archive, &view, NULL) < 0 || view.size < NUMBER_SIZE)
		_exit(10);
	number = strtoull((const char *)view.data, NULL, 10);
	if (make_payload(expected, number) != view.size || memcmp(expected, view.data, view.size) != 0)
		_exit(11);
	return number;
}

static int
write_next(struct dsync_commit *commit, uint64_t *number)
{
	const struct dsync_assembly_parts parts = { .manifest = NULL };
	char payload[NUMBER_SIZE + FILLER_MAX + 1];
	struct dsync_assembly *a;
	size_t size;
	int rc;

	*number = read_number(dsync_commit_base(commit)) + 1;
	size = make_payload(payload, *number);
	rc = dsync_assembly_begin(&a, dsync_commit_fd(commit), dsync_commit_base(commit), 0, NULL);
	if (rc == 0)
		rc = dsync_assembly_append(a, payload, size, NULL);
	if (rc == 0)
		rc = dsync_assembly_finish(a, &parts, NULL);
	dsync_assembly_destroy(a);
	return rc == 0 ? dsync_commit_publish(commit, NULL) : rc;
}

static void
write_forever(int writer)
{
	char name[16];
	int log;

	snprintf(name, sizeof(name), "log%d", writer);
	log = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	for (;;) {
		struct dsync_commit *commit;
		uint64_t number;

		if (dsync_commit_begin(&commit, "a.sync", NULL, NULL) < 0)
			_exit(20);
		if (write_next(commit, &number) < 0)
			_exit(21);
		if (dprintf(log, "%" PRIu64 "\n", number) < 0)
			_exit(22);
		dsync_commit_close(commit);
	}
}

static void
read_forever(void)
{
	uint64_t last = 0;

	for (;;) {
		struct dsync_archive *archive = dsync_archive_open("a.sync", NULL, NULL);
		uint64_t number;

		if (archive == NULL)
			_exit(12);
		number = read_number(archive);
		if (number < last)
			_exit(13);
		last = number;
		dsync_archive_unref(archive);
	}
}

/* Starts writer n, or reader n - WRITERS. */
static pid_t
start(int n)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (n < WRITERS)
			write_forever(n);
		read_forever();
	}
	return pid;
}

static uint64_t
read_log(int writer, unsigned char *seen, uint64_t seen_size)
{
	uint64_t largest = 0, number;
	char name[16];
	FILE *log;

	snprintf(name, sizeof(name), "log%d", writer);
	log = fopen(name, "r");
	assert_non_null(log);
	while (fscanf(log, "%" SCNu64, &number) == 1) {
		assert_true(number < seen_size);
		assert_int_equal(seen[number], 0); /* nobody else published this number */
		seen[number] = 1;
		largest = number > largest ? number : largest;
	}
	fclose(log);
	return largest;
}

static void
check_logs(void)
{
	struct dsync_archive *archive = sample_open("a.sync");
	uint64_t number = read_number(archive);
	unsigned char *seen = calloc(1, number + 1);
	uint64_t counted = 0, i;
	int writer;

	assert_non_null(seen);
	for (writer = 0; writer < WRITERS; writer++)
		assert_true(read_log(writer, seen, number + 1) <= number);
	for (i = 0; i <= number; i++)
		counted += seen[i];
	print_message("%" PRIu64 " versions, %" PRIu64 " of them noted before a kill\n", number, counted);
	assert_true(counted > 0);
	free(seen);
	dsync_archive_unref(archive);
}

static void
nothing_is_lost_or_mixed(void **state)
{
	const struct timespec pause = { 0, 7000000 };
	char payload[NUMBER_SIZE + FILLER_MAX + 1];
	pid_t pids[WRITERS + READERS];
	time_t end = time(NULL) + seconds;
	unsigned kills = 0;
	int status, i;

	(void)state;
	payload[make_payload(payload, 0)] = '\0';
	sample_make("a.sync", payload);
	for (i = 0; i < WRITERS + READERS; i++)
		pids[i] = start(i);
	while (time(NULL) < end) {
		nanosleep(&pause, NULL);
		i = rand() % WRITERS;
		kill(pids[i], SIGKILL);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFSIGNALED(status)); /* it did not end by itself, with an error */
		pids[i] = start(i);
		kills++;
	}
	for (i = 0; i < WRITERS + READERS; i++) {
		kill(pids[i], SIGKILL);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		if (WIFEXITED(status))
			fail_msg("process %d ended with %d", i, WEXITSTATUS(status));
	}
	print_message("%u kills\n", kills);
	check_logs();
	sample_make("a.sync", "sweeper");
	assert_false(sample_exists(".a.sync.next"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_lost_or_mixed, sample_setup, sample_teardown),
	};

	if (argc > 1)
		seconds = atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
