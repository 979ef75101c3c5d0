/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * difference.h - what changed between two payloads, for a person who develops an updater.
 */
#ifndef DOTSYNC_DIFFERENCE_H
#define DOTSYNC_DIFFERENCE_H

#include <stdint.h>
#include <stdio.h>

#include "dotsync/view.h"

/* The first byte that is not the same, or the end of the shorter one; -1 when the two are equal. */
int64_t difference_at(struct dsync_view before, struct dsync_view after);

/*
 * Where they differ and, when both are text there, the lines between what they have in common at either end: a few of the old ones
 * behind "-", a few of the new ones behind "+".
 */
void difference_show(FILE *stream, struct dsync_view before, struct dsync_view after);

#endif
