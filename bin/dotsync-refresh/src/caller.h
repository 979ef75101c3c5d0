/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * caller.h - this program's end of the conversation with whoever started it (runtime/job.h).
 *
 *	dsync_caller_init(&caller, DSYNC_JOB_FD);
 *	dsync_caller_receive(&caller, &job, &fd, &err);    once
 *	dsync_caller_tell(&caller, DSYNC_EVENT_STARTED, "");
 *	dsync_caller_send(&caller, &result);
 *
 * Events are a courtesy: when the caller does not read, they are dropped and never waited for.  The outcome is
 * waited for.  A caller that hangs up has cancelled, unless the job is for the background.
 */
#ifndef REFRESH_CALLER_H
#define REFRESH_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/job.h"

struct dsync_caller {
	int fd;
	int passed;          /* the descriptor that came with the job, for a pushed payload; -1: none; borrowed */
	bool background;     /* a hang-up means nothing */
	bool cancelled;      /* stays true once it was seen */
	int64_t progress_ms; /* when progress was told last */
	char **environment;  /* as the caller gave it, for the commands that it wants run; borrowed */
};

void dsync_caller_init(struct dsync_caller *caller, int fd);

/* Waits for the job; `passed` is the descriptor that came with it, or -1, and then the receiver's. */
int dsync_caller_receive(struct dsync_caller *caller, struct dsync_job *job, int *passed, struct dsync_error *err);

void dsync_caller_tell(struct dsync_caller *caller, enum dsync_event_kind kind, const char *text);

/* A line of the updater's log, or of ours; untrusted text is escaped here. */
void dsync_caller_log(struct dsync_caller *caller, int level, const void *text, size_t size);

/* At most ten a second are sent. */
void dsync_caller_progress(struct dsync_caller *caller, uint64_t done, uint64_t total);

/* Has the caller hung up, or said something that it should not have? */
bool dsync_caller_is_cancelled(struct dsync_caller *caller);

/* The descriptor to watch for that while waiting for something else; -1 when it does not matter. */
int dsync_caller_watch_fd(const struct dsync_caller *caller);

/* Sends an outcome, shortened where a packet would be too long. */
int dsync_caller_send(struct dsync_caller *caller, struct dsync_result *result);

/* Waits for the decision on a staged outcome: true for "commit"; anything else, or nothing, is no. */
bool dsync_caller_decision(struct dsync_caller *caller);

#endif
