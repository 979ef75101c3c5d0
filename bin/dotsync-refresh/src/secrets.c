/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "secrets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "dotsync/error.h"

static void
load_one(const struct dsync_secret *secret, struct dsync_run_secrets *secrets)
{
	const size_t i = secrets->count++;
	struct dsync_broker_secret *item = &secrets->items[i];
	struct dsync_error err = { 0 };

	item->name = secret->name;
	item->host = secret->host;
	item->port = secret->port;
	item->header = secret->in_query ? NULL : secret->place;
	item->query = secret->in_query ? secret->place : NULL;
	item->format = secret->format;
	if (dsync_secret_value(secret, &secrets->values[i], &err) == 0) {
		item->value = secrets->values[i];
		return;
	}
	dsync_error_format(&err, secrets->faults[i], DSYNC_SECRET_FAULT_SIZE);
	item->fault = secrets->faults[i];
}

struct dsync_run_secrets *
dsync_run_secrets_load(const struct dsync_consent *consent)
{
	struct dsync_run_secrets *secrets;
	size_t i;

	if (consent->secrets.count == 0)
		return NULL;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no dump of this process, and no look into it by this user's others */
	secrets = calloc(1, sizeof(*secrets));
	for (i = 0; secrets != NULL && i < consent->secrets.count && i < DSYNC_SECRETS_MAX; i++)
		load_one(&consent->secrets.items[i], secrets);
	return secrets;
}

void
dsync_run_secrets_free(struct dsync_run_secrets *secrets)
{
	size_t i;

	if (secrets == NULL)
		return;
	for (i = 0; i < secrets->count; i++)
		dsync_secret_wipe(secrets->values[i]);
	free(secrets);
}
