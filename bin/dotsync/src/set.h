/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * set.h - what `dotsync set` is to change: cmd_set.c has the options and the archive, set_manifest.c the manifest.
 */
#ifndef DOTSYNC_SET_H
#define DOTSYNC_SET_H

#include <stdint.h>

#include "command.h"
#include "list.h"

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

#endif
