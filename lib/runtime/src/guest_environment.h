/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest_environment.h - the variables that a guest program is started with, in both generations of names.
 */
#ifndef RUNTIME_GUEST_ENVIRONMENT_H
#define RUNTIME_GUEST_ENVIRONMENT_H

#include "guest_message.h"

struct dsync_session;

/*
 * As the program that was started: what is set must agree with the request, else DSYNC_ERR_INVALID names the variable.
 * The rest narrows the session that the request gets: bounds, limits, and of its hosts and variables those that ALLOW_HOSTS and ALLOW_ENV have too.
 */
struct dsync_guest_contract {
	struct dsync_bounds bounds; /* of a widget */
	struct dsync_session_limits limits;
	const char *hosts, *env; /* lists with commas; NULL: not set */
};
int dsync__guest_environment_read(char *const *environment, const struct dsync_guest_request *request,
	struct dsync_guest_contract *contract, struct dsync_error *err);
int dsync__guest_environment_apply(const struct dsync_guest_contract *contract,
	const struct dsync_guest_request *request, struct dsync_session *session, struct dsync_error *err);

/* As the program that starts one: a list of "NAME=VALUE" that ends with NULL. */
struct dsync_guest_environment {
	char **items;
	size_t count;
};
int dsync__guest_environment_make(struct dsync_guest_environment *made, char *const *ours,
	const struct dsync_guest_request *request, const struct dsync_session *session, struct dsync_error *err);
void dsync__guest_environment_finish(struct dsync_guest_environment *made);

#endif
