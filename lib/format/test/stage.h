/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * stage.h - commits of small archives, and somebody else to try them as.
 */
#ifndef FORMAT_TEST_STAGE_H
#define FORMAT_TEST_STAGE_H

struct dsync_commit;
struct dsync_error;

#define STAGE_STRANGER 65533 /* a user that nothing here belongs to */

/* Begins at once or not at all; the target may be missing. */
int stage_begin(struct dsync_commit **commit, const char *path, struct dsync_error *err);

/* Puts an archive with this payload into the staging file. */
void stage_payload(struct dsync_commit *commit, const char *payload);

/* Works with the rights of the stranger, which takes root, and returns what the work did. */
int stage_as_stranger(int (*work)(void));

#endif
