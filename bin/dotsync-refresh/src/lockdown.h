/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * lockdown.h - this process gives up what a refresh does not need, before it talks to a server.
 *
 * no_new_privs, no core files, and with Landlock: writing only in the folders of the archive, of --to, of state and
 * cache; reading only there, in the configuration, the certificates and what looking up a name needs.  After the workers were started,
 * because a locked process could not start them.  Best effort, and reported in the sandbox line as "refresher=...";
 * with --check or --exec nothing is locked, because those commands would be locked too.
 */
#ifndef REFRESH_LOCKDOWN_H
#define REFRESH_LOCKDOWN_H

struct dsync_run;

void dsync_lockdown(struct dsync_run *run);

#endif
