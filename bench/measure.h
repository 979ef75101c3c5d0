/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * measure.h - what the programs of bench/ share: a clock, and one way to give up.
 *
 *	int64_t start = measure_now();
 *	...
 *	times[i] = measure_now() - start;
 *
 * These programs are run by run.py, which judges; they measure and say JSON.  A
 * measurement that goes wrong is worth nothing, so the first fault ends the program.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "dotsync/error.h"

/* Nanoseconds of a clock that only goes forward. */
int64_t measure_now(void);

/* Says what failed, with errno's text, and ends the program. */
_Noreturn void measure_fail(const char *what);

/* The same for a fault of ours. */
_Noreturn void measure_fail_with(const char *what, const struct dsync_error *err);

/* Opens for reading, and says how large the file is. */
int measure_open(const char *path, size_t *size);

/* Prints `"name": [1, 2, 3]`. */
void measure_print_list(const char *name, const int64_t *values, size_t count);

#endif
