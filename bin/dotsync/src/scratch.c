/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "runtime/context.h"
#include "runtime/grants.h"

#define CONFIG_NAME "config.toml"
#define CONFIG_SIZE_MAX (1u << 20)
#define REMOVE_FDS 16

static int
join(char **out, const char *folder, const char *name, struct dsync_error *err)
{
	if (asprintf(out, "%s/%s", folder, name) >= 0)
		return 0;
	*out = NULL;
	return dsync_error_set_memory(err);
}

static int
copy_config(const struct dsync_context *context, const char *config, struct dsync_error *err)
{
	const char *from = dsync_context_config_dir(context);
	struct dsync_buffer text;
	char *source = NULL, *target = NULL;
	int rc;

	if (from == NULL)
		return 0;
	dsync_buffer_init(&text, CONFIG_SIZE_MAX);
	rc = join(&source, from, CONFIG_NAME, err);
	if (rc == 0)
		rc = join(&target, config, CONFIG_NAME, err);
	if (rc == 0)
		rc = dsync_file_read(DSYNC_SYS_CWD, source, &text, err);
	if (rc == 0)
		rc = dsync_file_write(DSYNC_SYS_CWD, target, text.data, text.size, 0600, err);
	dsync_buffer_finish(&text);
	free(source);
	free(target);
	return rc == DSYNC_ERR_NOT_FOUND ? 0 : rc;
}

static int
store_grant(const char *config, const struct dsync_grant *grant, struct dsync_error *err)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_context *context;
	int rc;

	options.config_dir = config;
	options.state_dir = config; /* for grants none is needed */
	context = dsync_context_create(&options, err);
	if (context == NULL)
		return err->code;
	rc = dsync_grants_store(context, grant, err);
	dsync_context_destroy(context);
	return rc;
}

int
scratch_make_config(const struct dsync_context *context, const char *config, const struct dsync_grant *grant,
	struct dsync_error *err)
{
	int rc = dsync_file_make_folder(config, err);

	if (rc == 0)
		rc = copy_config(context, config, err);
	return rc == 0 ? store_grant(config, grant, err) : rc;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	return remove(path);
}

void
scratch_remove(const char *folder)
{
	nftw(folder, remove_one, REMOVE_FDS, FTW_DEPTH | FTW_PHYS);
}
