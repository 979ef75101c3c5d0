/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The value of a float.
 *
 * strtod() rounds correctly but looks for the decimal point of the locale.  So the
 * number is handed to it as digits and an exponent, without a point: that form is the
 * same everywhere.  No double needs more than 767 digits to be told from its
 * neighbours; of those that are dropped only "not all were zero" matters.
 */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 768
#define EXPONENT_MAX 100000 /* far beyond any double, with any number of digits kept */

struct decimal {
	char text[DIGITS_MAX + 16];
	size_t count;
	int64_t exponent;
	bool fraction; /* the point was seen */
	bool rest;     /* a digit other than 0 was dropped */
};

static void
add_digit(struct decimal *d, char digit)
{
	bool kept = d->count < DIGITS_MAX;

	if (d->count == 0 && digit == '0') {
		d->exponent -= d->fraction;
		return;
	}
	if (kept)
		d->text[d->count++] = digit;
	else if (digit != '0')
		d->rest = true;
	d->exponent += (kept ? 0 : 1) - (d->fraction ? 1 : 0);
}

static int64_t
clamp(int64_t value, int64_t limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

/* What stands behind the e; too large to matter is as good as right. */
static int64_t
read_exponent(struct dsync_view text, size_t at)
{
	bool negative = text.data[at] == '-';
	int64_t value = 0;

	for (; at < text.size; at++)
		if (text.data[at] >= '0' && text.data[at] <= '9')
			value = clamp(value * 10 + (text.data[at] - '0'), (int64_t)1 << 40);
	return negative ? -value : value;
}

double
dsync__toml_number_float(struct dsync_view text)
{
	struct decimal d = { .count = 0 };
	bool negative = text.data[0] == '-';
	double value;
	size_t at;

	if (text.data[text.size - 1] == 'f' || text.data[text.size - 1] == 'n')
		value = text.data[text.size - 1] == 'f' ? (double)INFINITY : (double)NAN;
	else {
		for (at = 0; at < text.size && text.data[at] != 'e' && text.data[at] != 'E'; at++) {
			if (text.data[at] == '.')
				d.fraction = true;
			else if (text.data[at] >= '0' && text.data[at] <= '9')
				add_digit(&d, (char)text.data[at]);
		}
		if (at < text.size)
			d.exponent += read_exponent(text, at + 1);
		if (d.count == 0 || d.rest) {
			d.text[d.count++] = d.rest ? '1' : '0';
			d.exponent--;
		}
		snprintf(d.text + d.count, sizeof(d.text) - d.count, "e%ld", (long)clamp(d.exponent, EXPONENT_MAX));
		value = strtod(d.text, NULL);
	}
	return negative ? -value : value;
}
