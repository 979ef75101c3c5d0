/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * build_id.h - which build this is.
 *
 * The same 16 bytes are compiled into dotsync, dotsync-refresh and dotsync-worker.
 * Programs that talk to each other compare them, so that a helper of another
 * version is refused by name instead of misunderstood.
 */
#ifndef RUNTIME_BUILD_ID_H
#define RUNTIME_BUILD_ID_H

#define DSYNC_BUILD_ID_SIZE 16

extern const unsigned char dsync_build_id[DSYNC_BUILD_ID_SIZE];

#endif
