/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * HTTP dates:
 *
 *	Sun, 06 Nov 1994 08:49:37 GMT		IMF-fixdate
 *	Sunday, 06-Nov-94 08:49:37 GMT		RFC 850, obsolete
 *	Sun Nov  6 08:49:37 1994		asctime, obsolete
 *
 * Names are case-sensitive, as the standard says.  The weekday must be one but need
 * not fit the date: servers get it wrong and nothing depends on it.
 */
#include <string.h>

#include "base/time.h"
#include "dotsync/error.h"
#include "time_internal.h"

static const char *const weekdays[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
	"Dec" };

static bool
read_word(const char **text, const char *end, const char *word, size_t length)
{
	if ((size_t)(end - *text) < length || memcmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

static bool
read_month(const char **text, const char *end, int *month)
{
	int i;

	for (i = 0; i < 12; i++) {
		if (read_word(text, end, months[i], 3)) {
			*month = i + 1;
			return true;
		}
	}
	return false;
}

/* A weekday's name; tells whether it was the long form. */
static bool
read_weekday(const char **text, const char *end, bool *is_long)
{
	int i;

	for (i = 0; i < 7; i++) {
		*is_long = read_word(text, end, weekdays[i], strlen(weekdays[i]));
		if (*is_long || read_word(text, end, weekdays[i], 3))
			return true;
	}
	return false;
}

static bool
read_gmt(const char **text, const char *end)
{
	return read_word(text, end, " GMT", 4);
}

/* After the weekday: ", 06 Nov 1994 08:49:37 GMT" */
static bool
read_fixdate(const char **text, const char *end, struct dsync__time_fields *f)
{
	return read_word(text, end, ", ", 2) && dsync__time_digits(text, end, 2, &f->day) &&
		dsync__time_literal(text, end, ' ') && read_month(text, end, &f->month) &&
		dsync__time_literal(text, end, ' ') && dsync__time_digits(text, end, 4, &f->year) &&
		dsync__time_literal(text, end, ' ') && dsync__time_clock(text, end, f) && read_gmt(text, end);
}

/* After the weekday: ", 06-Nov-94 08:49:37 GMT" */
static bool
read_rfc850(const char **text, const char *end, struct dsync__time_fields *f)
{
	bool ok = read_word(text, end, ", ", 2) && dsync__time_digits(text, end, 2, &f->day) &&
		dsync__time_literal(text, end, '-') && read_month(text, end, &f->month) &&
		dsync__time_literal(text, end, '-') && dsync__time_digits(text, end, 2, &f->year) &&
		dsync__time_literal(text, end, ' ') && dsync__time_clock(text, end, f) && read_gmt(text, end);

	if (ok)
		f->year += f->year < 70 ? 2000 : 1900;
	return ok;
}

/* After the weekday: " Nov  6 08:49:37 1994" */
static bool
read_asctime(const char **text, const char *end, struct dsync__time_fields *f)
{
	bool one_digit;

	if (!dsync__time_literal(text, end, ' ') || !read_month(text, end, &f->month) ||
		!dsync__time_literal(text, end, ' '))
		return false;
	one_digit = dsync__time_literal(text, end, ' ');
	return dsync__time_digits(text, end, one_digit ? 1 : 2, &f->day) && dsync__time_literal(text, end, ' ') &&
		dsync__time_clock(text, end, f) && dsync__time_literal(text, end, ' ') &&
		dsync__time_digits(text, end, 4, &f->year);
}

int
dsync_time_parse_http(const char *text, size_t size, int64_t *seconds)
{
	const char *end = text + size;
	struct dsync__time_fields f;
	bool is_long;
	bool ok;

	if (!read_weekday(&text, end, &is_long))
		return DSYNC_ERR_SYNTAX;
	if (is_long)
		ok = read_rfc850(&text, end, &f);
	else if (text != end && *text == ',')
		ok = read_fixdate(&text, end, &f);
	else
		ok = read_asctime(&text, end, &f);

	if (!ok || text != end || !dsync__time_combine(&f, seconds))
		return DSYNC_ERR_SYNTAX;
	return 0;
}
