/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fake_refresh.c - a dotsync-refresh that does what the variable FAKE says, so that a caller's side of the conversation can be tried.
 *
 * What it notices it writes to the file that MARK names.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/build_id.h"
#include "runtime/job.h"

static char packet[DSYNC_JOB_SIZE_MAX];

static void
mark(const char *text)
{
	const char *path = getenv("MARK");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file == NULL)
		return;
	fputs(text, file);
	fclose(file);
}

static void
say(const void *data, size_t size)
{
	send(DSYNC_JOB_FD, data, size, MSG_NOSIGNAL);
}

static void
say_event(enum dsync_event_kind kind, uint64_t done, const char *text)
{
	const struct dsync_event event = { .kind = kind, .done = done, .total = 10, .text = text };
	struct dsync_buffer out;

	dsync_buffer_init(&out, DSYNC_JOB_SIZE_MAX);
	dsync_event_write(&event, &out);
	say(out.data, out.size);
	dsync_buffer_finish(&out);
}

/* The rule names where the fault is; "to" is the plain file. */
static void
say_fault(enum dsync_outcome_kind kind, const char *rule, int code)
{
	struct dsync_result result;
	struct dsync_buffer out;

	dsync_result_init(&result);
	result.kind = kind;
	dsync_error_set(&result.error, code, rule, "it went wrong");
	dsync_buffer_init(&out, DSYNC_JOB_SIZE_MAX);
	dsync_result_write(&result, &out);
	say(out.data, out.size);
	dsync_buffer_finish(&out);
	dsync_result_finish(&result);
}

/* Of a refresh that another process did. */
static void
say_shared(enum dsync_outcome_kind kind)
{
	struct dsync_result result;
	struct dsync_buffer out;

	dsync_result_init(&result);
	result.kind = kind;
	result.shared = true;
	dsync_buffer_init(&out, DSYNC_JOB_SIZE_MAX);
	dsync_result_write(&result, &out);
	say(out.data, out.size);
	dsync_buffer_finish(&out);
	dsync_result_finish(&result);
}

static void
say_result(enum dsync_outcome_kind kind, bool staged, const char *explanation, int code)
{
	struct dsync_result result;
	struct dsync_buffer out;

	dsync_result_init(&result);
	result.kind = kind;
	result.staged = staged;
	result.payload_size = 42;
	result.timing_total_us = 1500000;
	result.next_attempt = code < 0 ? 1700000000 : INT64_MIN;
	strcpy(result.generation, "00112233445566778899aabbccddeeff");
	if (explanation != NULL)
		result.explanation = strdup(explanation);
	if (code < 0) {
		dsync_error_set(&result.error, code, "fake", "it went wrong");
		dsync_error_hint(&result.error, "try again");
	}
	result.sandbox = strdup("seccomp=P1 landlock=7(fs,net) ns=user,net");
	result.requests = calloc(1, sizeof(*result.requests));
	result.request_count = 1;
	result.requests[0] = (struct dsync_job_request){ strdup("GET"), strdup("https://a.example/"), 200, 42, false };
	dsync_buffer_init(&out, DSYNC_JOB_SIZE_MAX);
	dsync_result_write(&result, &out);
	say(out.data, out.size);
	dsync_buffer_finish(&out);
	dsync_result_finish(&result);
}

/* The next packet as text; "" when the caller hung up. */
static const char *
hear(void)
{
	ssize_t size;

	do
		size = recv(DSYNC_JOB_FD, packet, sizeof(packet) - 1, 0);
	while (size < 0 && errno == EINTR);
	packet[size > 0 ? size : 0] = '\0';
	return packet;
}

static void
stage(int final_code)
{
	const char *decision;

	say_result(DSYNC_OUTCOME_UPDATED, true, NULL, 0);
	decision = hear();
	mark(decision[0] != '\0' ? decision : "hangup");
	if (strstr(decision, "commit") != NULL)
		say_result(final_code < 0 ? DSYNC_OUTCOME_FAILED : DSYNC_OUTCOME_UPDATED, false, NULL, final_code);
	else if (decision[0] != '\0')
		say_result(DSYNC_OUTCOME_FAILED, false, NULL, DSYNC_ERR_CANCELLED);
}

static void
say_many(void)
{
	char text[32];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		say_event(DSYNC_EVENT_LOG, 0, text);
	}
	say_result(DSYNC_OUTCOME_UPDATED, false, NULL, 0);
}

static void
say_huge(void)
{
	static char huge[DSYNC_JOB_SIZE_MAX + 1000];

	memset(huge, ' ', sizeof(huge));
	say(huge, sizeof(huge));
}

static void
play(const char *part, const char *job)
{
	if (strcmp(part, "updated") == 0) {
		say_event(DSYNC_EVENT_STARTED, 0, "");
		say_event(DSYNC_EVENT_PROGRESS, 5, "");
		say_event(DSYNC_EVENT_REQUEST, 0, "GET https://a.example/ 200");
		say_result(DSYNC_OUTCOME_UPDATED, false, NULL, 0);
	} else if (strcmp(part, "failed") == 0) {
		say_result(DSYNC_OUTCOME_FAILED, false, NULL, DSYNC_ERR_NETWORK);
	} else if (strcmp(part, "limit") == 0) {
		say_fault(DSYNC_OUTCOME_FAILED, "bytes", DSYNC_ERR_LIMIT);
	} else if (strcmp(part, "protocol") == 0) {
		say_fault(DSYNC_OUTCOME_FAILED, "worker", DSYNC_ERR_PROTOCOL);
	} else if (strcmp(part, "disk") == 0) {
		say_fault(DSYNC_OUTCOME_FAILED, "", DSYNC_ERR_SYSTEM);
	} else if (strcmp(part, "config") == 0) {
		say_fault(DSYNC_OUTCOME_FAILED, "config", DSYNC_ERR_INVALID);
	} else if (strcmp(part, "to") == 0) {
		say_fault(DSYNC_OUTCOME_UPDATED, "to", DSYNC_ERR_SYSTEM);
	} else if (strcmp(part, "to-fresh") == 0) {
		say_fault(DSYNC_OUTCOME_FRESH, "to", DSYNC_ERR_SYSTEM);
	} else if (strcmp(part, "exec") == 0) {
		say_fault(DSYNC_OUTCOME_UPDATED, "exec", DSYNC_ERR_REJECTED);
	} else if (strcmp(part, "held") == 0) {
		say_fault(DSYNC_OUTCOME_HELD, "", DSYNC_ERR_HELD);
	} else if (strcmp(part, "echo") == 0) {
		say_result(DSYNC_OUTCOME_EXPLAINED, false, job, 0);
	} else if (strcmp(part, "staged") == 0) {
		stage(0);
	} else if (strcmp(part, "shared") == 0) {
		say_shared(DSYNC_OUTCOME_UPDATED);
	} else if (strcmp(part, "shared-unchanged") == 0) {
		say_shared(DSYNC_OUTCOME_UNCHANGED);
	} else if (strcmp(part, "conflict") == 0) {
		stage(DSYNC_ERR_CONFLICT);
	} else if (strcmp(part, "staged-crash") == 0) {
		say_result(DSYNC_OUTCOME_UPDATED, true, NULL, 0);
		hear();
	} else if (strcmp(part, "many") == 0) {
		say_many();
	} else if (strcmp(part, "kill") == 0) {
		raise(SIGKILL);
	} else if (strcmp(part, "garbage") == 0) {
		say("{\"event\":{}}", 12);
		hear();
	} else if (strcmp(part, "huge") == 0) {
		say_huge();
		hear();
	} else if (strcmp(part, "slow") == 0) {
		say_event(DSYNC_EVENT_STARTED, 0, "");
		mark(hear()[0] == '\0' ? "cancelled" : "spoken to");
	} else if (strcmp(part, "mark") == 0) {
		mark(job);
	}
}

int
main(int argc, char **argv)
{
	const char *part = getenv("FAKE");
	char *job;

	if (argc > 1 && strcmp(argv[1], "--detach") == 0 && fork() != 0)
		_exit(0);
	job = strdup(hear());
	if (part != NULL && job != NULL)
		play(part, job);
	free(job);
	return 0;
}
