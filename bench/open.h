/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * open.h - ways to open an archive; each opens it, reaches the payload and closes it again.
 */
#ifndef BENCH_OPEN_H
#define BENCH_OPEN_H

#include <stddef.h>

struct open_way {
	const char *name;
	void (*run)(const char *path);
};

/* Other libraries, if the build found any (open_libzip.c or open_none.c). */
extern const struct open_way open_peers[];
extern const size_t open_peer_count;

#endif
