/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * scratch.h - a configuration for one run of an updater, so that what is granted for the run is stored nowhere else.
 *
 *	scratch_make_config(context, "FOLDER/config", &grant, &err);
 *	job.config_dir = strdup("FOLDER/config");
 *	... run the job ...
 *	scratch_remove("FOLDER");
 */
#ifndef DOTSYNC_SCRATCH_H
#define DOTSYNC_SCRATCH_H

#include "dotsync/error.h"

struct dsync_context;
struct dsync_grant;

/* Makes the folder `config`, with this grant alone and a copy of the user's config.toml: proxy, certificates and limits hold here as well. */
int scratch_make_config(const struct dsync_context *context, const char *config, const struct dsync_grant *grant,
	struct dsync_error *err);

/* A folder and all that is in it. */
void scratch_remove(const char *folder);

#endif
