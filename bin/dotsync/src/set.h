/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * set.h - what `dotsync set` is to change: cmd_set.c has the options and the archive, set_manifest.c the manifest,
 * set_state.c what is remembered of the archive.
 */
#ifndef DOTSYNC_SET_H
#define DOTSYNC_SET_H

#include <stdint.h>

#include "command.h"
#include "list.h"
#include "report.h"
#include "runtime/state.h"

struct dsync_archive;
struct dsync_commit;
struct dsync_manifest;

/* As the options say; NULL or -1 where they say nothing. */
struct set {
	const char *payload, *context, *wasm;
	const char *name, *description, *type, *ext, *network;
	struct list hosts, env, keys;
	int64_t ttl, timeout;
	bool yes;
};

bool set_changes_manifest(const struct set *s);

/* All changes of the manifest, a new payload's time of creation among them. */
int set_edit_manifest(const struct set *s, struct dsync_manifest *m, struct dsync_error *err);

/* One change, from its options to its swap. */
struct set_change {
	struct app *app;
	const char *file;
	const struct set *s;
	struct dsync_state state; /* of the new version, once it is staged */
	struct progress progress;
};

/*
 * A dsync_builder_before_publish, `user` is the change: under the lock of refreshes and holds the record goes onto the
 * staged file, so that data and state swap together.
 */
int set_put_record(void *user, struct dsync_commit *commit, struct dsync_error *err);

/* Where the file system keeps no attributes the record goes into the state folder, after the swap. */
void set_keep_record(const struct set_change *c, const struct dsync_archive *now);

#endif
