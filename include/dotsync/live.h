/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * live.h - a handle that follows versions: each transaction sees one whole version, the next one sees the newest.
 *
 *	struct dsync_live *live = dsync_live_open("geo.mmdb.sync", NULL, &err);
 *	for (;;) {
 *		struct dsync_snapshot *snapshot = dsync_live_acquire(live, &err);
 *		look_up(dsync_snapshot_payload(snapshot));
 *		dsync_live_release(live, snapshot);
 *	}
 *
 * Acquiring costs one fstatat when nothing changed.  An old version goes when its last reader does.  When a swapped-in file is no
 * valid archive, the last good version goes on being handed out and the error is reported beside it.  A stale archive
 * starts one background refresh unless the options forbid it (looked at once a minute).  The handle may be shared by threads, and so may
 * payloads; the archive of a snapshot is for one thread at a time.
 */
#ifndef DOTSYNC_LIVE_H
#define DOTSYNC_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "dotsync/error.h"
#include "dotsync/view.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_archive;
struct dsync_context;
struct dsync_live;
struct dsync_snapshot;

struct dsync_live_options {
	size_t size;                   /* set by the initialiser */
	struct dsync_context *context; /* NULL: the defaults */
	bool never_refresh;            /* do not start background refreshes */
	void (*changed)(void *user,
		struct dsync_snapshot *now); /* from inside acquire, when a new version was found; may be NULL */
	void *user;
};
#define DSYNC_LIVE_OPTIONS_INIT \
	{ \
		.size = sizeof(struct dsync_live_options) \
	}

struct dsync_live *dsync_live_open(const char *path, const struct dsync_live_options *options, struct dsync_error *err);
void dsync_live_close(
	struct dsync_live *live); /* snapshots that are still held stay valid until released; NULL is allowed */

/*
 * The newest good version.  `err` (code 0 otherwise) is also filled when an older version is handed out, because the newer one is bad or cannot be
 * opened.  NULL only when the manifest says fail_closed and the data has expired (DSYNC_ERR_EXPIRED).
 */
struct dsync_snapshot *dsync_live_acquire(struct dsync_live *live, struct dsync_error *err);
void dsync_live_release(struct dsync_live *live, struct dsync_snapshot *snapshot);

/* Mapped; valid until release. */
struct dsync_view dsync_snapshot_payload(const struct dsync_snapshot *snapshot);
struct dsync_archive *dsync_snapshot_archive(const struct dsync_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
