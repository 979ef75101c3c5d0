/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * reference.h - what an updater must know of URLs; the strict judge of them is the host.
 */
#ifndef GUEST_REFERENCE_H
#define GUEST_REFERENCE_H

#include <stdint.h>

#define URL_SIZE_MAX 8193 /* with its NUL */

/* The URL that a reference stands for on a page at `base` (RFC 3986); 0, or -1 (too long, another scheme than http and https, https to http). */
int32_t reference_resolve(const char *base, const char *reference, char out[URL_SIZE_MAX]);

/* 1 when scheme, host and port are written alike. */
int32_t reference_same_origin(const char *a, const char *b);

/* The last part of the URL's path, without its percent signs; its length, cut to fit. */
int32_t reference_file_name(const char *url, char *out, int32_t size);

#endif
