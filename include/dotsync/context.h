/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * context.h - where things are and whom to tell: folders, helper programs, log.
 *
 * Every runtime function takes a context; NULL stands for the defaults.  A context is
 * not changed after it was made and may be shared by threads, as long as its log callback may be.
 *
 * Folders, first hit wins: the option; DOTSYNC_CONFIG_DIR and DOTSYNC_STATE_DIR; XDG_CONFIG_HOME, XDG_STATE_HOME and
 * XDG_CACHE_HOME with "/dotsync"; HOME with .config, .local/state and .cache.  Without any of them the folder is NULL:
 * reading works, and what needs the folder says which variable to set.
 */
#ifndef DOTSYNC_CONTEXT_H
#define DOTSYNC_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "dotsync/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dsync_context;

enum dsync_log_level { DSYNC_LOG_DEBUG, DSYNC_LOG_INFO, DSYNC_LOG_WARNING, DSYNC_LOG_ERROR };
typedef void dsync_log_callback(void *user, enum dsync_log_level level, const char *text);

struct dsync_context_options {
	size_t size;             /* set by the initialiser */
	const char *config_dir;  /* grants, configuration; NULL: as above */
	const char *state_dir;   /* state records of file systems without attributes, keys of caches */
	const char *cache_dir;   /* compiled updaters */
	const char *machine_dir; /* NULL: /etc/dotsync */
	const char *
		helper_dir; /* dotsync-refresh and dotsync-worker; NULL: as compiled in, relative to the program or library */
	bool offline;       /* also set by DOTSYNC_OFFLINE */
	dsync_log_callback *log; /* called only from inside a call of the user's */
	void *log_user;
};
#define DSYNC_CONTEXT_OPTIONS_INIT \
	{ \
		sizeof(struct dsync_context_options), NULL, NULL, NULL, NULL, NULL, false, NULL, NULL \
	}

struct dsync_context *dsync_context_create(const struct dsync_context_options *options, struct dsync_error *err);
void dsync_context_destroy(struct dsync_context *context);

#ifdef __cplusplus
}
#endif
#endif
