/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * builder.h - what programs of this tree may do with a builder beyond dotsync/builder.h.
 */
#ifndef FORMAT_BUILDER_H
#define FORMAT_BUILDER_H

#include "dotsync/builder.h"
#include "format/commit.h"

/*
 * Called by dsync_builder_write() under the lock, when the new version is whole in the staging file and before it is put in
 * place: the time to give it attributes that must appear together with it.  A negative code ends the write with
 * nothing changed; the error is the callback's to fill.
 */
typedef int dsync_builder_before_publish(void *user, struct dsync_commit *commit, struct dsync_error *err);
void
dsync_builder_set_before_publish(struct dsync_builder *b, dsync_builder_before_publish *before_publish, void *user);

#endif
