/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * place.h - where in a text a key stands, or would have to.
 *
 *	struct place place;
 *	rc = dsync__toml_place_find(doc, "policy", "ttl", &place, err);
 *	if (place.key == DSYNC_TOML_NONE)
 *		... the key would go into place.anchor ...
 *
 * The anchor is the last table of the path that has a place of its own in the text:
 * a header's lines or a pair of braces.  What the path names below it is written as
 * a dotted key there.
 */
#ifndef TOML_PLACE_H
#define TOML_PLACE_H

#include "base/buffer.h"
#include "internal.h"

struct place {
	uint32_t key; /* NONE when it is not there */
	uint32_t anchor;
	const char *rest;    /* the part of the path below the anchor */
	const char *missing; /* the part of the path that is in no table yet */
};

/* Fails with INVALID when the path or the key names something that cannot be edited as one value. */
int dsync__toml_place_find(
	const struct dsync_toml *doc, const char *table, const char *key, struct place *place, struct dsync_error *err);

/* Appends what has to stand at *at so that the document gets the key; the document lacks it. */
void dsync__toml_place_insert(const struct dsync_toml *doc, const struct place *place, const char *table,
	const char *key, const char *value, struct dsync_buffer *out, uint32_t *at);

/* The bytes that go when the key goes. */
struct dsync_toml_range dsync__toml_place_remove(const struct dsync_toml *doc, const struct place *place);

#endif
