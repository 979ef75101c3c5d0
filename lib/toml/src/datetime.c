/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Dates and times: RFC 3339 with its ranges, and its parts without an offset.
 * Only the type is kept; the text itself is the value.
 */
#include "scan.h"

#define NOT_A_TIME "this is no date or time"

/* The position is always behind what was understood: errors name it. */

static int
fail_here(struct dsync__toml_parser *p, const char *expected)
{
	return dsync__toml_fail(p, p->c.position, NOT_A_TIME, expected);
}

static bool
is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* Exactly `digits` digits, from `least` to `most`. */
static int
field(struct dsync__toml_parser *p, int digits, int least, int most, const char *expected, int *value)
{
	size_t start = p->c.position;
	int i;

	*value = 0;
	for (i = 0; i < digits; i++) {
		if (!is_digit(scan_peek(p)))
			return fail_here(p, expected);
		*value = *value * 10 + (scan_peek(p) - '0');
		p->c.position++;
	}
	if (*value < least || *value > most)
		return dsync__toml_fail(p, start, NOT_A_TIME, expected);
	return 0;
}

static int
separator(struct dsync__toml_parser *p, int byte, const char *expected)
{
	return scan_take(p, byte) ? 0 : fail_here(p, expected);
}

static int
days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static int
date(struct dsync__toml_parser *p)
{
	int year, month, day, rc;

	rc = field(p, 4, 0, 9999, "a year of four digits", &year);
	if (rc == 0)
		rc = separator(p, '-', "'-' and the month");
	if (rc == 0)
		rc = field(p, 2, 1, 12, "a month, 01 to 12", &month);
	if (rc == 0)
		rc = separator(p, '-', "'-' and the day");
	if (rc == 0)
		rc = field(p, 2, 1, days_in(year, month), "a day of that month, of two digits", &day);
	return rc;
}

/* HH:MM, of the day or of an offset. */
static int
hour_and_minute(struct dsync__toml_parser *p)
{
	int value, rc;

	rc = field(p, 2, 0, 23, "an hour, 00 to 23", &value);
	if (rc == 0)
		rc = separator(p, ':', "':' and the minute");
	if (rc == 0)
		rc = field(p, 2, 0, 59, "a minute, 00 to 59", &value);
	return rc;
}

static int
time_of_day(struct dsync__toml_parser *p)
{
	int value, rc;

	rc = hour_and_minute(p);
	if (rc == 0)
		rc = separator(p, ':', "':' and the second");
	if (rc == 0)
		rc = field(p, 2, 0, 60, "a second, 00 to 60", &value);
	if (rc == 0 && scan_take(p, '.') && scan_run(p, SCAN_DIGIT) == 0)
		return fail_here(p, "a digit of the second's fraction");
	return rc;
}

/* Sets the type to what follows the time: an offset, or nothing. */
static int
offset(struct dsync__toml_parser *p, struct dsync__toml_node *node)
{
	node->type = DSYNC_TOML_DATETIME;
	if (scan_take(p, 'Z') || scan_take(p, 'z'))
		return 0;
	if (scan_take(p, '+') || scan_take(p, '-'))
		return hour_and_minute(p);
	node->type = DSYNC_TOML_DATETIME_LOCAL;
	return 0;
}

/* A space counts as the separator only when a time follows: else it ends the date. */
static bool
take_date_separator(struct dsync__toml_parser *p)
{
	if (scan_peek(p) == ' ' && is_digit(scan_peek_at(p, 1)) && is_digit(scan_peek_at(p, 2)) &&
		scan_peek_at(p, 3) == ':')
		return scan_take(p, ' ');
	return scan_take(p, 'T') || scan_take(p, 't');
}

int
dsync__toml_datetime(struct dsync__toml_parser *p, struct dsync__toml_node *node)
{
	int rc;

	if (scan_peek_at(p, 2) == ':') {
		node->type = DSYNC_TOML_TIME_LOCAL;
		rc = time_of_day(p);
	} else {
		node->type = DSYNC_TOML_DATE_LOCAL;
		rc = date(p);
		if (rc == 0 && take_date_separator(p)) {
			rc = time_of_day(p);
			if (rc == 0)
				rc = offset(p, node);
		}
	}
	if (rc == 0 && scan_peek(p) != SCAN_END && (dsync__toml_class[scan_peek(p)] & SCAN_TOKEN))
		return fail_here(p, "the end of the date or time");
	return rc;
}
