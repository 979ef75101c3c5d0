/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "dotsync/archive.h"
#include "format/commit.h"
#include "set.h"

/*
 * What is remembered of the archive goes on for the new version: a hold always, what a server said only while the
 * payload is the same.
 */
static void
carry_state(struct set_change *c, const struct dsync_archive *base, const struct dsync_archive *staged)
{
	struct dsync_state old;

	dsync_state_load(c->app->context, base, c->file, &old, NULL);
	c->state = old;
	if (c->s->payload != NULL) {
		dsync_state_init(&c->state);
		c->state.held = old.held;
		c->state.held_until = old.held_until;
	}
	dsync_archive_generation(staged, c->state.generation);
}

static bool
is_same(const struct dsync_state *a, const struct dsync_state *b)
{
	struct dsync_buffer x, y;
	bool same;

	dsync_buffer_init(&x, DSYNC_STATE_SIZE_MAX);
	dsync_buffer_init(&y, DSYNC_STATE_SIZE_MAX);
	same = dsync_state_pack(a, &x) == 0 && dsync_state_pack(b, &y) == 0 && x.size == y.size &&
		memcmp(x.data, y.data, x.size) == 0;
	dsync_buffer_finish(&x);
	dsync_buffer_finish(&y);
	return same;
}

int
set_put_record(void *user, struct dsync_commit *commit, struct dsync_error *err)
{
	struct set_change *c = user;
	struct dsync_archive *staged = dsync_archive_open_fd(dsync_commit_fd(commit), NULL, err);
	struct dsync_buffer bytes;
	int rc;

	if (staged == NULL)
		return err->code;
	carry_state(c, dsync_commit_base(commit), staged);
	dsync_archive_unref(staged);
	dsync_buffer_init(&bytes, DSYNC_STATE_SIZE_MAX);
	rc = dsync_state_pack(&c->state, &bytes);
	if (rc == 0)
		rc = dsync_commit_set_attribute(commit, DSYNC_STATE_ATTRIBUTE, bytes.data, bytes.size);
	dsync_buffer_finish(&bytes);
	return rc < 0 ? dsync_error_set(err, rc, "", "the state record cannot be made") : 0;
}

void
set_keep_record(const struct set_change *c, const struct dsync_archive *now)
{
	struct dsync_state found;
	struct dsync_error err;

	dsync_state_load(c->app->context, now, c->file, &found, NULL);
	if (is_same(&found, &c->state) || memcmp(found.generation, c->state.generation, sizeof(found.generation)) != 0)
		return; /* or somebody has put another version in place */
	if (dsync_state_store(c->app->context, now, c->file, &c->state, &err) < 0 && c->state.held)
		report_note(c->app, "%s: the hold could not be carried over: %s", c->file, err.message);
}
