/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * terms.h - what a session's job has beyond a refresh: narrower lists, lower limits, a pushed payload.
 *
 * All of it takes away from what the archive's updater could have otherwise.
 */
#ifndef REFRESH_TERMS_H
#define REFRESH_TERMS_H

#include "run.h"

/* Maps what came with a push job; DSYNC_ERR_PROTOCOL when nothing did.  To be ended in any case. */
int dsync_terms_begin(struct dsync_run *run, int passed, struct dsync_error *err);
void dsync_terms_end(struct dsync_run *run);

/* Leaves of the hosts and variables that the manifest asks for those that the session allows. */
void dsync_terms_narrow(struct dsync_run *run);

/* Of the guest's linear memory, bytes. */
uint64_t dsync_terms_memory(const struct dsync_run *run);

/* The smaller of the two; 0 in a job is no limit. */
uint64_t dsync_terms_lower(uint64_t limit, uint64_t wanted);

/* After an updater that did not refuse it: the pushed payload takes the place of whatever was staged.  *changed: it is another than the old one. */
int dsync_terms_take_pushed(struct dsync_run *run, bool *changed, struct dsync_error *err);

#endif
