/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * view.h - bytes that somebody else owns.
 *
 * A view is a pointer and a length.  It owns nothing; the function that hands
 * one out says until when it is valid and what keeps its memory alive.
 */
#ifndef DOTSYNC_VIEW_H
#define DOTSYNC_VIEW_H

#include <stddef.h>

struct dsync_view {
	const unsigned char *data; /* never NULL in a view that a function filled, even when size is 0 */
	size_t size;               /* in bytes */
};

#endif
