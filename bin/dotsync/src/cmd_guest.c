/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_guest.c - the guest protocol on standard input and output: lines in, lines out.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "command.h"
#include "report.h"
#include "runtime/guest.h"

#define RATE 1000 /* requests a second */
#define RATE_MAX 1000000
#define PIECE_SIZE 65536
#define KEPT_SIZE (1u << 20) /* of a buffer's memory between two requests */
#define LINE_OVERHEAD (DSYNC_GUEST_LINE_MAX - DSYNC_GUEST_PAYLOAD_MAX / 3 * 4)

extern char **environ;

struct settings {
	uint64_t payload_max;
	uint64_t rate;
};

/* One conversation. */
struct talk {
	struct app *app;
	struct dsync_guest *guest;
	const struct settings *settings;
	uint64_t line_max;
	struct dsync_buffer line, answer;
	bool too_long; /* the rest of the line is dropped */
	bool answered; /* at least once */
	uint64_t tokens;
	int64_t filled_ms;
};

static const struct option_spec options[] = {
	{ "max-payload", 0, "SIZE", "refuse larger ones, both ways (64M, which is the most)" },
	{ "rate", 0, "N", "requests a second; more have to wait (1000)" },
};

static const struct usage usage = {
	"guest [OPTION]... FILE",
	"Serves the guest protocol: one request a line on standard input, one response a\n"
	"line on standard output, guest.v1 and JSON-RPC 2.0.",
	options,
	sizeof(options) / sizeof(options[0]),
};

static int
set_option(struct app *app, void *user, const struct option_spec *option, const char *value)
{
	struct settings *settings = user;

	if (strcmp(option->name, "rate") == 0) {
		if (dsync_text_parse_u64(value, strlen(value), &settings->rate) == 0 && settings->rate > 0 &&
			settings->rate <= RATE_MAX)
			return 0;
		report_usage(app, "--rate is a whole number from 1 to %d, not \"%s\"", RATE_MAX, value);
		return -1;
	}
	if (dsync_text_parse_size(value, &settings->payload_max) == 0 && settings->payload_max > 0 &&
		settings->payload_max <= DSYNC_GUEST_PAYLOAD_MAX)
		return 0;
	report_usage(app, "--max-payload is a size from 1 to 64M, not \"%s\"", value);
	return -1;
}

/* Waits until one more request is due: at most `rate` of them at once, and as many a second. */
static void
keep_rate(struct talk *t)
{
	const uint64_t rate = t->settings->rate;
	int64_t now = dsync_sys_monotonic_ms();
	uint64_t due;

	for (;;) {
		due = (uint64_t)(now - t->filled_ms) * rate / 1000;
		if (due > 0) {
			t->tokens = due < rate - t->tokens ? t->tokens + due : rate;
			t->filled_ms = now;
		}
		if (t->tokens > 0)
			break;
		dsync_sys_sleep_ms((int64_t)(1000 / rate) + 1);
		now = dsync_sys_monotonic_ms();
	}
	t->tokens--;
}

/* Memory that one large request needed is not kept for small ones. */
static void
empty(struct dsync_buffer *buffer)
{
	if (buffer->capacity > KEPT_SIZE)
		dsync_buffer_finish(buffer);
	dsync_buffer_clear(buffer);
}

static bool
is_blank(const struct dsync_buffer *line)
{
	size_t i;

	for (i = 0; i < line->size; i++) {
		if (strchr(" \t\r", line->data[i]) == NULL || line->data[i] == '\0')
			return false;
	}
	return true;
}

/* 0, or a negative errno of writing. */
static int
send_answer(struct talk *t)
{
	const struct dsync_view answer = dsync_buffer_view(&t->answer);
	int rc = dsync_buffer_error(&t->answer) < 0 ? -ENOMEM : 0;

	if (rc == 0)
		rc = dsync_sys_write_all(STDOUT_FILENO, answer.data, answer.size);
	t->answered = true;
	empty(&t->answer);
	return rc;
}

/* The line is whole. */
static int
answer_line(struct talk *t)
{
	int rc = 0;

	if (t->too_long || !is_blank(&t->line)) {
		keep_rate(t);
		if (t->too_long)
			dsync_guest_answer_too_long(t->line_max, &t->answer);
		else
			dsync_guest_answer(t->guest, t->line.data, t->line.size, &t->answer);
		rc = send_answer(t);
	}
	t->too_long = false;
	empty(&t->line);
	return rc;
}

static int
take_piece(struct talk *t, const unsigned char *piece, size_t size)
{
	const unsigned char *end;
	size_t part;
	int rc;

	while (size > 0) {
		end = memchr(piece, '\n', size);
		part = end != NULL ? (size_t)(end - piece) : size;
		if (!t->too_long && dsync_buffer_append(&t->line, piece, part) < 0) {
			if (dsync_buffer_error(&t->line) == DSYNC_ERR_NO_MEMORY)
				return -ENOMEM;
			t->too_long = true;
			dsync_buffer_finish(&t->line);
		}
		if (end == NULL)
			return 0;
		rc = answer_line(t);
		if (rc < 0)
			return rc;
		piece += part + 1;
		size -= part + 1;
	}
	return 0;
}

static int
talk(struct talk *t)
{
	unsigned char piece[PIECE_SIZE];
	ssize_t n;
	int rc;

	while ((n = dsync_sys_read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
		rc = take_piece(t, piece, (size_t)n);
		if (rc < 0)
			return rc;
	}
	if (n < 0)
		return (int)n;
	rc = t->too_long || t->line.size > 0 ? answer_line(t) : 0; /* the last one needs no newline */
	if (rc == 0 && !t->answered) {
		dsync_guest_answer_nothing(&t->answer);
		rc = send_answer(t);
	}
	return rc;
}

static int
serve(struct app *app, const struct settings *settings, const char *file)
{
	struct talk t = { .app = app, .settings = settings };
	struct dsync_error err;
	int rc;

	t.line_max = settings->payload_max / 3 * 4 + LINE_OVERHEAD;
	t.tokens = settings->rate;
	t.filled_ms = dsync_sys_monotonic_ms();
	rc = dsync_guest_create(&t.guest, file, app->context, environ, settings->payload_max, &err);
	if (rc < 0)
		return report_error(app, file, &err);
	dsync_buffer_init(&t.line, t.line_max);
	dsync_buffer_init(&t.answer, DSYNC_BUFFER_UNLIMITED);
	rc = talk(&t);
	dsync_buffer_finish(&t.line);
	dsync_buffer_finish(&t.answer);
	dsync_guest_destroy(t.guest);
	if (rc == 0 || rc == -EPIPE)
		return EXIT_DONE;
	dsync_error_set_errno(&err, -rc, "cannot go on with the conversation");
	return report_error(app, file, &err);
}

int
cmd_guest(struct app *app, int argc, char **argv)
{
	struct settings settings = { .payload_max = DSYNC_GUEST_PAYLOAD_MAX, .rate = RATE };
	int first = options_parse(app, &usage, argc, argv, set_option, &settings);

	if (first < 0)
		return options_exit(first);
	if (argc - first != 1)
		return report_usage(app, "one archive, not %d", argc - first);
	app->stdout_is_payload = true;
	if (app_context(app) == NULL)
		return EXIT_MACHINE;
	return serve(app, &settings, argv[first]);
}
