/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fake.h - a home (home.h) whose dotsync-refresh is an actor: it does what fake_play() says and writes what it notices to the file "mark".
 *
 * Tests that use it must depend on the program fake_refresh.
 */
#ifndef RUNTIME_TEST_FAKE_H
#define RUNTIME_TEST_FAKE_H

#include "dotsync/refresh.h"

/* Instead of home_setup(). */
int fake_setup(void **state);

/* The part that helpers started from now on play; fake_refresh.c has them. */
void fake_play(const char *part);

/* A refresh of a.sync from beginning to end; options may be NULL. */
struct dsync_outcome *fake_run(const struct dsync_refresh_options *options);

/* Waits until the helper has written its mark, which must have this text in it. */
void fake_check_mark(const char *expected);

/* Makes a.sync: stale, with an updater that has leave to run. */
void fake_make_due(void);

#endif
