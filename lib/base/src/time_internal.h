/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * time_internal.h - the pieces that all date formats are made of.
 *
 * Each reader moves `text` on when it succeeds and leaves it alone when it does
 * not; none reads at or past `end`.
 */
#ifndef BASE_TIME_INTERNAL_H
#define BASE_TIME_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dsync__time_fields {
	int year;  /* 0 to 9999 */
	int month; /* 1 to 12 */
	int day;   /* from 1 */
	int hour;
	int minute;
	int second; /* 60 for a leap second */
};

/* Exactly `count` decimal digits. */
bool dsync__time_digits(const char **text, const char *end, size_t count, int *value);

/* This one character. */
bool dsync__time_literal(const char **text, const char *end, char c);

/* HH:MM:SS; the fields are not checked yet. */
bool dsync__time_clock(const char **text, const char *end, struct dsync__time_fields *f);

/* Checks every field and gives the seconds since 1970, as if the fields were UTC. */
bool dsync__time_combine(const struct dsync__time_fields *f, int64_t *seconds);

#endif
