/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * swap.h - another library's way to replace a payload, if the build found one (swap_libzip.c or swap_none.c).
 */
#ifndef BENCH_SWAP_H
#define BENCH_SWAP_H

#include <stdbool.h>

/* Replaces the payload of an archive by a file's bytes; false: there is no such library. */
bool swap_peer(const char *archive, const char *payload);

#endif
