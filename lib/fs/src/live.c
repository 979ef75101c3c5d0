/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * live.c - the newest good version of one path, shared by threads.
 *
 * One mutex guards what is known of the path.  A snapshot counts its readers by itself, so that it may outlive the handle.
 * What a swapped-in bad file was like is remembered with its fault, so that it is opened once and not at every acquire.
 */
#include "dotsync/live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "dotsync/refresh.h"
#include "dotsync/status.h"
#include "dotsync/trust.h"
#include "runtime/context.h"
#include "runtime/path.h"

#define ASK_EVERY_MS 60000 /* between two looks whether a refresh is due */

struct dsync_snapshot {
	atomic_size_t users; /* the handle is one while this is its newest */
	struct dsync_archive *archive;
	struct dsync_view payload;
};

struct dsync_live {
	char *path; /* absolute */
	struct dsync_live_options options;
	struct dsync_context *context;
	bool owns_context;
	pthread_mutex_t mutex; /* of all that follows */
	struct dsync_snapshot *current;
	struct stat seen;         /* of the file that `current` or `fault` came from */
	struct dsync_error fault; /* of a newer file that is no archive; code 0: none */
	bool asked;
	int64_t asked_ms;
};

static void
unref(struct dsync_snapshot *snapshot)
{
	if (snapshot == NULL || atomic_fetch_sub(&snapshot->users, 1) > 1)
		return;
	dsync_archive_unref(snapshot->archive);
	free(snapshot);
}

static struct dsync_snapshot *
ref(struct dsync_snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->users, 1);
	return snapshot;
}

/* Opened, judged and mapped, with one user; fills what was seen of the file it comes from. */
static struct dsync_snapshot *
open_snapshot(const char *path, struct stat *seen, struct dsync_error *err)
{
	struct dsync_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct dsync_trust *trust;
	int rc;

	if (snapshot == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}
	atomic_init(&snapshot->users, 1);
	snapshot->archive = dsync_archive_open(path, NULL, err);
	if (snapshot->archive == NULL)
		goto fail;
	trust = dsync_trust_check(snapshot->archive, DSYNC_TRUST_FOR_READING, err);
	if (trust == NULL)
		goto fail;
	dsync_trust_free(trust);
	if (dsync_archive_map_payload(snapshot->archive, &snapshot->payload, err) < 0)
		goto fail;
	rc = dsync_sys_fstat(dsync_archive_fd(snapshot->archive), seen);
	if (rc < 0) {
		dsync_error_set_errno(err, -rc, "cannot inspect %s", path);
		goto fail;
	}
	return snapshot;

fail:
	unref(snapshot);
	return NULL;
}

static bool
is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		is_same_time(&a->st_mtim, &b->st_mtim) && is_same_time(&a->st_ctim, &b->st_ctim);
}

/* A fault of the bytes stays as long as the file does; one of the machine (memory, descriptors) may be gone the next time. */
static bool
is_lasting(int code)
{
	return code != DSYNC_ERR_SYSTEM && code != DSYNC_ERR_NO_MEMORY && code != DSYNC_ERR_CHANGED;
}

static bool
is_same_version(const struct dsync_snapshot *a, const struct dsync_snapshot *b)
{
	unsigned char left[DSYNC_GENERATION_SIZE], right[DSYNC_GENERATION_SIZE];

	dsync_archive_generation(a->archive, left);
	dsync_archive_generation(b->archive, right);
	return memcmp(left, right, sizeof(left)) == 0;
}

/* Takes a newer version over if there is a good one; true when it did.  `err` says why not. */
static bool
follow(struct dsync_live *live, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_snapshot *found;
	struct stat now, seen;
	int rc;

	rc = dsync_sys_fstatat(DSYNC_SYS_CWD, live->path, &now, true);
	if (rc < 0) {
		dsync_error_set_errno(err, -rc, "cannot inspect %s", live->path);
		return false;
	}
	if (is_same_file(&now, &live->seen)) {
		if (live->fault.code != 0 && err != NULL)
			*err = live->fault;
		return false;
	}
	found = open_snapshot(live->path, &seen, &fault);
	if (found == NULL) {
		if (err != NULL)
			*err = fault;
		if (is_lasting(fault.code)) {
			live->fault = fault;
			live->seen = now;
		}
		return false;
	}
	live->fault.code = 0;
	/* Only its attributes changed, as a refresh that found nothing new does: the readers keep their snapshot. */
	if (live->current != NULL && seen.st_ino == live->seen.st_ino && seen.st_dev == live->seen.st_dev &&
		is_same_version(found, live->current)) {
		live->seen = seen;
		unref(found);
		return false;
	}
	unref(live->current);
	live->current = found;
	live->seen = seen;
	return true;
}

struct dsync_live *
dsync_live_open(const char *path, const struct dsync_live_options *options, struct dsync_error *err)
{
	static const struct dsync_live_options defaults = DSYNC_LIVE_OPTIONS_INIT;
	struct dsync_live *live = calloc(1, sizeof(*live));

	if (live == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}
	pthread_mutex_init(&live->mutex, NULL);
	live->options = options != NULL ? *options : defaults;
	if (dsync_path_absolute(path, &live->path, err) < 0)
		goto fail;
	live->context = dsync_context_resolve(live->options.context, &live->owns_context, err);
	if (live->context == NULL)
		goto fail;
	live->current = open_snapshot(live->path, &live->seen, err);
	if (live->current == NULL)
		goto fail;
	return live;

fail:
	dsync_live_close(live);
	return NULL;
}

void
dsync_live_close(struct dsync_live *live)
{
	if (live == NULL)
		return;
	unref(live->current);
	if (live->owns_context)
		dsync_context_destroy(live->context);
	pthread_mutex_destroy(&live->mutex);
	free(live->path);
	free(live);
}

/* Is it time to look whether a refresh is due?  Answered yes once a minute, to one thread. */
static bool
take_turn(struct dsync_live *live)
{
	int64_t now;

	if (live->options.never_refresh)
		return false;
	now = dsync_sys_monotonic_ms();
	if (live->asked && now - live->asked_ms < ASK_EVERY_MS)
		return false;
	live->asked = true;
	live->asked_ms = now;
	return true;
}

/* Some manifests want no reads of what is too old. */
static int
check_readable(const struct dsync_live *live, struct dsync_error *err)
{
	struct dsync_archive *archive = live->current->archive;
	struct dsync_status status = DSYNC_STATUS_INIT;
	int rc;

	if (!dsync_manifest_fail_closed(dsync_archive_manifest(archive)))
		return 0;
	rc = dsync_status_read(live->context, archive, live->path, &status, err);
	if (rc < 0 || status.readable)
		return rc;
	dsync_error_set(err, DSYNC_ERR_EXPIRED, "policy", "the data is too old to be read");
	dsync_error_at_entry(err, "policy.fail_closed", strlen("policy.fail_closed"));
	return DSYNC_ERR_EXPIRED;
}

struct dsync_snapshot *
dsync_live_acquire(struct dsync_live *live, struct dsync_error *err)
{
	struct dsync_snapshot *snapshot = NULL;
	bool changed, turn;

	if (err != NULL)
		err->code = 0;
	pthread_mutex_lock(&live->mutex);
	changed = follow(live, err);
	turn = take_turn(live);
	if (check_readable(live, err) == 0)
		snapshot = ref(live->current);
	pthread_mutex_unlock(&live->mutex);

	/* Best effort and without the mutex: whatever comes of it, this reader has its data. */
	if (turn)
		dsync_refresh_background(live->context, live->path, NULL);
	if (changed && snapshot != NULL && live->options.changed != NULL)
		live->options.changed(live->options.user, snapshot);
	return snapshot;
}

void
dsync_live_release(struct dsync_live *live, struct dsync_snapshot *snapshot)
{
	(void)live; /* may be closed already */
	unref(snapshot);
}

struct dsync_view
dsync_snapshot_payload(const struct dsync_snapshot *snapshot)
{
	return snapshot->payload;
}

struct dsync_archive *
dsync_snapshot_archive(const struct dsync_snapshot *snapshot)
{
	return snapshot->archive;
}
