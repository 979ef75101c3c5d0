/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plan.h - context.json of the built-in updater (doc/built-in-updater.md), read strictly.
 *
 *	{"v": 1, "urls": ["https://example.com/data.csv.gz", "https://mirror.example/data.csv.gz"],
 *	 "headers": {"Accept": "text/csv"}, "query": {"key": "{secret:KEY}"},
 *	 "json_url": "/assets/name=*.csv.gz/url", "expect": "sha256:...", "unpack": ["gz"], "allow_empty": false}
 *
 * Only "urls" must be there.  A key that is not known is refused by its name: it would have meant something.
 */
#ifndef GUEST_PLAN_H
#define GUEST_PLAN_H

#include "json.h"
#include "pointer.h"
#include "reference.h"
#include "unpack.h"

#define PLAN_MEMBER_SIZE_MAX 4097
#define PLAN_REASON_SIZE 256

struct plan {
	struct json_span urls, headers, query; /* the latter two are empty where there are none */
	int32_t allow_empty;
	int32_t has_pointer, has_sum, has_sums_url;
	char pointer[POINTER_SIZE_MAX];
	unsigned char sum[SUM_SIZE]; /* with has_sum */
	char sums_url[URL_SIZE_MAX]; /* with has_sums_url; a reference */
	int32_t steps[UNPACK_STEPS_MAX], step_count;
	char member[PLAN_MEMBER_SIZE_MAX];
	char reason[PLAN_REASON_SIZE]; /* why it is none */
};

/* Reads the context, which the plan refers to afterwards; 0, or -1 with the reason. */
int32_t plan_read(struct plan *plan);

#endif
