/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * json_check.h - is this text JSON (RFC 8259)?  Nothing more is asked of it here.
 */
#ifndef FORMAT_JSON_CHECK_H
#define FORMAT_JSON_CHECK_H

#include <stddef.h>

#include "dotsync/error.h"

#define DSYNC__JSON_DEPTH_MAX 512u

/* 0, or DSYNC_ERR_SYNTAX with the byte in the text, DSYNC_ERR_LIMIT for deeper nesting.  No allocation, no recursion. */
int dsync__json_check(const void *text, size_t size, struct dsync_error *err);

#endif
