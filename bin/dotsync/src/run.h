/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * run.h - what the parts of `dotsync run` share.
 *
 *	cmd_run.c     the options, and the run itself
 *	run_place.c   a folder of its own with the archive that the updater is tried in
 *	run_tell.c    what is said of it
 */
#ifndef DOTSYNC_RUN_H
#define DOTSYNC_RUN_H

#include <stdint.h>

#include "base/buffer.h"
#include "command.h"
#include "list.h"
#include "report.h"
#include "runtime/job.h"

struct dsync_archive;

struct run {
	/* as they were given; NULL or -1 where they were not */
	const char *wasm, *payload, *pushed, *context, *manifest, *output, *record, *replay, *sandbox;
	struct list hosts, env;
	int64_t timeout;
	bool force; /* OUT may be there */

	struct app *app;

	/* as they were read */
	struct dsync_buffer wasm_bytes, context_json, manifest_text;

	/* while it runs */
	int ending; /* readable when a signal waits, else -1 */
	struct progress progress;
	struct dsync_buffer refused, log; /* with --json: elements of their arrays */
	char last_refused[2048];          /* as it was told */
	struct dsync_result result;
};

/* Everything the trial touches, but for compiled updaters and the key of their cache: gone afterwards. */
struct run_place {
	char *folder; /* NULL: none was made */
	char *archive;
	char *config;
	char *state; /* in the folder, or the user's */
};

/* Reads the files that were given, but for the payload, which may be large. */
int run_read_inputs(struct run *run, struct dsync_error *err);

/* A piece of standard input: its size, 0 at the end, or negative; a signal ends it with DSYNC_ERR_CANCELLED.  `user` is the run. */
int64_t run_read_stdin(void *user, void *room, size_t size);

/* Makes the folder, and in it the archive, and the grant of all that it asks for. */
int run_place_make(struct run *run, struct run_place *place, struct dsync_error *err);
void run_place_remove(struct run_place *place);

/* One event, as it comes; `user` is the run. */
void run_tell_event(void *user, const struct dsync_event *event);

/* What came of it, and how the payload changed; an exit status. */
int run_tell(struct run *run, struct dsync_archive *before, struct dsync_archive *after);

#endif
