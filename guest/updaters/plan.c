/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "plan.h"

#include "../dotsync-decode.h"
#include "../dotsync.h"
#include "text.h"

#define CONTEXT_SIZE_MAX 65536
#define STEP_SIZE_MAX (PLAN_MEMBER_SIZE_MAX + 8)
#define SHA256_PREFIX "sha256:"

static char context[CONTEXT_SIZE_MAX];
static char step[STEP_SIZE_MAX];

static int32_t
refuse(struct plan *plan, const char *what)
{
	text_append(plan->reason, 0, PLAN_REASON_SIZE, what);
	return -1;
}

static int32_t
refuse_key(struct plan *plan, struct json_span name)
{
	int32_t length = text_append(plan->reason, 0, PLAN_REASON_SIZE, "context.json has an unknown key \"");

	length = text_append_bytes(plan->reason, length, PLAN_REASON_SIZE, name.data, name.size < 64 ? name.size : 64);
	text_append(plan->reason, length, PLAN_REASON_SIZE,
		"\"; known are v, urls, headers, query, json_url, expect, unpack, allow_empty");
	return -1;
}

static int32_t
take_pointer(struct plan *plan, struct json_span value)
{
	if (json_string(value, plan->pointer, POINTER_SIZE_MAX) < 0 || !pointer_is_valid(plan->pointer))
		return refuse(plan, "\"json_url\" in context.json is no JSON pointer: expected /NAME/0/...");
	plan->has_pointer = 1;
	return 0;
}

static int32_t
take_expectation(struct plan *plan, struct json_span value)
{
	const int32_t prefix = sizeof(SHA256_PREFIX) - 1;
	int32_t size = json_string(value, plan->sums_url, URL_SIZE_MAX);

	if (size <= 0 || !text_is_one_line(plan->sums_url, size))
		return refuse(plan, "\"expect\" in context.json is no text: expected sha256:HEX or a URL");
	if (!text_begins(plan->sums_url, SHA256_PREFIX)) {
		plan->has_sums_url = 1;
		return 0;
	}
	if (sums_parse(plan->sums_url + prefix, size - prefix, plan->sum) < 0)
		return refuse(plan, "\"expect\" in context.json is no SHA-256: expected 64 hexadecimal digits");
	plan->has_sum = 1;
	return 0;
}

/* "gz", or "tar:MEMBER"; the kind, or -1. */
static int32_t
kind_of(struct plan *plan)
{
	static const struct {
		const char *name;
		int32_t kind;
	} kinds[] = { { "gz", DOTSYNC_GZIP }, { "zst", DOTSYNC_ZSTD }, { "xz", DOTSYNC_XZ } };
	uint32_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (text_is(step, text_size(step), kinds[i].name))
			return kinds[i].kind;
	}
	if ((!text_begins(step, "tar:") && !text_begins(step, "zip:")) || step[4] == '\0')
		return -1;
	text_append(plan->member, 0, PLAN_MEMBER_SIZE_MAX, step + 4);
	return step[0] == 't' ? UNPACK_TAR : UNPACK_ZIP;
}

static int32_t
take_steps(struct plan *plan, struct json_span value)
{
	struct json_span name, item;
	struct json_walk walk;
	int32_t more, kind = 0;

	if (json_walk_init(&walk, value, '[') < 0)
		return refuse(plan, "\"unpack\" in context.json is no list of texts");
	while ((more = json_walk_next(&walk, &name, &item)) > 0) {
		if (plan->step_count == UNPACK_STEPS_MAX)
			return refuse(plan, "\"unpack\" in context.json has more than 4 steps");
		if (kind >= UNPACK_TAR)
			return refuse(
				plan, "\"unpack\" in context.json goes on after tar: or zip:, which must be last");
		kind = json_string(item, step, STEP_SIZE_MAX) < 0 ? -1 : kind_of(plan);
		if (kind < 0)
			return refuse(plan,
				"\"unpack\" in context.json has an unknown step; known are gz, zst, xz, tar:MEMBER, zip:MEMBER");
		plan->steps[plan->step_count++] = kind;
	}
	return more < 0 ? refuse(plan, "\"unpack\" in context.json is no list of texts") : 0;
}

static int32_t
take(struct plan *plan, struct json_span name, struct json_span value)
{
	if (json_is(name, "v"))
		return json_is(value, "1")
			? 0
			: refuse(plan,
				  "context.json is of a version that this updater does not know: expected \"v\": 1");
	if (json_is(name, "urls")) {
		plan->urls = value;
	} else if (json_is(name, "headers")) {
		plan->headers = value;
	} else if (json_is(name, "query")) {
		plan->query = value;
	} else if (json_is(name, "allow_empty")) {
		plan->allow_empty = json_is(value, "true");
		if (!plan->allow_empty && !json_is(value, "false"))
			return refuse(plan, "\"allow_empty\" in context.json is neither true nor false");
	} else if (json_is(name, "json_url")) {
		return take_pointer(plan, value);
	} else if (json_is(name, "expect")) {
		return take_expectation(plan, value);
	} else if (json_is(name, "unpack")) {
		return take_steps(plan, value);
	} else {
		return refuse_key(plan, name);
	}
	return 0;
}

/* Has this very name come before?  Readers differ in which of two they take. */
static int32_t
is_repeated(struct json_span text, struct json_span name)
{
	struct json_span other, value;
	struct json_walk walk;
	int32_t i;

	json_walk_init(&walk, text, '{');
	while (json_walk_next(&walk, &other, &value) > 0 && other.data != name.data) {
		for (i = 0; other.size == name.size && i < name.size && other.data[i] == name.data[i]; i++)
			;
		if (other.size == name.size && i == name.size)
			return 1;
	}
	return 0;
}

/* Nothing but space behind the end of the walk's object. */
static int32_t
is_all(const struct json_walk *walk)
{
	const char *p = walk->next;
	int32_t closed = 0;

	for (; p < walk->end; p++) {
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
			continue;
		if (closed++)
			return 0;
	}
	return closed;
}

int32_t
plan_read(struct plan *plan)
{
	static const char no_plan[] = "context.json does not say what to fetch: expected {\"v\":1,\"urls\":[...]}";
	int64_t size = dotsync_read(DOTSYNC_CONTEXT, 0, context, CONTEXT_SIZE_MAX);
	struct json_span text = { context, (int32_t)size };
	struct json_span name, value;
	struct json_walk walk;
	int32_t more;

	plan->urls.size = plan->headers.size = plan->query.size = 0;
	plan->allow_empty = plan->has_pointer = plan->has_sum = plan->has_sums_url = plan->step_count = 0;
	if (size <= 0 || dotsync_size(DOTSYNC_CONTEXT) > CONTEXT_SIZE_MAX || json_walk_init(&walk, text, '{') < 0)
		return refuse(plan, no_plan);
	while ((more = json_walk_next(&walk, &name, &value)) > 0) {
		if (is_repeated(text, name))
			return refuse(plan, "context.json has a key twice");
		if (take(plan, name, value) < 0)
			return -1;
	}
	return more == 0 && is_all(&walk) && plan->urls.size > 0 ? 0 : refuse(plan, no_plan);
}
