/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "request.h"

#include "../dotsync.h"
#include "text.h"

#define HEAD_SIZE_MAX 16384
#define VALUE_SIZE_MAX 4096
#define SECRET "{secret:"

static char head[HEAD_SIZE_MAX];
static char value_text[VALUE_SIZE_MAX];

/* Appends "\nname: value" to the head; the new length, or -1 when it does not fit or is not plain text. */
static int32_t
append_header(int32_t length, struct json_span name, struct json_span value)
{
	int32_t got;

	if (name.size > HEAD_SIZE_MAX - length - 4)
		return -1;
	head[length++] = '\n';
	length = text_append_bytes(head, length, HEAD_SIZE_MAX, name.data, name.size);
	length = text_append(head, length, HEAD_SIZE_MAX, ": ");
	got = json_string(value, head + length, HEAD_SIZE_MAX - length);
	return got >= 0 && text_is_one_line(head + length, got) ? length + got : -1;
}

static int32_t
is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
		c == '_' || c == '~';
}

/* How long the placeholder at this place is; 0 where there is none. */
static int32_t
secret_size(const char *text)
{
	int32_t i = sizeof(SECRET) - 1;

	if (!text_begins(text, SECRET))
		return 0;
	while (is_unreserved(text[i]))
		i++;
	return text[i] == '}' ? i + 1 : 0;
}

/* Percent signs for all but letters and the like, and for placeholders; the new length, or -1. */
static int32_t
append_encoded(int32_t length, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	int32_t i = 0, secret;
	unsigned char c;

	while (text[i] != '\0') {
		secret = secret_size(text + i);
		if (length + secret + 4 > HEAD_SIZE_MAX)
			return -1;
		if (secret > 0) {
			length = text_append_bytes(head, length, HEAD_SIZE_MAX, text + i, secret);
			i += secret;
			continue;
		}
		c = (unsigned char)text[i++];
		if (!is_unreserved((char)c)) {
			head[length++] = '%';
			head[length++] = digits[c >> 4];
			c = (unsigned char)digits[c & 15];
		}
		head[length++] = (char)c;
	}
	head[length] = '\0';
	return length;
}

static int32_t
append_parameter(int32_t length, struct json_span name, struct json_span value, char before)
{
	const struct json_span quoted = { name.data - 1, name.size + 2 };

	if (length + 4 > HEAD_SIZE_MAX || json_string(quoted, value_text, VALUE_SIZE_MAX) < 0)
		return -1;
	head[length++] = before;
	length = append_encoded(length, value_text);
	if (length < 0 || length + 4 > HEAD_SIZE_MAX || json_string(value, value_text, VALUE_SIZE_MAX) < 0)
		return -1;
	head[length++] = '=';
	return append_encoded(length, value_text);
}

static int32_t
append_query(int32_t length, const struct plan *plan, int32_t has_query)
{
	struct json_span name, value;
	struct json_walk walk;
	int32_t more;

	if (plan->query.size == 0)
		return length;
	if (json_walk_init(&walk, plan->query, '{') < 0)
		return -1;
	while ((more = json_walk_next(&walk, &name, &value)) > 0) {
		length = append_parameter(length, name, value, has_query ? '&' : '?');
		has_query = 1;
		if (length < 0)
			return -1;
	}
	return more < 0 ? -1 : length;
}

static int32_t
append_headers(int32_t length, const struct plan *plan)
{
	struct json_span name, value;
	struct json_walk walk;
	int32_t more;

	if (plan->headers.size == 0)
		return length;
	if (json_walk_init(&walk, plan->headers, '{') < 0)
		return -1;
	while ((more = json_walk_next(&walk, &name, &value)) > 0) {
		length = append_header(length, name, value);
		if (length < 0)
			return -1;
	}
	return more < 0 ? -1 : length;
}

/* The head's length, or -1. */
static int32_t
make_head(const struct plan *plan, const char *url, int32_t is_ours)
{
	int32_t length = text_append(head, 0, HEAD_SIZE_MAX, "GET "), i, has_query = 0;

	for (i = 0; url[i] != '\0' && (url[i] != '#' || !is_ours); i++)
		has_query |= url[i] == '?';
	length = text_append_bytes(head, length, HEAD_SIZE_MAX, url, i);
	if (is_ours)
		length = append_query(length, plan, has_query);
	return is_ours && length >= 0 ? append_headers(length, plan) : length;
}

int64_t
request_send(const struct plan *plan, const char *url, const char *listed, int32_t flags)
{
	int32_t size = make_head(plan, url, reference_same_origin(url, listed));

	return size < 0 ? REQUEST_NOT_TEXT : dotsync_fetch(head, size, 0, 0, flags);
}
