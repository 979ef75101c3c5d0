/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/job.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "grants.h"
#include "json.h"

static const char *const kind_names[] = { "refresh", "fetch", "check" };

/* Members that may hold any bytes: a text when they are UTF-8, else the other name and hexadecimal digits. */
static const struct bytes_member {
	const char *name, *hex_name;
	size_t offset;
} bytes_members[] = {
	{ "path", "path_hex", offsetof(struct dsync_job, path) },
	{ "config_dir", "config_dir_hex", offsetof(struct dsync_job, config_dir) },
	{ "state_dir", "state_dir_hex", offsetof(struct dsync_job, state_dir) },
	{ "cache_dir", "cache_dir_hex", offsetof(struct dsync_job, cache_dir) },
	{ "machine_dir", "machine_dir_hex", offsetof(struct dsync_job, machine_dir) },
	{ "helper_dir", "helper_dir_hex", offsetof(struct dsync_job, helper_dir) },
	{ "to", "to_hex", offsetof(struct dsync_job, to) },
	{ "check", "check_hex", offsetof(struct dsync_job, check) },
	{ "exec", "exec_hex", offsetof(struct dsync_job, exec) },
	{ "working_dir", "working_dir_hex", offsetof(struct dsync_job, working_dir) },
	{ "record", "record_hex", offsetof(struct dsync_job, record) },
	{ "replay", "replay_hex", offsetof(struct dsync_job, replay) },
};
#define BYTES_MEMBER_COUNT (sizeof(bytes_members) / sizeof(bytes_members[0]))

void
dsync_job_init(struct dsync_job *job)
{
	memset(job, 0, sizeof(*job));
	job->timeout_ms = -1;
	job->size_max = UINT64_MAX;
}

void
dsync_job_finish(struct dsync_job *job)
{
	free(job->path);
	free(job->config_dir);
	free(job->state_dir);
	free(job->cache_dir);
	free(job->machine_dir);
	free(job->helper_dir);
	free(job->to);
	free(job->check);
	free(job->exec);
	free(job->working_dir);
	free(job->record);
	free(job->replay);
	free(job->sandbox);
	free(job->url);
	dsync__strings_finish(&job->hosts);
	dsync__strings_finish(&job->env);
	dsync_job_init(job);
}

static char **
bytes_of(struct dsync_job *job, const struct bytes_member *member)
{
	return (char **)(void *)((char *)job + member->offset);
}

static void
put_bytes(struct dsync_buffer *out, const struct bytes_member *member, const struct dsync_job *job)
{
	dsync__json_put_bytes(out, member->name, member->hex_name,
		*(char *const *)(const void *)((const char *)job + member->offset));
}

/* Larger numbers than the other side can read are as good as no limit. */
static int64_t
clamp(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void
write_session(struct dsync_buffer *out, const struct dsync_job *job)
{
	dsync_json_put_bool(out, "push", job->push);
	dsync_json_put_bool(out, "narrow_hosts", job->narrow_hosts);
	dsync_json_put_bool(out, "narrow_env", job->narrow_env);
	dsync__json_put_strings(out, "hosts", &job->hosts);
	dsync__json_put_strings(out, "env", &job->env);
	dsync_json_put_integer(out, "cpu_ms", clamp(job->cpu_ms));
	dsync_json_put_integer(out, "memory_max", clamp(job->memory_max));
}

int
dsync_job_write(const struct dsync_job *job, struct dsync_buffer *out)
{
	size_t i;

	dsync_json_open(out, NULL);
	dsync_json_open(out, "job");
	dsync_json_put_text(out, "kind", kind_names[job->kind]);
	dsync_json_put_hex(out, "build", job->build_id, sizeof(job->build_id));
	for (i = 0; i < BYTES_MEMBER_COUNT; i++)
		put_bytes(out, &bytes_members[i], job);
	dsync_json_put_bool(out, "background", job->background);
	dsync_json_put_bool(out, "force", job->force);
	dsync_json_put_bool(out, "dry_run", job->dry_run);
	dsync_json_put_bool(out, "explain", job->explain);
	dsync_json_put_bool(out, "stage", job->stage);
	dsync_json_put_bool(out, "session_grant", job->session_grant);
	dsync_json_put_bool(out, "fill", job->fill);
	dsync_json_put_bool(out, "offline", job->offline);
	write_session(out, job);
	dsync_json_put_text(out, "sandbox", job->sandbox);
	dsync_json_put_text(out, "url", job->url);
	dsync_json_put_integer(out, "timeout_ms", job->timeout_ms);
	dsync_json_put_integer(out, "size_max", clamp(job->size_max));
	dsync_json_close(out);
	dsync_json_close(out);
	return dsync_buffer_error(out);
}

/* The kind's number; a name that is not known is left to the caller as -1. */
static int
find_kind(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
		if (strcmp(name, kind_names[i]) == 0)
			return (int)i;
	}
	return -1;
}

static void
read_session(struct dsync_json_reader *r, struct dsync_job *job)
{
	int64_t cpu_ms = 0, memory_max = 0;

	dsync__json_take_bool(r, "push", &job->push);
	dsync__json_take_bool(r, "narrow_hosts", &job->narrow_hosts);
	dsync__json_take_bool(r, "narrow_env", &job->narrow_env);
	dsync__json_take_strings(r, "hosts", &job->hosts);
	dsync__json_take_strings(r, "env", &job->env);
	dsync__json_take_integer(r, "cpu_ms", 0, INT64_MAX, &cpu_ms);
	dsync__json_take_integer(r, "memory_max", 0, INT64_MAX, &memory_max);
	job->cpu_ms = (uint64_t)cpu_ms;
	job->memory_max = (uint64_t)memory_max;
}

static int
read_members(const json_t *object, struct dsync_job *job, struct dsync_error *err)
{
	struct dsync_json_reader r;
	char *kind = NULL;
	int64_t size_max = INT64_MAX;
	int found, rc;
	size_t i;

	dsync__json_reader_init(&r, object);
	dsync__json_take_text(&r, "kind", &kind);
	dsync__json_take_hex(&r, "build", job->build_id, sizeof(job->build_id));
	for (i = 0; i < BYTES_MEMBER_COUNT; i++)
		dsync__json_take_bytes(
			&r, bytes_members[i].name, bytes_members[i].hex_name, bytes_of(job, &bytes_members[i]));
	dsync__json_take_bool(&r, "background", &job->background);
	dsync__json_take_bool(&r, "force", &job->force);
	dsync__json_take_bool(&r, "dry_run", &job->dry_run);
	dsync__json_take_bool(&r, "explain", &job->explain);
	dsync__json_take_bool(&r, "stage", &job->stage);
	dsync__json_take_bool(&r, "session_grant", &job->session_grant);
	dsync__json_take_bool(&r, "fill", &job->fill);
	dsync__json_take_bool(&r, "offline", &job->offline);
	read_session(&r, job);
	dsync__json_take_text(&r, "sandbox", &job->sandbox);
	dsync__json_take_text(&r, "url", &job->url);
	dsync__json_take_integer(&r, "timeout_ms", -1, INT64_MAX, &job->timeout_ms);
	dsync__json_take_integer(&r, "size_max", 0, INT64_MAX, &size_max);
	rc = dsync__json_reader_end(&r, "job", err);
	found = find_kind(kind);
	free(kind);
	if (rc < 0)
		return rc;
	if (found < 0)
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a job of a kind that is not known");
	job->kind = (enum dsync_job_kind)found;
	job->size_max = size_max == INT64_MAX ? UINT64_MAX : (uint64_t)size_max;
	return 0;
}

/* What each kind cannot do without. */
static int
check_complete(const struct dsync_job *job, struct dsync_error *err)
{
	if (job->kind == DSYNC_JOB_REFRESH && (job->path == NULL || job->path[0] != '/'))
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a refresh without an absolute path");
	if (job->kind == DSYNC_JOB_FETCH && job->url == NULL)
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a fetch without a URL");
	if (job->to != NULL && job->to[0] != '/')
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "\"to\" is not an absolute path");
	if ((job->record != NULL && job->record[0] != '/') || (job->replay != NULL && job->replay[0] != '/'))
		return dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a folder of answers is not an absolute path");
	return 0;
}

int
dsync_job_read(const void *packet, size_t size, struct dsync_job *job, struct dsync_error *err)
{
	struct dsync_json_reader r;
	const json_t *object;
	json_t *root;
	int rc;

	dsync_job_init(job);
	rc = dsync__json_parse(packet, size, DSYNC_ERR_PROTOCOL, &root, err);
	if (rc < 0)
		return rc;
	dsync__json_reader_init(&r, root);
	object = dsync__json_take_object(&r, "job");
	rc = dsync__json_reader_end(&r, "packet", err);
	if (rc == 0 && object == NULL)
		rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "a packet without a job");
	if (rc == 0)
		rc = read_members(object, job, err);
	if (rc == 0)
		rc = check_complete(job, err);
	json_decref(root);
	if (rc < 0)
		dsync_job_finish(job);
	return rc;
}
