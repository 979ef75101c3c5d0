/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * state.h - the state record: what must be remembered without rewriting the archive.
 *
 * At most 1 KiB, versioned, bound to one generation; kept as the extended attribute
 * user.dotsync.record of the archive, else in a file of the state folder named by the hash of the
 * archive's resolved path.  It is read as hostile: times are clamped, validators checked as header values; a
 * record of another generation or version counts as absent.  Layout: doc/format.md, "State record".
 */
#ifndef RUNTIME_STATE_H
#define RUNTIME_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dotsync/archive.h"
#include "dotsync/error.h"

struct dsync_context;

#define DSYNC_STATE_ATTRIBUTE "user.dotsync.record"
#define DSYNC_STATE_SIZE_MAX 1024u
#define DSYNC_STATE_TEXT_MAX 160u
#define DSYNC_STATE_RULE_MAX 15u
#define DSYNC_STATE_EXPECTED_MAX 80u
#define DSYNC_STATE_VALIDATOR_MAX 256u
#define DSYNC_STATE_NO_TIME INT64_MIN

struct dsync_state {
	unsigned char generation[DSYNC_GENERATION_SIZE]; /* that the record belongs to */
	int64_t base;                                    /* last time the data was known to be current; NO_TIME */
	int64_t last_attempt;                            /* NO_TIME: none */
	int64_t next_attempt;                            /* not before this; NO_TIME: when stale */
	uint32_t failures;                               /* in a row */
	int32_t last_code;                               /* DSYNC_ERR_* of the last attempt, 0: it went well */
	bool held;                                       /* dotsync hold */
	int64_t held_until;                              /* NO_TIME: until unhold */
	char last_error[DSYNC_STATE_TEXT_MAX + 1];       /* for people; "" : none */
	unsigned char request[16]; /* dsync_attest_bind_key(): what the validators belong to; zeros: none */
	char etag[DSYNC_STATE_VALIDATOR_MAX + 1];
	char last_modified[DSYNC_STATE_VALIDATOR_MAX + 1];
	/* of the last error too: what those who waited for that attempt are told; "": not said */
	char last_rule[DSYNC_STATE_RULE_MAX + 1];
	char last_expected[DSYNC_STATE_EXPECTED_MAX + 1];
	char last_hint[DSYNC_STATE_TEXT_MAX + 1];
};

void dsync_state_init(struct dsync_state *state);

/*
 * Packs and unpacks the bytes of a record; unpacking is strict (DSYNC_ERR_CORRUPT), clamps times to now + 366 days, and forgets a next attempt
 * that lies further ahead than any schedule goes.
 */
int dsync_state_pack(const struct dsync_state *state, struct dsync_buffer *out);
int dsync_state_unpack(const void *data, size_t size, int64_t now, struct dsync_state *state);

/*
 * Loads the record that belongs to this archive; `path` (may be NULL) finds the fallback file.  0 with an initialised empty
 * record when there is none; damaged or foreign ones count as none.
 */
int dsync_state_load(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	struct dsync_state *state, struct dsync_error *err);

/* Stores it for the archive (which must be the one at `path`): attribute, else file. */
int dsync_state_store(const struct dsync_context *context, const struct dsync_archive *archive, const char *path,
	const struct dsync_state *state, struct dsync_error *err);

#endif
