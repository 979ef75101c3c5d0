/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * http.c - the built-in updater: fetches a URL, or the first of its mirrors that answers.
 *
 * context.json:
 *
 *	{"v": 1, "urls": ["https://example.com/data", "https://mirror.example/data"],
 *	 "headers": {"Accept": "text/csv"}, "allow_empty": false}
 *
 * Each URL is asked conditionally, so that unchanged data costs no payload byte.  The first 200 is
 * the new payload, the first 304 says that the old one is current; after anything else the next URL is asked.
 */
#include "../dotsync.h"
#include "json.h"

#define CONTEXT_SIZE_MAX 65536
#define HEAD_SIZE_MAX 16384
#define URL_SIZE_MAX 8193
#define MESSAGE_SIZE 512
#define MESSAGE_URL_MAX 384 /* of a longer URL the message shows the start, so that the reason still fits */

static char context[CONTEXT_SIZE_MAX];
static char head[HEAD_SIZE_MAX];
static char url[URL_SIZE_MAX];
static char message[MESSAGE_SIZE];

struct plan {
	struct json_span urls;
	struct json_span headers;
	int32_t allow_empty;
};

/* Appends to a text that never outgrows its array; returns the new length. */
static int32_t
append(char *out, int32_t length, int32_t size, const char *text)
{
	while (*text != '\0' && length + 1 < size)
		out[length++] = *text++;
	out[length] = '\0';
	return length;
}

static int32_t
append_number(char *out, int32_t length, int32_t size, int64_t number)
{
	char digits[24];
	int32_t i = sizeof(digits) - 1;
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + left % 10);
		left /= 10;
	} while (left != 0);
	if (number < 0)
		digits[--i] = '-';
	return append(out, length, size, digits + i);
}

static const char *
error_text(int64_t error)
{
	switch (error) {
	case DOTSYNC_INVAL:
		return "is not a usable URL or header";
	case DOTSYNC_DENIED:
		return "is not allowed here";
	case DOTSYNC_NET:
		return "could not be reached or was cut off";
	case DOTSYNC_TIMEOUT:
		return "took too long";
	case DOTSYNC_LIMIT:
		return "is over a limit";
	case DOTSYNC_IO:
		return "could not be stored";
	default:
		return "failed";
	}
}

/* "URL what" into `message`; its length. */
static int32_t
explain(const char *what)
{
	int32_t length = append(message, 0, MESSAGE_URL_MAX, url);

	length = append(message, length, MESSAGE_SIZE, url[length] == '\0' ? " " : "... ");
	return append(message, length, MESSAGE_SIZE, what);
}

static int32_t
explain_status(int64_t status)
{
	return append_number(message, explain("answered "), MESSAGE_SIZE, status);
}

/* Reads context.json; 0, or -1 when it does not name what to fetch. */
static int32_t
read_plan(struct plan *plan)
{
	int64_t size = dotsync_read(DOTSYNC_CONTEXT, 0, context, CONTEXT_SIZE_MAX);
	struct json_span text = { context, (int32_t)size };
	struct json_span name, value;
	struct json_walk walk;
	int32_t more;

	plan->urls.size = 0;
	plan->headers.size = 0;
	plan->allow_empty = 0;
	if (size <= 0 || dotsync_size(DOTSYNC_CONTEXT) > CONTEXT_SIZE_MAX || json_walk_init(&walk, text, '{') < 0)
		return -1;
	while ((more = json_walk_next(&walk, &name, &value)) > 0) {
		if (json_is(name, "urls"))
			plan->urls = value;
		else if (json_is(name, "headers"))
			plan->headers = value;
		else if (json_is(name, "allow_empty"))
			plan->allow_empty = json_is(value, "true");
		else if (json_is(name, "v") && !json_is(value, "1"))
			return -1;
	}
	return more == 0 && plan->urls.size > 0 ? 0 : -1;
}

/* A line break in a URL or a value would begin a header that nobody asked for. */
static int32_t
is_one_line(const char *text, int32_t size)
{
	int32_t i;

	for (i = 0; i < size; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			return 0;
	}
	return 1;
}

/* Appends "\nname: value" to the head; the new length, or -1 when it does not fit or is not plain text. */
static int32_t
append_header(int32_t length, struct json_span name, struct json_span value)
{
	int32_t i, got;

	if (name.size > HEAD_SIZE_MAX - length - 4)
		return -1;
	head[length++] = '\n';
	for (i = 0; i < name.size; i++)
		head[length++] = name.data[i];
	length = append(head, length, HEAD_SIZE_MAX, ": ");
	got = json_string(value, head + length, HEAD_SIZE_MAX - length);
	return got >= 0 && is_one_line(head + length, got) ? length + got : -1;
}

/* "GET URL" and the headers of the plan into `head`; its length, or -1. */
static int32_t
make_head(const struct plan *plan)
{
	int32_t length = append(head, 0, HEAD_SIZE_MAX, "GET ");
	struct json_span name, value;
	struct json_walk walk;
	int32_t more;

	length = append(head, length, HEAD_SIZE_MAX, url);
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

static int32_t
text_size(const char *text)
{
	int32_t size = 0;

	while (text[size] != '\0')
		size++;
	return size;
}

/* Ends the run; 1: it is decided. */
static int32_t
fail(const char *text)
{
	dotsync_finish(DOTSYNC_FAILED, 0, text, text_size(text));
	return 1;
}

/* Takes the body; 1 when the run is decided, 0 to try the next URL. */
static int32_t
take_body(const struct plan *plan, int32_t handle)
{
	int64_t copied = dotsync_copy(handle, 0, -1);

	if (copied < 0) {
		dotsync_discard();
		explain(error_text(copied));
		return copied == DOTSYNC_IO ? fail(message) : 0; /* no mirror helps against a full disk */
	}
	if (copied == 0 && !plan->allow_empty) {
		explain("answered 200 with an empty body");
		return 0;
	}
	dotsync_finish(copied == 0 ? DOTSYNC_UPDATED_EMPTY : DOTSYNC_UPDATED, 0, "", 0);
	return 1;
}

/* Asks one URL; 1 when the run is decided, 0 to try the next one, with the reason in `message`. */
static int32_t
try_url(const struct plan *plan)
{
	int32_t size = make_head(plan);
	int32_t decided = 0;
	int64_t handle, status;

	if (size < 0) {
		explain("has headers that are not text");
		return 0;
	}
	handle = dotsync_fetch(head, size, 0, 0, DOTSYNC_CONDITIONAL);
	if (handle < 0) {
		explain(error_text(handle));
		return 0;
	}
	status = dotsync_status((int32_t)handle);
	if (status == 304 && dotsync_get(DOTSYNC_REASON) != DOTSYNC_FIRST) {
		dotsync_finish(DOTSYNC_UNCHANGED, 0, "", 0);
		decided = 1;
	} else if (status == 200) {
		decided = take_body(plan, (int32_t)handle);
	} else {
		explain_status(status);
	}
	dotsync_close((int32_t)handle);
	return decided;
}

void
run(void)
{
	static const char no_plan[] = "context.json does not say what to fetch: expected {\"v\":1,\"urls\":[...]}";
	struct json_span name, value;
	struct json_walk walk;
	struct plan plan;
	int32_t size;

	if (read_plan(&plan) < 0 || json_walk_init(&walk, plan.urls, '[') < 0) {
		fail(no_plan);
		return;
	}
	append(message, 0, MESSAGE_SIZE, no_plan);
	while (json_walk_next(&walk, &name, &value) > 0) {
		size = json_string(value, url, URL_SIZE_MAX);
		if (size < 0 || !is_one_line(url, size)) {
			append(message, 0, MESSAGE_SIZE, "a URL in context.json is not plain text");
			continue;
		}
		if (try_url(&plan))
			return;
		dotsync_log(DOTSYNC_WARNING, message, text_size(message));
	}
	fail(message);
}
