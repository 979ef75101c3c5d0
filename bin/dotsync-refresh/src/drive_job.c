/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What one run may do, what is known of its archive's past, and the job that the worker is given. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "drive.h"
#include "format/layout.h"
#include "limit.h"
#include "terms.h"

#define CPU_SECONDS_MAX 3600

static void
add_string(
	struct dsync_frame_job *job, struct dsync_buffer *strings, uint32_t *count, const char *name, const char *value)
{
	if (strings->size + strlen(name) + strlen(value) + 2 > DSYNC_DRIVE_STRINGS_MAX)
		return;
	dsync_buffer_printf(strings, "%s%s%s", name, name[0] != '\0' ? "=" : "", value);
	dsync_buffer_append_byte(strings, '\0');
	*count += 1;
	job->strings = dsync_buffer_view(strings);
}

static void
add_list(struct dsync_frame_job *job, struct dsync_buffer *strings, const char *name, const struct dsync_strings *list)
{
	struct dsync_buffer joined;
	size_t i;

	dsync_buffer_init(&joined, DSYNC_DRIVE_STRINGS_MAX);
	for (i = 0; i < list->count; i++)
		dsync_buffer_printf(&joined, "%s%s", i > 0 ? "," : "", list->items[i]);
	if (dsync_buffer_text(&joined) != NULL || list->count == 0)
		add_string(
			job, strings, &job->environment_count, name, list->count > 0 ? dsync_buffer_text(&joined) : "");
	dsync_buffer_finish(&joined);
}

/* The variables that the manifest asks for and the user granted, where they are set. */
static void
add_granted(const struct dsync_permissions *p, struct dsync_frame_job *job, struct dsync_buffer *strings)
{
	const char *name, *value;
	size_t i, k;

	for (i = 0; i < p->env_asked->count; i++) {
		name = p->env_asked->items[i];
		value = strchr(name, '=') == NULL ? getenv(name) : NULL;
		for (k = 0; value != NULL && k < p->env_granted->count; k++) {
			if (strcmp(name, p->env_granted->items[k]) == 0)
				add_string(job, strings, &job->environment_count, name, value);
		}
	}
}

/* What a WASI command sees of its surroundings: its name, the places in its one folder, what it may do. */
static void
describe_surroundings(const struct dsync_run *run, struct dsync_frame_job *job, struct dsync_buffer *strings)
{
	const struct dsync_permissions *p = &run->calls.permissions;

	add_string(job, strings, &job->argument_count, "", DSYNC_ENTRY_UPDATER);
	add_string(job, strings, &job->environment_count, "SYNC_MODE", run->job->push ? "push" : "pull");
	add_string(job, strings, &job->environment_count, "SYNC_PATH", "/sync");
	add_string(job, strings, &job->environment_count, "SYNC_PAYLOAD", "/sync/payload");
	add_string(job, strings, &job->environment_count, "SYNC_CONTEXT", "/sync/context.json");
	add_list(job, strings, "ALLOW_HOSTS", &run->judgement.consent.asked_hosts);
	add_list(job, strings, "ALLOW_ENV", p->env_asked);
	add_granted(p, job, strings);
}

/* A backstop behind the deadline on the wall: what the guest may compute while the network extends that one. */
static uint64_t
cpu_limit_ms(const struct dsync_run *run)
{
	const struct dsync_manifest *m = dsync_archive_manifest(run->archive);
	uint64_t seconds = (uint64_t)dsync_manifest_timeout(m);
	uint64_t rate = run->config.min_rate > 0 ? run->config.min_rate : DSYNC_BROKER_MIN_RATE;

	if (seconds < CPU_SECONDS_MAX)
		seconds += dsync_limit_payload(run) / rate;
	return (seconds < CPU_SECONDS_MAX ? seconds : CPU_SECONDS_MAX) * 1000;
}

int
dsync_drive_describe(const struct dsync_run *run, const struct dsync_code *code, struct dsync_frame_job *job,
	struct dsync_buffer *strings, struct dsync_error *err)
{
	int rc;

	memset(job, 0, sizeof(*job));
	job->mode = run->judgement.updater.decodes ? DSYNC_JOB_DECODE : DSYNC_JOB_RUN;
	job->data_size = code->size;
	job->push = run->job->push;
	job->memory_max = code->key.memory_max;
	job->cpu_ms = dsync_terms_lower(cpu_limit_ms(run), run->job->cpu_ms);
	job->log_max = DSYNC_CALLS_LOG_MAX;
	job->now_ms = dsync_sys_now_ms();
	rc = dsync_sys_random(job->seed, sizeof(job->seed));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random numbers");
	describe_surroundings(run, job, strings);
	return dsync_buffer_error(strings) < 0 ? dsync_error_set_memory(err) : 0;
}

static void
set_validators(struct dsync_validators *v, const unsigned char request[16], const char *etag, const char *last_modified)
{
	static const unsigned char none[16];

	v->present = memcmp(request, none, sizeof(none)) != 0 && (etag[0] != '\0' || last_modified[0] != '\0');
	memcpy(v->request, request, sizeof(v->request));
	memcpy(v->etag, etag, DSYNC_STATE_VALIDATOR_MAX + 1);
	memcpy(v->last_modified, last_modified, DSYNC_STATE_VALIDATOR_MAX + 1);
}

/* A user who allows this run once allows what the manifest asks for, though no private address. */
static void
set_permissions(struct dsync_run *run)
{
	const struct dsync_consent *consent = &run->judgement.consent;
	const bool once = run->job->session_grant;
	const struct dsync_strings *hosts = once ? &consent->asked_hosts : &consent->granted_hosts;
	struct dsync_permissions *p = &run->calls.permissions;

	p->asked.entries = (const char *const *)consent->asked_hosts.items;
	p->asked.count = consent->asked_hosts.count;
	p->granted.entries = (const char *const *)hosts->items;
	p->granted.count = hosts->count;
	p->withheld.entries = (const char *const *)run->withheld.items;
	p->withheld.count = run->withheld.count;
	p->private_.entries = (const char *const *)consent->granted_private.items;
	p->private_.count = consent->granted_private.count;
	p->network_none = dsync_manifest_network_scope(dsync_archive_manifest(run->archive)) == DSYNC_NETWORK_NONE;
	p->env_asked = &consent->asked_env;
	p->env_granted = once ? &consent->asked_env : &consent->granted_env;
}

/* The numbers of the key DSYNC_GUEST_KEY_REASON. */
static int64_t
reason_of(const struct dsync_run *run)
{
	if (run->job->push)
		return 2;
	return dsync_archive_payload_size(run->archive) == 0 ? 3 : run->job->force;
}

void
dsync_drive_prepare(struct dsync_run *run)
{
	const struct dsync_manifest *m = dsync_archive_manifest(run->archive);
	const struct dsync_judgement *j = &run->judgement;
	struct dsync_calls *c = &run->calls;
	int64_t timeout = dsync_manifest_timeout(m);

	c->caller = run->caller;
	c->base = run->archive;
	c->staging = &run->staging;
	c->config = &run->config;
	c->worker_fd = -1;
	c->spool = -1;
	c->record = run->job->record;
	c->replay = run->job->replay;
	c->spool_folder = run->folder;
	c->spool_name = run->scratch;
	c->timeout_ms = timeout < INT64_MAX / 4000 ? timeout * 1000 : INT64_MAX / 4;
	if (run->job->timeout_ms >= 0 && run->job->timeout_ms < c->timeout_ms)
		c->timeout_ms = run->job->timeout_ms;
	c->payload_max = dsync_limit_payload(run);
	c->reason = reason_of(run);
	c->sealed = dsync_manifest_has_signature(m) || dsync_manifest_has_seal(m);
	set_validators(&c->known, j->state.request, j->state.etag, j->state.last_modified);
	if (j->has_attest) {
		set_validators(&c->attested, j->attest.request, j->attest.etag, j->attest.last_modified);
		memcpy(c->attested_payload, j->attest.payload_hash, sizeof(c->attested_payload));
	}
	memcpy(c->updater_hash, j->updater.hash, sizeof(c->updater_hash));
	c->fill = run->job->fill ? run->result : NULL;
	c->secrets = dsync_run_secrets_load(&j->consent);
	dsync_terms_narrow(run);
	set_permissions(run);
}
