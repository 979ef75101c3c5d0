/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * range.h - which bytes of the payload: "A-B" (both inclusive), "A-", "-N" (the last N), as in HTTP.
 */
#ifndef DOTSYNC_RANGE_H
#define DOTSYNC_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"

struct range {
	bool is_set;
	bool is_suffix; /* the last `first` bytes */
	uint64_t first;
	uint64_t last; /* UINT64_MAX: to the end */
};

/* 0, or DSYNC_ERR_SYNTAX. */
int range_parse(const char *text, struct range *range);

/*
 * The bytes [*begin, *end) of a payload of `size`; one that starts behind the end is DSYNC_ERR_INVALID, one
 * that ends there is cut.
 */
int range_resolve(const struct range *range, uint64_t size, uint64_t *begin, uint64_t *end, struct dsync_error *err);

#endif
