/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * report.h - everything a person sees goes through here: errors, notes, progress.
 *
 * Errors and notes are one line each on standard error, "dotsync: FILE: what is wrong (...): expected X,
 * found Y; what to do". Text of archives, servers and guests is escaped before it reaches a terminal.  With
 * --json errors go to standard output as objects too.
 */
#ifndef DOTSYNC_REPORT_H
#define DOTSYNC_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "command.h"
#include "dotsync/error.h"

/*
 * An error about a file (NULL: about none); returns the exit status that it stands for.  With --json the
 * object {"file","ok":false,"error"} is printed.
 */
int report_error(struct app *app, const char *file, const struct dsync_error *err);

/*
 * The same with another exit status than the error's own: a value that was given on the command line is
 * wrong usage.
 */
int report_error_as(struct app *app, const char *file, const struct dsync_error *err, int status);

/* Wrong usage: "dotsync CMD: ...", then how to get help; returns EXIT_USAGE. */
int report_usage(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A note that -q silences. */
void report_note(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Only with -v. */
void report_detail(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends "error": {code, rule, entry, offset, expected, found, hint, message, exit}. */
void report_error_json(struct dsync_buffer *out, const char *name, const struct dsync_error *err);

/*
 * Starts a buffer with the members that every object has; the caller adds its own, closes the object and
 * prints it.
 */
void report_json_begin(struct dsync_buffer *out, const char *file, bool ok);

/*
 * Writes the buffer and a newline to standard output (or standard error, see app->stdout_is_payload), and
 * frees it; EXIT_DONE, or EXIT_MACHINE after reporting.
 */
int report_print(struct app *app, struct dsync_buffer *out);

/*
 * Flushes standard output: EXIT_DONE, or EXIT_MACHINE after reporting (a closed pipe is quiet). Called by
 * main at the end.
 */
int report_flush(struct app *app);

/* Writes untrusted text to a stream so that no terminal obeys it. */
void report_text(FILE *stream, const char *text);

/*
 * What switches a terminal to a colour and back: "" where the stream is none, or NO_COLOR is set.
 */
enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_MILD, COLOUR_BAD, COLOUR_BOLD, COLOUR_OFF };
const char *report_colour(FILE *stream, enum colour colour);

/*
 * Prints untrusted text broken between words into lines of 80 columns, and a newline; every line but the first,
 * which is already there, is indented.
 */
void report_wrapped(FILE *stream, const char *text, size_t indent);

/* The worst of several exit statuses in the order of doc/man/dotsync.1: 9 8 7 5 6 11 4 1 75 3 10 0. */
int report_worst(int a, int b);

#define PROGRESS_NAME_SIZE 33

/*
 * A line of progress on a terminal: bytes done of bytes in all, rate, time left.  Drawn at most ten times a
 * second, only when standard error is a terminal and neither -q nor --no-progress was given; cleared by
 * progress_end().
 */
struct progress {
	struct app *app;
	char what[PROGRESS_NAME_SIZE]; /* the last part of a path or URL, escaped and cut */
	int64_t started_ms;
	int64_t drawn_ms;
	bool visible;
};
void progress_begin(struct progress *p, struct app *app, const char *what);
void progress_update(struct progress *p, uint64_t done, uint64_t total);
void progress_end(struct progress *p);

#endif
