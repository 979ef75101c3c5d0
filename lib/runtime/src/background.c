/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * background.c - a refresh that nobody waits for, and not more of them at once than the user has slots.
 *
 * The slots are the refresher's: STATE/slots/N, each locked by whoever works in it.  Here they are only looked at, so that a thousand
 * readers of stale archives do not start a thousand programs; should two look at the same moment, the refresher that finds
 * no slot ends at once.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/refresh.h"
#include "dotsync/status.h"
#include "refresh.h"
#include "runtime/client.h"
#include "runtime/config.h"
#include "runtime/context.h"

#define SLOT_NAME_ROOM 24 /* "/slots/" and a number */

static bool
is_taken(const char *slot)
{
	bool taken;
	int fd;

	fd = dsync_sys_openat(DSYNC_SYS_CWD, slot, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0)
		return false; /* never used so far, or not ours to judge */
	taken = dsync_sys_is_locked(fd) > 0;
	dsync_sys_close(fd);
	return taken;
}

static int
find_slot(const struct dsync_context *context, uint32_t count, bool *found, struct dsync_error *err)
{
	const char *state = dsync_context_state_dir(context);
	size_t size;
	char *slot;
	uint32_t i;

	*found = true;
	if (state == NULL)
		return 0;
	size = strlen(state) + SLOT_NAME_ROOM;
	slot = malloc(size);
	if (slot == NULL)
		return dsync_error_set_memory(err);
	*found = false;
	for (i = 0; i < count && !*found; i++) {
		snprintf(slot, size, "%s/slots/%u", state, i);
		*found = !is_taken(slot);
	}
	free(slot);
	return 0;
}

static int
ask_status(struct dsync_context *context, const char *path, bool *due, struct dsync_error *err)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_archive *archive = dsync_archive_open(path, NULL, err);
	int rc;

	*due = false;
	if (archive == NULL)
		return err != NULL && err->code < 0 ? err->code : DSYNC_ERR_NOT_ARCHIVE;
	rc = dsync_status_read(context, archive, path, &status, err);
	if (rc == 0)
		*due = status.refresh_due;
	dsync_archive_unref(archive);
	return rc;
}

static int
start(const struct dsync_context *context, const char *path, struct dsync_error *err)
{
	static const struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct dsync_job job;
	int rc;

	rc = dsync__refresh_job(path, &options, &job, err);
	if (rc < 0)
		return rc;
	rc = dsync_client_start_background(context, &job, err);
	dsync_job_finish(&job);
	return rc < 0 ? rc : 1;
}

/* Cheapest question first; each no ends it. */
static int
consider(struct dsync_context *context, const char *path, struct dsync_error *err)
{
	struct dsync_config config;
	bool due, found;
	int rc;

	rc = ask_status(context, path, &due, err);
	if (rc < 0 || !due)
		return rc;
	rc = dsync_config_load(context, &config, err);
	if (rc < 0)
		return rc;
	rc = find_slot(context, config.slots, &found, err);
	dsync_config_finish(&config);
	if (rc < 0 || !found)
		return rc;
	return start(context, path, err);
}

int
dsync_refresh_background(struct dsync_context *context, const char *path, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_context *used;
	bool owned;
	int rc;

	used = dsync_context_resolve(context, &owned, err);
	if (used == NULL)
		return DSYNC_ERR_NO_MEMORY;
	rc = consider(used, path, &fault);
	if (rc < 0 && err != NULL)
		*err = fault;
	if (owned)
		dsync_context_destroy(used);
	return rc;
}
