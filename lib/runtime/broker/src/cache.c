/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What an answer says about time.  Numbers too large for a person's life are cut to
 * 2^31 seconds, as RFC 9111 section 1.2.2 wants it.
 */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "internal.h"

#define SECONDS_MAX (INT64_C(1) << 31)

/* Digits only, or -1. */
static int64_t
parse_seconds(const char *text, size_t size)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < size; i++) {
		if (!dsync_text_is_digit((unsigned char)text[i]))
			return -1;
	}
	while (size > 1 && text[0] == '0') { /* delta-seconds may have them, our numbers may not */
		text++;
		size--;
	}
	if (size == 0)
		return -1;
	if (dsync_text_parse_u64(text, size, &value) < 0 || value > (uint64_t)SECONDS_MAX)
		return SECONDS_MAX;
	return (int64_t)value;
}

int64_t
dsync_response_retry_after(const struct dsync_response *r, int64_t now)
{
	const char *text = dsync_response_header(r, "Retry-After");
	int64_t seconds, when;

	if (text == NULL)
		return -1;
	seconds = parse_seconds(text, strlen(text));
	if (seconds >= 0)
		return seconds;
	if (dsync_time_parse_http(text, strlen(text), &when) < 0)
		return -1;
	seconds = dsync_time_sub(when, now);
	if (seconds < 0)
		return 0;
	return seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
}

/* The value of the first `max-age=` directive, without quotes; -1 when there is none. */
static int64_t
find_max_age(const char *text)
{
	size_t size;

	for (; *text != '\0'; text += size + (text[size] == ',')) {
		while (*text == ' ' || *text == '\t')
			text++;
		size = strcspn(text, ",");
		if (size < 8 || !dsync_text_equal_case(text, 8, "max-age=", 8))
			continue;
		text += 8;
		text += *text == '"';
		return parse_seconds(text, strspn(text, "0123456789"));
	}
	return -1;
}

int64_t
dsync_response_max_age(const struct dsync_response *r)
{
	const char *text = dsync_response_header(r, "Cache-Control");
	const char *age_text = dsync_response_header(r, "Age");
	int64_t max_age = text != NULL ? find_max_age(text) : -1;
	int64_t age = age_text != NULL ? parse_seconds(age_text, strlen(age_text)) : 0;

	if (max_age < 0 || age < 0)
		return max_age;
	return max_age > age ? max_age - age : 0;
}
