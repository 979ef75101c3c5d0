/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fetch.h - get one URL that a person typed (`create --from`): no archive, no updater, no grant.
 *
 * The body goes to a descriptor of the caller's; status, headers and the origin of every hop go into the result, and
 * what to make of them is the caller's affair.
 */
#ifndef REFRESH_FETCH_H
#define REFRESH_FETCH_H

#include "broker/broker.h"
#include "caller.h"
#include "runtime/context.h"
#include "runtime/job.h"

/* `out` stays the caller's and may be a file, a pipe, or -1 to throw the body away. */
void dsync_fetch(const struct dsync_context *context, const struct dsync_job *job, int out, struct dsync_caller *caller,
	struct dsync_result *result);

/* What an answer said of the payload, instead of what an earlier one said; and the origin of each request that was made. */
void dsync_fetch_report_head(const struct dsync_response *response, struct dsync_result *result);
int dsync_fetch_report_hops(const struct dsync_broker *broker, struct dsync_result *result, struct dsync_error *err);

/* The file name in a Content-Disposition header, allocated; NULL when there is none that is a plain name. */
char *dsync_disposition_file_name(const char *header);

#endif
