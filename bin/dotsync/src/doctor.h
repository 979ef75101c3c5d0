/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * doctor.h - findings of `doctor`: what was looked at, how it is, and the fix.
 */
#ifndef DOTSYNC_DOCTOR_H
#define DOTSYNC_DOCTOR_H

#include "base/buffer.h"
#include "command.h"

enum verdict { VERDICT_GOOD, VERDICT_WARNING, VERDICT_PROBLEM };

struct doctor {
	struct app *app;
	struct dsync_buffer json; /* an open array, with --json */
	int status;               /* the worst exit status that a problem stands for */
};

/* One finding; `fix` is NULL where there is nothing to do.  The detail may hold untrusted text. */
void doctor_say(struct doctor *doctor, enum verdict verdict, const char *check, const char *fix, const char *format,
	...) __attribute__((format(printf, 5, 6)));

/* An error as a problem: its hint is the fix. */
void doctor_say_error(struct doctor *doctor, enum verdict verdict, const char *check, const struct dsync_error *err);

/* The kernel, the helper programs, the folders, the network's settings, the clock. */
void doctor_machine(struct doctor *doctor);

/*
 * The attack table, live: a line or an object for each row, and how many attempts were made and held.  Negative when the
 * attacks cannot be made; those that came through are a problem of the machine.
 */
int doctor_attacks(struct doctor *doctor, unsigned *made, unsigned *held, struct dsync_error *err);

/* What the file system of a folder can do. */
void doctor_folder(struct doctor *doctor, const char *folder);

/* One archive: its place, what may replace it, what its updater lacks. */
void doctor_archive(struct doctor *doctor, const char *file);

#endif
