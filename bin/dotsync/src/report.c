/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "runtime/exit_code.h"

#define LINE_SIZE 2048
#define LINE_WIDTH 80

void
report_text(FILE *stream, const char *text)
{
	char escaped[4 * 64 + 1];
	size_t size = strlen(text);
	size_t piece;

	/*
	 * An escape is at most four times as long as what it stands for (\xNN), so a piece of this size
	 * always fits whole.
	 */
	while (size > 0) {
		piece = size < 64 ? size : 64;
		while (piece < size && piece > 60 && ((unsigned char)text[piece] & 0xc0) == 0x80)
			piece--; /* between characters */
		dsync_text_escape(escaped, sizeof(escaped), text, piece);
		fputs(escaped, stream);
		text += piece;
		size -= piece;
	}
}

void
report_wrapped(FILE *stream, const char *text, size_t indent)
{
	size_t column = indent;
	size_t length;
	char word[LINE_SIZE];

	text += strspn(text, " \n");
	while (*text != '\0') {
		length = strcspn(text, " \n");
		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		if (column > indent && column + 1 + length > LINE_WIDTH) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', stream);
			column++;
		}
		report_text(stream, word);
		column += length;
		text += length;
		text += strspn(text, " \n");
	}
	fputc('\n', stream);
}

static void
print_line(const char *file, const char *text)
{
	fflush(stdout);
	fputs("dotsync: ", stderr);
	if (file != NULL) {
		report_text(stderr, file);
		fputs(": ", stderr);
	}
	fputs(text, stderr);
	fputc('\n', stderr);
}

const char *
report_colour(FILE *stream, enum colour colour)
{
	static const char *const codes[] = { "", "\033[32m", "\033[33m", "\033[31m", "\033[1m", "\033[0m" };
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if ((no_colour != NULL && no_colour[0] != '\0') || terminal == NULL || strcmp(terminal, "dumb") == 0 ||
		isatty(fileno(stream)) != 1)
		return "";
	return codes[colour];
}

static void
put_error(struct dsync_buffer *out, const char *name, const struct dsync_error *err, int status)
{
	dsync_json_open(out, name);
	dsync_json_put_text(out, "code", dsync_error_name(err->code));
	if (err->rule[0] != '\0')
		dsync_json_put_text(out, "rule", err->rule);
	if (err->entry[0] != '\0')
		dsync_json_put_text(out, "entry", err->entry);
	if (err->offset != DSYNC_ERROR_NO_OFFSET)
		dsync_json_put_unsigned(out, "offset", err->offset);
	if (err->line != 0)
		dsync_json_put_integer(out, "line", err->line);
	if (err->column != 0)
		dsync_json_put_integer(out, "column", err->column);
	if (err->expected[0] != '\0')
		dsync_json_put_text(out, "expected", err->expected);
	if (err->found[0] != '\0')
		dsync_json_put_text(out, "found", err->found);
	if (err->hint[0] != '\0')
		dsync_json_put_text(out, "hint", err->hint);
	dsync_json_put_text(out, "message", err->message);
	dsync_json_put_integer(out, "exit", status);
	dsync_json_close(out);
}

void
report_error_json(struct dsync_buffer *out, const char *name, const struct dsync_error *err)
{
	put_error(out, name, err, dsync_exit_code(err->code));
}

int
report_error(struct app *app, const char *file, const struct dsync_error *err)
{
	return report_error_as(app, file, err, dsync_exit_code(err->code));
}

int
report_error_as(struct app *app, const char *file, const struct dsync_error *err, int status)
{
	struct dsync_buffer out;
	char text[LINE_SIZE];

	dsync_error_format(err, text, sizeof(text));
	if (!app->json || !app->stdout_is_payload)
		print_line(file, text);
	if (app->json) {
		report_json_begin(&out, file, false);
		put_error(&out, "error", err, status);
		dsync_json_close(&out);
		report_print(app, &out);
	}
	return status;
}

int
report_usage(struct app *app, const char *format, ...)
{
	char text[LINE_SIZE], escaped[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	dsync_text_escape(escaped, sizeof(escaped), text, strlen(text));
	fprintf(stderr, "dotsync%s%s: %s; see `dotsync %s%s--help`\n", app->command != NULL ? " " : "",
		app->command != NULL ? app->command : "", escaped, app->command != NULL ? app->command : "",
		app->command != NULL ? " " : "");
	return EXIT_USAGE;
}

static void note(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static void
note(const char *format, va_list arguments)
{
	char text[LINE_SIZE], escaped[LINE_SIZE];

	vsnprintf(text, sizeof(text), format, arguments);
	dsync_text_escape(escaped, sizeof(escaped), text, strlen(text));
	print_line(NULL, escaped);
}

void
report_note(struct app *app, const char *format, ...)
{
	va_list arguments;

	if (app->quiet)
		return;
	va_start(arguments, format);
	note(format, arguments);
	va_end(arguments);
}

void
report_detail(struct app *app, const char *format, ...)
{
	va_list arguments;

	if (app->quiet || !app->verbose)
		return;
	va_start(arguments, format);
	note(format, arguments);
	va_end(arguments);
}

void
report_json_begin(struct dsync_buffer *out, const char *file, bool ok)
{
	dsync_buffer_init(out, DSYNC_BUFFER_UNLIMITED);
	dsync_json_open(out, NULL);
	dsync_json_put_text(out, "file", file);
	dsync_json_put_bool(out, "ok", ok);
}

int
report_print(struct app *app, struct dsync_buffer *out)
{
	FILE *stream = app->stdout_is_payload ? stderr : stdout;
	struct dsync_view view = dsync_buffer_view(out);
	int status = EXIT_DONE;

	if (dsync_buffer_error(out) < 0) {
		print_line(NULL, dsync_error_text(dsync_buffer_error(out)));
		status = EXIT_MACHINE;
	} else {
		fwrite(view.data, 1, view.size, stream);
		fputc('\n', stream);
	}
	dsync_buffer_finish(out);
	return status != EXIT_DONE ? status : report_flush(app);
}

int
report_flush(struct app *app)
{
	char text[LINE_SIZE];

	(void)app;
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	if (errno != EPIPE && errno != 0) {
		snprintf(text, sizeof(text), "cannot write to standard output: %s", strerror(errno));
		print_line(NULL, text);
	}
	clearerr(stdout);
	return EXIT_MACHINE;
}

int
report_worst(int a, int b)
{
	static const int order[] = { EXIT_USAGE, 9, 8, 7, 5, 6, 11, EXIT_CONSENT, EXIT_MACHINE, EXIT_AGAIN, EXIT_STALE,
		EXIT_CHANGED };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return EXIT_DONE;
}
