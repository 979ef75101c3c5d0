/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * media_type.h - which extension goes with which media type, for what people archive most.
 *
 * A table of our own: the answer is the same on every machine, so that the same input makes the same archive.
 */
#ifndef DOTSYNC_MEDIA_TYPE_H
#define DOTSYNC_MEDIA_TYPE_H

#include <stddef.h>

/* The media type of an extension (without its dot, any case), or NULL. */
const char *media_type_of_extension(const char *extension);

/* The usual extension of a media type (parameters do not count), or NULL. */
const char *media_type_extension(const char *type, size_t size);

#endif
