/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * secrets.h - the values of the secrets that one run may use.
 *
 * Read once, before the lock-down, which leaves few files to read; wiped at the end.  One that cannot be had is no reason to
 * fail: it is said when the updater asks for it.
 */
#ifndef REFRESH_SECRETS_H
#define REFRESH_SECRETS_H

#include "broker/broker.h"
#include "runtime/grants.h"

#define DSYNC_SECRET_FAULT_SIZE 512u

struct dsync_run_secrets {
	struct dsync_broker_secret items[DSYNC_SECRETS_MAX]; /* names and places are the consent's */
	char *values[DSYNC_SECRETS_MAX];
	char faults[DSYNC_SECRETS_MAX][DSYNC_SECRET_FAULT_SIZE];
	size_t count;
};

/* NULL where none was granted, or memory ran out: then none is used.  The consent must stay as long as the result. */
struct dsync_run_secrets *dsync_run_secrets_load(const struct dsync_consent *consent);
void dsync_run_secrets_free(struct dsync_run_secrets *secrets);

#endif
