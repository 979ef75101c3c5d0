/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "difference.h"
#include "dotsync/archive.h"
#include "run.h"

#define TEXT_SIZE 2048
#define JSON_SIZE_MAX (1u << 20) /* of each list */

static const char *const levels[] = { "debug", "info", "warning", "error" };
#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

static const char *
level_name(int level)
{
	return level >= 0 && level < (int)LEVEL_COUNT ? levels[level] : "?";
}

/* A guest may be refused as often as it likes: when there is too much of it the rest is left out, element by element. */
static void
keep(struct run *run, const struct dsync_event *event)
{
	if (event->kind == DSYNC_EVENT_REFUSED && run->refused.size < JSON_SIZE_MAX)
		dsync_json_put_text(&run->refused, NULL, event->text);
	if (event->kind != DSYNC_EVENT_LOG || run->log.size >= JSON_SIZE_MAX)
		return;
	dsync_json_open(&run->log, NULL);
	dsync_json_put_text(&run->log, "level", level_name(event->level));
	dsync_json_put_text(&run->log, "text", event->text);
	dsync_json_close(&run->log);
}

static void
say(struct run *run, const char *label, const char *prefix, const char *text)
{
	progress_end(&run->progress);
	printf("%-9s%s", label, prefix);
	report_text(stdout, text);
	putchar('\n');
	fflush(stdout);
}

static void
say_refused(struct run *run, const char *text)
{
	say(run, "refused", "", text);
	snprintf(run->last_refused, sizeof(run->last_refused), "%s", text);
}

void
run_tell_event(void *user, const struct dsync_event *event)
{
	struct run *run = user;
	char prefix[16];

	if (event->kind == DSYNC_EVENT_PROGRESS)
		progress_update(&run->progress, event->done, event->total);
	if (run->app->json) {
		keep(run, event);
		return;
	}
	if (run->app->quiet)
		return;
	snprintf(prefix, sizeof(prefix), "%s: ", level_name(event->level));
	if (event->kind == DSYNC_EVENT_REQUEST)
		say(run, "request", "", event->text);
	else if (event->kind == DSYNC_EVENT_REFUSED)
		say_refused(run, event->text);
	else if (event->kind == DSYNC_EVENT_LOG)
		say(run, "log", prefix, event->text);
}

static void
tell_time(const char *label, int64_t us)
{
	if (us >= 0)
		printf("%s%" PRId64 ".%d ms", label, us / 1000, (int)(us / 100 % 10));
}

static void
tell_outcome(const struct run *run, const struct dsync_archive *before, const struct dsync_archive *after)
{
	const struct dsync_result *result = &run->result;
	char old_size[DSYNC_TEXT_HUMAN_SIZE], new_size[DSYNC_TEXT_HUMAN_SIZE];

	dsync_text_human_size(old_size, dsync_archive_payload_size(before));
	dsync_text_human_size(new_size, dsync_archive_payload_size(after));
	printf("%-9s%s", "outcome", dsync_outcome_kind_name(result->kind));
	if (result->kind == DSYNC_OUTCOME_UPDATED)
		printf(": from %s to %s", old_size, new_size);
	putchar('\n');
}

static void
tell_cost(const struct dsync_result *result)
{
	char memory[DSYNC_TEXT_HUMAN_SIZE];

	printf("%-9s", "time");
	tell_time("", result->timing_total_us);
	tell_time(": compiling ", result->timing_compile_us);
	tell_time(result->timing_compile_us < 0 ? ": running " : ", running ", result->timing_run_us);
	tell_time(", of which computing ", result->cpu_us);
	putchar('\n');
	if (result->memory_peak >= 0) {
		dsync_text_human_size(memory, (uint64_t)result->memory_peak);
		printf("%-9s%s\n", "memory", memory);
	}
	if (result->sandbox != NULL)
		printf("%-9s%s\n", "sandbox", result->sandbox);
}

static int
tell_json(struct run *run, struct dsync_view before, struct dsync_view after)
{
	const bool failed =
		run->result.kind == DSYNC_OUTCOME_FAILED || run->result.kind == DSYNC_OUTCOME_CONSENT_NEEDED;
	const int64_t at = difference_at(before, after);
	struct dsync_buffer out;
	struct dsync_view refused = dsync_buffer_view(&run->refused);
	struct dsync_view log = dsync_buffer_view(&run->log);

	report_json_begin(&out, run->wasm, !failed);
	dsync_result_describe(&run->result, &out);
	dsync_json_open_array(&out, "refused");
	dsync_buffer_append(&out, refused.data, refused.size);
	dsync_json_close_array(&out);
	dsync_json_open_array(&out, "log");
	dsync_buffer_append(&out, log.data, log.size);
	dsync_json_close_array(&out);
	dsync_json_open(&out, "difference");
	dsync_json_put_unsigned(&out, "size_before", before.size);
	dsync_json_put_unsigned(&out, "size_after", after.size);
	if (at >= 0)
		dsync_json_put_integer(&out, "offset", at);
	dsync_json_close(&out);
	dsync_json_close(&out);
	return report_print(run->app, &out);
}

int
run_tell(struct run *run, struct dsync_archive *before, struct dsync_archive *after)
{
	struct dsync_view old_payload, new_payload;
	struct dsync_error err;
	char text[TEXT_SIZE];

	if (dsync_archive_map_payload(before, &old_payload, &err) < 0 ||
		dsync_archive_map_payload(after, &new_payload, &err) < 0)
		return report_error(run->app, run->wasm, &err);
	if (run->app->json)
		return tell_json(run, old_payload, new_payload);
	if (run->app->quiet)
		return EXIT_DONE;
	tell_outcome(run, before, after);
	if (run->result.error.code < 0) {
		dsync_error_format(&run->result.error, text, sizeof(text));
		if (strcmp(text, run->last_refused) != 0)
			say(run, "error", "", text);
	}
	if (strcmp(run->result.error.rule, "host") == 0)
		puts("hint     --allow-host lets it reach a host here");
	tell_cost(&run->result);
	if (run->result.kind == DSYNC_OUTCOME_UPDATED) {
		printf("%-9s", "payload");
		difference_show(stdout, old_payload, new_payload);
	}
	return EXIT_DONE;
}
