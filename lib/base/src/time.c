/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The calendar, RFC 3339, and sums that stay in range. */
#include "base/time.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"
#include "dotsync/error.h"
#include "time_internal.h"

#define SECONDS_A_DAY 86400
#define FIRST_SECOND INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define LAST_SECOND INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

bool
dsync__time_digits(const char **text, const char *end, size_t count, int *value)
{
	int sum = 0;
	size_t i;

	if ((size_t)(end - *text) < count)
		return false;
	for (i = 0; i < count; i++) {
		unsigned char c = (unsigned char)(*text)[i];

		if (!dsync_text_is_digit(c))
			return false;
		sum = sum * 10 + (c - '0');
	}
	*text += count;
	*value = sum;
	return true;
}

bool
dsync__time_literal(const char **text, const char *end, char c)
{
	if (*text == end || **text != c)
		return false;
	(*text)++;
	return true;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of January of a year 0 to 9999. */
static int64_t
days_before_year(int year)
{
	int64_t y = year;
	int64_t leap_days = y == 0 ? 0 : (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400 + 1; /* year 0 is one */

	return y * 365 + leap_days - 719528;
}

bool
dsync__time_combine(const struct dsync__time_fields *f, int64_t *seconds)
{
	int64_t days;
	int month;

	if (f->month < 1 || f->month > 12 || f->day < 1 || f->day > days_in_month(f->year, f->month))
		return false;
	if (f->hour > 23 || f->minute > 59 || f->second > 60)
		return false;

	days = days_before_year(f->year) + f->day - 1;
	for (month = 1; month < f->month; month++)
		days += days_in_month(f->year, month);
	*seconds = days * SECONDS_A_DAY + f->hour * 3600 + f->minute * 60 + f->second;
	return true;
}

static bool
parse_fraction(const char **text, const char *end)
{
	int digit;

	if (!dsync__time_literal(text, end, '.'))
		return true;
	if (!dsync__time_digits(text, end, 1, &digit))
		return false;
	while (dsync__time_digits(text, end, 1, &digit))
		;
	return true;
}

/* Z, or how far the local clock is ahead of UTC. */
static bool
parse_offset(const char **text, const char *end, int *offset)
{
	int sign = 1;
	int hours;
	int minutes;

	*offset = 0;
	if (dsync__time_literal(text, end, 'Z') || dsync__time_literal(text, end, 'z'))
		return true;
	if (dsync__time_literal(text, end, '-'))
		sign = -1;
	else if (!dsync__time_literal(text, end, '+'))
		return false;
	if (!dsync__time_digits(text, end, 2, &hours) || !dsync__time_literal(text, end, ':') ||
		!dsync__time_digits(text, end, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool
parse_date(const char **text, const char *end, struct dsync__time_fields *f)
{
	return dsync__time_digits(text, end, 4, &f->year) && dsync__time_literal(text, end, '-') &&
		dsync__time_digits(text, end, 2, &f->month) && dsync__time_literal(text, end, '-') &&
		dsync__time_digits(text, end, 2, &f->day);
}

int
dsync_time_parse(const char *text, size_t size, int64_t *seconds)
{
	const char *end = text + size;
	struct dsync__time_fields f;
	int64_t local;
	int offset;

	if (!parse_date(&text, end, &f))
		return DSYNC_ERR_SYNTAX;
	if (!dsync__time_literal(&text, end, 'T') && !dsync__time_literal(&text, end, 't') &&
		!dsync__time_literal(&text, end, ' '))
		return DSYNC_ERR_SYNTAX;
	if (!dsync__time_clock(&text, end, &f) || !parse_fraction(&text, end))
		return DSYNC_ERR_SYNTAX;
	if (!parse_offset(&text, end, &offset) || text != end)
		return DSYNC_ERR_SYNTAX;
	if (!dsync__time_combine(&f, &local))
		return DSYNC_ERR_SYNTAX;
	*seconds = local - offset;
	return 0;
}

bool
dsync__time_clock(const char **text, const char *end, struct dsync__time_fields *f)
{
	return dsync__time_digits(text, end, 2, &f->hour) && dsync__time_literal(text, end, ':') &&
		dsync__time_digits(text, end, 2, &f->minute) && dsync__time_literal(text, end, ':') &&
		dsync__time_digits(text, end, 2, &f->second);
}

void
dsync_time_format(char out[DSYNC_TIME_TEXT_SIZE], int64_t seconds)
{
	int64_t days;
	int year;
	int month = 1;
	int rest;
	int day;

	if (seconds < FIRST_SECOND)
		seconds = FIRST_SECOND;
	if (seconds > LAST_SECOND)
		seconds = LAST_SECOND;

	days = (seconds - FIRST_SECOND) / SECONDS_A_DAY; /* from 0000-01-01 */
	rest = (int)((seconds - FIRST_SECOND) % SECONDS_A_DAY);
	year = (int)(days / 366); /* never too late, then up to the right one */
	while (year < 9999 && days_before_year(year + 1) - days_before_year(0) <= days)
		year++;
	day = (int)(days - (days_before_year(year) - days_before_year(0)));
	while (day >= days_in_month(year, month))
		day -= days_in_month(year, month++);

	/* Each field is in range; the remainders tell the compiler so. */
	snprintf(out, DSYNC_TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned int)year % 10000,
		(unsigned int)month % 100, (unsigned int)(day + 1) % 100, (unsigned int)rest / 3600 % 24,
		(unsigned int)rest / 60 % 60, (unsigned int)rest % 60);
}

int64_t
dsync_time_add(int64_t a, int64_t b)
{
	if (b > 0 && a > INT64_MAX - b)
		return INT64_MAX;
	if (b < 0 && a < INT64_MIN - b)
		return INT64_MIN;
	return a + b;
}

int64_t
dsync_time_sub(int64_t a, int64_t b)
{
	if (b < 0 && a > INT64_MAX + b)
		return INT64_MAX;
	if (b > 0 && a < INT64_MIN + b)
		return INT64_MIN;
	return a - b;
}
