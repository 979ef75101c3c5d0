/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/exit_code.h"

#define EXIT_MACHINE 1
#define EXIT_STALE 3
#define EXIT_CONSENT 4
#define EXIT_UNSIGNED 5
#define EXIT_CLOCK 6
#define EXIT_EQUIVOCATION 7
#define EXIT_NOT_ARCHIVE 8
#define EXIT_SIGNATURE 9
#define EXIT_LOCKED 11
#define EXIT_TRY_AGAIN 75

int
dsync_exit_code(int error_code)
{
	switch (error_code) {
	case 0:
		return 0;
	case DSYNC_ERR_EXPIRED:
		return EXIT_STALE;
	case DSYNC_ERR_CONSENT:
		return EXIT_CONSENT;
	case DSYNC_ERR_UNSIGNED:
		return EXIT_UNSIGNED;
	case DSYNC_ERR_CLOCK:
		return EXIT_CLOCK;
	case DSYNC_ERR_EQUIVOCATION:
		return EXIT_EQUIVOCATION;
	case DSYNC_ERR_NOT_ARCHIVE:
	case DSYNC_ERR_CORRUPT:
	case DSYNC_ERR_SYNTAX:
	case DSYNC_ERR_MANIFEST:
	case DSYNC_ERR_UPDATER:
		return EXIT_NOT_ARCHIVE;
	case DSYNC_ERR_SIGNATURE:
		return EXIT_SIGNATURE;
	case DSYNC_ERR_LOCKED:
		return EXIT_LOCKED;
	case DSYNC_ERR_POLICY:
	case DSYNC_ERR_NETWORK:
	case DSYNC_ERR_TIMEOUT:
	case DSYNC_ERR_GUEST:
	case DSYNC_ERR_PROTOCOL: /* a program of ours was killed or went wrong; the archive is whole */
	case DSYNC_ERR_REJECTED:
	case DSYNC_ERR_BUSY:
	case DSYNC_ERR_CONFLICT:
	case DSYNC_ERR_CHANGED:
		return EXIT_TRY_AGAIN;
	default:
		return EXIT_MACHINE;
	}
}

int
dsync_exit_code_result(enum dsync_outcome_kind kind, const struct dsync_error *error)
{
	switch (kind) {
	case DSYNC_OUTCOME_FAILED:
		return error->code == DSYNC_ERR_LIMIT ? EXIT_TRY_AGAIN : dsync_exit_code(error->code);
	case DSYNC_OUTCOME_CONSENT_NEEDED:
		return EXIT_CONSENT;
	default: /* the archive is well; is what comes after it? */
		return error->code == 0 || error->code == DSYNC_ERR_HELD ? 0 : EXIT_MACHINE;
	}
}

int
dsync_exit_code_outcome(const struct dsync_outcome *outcome)
{
	return dsync_exit_code_result(dsync_outcome_kind(outcome), dsync_outcome_error(outcome));
}
