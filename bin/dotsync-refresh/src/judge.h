/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * judge.h - is there anything to do, and may it be done?
 *
 * Asked twice of every archive: before anything is made in its folder, and again under the lock, because
 * somebody else may have done the work meanwhile.  Asks no network and changes nothing.
 */
#ifndef REFRESH_JUDGE_H
#define REFRESH_JUDGE_H

#include <stdbool.h>

#include "format/freshness.h"
#include "runtime/attest.h"
#include "runtime/context.h"
#include "runtime/grants.h"
#include "runtime/job.h"
#include "runtime/state.h"
#include "runtime/updater.h"

/* In the order in which they are asked: the first that holds is the verdict. */
enum dsync_verdict {
	DSYNC_VERDICT_GO,
	DSYNC_VERDICT_NO_UPDATER,
	DSYNC_VERDICT_FORBIDDEN, /* by policy.update or by a trust layer; `error` says which */
	DSYNC_VERDICT_HELD,
	DSYNC_VERDICT_FRESH,
	DSYNC_VERDICT_COOLING, /* the last attempt failed and the next one is not due; `error` says until when */
	DSYNC_VERDICT_CONSENT,
	DSYNC_VERDICT_OFFLINE,
};

struct dsync_judgement {
	enum dsync_verdict verdict;
	struct dsync_error error; /* valid with FORBIDDEN, COOLING, OFFLINE, HELD, CONSENT */
	int64_t now;
	struct dsync_state state;
	bool has_attest;
	struct dsync_attest attest;
	struct dsync_freshness freshness;
	struct dsync_updater_info updater;
	struct dsync_consent consent;
};

/* Fills the judgement, which dsync_judgement_finish() frees, whatever comes out; negative when the archive cannot be judged. */
int dsync_judge(const struct dsync_context *context, const struct dsync_job *job, struct dsync_archive *archive,
	struct dsync_judgement *judgement, struct dsync_error *err);
void dsync_judgement_finish(struct dsync_judgement *judgement);

#endif
