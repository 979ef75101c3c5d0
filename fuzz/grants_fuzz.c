/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any file of a grant: what is accepted can be written, and then grants the same. */
#include <stdlib.h>
#include <string.h>

#include "../lib/runtime/src/grants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_same(const struct dsync_strings *a, const struct dsync_strings *b)
{
	size_t i;

	if (a->count != b->count)
		abort();
	for (i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_grant grant, again;
	struct dsync_buffer out;

	if (dsync__grant_parse((const char *)data, size, &grant, NULL) < 0)
		return 0;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	if (dsync_grant_write(&grant, &out) < 0 ||
		dsync__grant_parse((const char *)out.data, out.size, &again, NULL) < 0)
		abort();
	if (strcmp(grant.owner, again.owner) != 0 || grant.any_updater != again.any_updater ||
		memcmp(grant.updater, again.updater, sizeof(grant.updater)) != 0)
		abort();
	check_same(&grant.hosts, &again.hosts);
	check_same(&grant.env, &again.env);
	check_same(&grant.private_hosts, &again.private_hosts);
	dsync_buffer_finish(&out);
	dsync_grant_finish(&grant);
	dsync_grant_finish(&again);
	return 0;
}
