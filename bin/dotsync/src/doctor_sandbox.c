/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * doctor_sandbox.c - the attack table, live.
 *
 * Each attempt of worker/attack_table.h is a process of its own: dotsync-attack, which locks itself down as the worker
 * does, tries one thing and tells what came of it, if it still can.  The attempts of a row are told in one line.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "doctor.h"
#include "report.h"
#include "runtime/frame.h"
#include "runtime/helper.h"
#include "worker/attack_secret.h"
#include "worker/attack_table.h"

#define PROGRAM "dotsync-attack"
#define PATIENCE_MS 30000
#define MEMORY_MAX (UINT64_C(4) << 20)
#define FOUND_SIZE 64
#define FAILURES_SIZE 512
#define TEXT_COLUMN 17

static const struct row {
	const char *name, *title;
} rows[] = {
#define ROW(name, title) { #name, title },
	ATTACK_ROWS(ROW)
#undef ROW
};

static const struct attack {
	const char *row, *name;
	long expected;
} attacks[] = {
#define ATTACK(row, name, expected, attempt) { #row, #name, expected },
	ATTACKS(ATTACK)
#undef ATTACK
};
#define ATTACK_COUNT (sizeof(attacks) / sizeof(attacks[0]))

/* What came of the attempts of one row. */
struct tally {
	unsigned made, held;
	char failures[FAILURES_SIZE]; /* "NAME: expected X, found Y", one after another */
};

/* What came of one attempt. */
struct found {
	bool held;
	char text[FOUND_SIZE];
};

static void
describe(char text[FOUND_SIZE], long result)
{
	if (result == ATTACK_KILLED)
		snprintf(text, FOUND_SIZE, "its death by the filter");
	else if (result > ATTACK_KILLED)
		snprintf(text, FOUND_SIZE, "its death by signal %ld", result - ATTACK_KILLED);
	else if (result < 0)
		snprintf(text, FOUND_SIZE, "%s", strerror((int)-result));
	else
		snprintf(text, FOUND_SIZE, "%ld", result);
}

/* One packet; its size, or 0 when there is none. */
static size_t
receive(const struct dsync_helper *helper, void *packet, size_t size)
{
	struct pollfd fd = { .fd = helper->socket, .events = POLLIN };
	ssize_t n;

	if (poll(&fd, 1, PATIENCE_MS) != 1)
		return 0;
	n = recv(helper->socket, packet, size, MSG_DONTWAIT);
	return n > 0 ? (size_t)n : 0;
}

/* The layers hold, as the program says; SANDBOX when they do not. */
static int
await_ready(const struct dsync_helper *helper, struct dsync_error *err)
{
	unsigned char packet[4096];
	size_t size = receive(helper, packet, sizeof(packet));
	struct dsync_frame_failed failed;
	struct dsync_frame_ready ready;
	struct dsync_frame frame;

	if (size == 0 || dsync_frame_parse(packet, size, 0, &frame) < 0)
		return dsync_error_set(err, DSYNC_ERR_SANDBOX, "sandbox", PROGRAM " did not start");
	if (frame.type == DSYNC_FRAME_FAILED && dsync_frame_unpack_failed(frame.body, &failed) == 0)
		return dsync_error_set(err, DSYNC_ERR_SANDBOX, "sandbox", "a layer does not hold: %.*s",
			(int)failed.text.size, (const char *)failed.text.data);
	if (frame.type != DSYNC_FRAME_READY || dsync_frame_unpack_ready(frame.body, &ready) < 0 ||
		memcmp(ready.build_id, dsync_build_id, sizeof(ready.build_id)) != 0) {
		dsync_error_set(err, DSYNC_ERR_SANDBOX, "build", PROGRAM " is of another build than dotsync");
		dsync_error_hint(err, "install both from one package");
		return DSYNC_ERR_SANDBOX;
	}
	return 0;
}

static long
result_of(int status, size_t size, int64_t result)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? ATTACK_KILLED : ATTACK_KILLED + WTERMSIG(status);
	return size == sizeof(result) ? (long)result : -EPROTO;
}

static int
make_attempt(
	const struct dsync_context *context, const struct attack *attack, struct found *found, struct dsync_error *err)
{
	const struct dsync_frame_job job = {
		.mode = DSYNC_JOB_RUN, .memory_max = MEMORY_MAX, .cpu_ms = 1, .data_size = 1
	};
	char argument[DSYNC_FRAME_ARGUMENT_SIZE];
	const char *const arguments[] = { argument, attack->name, NULL };
	const struct dsync_helper_options options = { .arguments = arguments };
	struct dsync_helper helper;
	int64_t result = 0;
	int status = 0, rc;
	size_t size;
	long got;

	rc = dsync_frame_format_argument(argument, &job);
	if (rc == 0)
		rc = dsync_helper_start(context, PROGRAM, &options, &helper, err);
	if (rc < 0)
		return rc;
	rc = await_ready(&helper, err);
	if (rc == 0) {
		size = receive(&helper, &result, sizeof(result));
		if (dsync_helper_wait(&helper, PATIENCE_MS, &status) == 1) {
			got = result_of(status, size, result);
			found->held = got == attack->expected && !(WIFSIGNALED(status) && WCOREDUMP(status));
			describe(found->text, got);
		} else {
			found->held = false;
			snprintf(found->text, sizeof(found->text), "no end of it");
		}
	}
	dsync_helper_stop(&helper);
	return rc;
}

static void
note_failure(struct tally *tally, const struct attack *attack, const struct found *found)
{
	const size_t used = strlen(tally->failures);
	char expected[FOUND_SIZE];

	describe(expected, attack->expected);
	snprintf(tally->failures + used, sizeof(tally->failures) - used, "%s%s: expected %s, found %s",
		used > 0 ? "; " : "", attack->name, expected, found->text);
}

static int
try_row(const struct dsync_context *context, const struct row *row, struct tally *tally, struct dsync_error *err)
{
	struct found found;
	size_t i;
	int rc;

	memset(tally, 0, sizeof(*tally));
	for (i = 0; i < ATTACK_COUNT; i++) {
		if (strcmp(attacks[i].row, row->name) != 0)
			continue;
		rc = make_attempt(context, &attacks[i], &found, err);
		if (rc < 0)
			return rc;
		tally->made++;
		tally->held += found.held;
		if (!found.held)
			note_failure(tally, &attacks[i], &found);
	}
	return 0;
}

static void
tell_row(struct doctor *doctor, const struct row *row, const struct tally *tally)
{
	const bool held = tally->made == tally->held;

	if (doctor->app->json) {
		dsync_json_open(&doctor->json, NULL);
		dsync_json_put_text(&doctor->json, "row", row->name);
		dsync_json_put_text(&doctor->json, "title", row->title);
		dsync_json_put_integer(&doctor->json, "attempts", tally->made);
		dsync_json_put_integer(&doctor->json, "held", tally->held);
		dsync_json_put_text(&doctor->json, "failures", held ? NULL : tally->failures);
		dsync_json_close(&doctor->json);
		return;
	}
	if (doctor->app->quiet && held)
		return;
	printf("  %s%-6s%s  %-4s   %s, %u %s\n", report_colour(stdout, held ? COLOUR_GOOD : COLOUR_BAD),
		held ? "held" : "BROKEN", report_colour(stdout, COLOUR_OFF), row->name, row->title, tally->made,
		tally->made == 1 ? "attempt" : "attempts");
	if (!held) {
		printf("%*s", TEXT_COLUMN, "");
		report_wrapped(stdout, tally->failures, TEXT_COLUMN);
	}
}

/* Row N47 looks for this in the worker. */
static char *
plant_secret(void)
{
	char *secret = malloc(DSYNC_ATTACK_SECRET_SIZE + 1);
	size_t i;

	if (secret == NULL)
		return NULL;
	for (i = 0; i < DSYNC_ATTACK_SECRET_SIZE; i++)
		secret[i] = dsync_attack_secret_byte(getpid(), i);
	secret[DSYNC_ATTACK_SECRET_SIZE] = '\0';
	setenv("DOTSYNC_PLANTED", secret, 1);
	return secret;
}

int
doctor_attacks(struct doctor *doctor, unsigned *made, unsigned *held, struct dsync_error *err)
{
	char *secret = plant_secret();
	struct tally tally;
	size_t i;
	int rc = 0;

	*made = *held = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == 0; i++) {
		rc = try_row(doctor->app->context, &rows[i], &tally, err);
		if (rc < 0)
			break;
		*made += tally.made;
		*held += tally.held;
		tell_row(doctor, &rows[i], &tally);
		fflush(stdout);
	}
	if (*made != *held)
		doctor->status = report_worst(doctor->status, EXIT_MACHINE);
	unsetenv("DOTSYNC_PLANTED");
	free(secret);
	return rc;
}
