/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * classes.h - the ways in which ZIP readers have been found to disagree, each taken
 * through all its variants (ZipDiff, USENIX Security 2025: classes A1 to C5).
 *
 * Every archive must be refused, or be read as the layout in `h` says.
 */
#ifndef ZIP_TEST_CLASSES_H
#define ZIP_TEST_CLASSES_H

#include "hostile.h"

/* Gets each archive after it was emitted; `name` is its class and a running number. */
typedef void classes_take(void *context, const struct hostile *h, const char *name);

/* Builds every archive of every class; returns how many. */
size_t classes_each(classes_take *take, void *context);

#endif
