/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * entries.h - an archive's entries and trust layers as JSON: info, ls and verify.
 */
#ifndef DOTSYNC_ENTRIES_H
#define DOTSYNC_ENTRIES_H

#include "base/buffer.h"

struct dsync_archive;
struct dsync_trust;

/* "entries": [{name, offset, size, stored_size, method}] into an open object. */
void entries_put_json(struct dsync_buffer *out, const struct dsync_archive *archive);

/* "layers": [{layer, verdict, detail}] */
void entries_put_layers(struct dsync_buffer *out, const struct dsync_trust *trust);

#endif
