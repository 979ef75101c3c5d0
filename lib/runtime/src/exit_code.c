/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/exit_code.h"

#include "dotsync/error.h"

int
dsync_exit_code(int error_code)
{
	switch (error_code) {
	case DSYNC_OK:
		return 0;
	case DSYNC_ERR_EXPIRED:
		return 3;
	case DSYNC_ERR_CONSENT:
		return 4;
	case DSYNC_ERR_UNSIGNED:
		return 5;
	case DSYNC_ERR_CLOCK:
		return 6;
	case DSYNC_ERR_EQUIVOCATION:
		return 7;
	case DSYNC_ERR_NOT_ARCHIVE:
	case DSYNC_ERR_CORRUPT:
	case DSYNC_ERR_SYNTAX:
	case DSYNC_ERR_MANIFEST:
	case DSYNC_ERR_UPDATER:
		return 8;
	case DSYNC_ERR_SIGNATURE:
		return 9;
	case DSYNC_ERR_LOCKED:
		return 11;
	case DSYNC_ERR_BUSY:
	case DSYNC_ERR_CONFLICT:
	case DSYNC_ERR_POLICY:
	case DSYNC_ERR_NETWORK:
	case DSYNC_ERR_TIMEOUT:
	case DSYNC_ERR_GUEST:
	case DSYNC_ERR_REJECTED:
		return 75;
	default:
		return 1;
	}
}
