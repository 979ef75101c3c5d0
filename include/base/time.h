/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * time.h - RFC 3339 and arithmetic on seconds that cannot overflow.
 *
 * A time is an int64_t of seconds since 1970-01-01T00:00:00Z; leap seconds count
 * as the next second.  Years 0000 to 9999 can be written; an offset or a leap second
 * may carry the result a day past either end.
 *
 * Parsing returns 0, or DSYNC_ERR_SYNTAX and leaves *seconds alone.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

#define DSYNC_TIME_TEXT_SIZE 21 /* "YYYY-MM-DDTHH:MM:SSZ" and its NUL */

/* RFC 3339 with `T`, `t` or a space, fraction ignored (truncated), `Z`, `z` or an offset; second 60 is the next second. */
int dsync_time_parse(const char *text, size_t size, int64_t *seconds);

/* UTC; times outside the years 0000-9999 are clamped to them. */
void dsync_time_format(char out[DSYNC_TIME_TEXT_SIZE], int64_t seconds);

/*
 * HTTP dates (RFC 9110 section 5.6.7, IMF-fixdate and the two obsolete forms).  A year of two
 * digits is 1970 to 2069.
 */
int dsync_time_parse_http(const char *text, size_t size, int64_t *seconds);

/* a + b and a - b, clamped to the range of int64_t. */
int64_t dsync_time_add(int64_t a, int64_t b);
int64_t dsync_time_sub(int64_t a, int64_t b);

#endif
