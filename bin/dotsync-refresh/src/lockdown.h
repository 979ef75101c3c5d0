/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * lockdown.h - this process gives up what its job does not need, before it talks to a server.
 *
 * no_new_privs; limits (no core file, 256 descriptors, half a gibibyte more of memory); the system calls of deny.h; and with Landlock: no
 * TCP port is opened, no abstract socket reached; writing only in the folders of the archive, of --to, of state and
 * cache; reading only there, in the configuration, the certificates and what looking up a name needs.  After the
 * workers were started, because a locked process could not start them, and after the HTTP library was loaded, which may
 * lie anywhere.  Best effort, and reported in the sandbox line as "refresher=...".
 */
#ifndef REFRESH_LOCKDOWN_H
#define REFRESH_LOCKDOWN_H

#include "runtime/config.h"
#include "runtime/context.h"
#include "runtime/job.h"

/* What stays open.  Any member may be NULL or -1, but for context and config. */
struct dsync_lockdown {
	const struct dsync_context *context;
	const struct dsync_config *config;
	int folder; /* of the archive that may be replaced, as the commit holds it: written to; so are state and cache */
	const char *link;            /* the path as it was given, if it led there by a symbolic link */
	const char *to;              /* a file that may be replaced */
	const char *record, *replay; /* folders of recorded answers: written to, read */
};

void dsync_lockdown(const struct dsync_lockdown *plan, struct dsync_result *result);

#endif
