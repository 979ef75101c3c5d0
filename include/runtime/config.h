/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * config.h - config.toml of the user and of the machine: proxy, certificates, limits.
 *
 *	[network]  proxy = "http://proxy:3128"  ca_file = "/path.pem"  min_rate = 32768
 *	[refresh]  slots = 4  sandbox = "default"  max_payload = "16G"  finish_timeout = 600
 *
 * CONFIG/config.toml wins over /etc/dotsync/config.toml, key by key.  Unknown keys are an error that names them: a
 * mistyped setting must not be ignored.
 */
#ifndef RUNTIME_CONFIG_H
#define RUNTIME_CONFIG_H

#include <stdint.h>

#include "dotsync/error.h"

struct dsync_context;

enum dsync_sandbox_level { DSYNC_SANDBOX_DEFAULT, DSYNC_SANDBOX_STRICT, DSYNC_SANDBOX_DEGRADED };

struct dsync_config {
	char *proxy;       /* NULL: none */
	char *ca_file;     /* NULL: the system's */
	uint64_t min_rate; /* bytes a second, default 32 KiB */
	uint32_t slots;    /* background refreshers of this user at once, default 4 */
	enum dsync_sandbox_level sandbox;
	uint64_t max_payload;   /* bytes of a new payload, whatever its manifest allows; default 16 GiB */
	int64_t finish_timeout; /* seconds from the updater's end to the swap, in the background; default 600 */
};

int dsync_config_load(const struct dsync_context *context, struct dsync_config *config, struct dsync_error *err);
void dsync_config_finish(struct dsync_config *config);

#endif
