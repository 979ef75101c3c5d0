/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * manifest_json.h - a whole manifest as one JSON object, for programs.
 *
 * Known keys come first, in the order of doc/format.md, typed and with their defaults
 * filled in; a key that is absent and has no default is null, an unlimited duration too.  The
 * trust tables (signature, publisher, dotsync, owner_chain), encryption.meta and all unknown keys
 * and tables follow as they are written.  Times of ours are RFC 3339 UTC; dates and times in unknown
 * keys are strings as written, and so are inf and nan, which JSON lacks.
 */
#ifndef FORMAT_MANIFEST_JSON_H
#define FORMAT_MANIFEST_JSON_H

#include "base/buffer.h"

struct dsync_manifest;

/* Appends the object without a newline; returns 0 or the buffer's failure. */
int dsync_manifest_json_append(struct dsync_buffer *out, const struct dsync_manifest *m);

#endif
