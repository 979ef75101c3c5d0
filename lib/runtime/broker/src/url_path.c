/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * RFC 3986 section 5.2.4: "." and ".." are taken out of a path, ".." with the segment
 * before it.  Percent signs are left alone: %2e is a name like any other.
 */
#include <string.h>

#include "internal.h"

/* The length of `path` up to, not including, its next '/' after the first byte. */
static size_t
segment_size(const char *path, size_t size)
{
	const char *slash = size > 1 ? memchr(path + 1, '/', size - 1) : NULL;

	return slash != NULL ? (size_t)(slash - path) : size;
}

static size_t
drop_last_segment(const char *out, size_t used)
{
	while (used > 0 && out[--used] != '/')
		;
	return used;
}

size_t
dsync__path_normalise(char *out, const char *path, size_t size)
{
	size_t used = 0;
	size_t segment;
	bool one, two;

	while (size > 0) {
		segment = segment_size(path, size); /* begins with '/' */
		one = segment == 2 && path[1] == '.';
		two = segment == 3 && path[1] == '.' && path[2] == '.';
		if (two)
			used = drop_last_segment(out, used);
		if ((one || two) && segment == size) {
			out[used++] = '/'; /* what ends in a dot names the folder */
		} else if (!one && !two) {
			memcpy(out + used, path, segment);
			used += segment;
		}
		path += segment;
		size -= segment;
	}
	if (used == 0)
		out[used++] = '/';
	return used;
}
