/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * run.h - one refresh of one archive, from the question whether it is due to the swap.
 *
 * The steps are in run.c in the order of doc/refresh.md; each of the other files does one of them on the struct below.  Whatever
 * happens, the archive's bytes are the old or the new ones, and the result says which.
 */
#ifndef REFRESH_RUN_H
#define REFRESH_RUN_H

#include <limits.h>

#include "calls.h"
#include "caller.h"
#include "format/commit.h"
#include "judge.h"
#include "runtime/config.h"
#include "runtime/context.h"
#include "runtime/job.h"
#include "staging.h"

struct dsync_run {
	const struct dsync_context *context;
	const struct dsync_job *job;
	struct dsync_caller *caller;
	struct dsync_result *result;
	int64_t started_us;

	struct dsync_config config;
	int slot;                         /* of the background, -1: none */
	struct dsync_archive *archive;    /* as opened before the lock; from then on the commit's base, referenced */
	struct dsync_judgement judgement; /* of that archive */
	struct dsync_strings withheld;    /* hosts that the manifest asks for and the caller's session does not allow */
	struct dsync_commit *commit;
	int folder;                 /* the commit's, -1 before there is one */
	char scratch[NAME_MAX + 1]; /* a name in it that is ours while we have the lock */
	struct dsync_staging staging;
	struct dsync_calls calls;
	int64_t finish_by_ms; /* when the work after the updater must be done; 0 while the updater runs */
	bool late;            /* a limit of time has passed */
	bool locked_down;
	bool discarded; /* what was staged was not wanted */
};

/* The whole job; everything that can be said about it is in the result, so that it returns nothing. */
void dsync_run_refresh(const struct dsync_context *context, const struct dsync_job *job, struct dsync_caller *caller,
	struct dsync_result *result, int64_t started_us);

/* drive.c: the updater in the worker, until it has said how it went and the worker has exited with 0. */
int dsync_drive(struct dsync_run *run, struct dsync_error *err);

/* finish.c: what is done with what the updater said. */
int dsync_finish(struct dsync_run *run, struct dsync_error *err);

/*
 * finish.c: brings the plain file of --to to this archive's payload, unless it is there already.  Failure is reported in the
 * result, with the rule "to", and changes nothing else.
 */
void dsync_finish_plain(struct dsync_run *run, const struct dsync_archive *archive);

/* record.c: what is remembered of an attempt. */
void dsync_record_unchanged(struct dsync_run *run);
void dsync_record_failure(struct dsync_run *run, const struct dsync_error *error);

/* The record of a new version, as it is before the swap: to be set on the staging file. */
void dsync_record_updated(const struct dsync_run *run, const unsigned char generation[DSYNC_GENERATION_SIZE],
	int64_t now, struct dsync_state *state);

/* explain.c: what a refresh would do, in lines for people; NULL when memory ran out. */
char *dsync_explain(const struct dsync_run *run);

#endif
