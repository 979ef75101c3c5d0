/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * info.h - what `info` found out, for its two ways to print it.
 */
#ifndef DOTSYNC_INFO_H
#define DOTSYNC_INFO_H

#include "command.h"
#include "dotsync/status.h"
#include "dotsync/trust.h"
#include "dotsync/vfs.h"
#include "runtime/grants.h"
#include "runtime/updater.h"

struct dsync_archive;
struct dsync_manifest;

struct info {
	struct dsync_archive *archive;
	const struct dsync_manifest *manifest;
	struct dsync_status status;
	struct dsync_updater_info updater;
	struct dsync_consent consent;
	struct dsync_trust *trust;
	char display_name[DSYNC_DISPLAY_NAME_SIZE];
};

int info_print_json(struct app *app, const char *file, const struct info *info);

#endif
