/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the host says before anything runs: the argument, JOB, and the pieces of module and code. */
#include "runtime/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dotsync/error.h"

static const char *
mode_name(uint32_t mode)
{
	switch (mode) {
	case DSYNC_JOB_COMPILE:
		return "compile";
	case DSYNC_JOB_RUN:
		return "run";
	case DSYNC_JOB_DECODE:
		return "decode";
	default:
		return NULL;
	}
}

static bool
limits_are_valid(const struct dsync_frame_job *job)
{
	return job->memory_max > 0 && job->memory_max <= DSYNC_FRAME_MEMORY_MAX && job->cpu_ms > 0 &&
		job->cpu_ms <= DSYNC_FRAME_CPU_MS_MAX && job->data_size > 0 && job->data_size <= DSYNC_FRAME_DATA_MAX;
}

int
dsync_frame_format_argument(char out[DSYNC_FRAME_ARGUMENT_SIZE], const struct dsync_frame_job *job)
{
	const char *mode = mode_name(job->mode);

	out[0] = '\0';
	if (mode == NULL || !limits_are_valid(job))
		return DSYNC_ERR_LIMIT;

	snprintf(out, DSYNC_FRAME_ARGUMENT_SIZE, "%s:%" PRIu64 ":%" PRIu64 ":%" PRIu64, mode, job->memory_max,
		job->cpu_ms, job->data_size);
	return 0;
}

/* Reads ":NUMBER" and moves on. */
static int
parse_field(const char **text, uint64_t *value)
{
	size_t size;

	if (**text != ':')
		return DSYNC_ERR_SYNTAX;
	(*text)++;
	size = strcspn(*text, ":");
	if (dsync_text_parse_u64(*text, size, value) < 0)
		return DSYNC_ERR_SYNTAX;
	*text += size;
	return 0;
}

int
dsync_frame_parse_argument(const char *text, struct dsync_frame_job *job)
{
	struct dsync_frame_job j;
	size_t size;

	memset(job, 0, sizeof(*job));
	memset(&j, 0, sizeof(j));
	for (j.mode = DSYNC_JOB_COMPILE; j.mode <= DSYNC_JOB_DECODE; j.mode++) {
		size = strlen(mode_name(j.mode));
		if (strncmp(text, mode_name(j.mode), size) == 0)
			break;
	}
	if (j.mode > DSYNC_JOB_DECODE)
		return DSYNC_ERR_SYNTAX;

	text += size;
	if (parse_field(&text, &j.memory_max) < 0 || parse_field(&text, &j.cpu_ms) < 0 ||
		parse_field(&text, &j.data_size) < 0)
		return DSYNC_ERR_SYNTAX;
	if (*text != '\0' || !limits_are_valid(&j))
		return DSYNC_ERR_SYNTAX;

	*job = j;
	return 0;
}

/* True when the view is `count` strings, each with its NUL, and nothing else. */
static bool
strings_are_valid(struct dsync_view strings, uint64_t count)
{
	uint64_t found = 0;
	size_t i;

	for (i = 0; i < strings.size; i++)
		found += strings.data[i] == '\0';
	return found == count && (strings.size == 0 || strings.data[strings.size - 1] == '\0');
}

int
dsync_frame_pack_job(struct dsync_buffer *out, const struct dsync_frame_job *job)
{
	dsync_buffer_append_u32le(out, job->mode);
	dsync_buffer_append_u32le(out, job->push);
	dsync_buffer_append_u64le(out, job->data_size);
	dsync_buffer_append_u64le(out, job->memory_max);
	dsync_buffer_append_u64le(out, job->cpu_ms);
	dsync_buffer_append_u64le(out, job->log_max);
	dsync_buffer_append(out, job->seed, sizeof(job->seed));
	dsync_buffer_append_u64le(out, (uint64_t)job->now_ms);
	dsync_buffer_append_u32le(out, job->argument_count);
	dsync_buffer_append_u32le(out, job->environment_count);
	return dsync_buffer_append(out, job->strings.data, job->strings.size);
}

static int
read_job(struct dsync_cursor *c, struct dsync_frame_job *job)
{
	uint64_t now;

	if (dsync_cursor_u32le(c, &job->mode) < 0 || dsync_cursor_u32le(c, &job->push) < 0 ||
		dsync_cursor_u64le(c, &job->data_size) < 0 || dsync_cursor_u64le(c, &job->memory_max) < 0 ||
		dsync_cursor_u64le(c, &job->cpu_ms) < 0 || dsync_cursor_u64le(c, &job->log_max) < 0 ||
		dsync_cursor_copy(c, job->seed, sizeof(job->seed)) < 0 || dsync_cursor_u64le(c, &now) < 0 ||
		dsync_cursor_u32le(c, &job->argument_count) < 0 || dsync_cursor_u32le(c, &job->environment_count) < 0)
		return DSYNC_ERR_PROTOCOL;
	job->now_ms = (int64_t)now;
	return dsync_cursor_take(c, dsync_cursor_left(c), &job->strings);
}

int
dsync_frame_unpack_job(struct dsync_view body, struct dsync_frame_job *job)
{
	struct dsync_cursor c;
	struct dsync_frame_job j;

	memset(job, 0, sizeof(*job));
	dsync_cursor_init(&c, body.data, body.size, 0);
	if (read_job(&c, &j) < 0)
		return DSYNC_ERR_PROTOCOL;
	if (mode_name(j.mode) == NULL || j.push > 1 || !limits_are_valid(&j))
		return DSYNC_ERR_PROTOCOL;
	if (!strings_are_valid(j.strings, (uint64_t)j.argument_count + j.environment_count))
		return DSYNC_ERR_PROTOCOL;

	*job = j;
	return 0;
}

int
dsync_frame_pack_chunk(struct dsync_buffer *out, const struct dsync_frame_chunk *chunk)
{
	dsync_buffer_append_u32le(out, chunk->last ? DSYNC_FRAME_LAST : 0);
	return dsync_buffer_append(out, chunk->data.data, chunk->data.size);
}

int
dsync_frame_unpack_chunk(struct dsync_view body, struct dsync_frame_chunk *chunk)
{
	struct dsync_cursor c;
	uint32_t flags;

	memset(chunk, 0, sizeof(*chunk));
	dsync_cursor_init(&c, body.data, body.size, 0);
	if (dsync_cursor_u32le(&c, &flags) < 0 || (flags & ~DSYNC_FRAME_LAST) != 0)
		return DSYNC_ERR_PROTOCOL;
	if (flags == 0 && dsync_cursor_left(&c) == 0)
		return DSYNC_ERR_PROTOCOL;

	chunk->last = flags == DSYNC_FRAME_LAST;
	return dsync_cursor_take(&c, dsync_cursor_left(&c), &chunk->data);
}
