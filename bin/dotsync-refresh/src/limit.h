/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * limit.h - how large a new payload may become, and how long it may take.
 *
 * The manifest sets limits to its updater and this machine's configuration sets limits to manifests: what costs a guest
 * nothing, like copying the old payload again and again where files share blocks, may cost the host hours of hashing.
 */
#ifndef REFRESH_LIMIT_H
#define REFRESH_LIMIT_H

#include "run.h"

/* Bytes of payload: what the manifest allows, or less where the configuration does. */
uint64_t dsync_limit_payload(const struct dsync_run *run);

/* The updater has ended: from here on only its host works, and in the background not for ever. */
void dsync_limit_finishing(struct dsync_run *run);

/* The progress callback of whatever is copied or read back: non-zero when the caller is gone, or the time. */
int dsync_limit_passed(void *run, uint64_t done, uint64_t total);

/* The updater's own time is over. */
int dsync_limit_fail_time(const struct dsync_run *run, struct dsync_error *err);

/* Says in `err`, which has what went wrong, which limit it was and who can raise it; returns its code, as it is then. */
int dsync_limit_tell(const struct dsync_run *run, struct dsync_error *err);

#endif
