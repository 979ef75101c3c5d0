/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * pointer.h - a value inside a JSON document, found by a pointer (RFC 6901).
 *
 *	/assets/0/url			the first element
 *	/assets/name=data-*.csv/url	the first element whose "name" is such a text; * is any run of characters
 *
 * The second form is an addition, for lists whose order nobody promises.  A slash inside a part is written ~1, a tilde ~0.
 */
#ifndef GUEST_POINTER_H
#define GUEST_POINTER_H

#include "json.h"

#define POINTER_SIZE_MAX 1024 /* with its NUL */

/* 0 with the value, or -1 with how much of the pointer led somewhere in *used. */
int32_t pointer_find(struct json_span text, const char *pointer, struct json_span *value, int32_t *used);

/* 1 when it begins with a slash and each tilde is one of the two above. */
int32_t pointer_is_valid(const char *pointer);

#endif
