/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers, durations and sizes: strict in, friendly out. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dotsync/error.h"

struct unit {
	char letter;
	uint64_t factor;
};

int
dsync_text_parse_u64(const char *text, size_t size, uint64_t *value)
{
	uint64_t sum = 0;
	size_t i;

	if (size == 0 || (size > 1 && text[0] == '0'))
		return DSYNC_ERR_SYNTAX;
	for (i = 0; i < size; i++) {
		if (!dsync_text_is_digit((unsigned char)text[i]))
			return DSYNC_ERR_SYNTAX;
	}
	for (i = 0; i < size; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		if (sum > (UINT64_MAX - digit) / 10)
			return DSYNC_ERR_OVERFLOW;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return 0;
}

/* A number with at most one unit letter from a table that ends with letter 0 (the factor of no letter). */
static int
parse_with_unit(const char *text, const struct unit *units, uint64_t largest, uint64_t *value)
{
	size_t size = strlen(text);
	uint64_t number;
	int rc;

	while (units->letter != '\0' && (size == 0 || text[size - 1] != units->letter))
		units++;
	if (units->letter != '\0')
		size--;

	rc = dsync_text_parse_u64(text, size, &number);
	if (rc < 0)
		return rc;
	if (number > largest / units->factor)
		return DSYNC_ERR_OVERFLOW;
	*value = number * units->factor;
	return 0;
}

int
dsync_text_parse_duration(const char *text, int64_t *seconds)
{
	static const struct unit units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { '\0', 1 } };
	uint64_t value;
	int rc;

	rc = parse_with_unit(text, units, INT64_MAX, &value);
	if (rc < 0)
		return rc;
	*seconds = (int64_t)value;
	return 0;
}

int
dsync_text_parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ 'K', UINT64_C(1) << 10 },
		{ 'M', UINT64_C(1) << 20 },
		{ 'G', UINT64_C(1) << 30 },
		{ 'T', UINT64_C(1) << 40 },
		{ '\0', 1 },
	};

	return parse_with_unit(text, units, UINT64_MAX, bytes);
}

void
dsync_text_human_duration(char out[DSYNC_TEXT_HUMAN_SIZE], int64_t seconds)
{
	static const uint64_t factors[] = { 86400, 3600, 60, 1 };
	static const char *const names[] = { "d", "h", "min", "s" };
	uint64_t left = seconds < 0 ? (uint64_t)0 - (uint64_t)seconds : (uint64_t)seconds;
	const char *sign = seconds < 0 ? "-" : "";
	uint64_t large;
	uint64_t small = 0;
	size_t i = 0;

	while (i < 3 && left < factors[i])
		i++;
	large = left / factors[i];
	if (i < 3)
		small = left % factors[i] / factors[i + 1];

	if (small == 0)
		snprintf(out, DSYNC_TEXT_HUMAN_SIZE, "%s%" PRIu64 " %s", sign, large, names[i]);
	else
		snprintf(out, DSYNC_TEXT_HUMAN_SIZE, "%s%" PRIu64 " %s %u %s", sign, large, names[i],
			(unsigned int)small, names[i + 1]);
}

void
dsync_text_human_size(char out[DSYNC_TEXT_HUMAN_SIZE], uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t unit = 1;
	size_t i = 0;

	while (bytes / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	/* Rounded down, so that "1024.0 KiB" cannot come up; the remainder is below 2^60. */
	if (i == 0)
		snprintf(out, DSYNC_TEXT_HUMAN_SIZE, "%" PRIu64 " B", bytes);
	else
		snprintf(out, DSYNC_TEXT_HUMAN_SIZE, "%" PRIu64 ".%u %s", bytes / unit,
			(unsigned int)(bytes % unit * 10 / unit), names[i]);
}
