/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * http.c - the built-in updater: fetches a URL, or the first of its mirrors that answers (plan.h).
 *
 * For each URL in turn: where it is a feed, the real URL is looked up in it; where a sum is expected, it is known or fetched; then the
 * data is asked for conditionally, so that unchanged data costs no payload byte.  The first 200 whose body is whole and right is the
 * new payload, the first 304 says that the old one is current; after anything else the next URL is asked.
 */
#include "../dotsync-decode.h"
#include "../dotsync.h"
#include "request.h"
#include "text.h"

#define MESSAGE_SIZE 512
#define MESSAGE_URL_MAX 240     /* of a longer URL the message shows the start, so that the reason still fits */
#define PAGE_SIZE_MAX (4 << 20) /* of a feed or a file of sums */
#define NAME_SIZE_MAX 1024

static struct plan plan;
static struct unpack pack;
static char listed[URL_SIZE_MAX]; /* of the plan */
static char url[URL_SIZE_MAX];    /* of the data */
static char sums_url[URL_SIZE_MAX];
static char found[URL_SIZE_MAX];
static char message[MESSAGE_SIZE];
static char file_name[NAME_SIZE_MAX];
static char page[PAGE_SIZE_MAX];

/* What the data must be. */
struct expectation {
	int32_t known;
	unsigned char sum[SUM_SIZE];
};

enum { NEXT = 0, DECIDED = 1 }; /* whether the run is decided, or the next URL is tried, with the reason in `message` */

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
	case REQUEST_NOT_TEXT:
		return "has headers or a query that are not text";
	default:
		return "failed";
	}
}

/* "URL what" into `message`; its length. */
static int32_t
explain(const char *where, const char *what)
{
	int32_t length = text_append(message, 0, MESSAGE_URL_MAX, where);

	length = text_append(message, length, MESSAGE_SIZE, where[length] == '\0' ? " " : "... ");
	return text_append(message, length, MESSAGE_SIZE, what);
}

static void
explain_status(const char *where, int64_t status)
{
	text_append_number(message, explain(where, "answered "), MESSAGE_SIZE, status);
}

/* Ends the run. */
static int32_t
fail(const char *text)
{
	dotsync_finish(DOTSYNC_FAILED, 0, text, text_size(text));
	return DECIDED;
}

static int32_t
succeed(int32_t outcome)
{
	dotsync_finish(outcome, 0, "", 0);
	return DECIDED;
}

/* All of an answer into `page`; 0, or -1 with the reason. */
static int32_t
read_page(int32_t handle, const char *where, struct json_span *text)
{
	int64_t n;

	text->data = page;
	text->size = 0;
	do {
		n = dotsync_read(handle, text->size, page + text->size, PAGE_SIZE_MAX - text->size);
		if (n < 0) {
			explain(where, error_text(n));
			return -1;
		}
		text->size += (int32_t)n;
	} while (n > 0 && text->size < PAGE_SIZE_MAX);
	if (text->size < PAGE_SIZE_MAX)
		return 0;
	explain(where, "is larger than a feed or a file of sums may be (4 MiB)");
	return -1;
}

/* A page that something else is looked up in; 0, or -1 with the reason. */
static int32_t
fetch_page(const char *where, struct json_span *text)
{
	int64_t handle = request_send(&plan, where, listed, 0), status;
	int32_t rc = -1;

	if (handle < 0) {
		explain(where, error_text(handle));
		return -1;
	}
	status = dotsync_status((int32_t)handle);
	if (status == 200)
		rc = read_page((int32_t)handle, where, text);
	else
		explain_status(where, status);
	dotsync_close((int32_t)handle);
	return rc;
}

/* Looks the real URL up in the feed at `listed`; 0, or -1 with the reason. */
static int32_t
follow_feed(void)
{
	struct json_span text, value;
	int32_t used, length, size;

	if (fetch_page(listed, &text) < 0)
		return -1;
	if (pointer_find(text, plan.pointer, &value, &used) < 0) {
		length = explain(listed, "has nothing at ");
		length = text_append_bytes(message, length, MESSAGE_SIZE, plan.pointer, text_size(plan.pointer));
		length = text_append(message, length, MESSAGE_SIZE, "; it leads only as far as \"");
		length = text_append_bytes(message, length, MESSAGE_SIZE, plan.pointer, used);
		text_append(message, length, MESSAGE_SIZE, "\"");
		return -1;
	}
	size = json_string(value, found, URL_SIZE_MAX);
	if (size < 0 || !text_is_one_line(found, size) || reference_resolve(listed, found, url) < 0) {
		text_append(message, explain(listed, "has no usable URL at "), MESSAGE_SIZE, plan.pointer);
		return -1;
	}
	return 0;
}

/* The sum that is published for the file at `url`; 0, or -1 with the reason. */
static int32_t
fetch_sum(struct expectation *expected)
{
	struct json_span text;
	int32_t rc;

	if (reference_resolve(url, plan.sums_url, sums_url) < 0) {
		explain(url, "is to be checked with a file whose URL is not usable");
		return -1;
	}
	if (fetch_page(sums_url, &text) < 0)
		return -1;
	reference_file_name(url, file_name, NAME_SIZE_MAX);
	rc = sums_find(text, file_name, expected->sum);
	if (rc == 0)
		return 0;
	rc = explain(sums_url, rc == -1 ? "has no SHA-256 of " : "has several SHA-256 of ");
	text_append(message, rc, MESSAGE_SIZE, file_name);
	return -1;
}

/* The old payload is what was published, unless it was unpacked: then its sum tells whether there is anything to fetch. */
static int32_t
is_current(const struct expectation *expected)
{
	unsigned char sum[SUM_SIZE];
	int32_t current = 0;

	if (!expected->known || plan.step_count > 0 || dotsync_get(DOTSYNC_REASON) == DOTSYNC_FIRST)
		return 0;
	if (unpack_open(&pack, DOTSYNC_PAYLOAD, 0, 0, 1) == 0 && unpack_skip(&pack) == 0) {
		unpack_sum(&pack, sum);
		current = sums_are_equal(sum, expected->sum);
	}
	unpack_close(&pack);
	return current;
}

/* Is the sum of all that came the expected one?  If not, the reason names both. */
static int32_t
is_expected(const struct expectation *expected)
{
	unsigned char sum[SUM_SIZE];
	char digits[SUM_TEXT_SIZE];
	int32_t length;

	if (!expected->known)
		return 1;
	unpack_sum(&pack, sum);
	if (sums_are_equal(sum, expected->sum))
		return 1;
	length = explain(url, "has SHA-256 ");
	sums_format(sum, digits);
	length = text_append(message, length, MESSAGE_SIZE, digits);
	length = text_append(message, length, MESSAGE_SIZE, ", expected ");
	sums_format(expected->sum, digits);
	text_append(message, length, MESSAGE_SIZE, digits);
	return 0;
}

/* Why the body could not be taken. */
static void
explain_failure(int64_t error)
{
	const char *reason = unpack_reason(&pack);

	if (error == UNPACK_REFUSED)
		explain(url, reason);
	else if (reason[0] != '\0')
		text_append(message, explain(url, "cannot be unpacked: "), MESSAGE_SIZE, reason);
	else
		explain(url, error_text(error));
}

/* The body into the new payload; its bytes, or -1 with the reason, and *hopeless where no mirror helps. */
static int64_t
copy_body(int32_t handle, const struct expectation *expected, int32_t *hopeless)
{
	int64_t copied;

	if (plan.step_count == 0 && !expected->known) {
		pack.count = 0;
		pack.reason[0] = '\0';
		copied = dotsync_copy(handle, 0, -1);
	} else {
		copied = unpack_open(&pack, handle, plan.steps, plan.step_count, expected->known);
		if (copied == 0)
			copied = unpack_copy(&pack, plan.member);
	}
	if (copied < 0) {
		*hopeless = copied == DOTSYNC_IO;
		explain_failure(copied);
		return -1;
	}
	return is_expected(expected) ? copied : -1;
}

static int32_t
take_body(int32_t handle, const struct expectation *expected)
{
	int32_t hopeless = 0;
	int64_t copied = copy_body(handle, expected, &hopeless);

	unpack_close(&pack);
	if (copied < 0) {
		dotsync_discard();
		return hopeless ? fail(message) : NEXT;
	}
	if (copied == 0 && !plan.allow_empty) {
		explain(url, plan.step_count > 0 ? "unpacks to nothing" : "answered 200 with an empty body");
		return NEXT;
	}
	return succeed(copied == 0 ? DOTSYNC_UPDATED_EMPTY : DOTSYNC_UPDATED);
}

/* Asks for the data at `url`. */
static int32_t
fetch_data(const struct expectation *expected, int32_t flags)
{
	int64_t handle = request_send(&plan, url, listed, flags), status;
	int32_t decided = NEXT;

	if (handle < 0) {
		explain(url, error_text(handle));
		return NEXT;
	}
	status = dotsync_status((int32_t)handle);
	if (status == 304 && dotsync_get(DOTSYNC_REASON) != DOTSYNC_FIRST)
		decided = succeed(DOTSYNC_UNCHANGED);
	else if (status == 200)
		decided = take_body((int32_t)handle, expected);
	else
		explain_status(url, status);
	dotsync_close((int32_t)handle);
	return decided;
}

/* One URL of the plan, which stands in `listed`. */
static int32_t
try_listed(void)
{
	struct expectation expected = { plan.has_sum, { 0 } };
	int32_t i;

	for (i = 0; i < SUM_SIZE; i++)
		expected.sum[i] = plan.sum[i];
	text_append(url, 0, URL_SIZE_MAX, listed);
	if (plan.has_pointer && follow_feed() < 0)
		return NEXT;
	if (plan.has_sums_url) {
		if (fetch_sum(&expected) < 0)
			return NEXT;
		expected.known = 1;
	}
	if (is_current(&expected))
		return succeed(DOTSYNC_UNCHANGED);
	/* Whoever expects other bytes than there are is not helped by hearing that nothing has changed. */
	return fetch_data(&expected, expected.known && plan.step_count == 0 ? 0 : DOTSYNC_CONDITIONAL);
}

void
run(void)
{
	struct json_span name, value;
	struct json_walk walk;
	int32_t size;

	if (plan_read(&plan) < 0) {
		fail(plan.reason);
		return;
	}
	text_append(
		message, 0, MESSAGE_SIZE, "context.json does not say what to fetch: expected {\"v\":1,\"urls\":[...]}");
	if (json_walk_init(&walk, plan.urls, '[') < 0) {
		fail(message);
		return;
	}
	while (json_walk_next(&walk, &name, &value) > 0) {
		size = json_string(value, listed, URL_SIZE_MAX);
		if (size < 0 || !text_is_one_line(listed, size)) {
			text_append(message, 0, MESSAGE_SIZE, "a URL in context.json is not plain text");
			continue;
		}
		if (try_listed() == DECIDED)
			return;
		dotsync_log(DOTSYNC_WARNING, message, text_size(message));
	}
	fail(message);
}
