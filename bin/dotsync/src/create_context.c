/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * create_context.c - what the built-in updater is to do, from the options into context.json (doc/built-in-updater.md).
 *
 * The updater reads that page strictly; what it would refuse is refused here, before anything is made.
 */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "consent.h"
#include "create.h"
#include "report.h"

#define SHA256_PREFIX "sha256:"
#define SHA256_DIGITS 64
#define STEPS_MAX 4
#define MEMBER_SIZE_MAX 4096
#define POINTER_SIZE_MAX 1023

bool
create_has_plan(const struct create *c)
{
	return c->unpack.count > 0 || c->headers.count > 0 || c->query.count > 0 || c->expect != NULL ||
		c->json_url != NULL;
}

/* The next step of a value: "gz" of "gz,tar:a,b", then "tar:a,b", whose name may hold commas; its size. */
static size_t
step_size(const char *text)
{
	return strncmp(text, "tar:", 4) == 0 || strncmp(text, "zip:", 4) == 0 ? strlen(text) : strcspn(text, ",");
}

static bool
is_member(const char *step, size_t size)
{
	return size > 4 && size <= 4 + MEMBER_SIZE_MAX && step_size(step) == size && strchr("tz", step[0]) != NULL &&
		step[3] == ':';
}

static bool
is_step(const char *step, size_t size)
{
	return is_member(step, size) || (size == 2 && (strncmp(step, "gz", 2) == 0 || strncmp(step, "xz", 2) == 0)) ||
		(size == 3 && strncmp(step, "zst", 3) == 0);
}

typedef void step_sink(void *user, const char *step, size_t size);

static void
for_each_step(const struct create *c, step_sink *sink, void *user)
{
	const char *text;
	size_t i, size;

	for (i = 0; i < c->unpack.count; i++) {
		text = c->unpack.items[i];
		for (;;) {
			size = step_size(text);
			sink(user, text, size);
			if (text[size] == '\0')
				break;
			text += size + 1;
		}
	}
}

struct judged_steps {
	const char *wrong; /* NULL: none */
	size_t count;
	bool archive; /* which must be last */
	bool late;
};

static void
judge_step(void *user, const char *step, size_t size)
{
	struct judged_steps *j = user;

	if (!is_step(step, size) && j->wrong == NULL)
		j->wrong = step;
	j->late |= j->archive;
	j->archive = is_member(step, size);
	j->count++;
}

static int
check_steps(struct app *app, const struct create *c)
{
	struct judged_steps j = { NULL, 0, false, false };

	for_each_step(c, judge_step, &j);
	if (j.wrong != NULL)
		return report_usage(app, "--unpack knows gz, zst, xz, tar:MEMBER and zip:MEMBER, not \"%s\"", j.wrong);
	if (j.late)
		return report_usage(app, "--unpack: tar:MEMBER and zip:MEMBER come last");
	if (j.count > STEPS_MAX)
		return report_usage(app, "--unpack: at most %d steps, not %zu", STEPS_MAX, j.count);
	return EXIT_DONE;
}

static int
check_expectation(struct app *app, const struct create *c)
{
	const char *digits;
	size_t i;

	if (c->expect == NULL)
		return EXIT_DONE;
	if (c->expect[0] == '\0')
		return report_usage(app, "--expect wants sha256:HEX or the URL of a file of sums");
	if (strncmp(c->expect, SHA256_PREFIX, strlen(SHA256_PREFIX)) != 0)
		return EXIT_DONE;
	digits = c->expect + strlen(SHA256_PREFIX);
	for (i = 0; dsync_text_is_hex((unsigned char)digits[i]); i++)
		;
	if (i != SHA256_DIGITS || digits[i] != '\0')
		return report_usage(app, "--expect %s has no %d hexadecimal digits", c->expect, SHA256_DIGITS);
	return EXIT_DONE;
}

static int
check_pointer(struct app *app, const struct create *c)
{
	const char *p = c->json_url;

	if (p == NULL)
		return EXIT_DONE;
	if (p[0] != '/' || strlen(p) > POINTER_SIZE_MAX)
		return report_usage(app, "--json-url wants a JSON pointer such as /assets/0/url, not \"%s\"", p);
	for (; *p != '\0'; p++) {
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return report_usage(app, "--json-url: a ~ is written ~0, a / inside a name ~1");
	}
	return EXIT_DONE;
}

static bool
is_header(const char *text)
{
	const char *p;

	if (strchr(text, ':') == NULL || text[0] == ':')
		return false;
	for (p = text; *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			return false;
	}
	return true;
}

static int
check_pairs(struct app *app, const struct create *c)
{
	size_t i;

	for (i = 0; i < c->headers.count; i++) {
		if (!is_header(c->headers.items[i]))
			return report_usage(app, "--header wants \"NAME: VALUE\", not \"%s\"", c->headers.items[i]);
	}
	for (i = 0; i < c->query.count; i++) {
		if (strchr(c->query.items[i], '=') == NULL || c->query.items[i][0] == '=')
			return report_usage(app, "--query wants NAME=VALUE, not \"%s\"", c->query.items[i]);
	}
	return EXIT_DONE;
}

int
create_check_plan(struct app *app, const struct create *c)
{
	int status;

	if (!create_has_plan(c))
		return EXIT_DONE;
	if (c->urls.count == 0 || c->wasm != NULL || c->sync_rs)
		return report_usage(app,
			"--unpack, --expect, --json-url, --header and --query are for the built-in "
			"updater: with --from, without --wasm and --profile=sync-rs");
	if (c->context != NULL)
		return report_usage(app,
			"--context says all of --unpack, --expect, --json-url, --header and --query: "
			"give one or the other");
	status = check_steps(app, c);
	if (status == EXIT_DONE)
		status = check_expectation(app, c);
	if (status == EXIT_DONE)
		status = check_pointer(app, c);
	return status == EXIT_DONE ? check_pairs(app, c) : status;
}

int
create_add_secret(struct app *app, struct create *c, const char *text)
{
	return consent_add_secret(app, &c->grant.secrets, text, true);
}

/* "NAME<mark>VALUE" as members of an object. */
static void
put_pairs(struct dsync_buffer *out, const char *name, const struct list *pairs, char mark)
{
	char key[1024];
	const char *value;
	size_t i, size;

	if (pairs->count == 0)
		return;
	dsync_json_open(out, name);
	for (i = 0; i < pairs->count; i++) {
		value = strchr(pairs->items[i], mark) + 1;
		size = (size_t)(value - 1 - pairs->items[i]);
		size = size < sizeof(key) ? size : sizeof(key) - 1;
		memcpy(key, pairs->items[i], size);
		key[size] = '\0';
		dsync_json_put_text(out, key, mark == ':' ? value + strspn(value, " ") : value);
	}
	dsync_json_close(out);
}

static void
put_step(void *user, const char *step, size_t size)
{
	dsync_json_put_bytes(user, NULL, step, size);
}

int
create_write_context(struct create *c, struct dsync_error *err)
{
	struct dsync_buffer *out = &c->context_json;
	size_t i;

	dsync_json_open(out, NULL);
	dsync_json_put_integer(out, "v", 1);
	dsync_json_open_array(out, "urls");
	for (i = 0; i < c->urls.count; i++)
		dsync_json_put_text(out, NULL, c->urls.items[i]);
	dsync_json_close_array(out);
	put_pairs(out, "headers", &c->headers, ':');
	put_pairs(out, "query", &c->query, '=');
	dsync_json_put_text(out, "json_url", c->json_url);
	dsync_json_put_text(out, "expect", c->expect);
	if (c->unpack.count > 0) {
		dsync_json_open_array(out, "unpack");
		for_each_step(c, put_step, out);
		dsync_json_close_array(out);
	}
	dsync_json_close(out);
	dsync_buffer_append_byte(out, '\n');
	return dsync_buffer_error(out) < 0 ? dsync_error_set_memory(err) : 0;
}

struct inner {
	char *name;
	size_t room;
};

/* "data.csv.gz" unpacks to "data.csv", "tar:2024/data.csv" to "data.csv". */
static void
rename_step(void *user, const char *step, size_t size)
{
	struct inner *inner = user;
	size_t length = strlen(inner->name), i;
	const char *base = step + 4;

	if (!is_member(step, size)) {
		if (length > size + 1 && inner->name[length - size - 1] == '.' &&
			memcmp(inner->name + length - size, step, size) == 0)
			inner->name[length - size - 1] = '\0';
		return;
	}
	for (i = 4; i + 1 < size; i++) {
		if (step[i] == '/')
			base = step + i + 1;
	}
	if (strcmp(base, ".") != 0 && strcmp(base, "..") != 0 && strlen(base) < inner->room)
		strcpy(inner->name, base);
}

void
create_inner_name(const struct create *c, char *name, size_t room)
{
	struct inner inner = { name, room };

	for_each_step(c, rename_step, &inner);
}
