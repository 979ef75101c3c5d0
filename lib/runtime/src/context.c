/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "helper_dir.h"

#define MACHINE_DIR "/etc/dotsync"
#define LOG_SIZE 1024

struct dsync_context {
	char *config_dir;
	char *state_dir;
	char *cache_dir;
	char *machine_dir;
	char *helper_dir;
	bool offline;
	dsync_log_callback *log;
	void *log_user;
};

/* Where one of the three XDG folders comes from. */
struct folder_source {
	const char *variable;     /* of ours, the folder itself; NULL: none */
	const char *xdg_variable; /* its parent */
	const char *below_home;   /* its parent, relative to HOME */
};

static const struct folder_source config_source = { "DOTSYNC_CONFIG_DIR", "XDG_CONFIG_HOME", "/.config" };
static const struct folder_source state_source = { "DOTSYNC_STATE_DIR", "XDG_STATE_HOME", "/.local/state" };
static const struct folder_source cache_source = { NULL, "XDG_CACHE_HOME", "/.cache" };

/* The value of a variable that holds an absolute path; anything else counts as unset (XDG base directories 0.8). */
static const char *
absolute_variable(const char *name)
{
	const char *value = name != NULL ? getenv(name) : NULL;

	return value != NULL && value[0] == '/' ? value : NULL;
}

/* Joins without a doubled or trailing slash; NULL when memory ran out. */
static char *
join(const char *a, const char *b, const char *c)
{
	size_t a_size = strlen(a);
	size_t size;
	char *path;

	while (a_size > (b[0] == '\0' && c[0] == '\0' ? 1u : 0u) && a[a_size - 1] == '/')
		a_size--;
	size = a_size + strlen(b) + strlen(c) + 1;
	path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%.*s%s%s", (int)a_size, a, b, c);
	return path;
}

/* Sets *folder to a copy, or to NULL where no variable says; -1 when memory ran out. */
static int
find_folder(char **folder, const char *option, const struct folder_source *source)
{
	const char *value;

	*folder = NULL;
	if (option != NULL)
		*folder = join(option, "", "");
	else if ((value = absolute_variable(source->variable)) != NULL)
		*folder = join(value, "", "");
	else if ((value = absolute_variable(source->xdg_variable)) != NULL)
		*folder = join(value, "", "/dotsync");
	else if ((value = absolute_variable("HOME")) != NULL)
		*folder = join(value, source->below_home, "/dotsync");
	else
		return 0;
	return *folder != NULL ? 0 : -1;
}

static bool
offline_by_environment(void)
{
	const char *value = getenv("DOTSYNC_OFFLINE");

	return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

struct dsync_context *
dsync_context_create(const struct dsync_context_options *options, struct dsync_error *err)
{
	static const struct dsync_context_options defaults = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_context *context;

	if (options == NULL)
		options = &defaults;
	context = calloc(1, sizeof(*context));
	if (context == NULL)
		goto no_memory;
	if (find_folder(&context->config_dir, options->config_dir, &config_source) < 0 ||
		find_folder(&context->state_dir, options->state_dir, &state_source) < 0 ||
		find_folder(&context->cache_dir, options->cache_dir, &cache_source) < 0)
		goto no_memory;
	context->machine_dir = strdup(options->machine_dir != NULL ? options->machine_dir : MACHINE_DIR);
	context->helper_dir = options->helper_dir != NULL ? strdup(options->helper_dir) : dsync__helper_dir();
	if (context->machine_dir == NULL || context->helper_dir == NULL)
		goto no_memory;
	context->offline = options->offline || offline_by_environment();
	context->log = options->log;
	context->log_user = options->log_user;
	return context;

no_memory:
	dsync_context_destroy(context);
	dsync_error_set_memory(err);
	return NULL;
}

void
dsync_context_destroy(struct dsync_context *context)
{
	if (context == NULL)
		return;
	free(context->config_dir);
	free(context->state_dir);
	free(context->cache_dir);
	free(context->machine_dir);
	free(context->helper_dir);
	free(context);
}

struct dsync_context *
dsync_context_resolve(struct dsync_context *context, bool *owned, struct dsync_error *err)
{
	*owned = context == NULL;
	return context != NULL ? context : dsync_context_create(NULL, err);
}

const char *
dsync_context_config_dir(const struct dsync_context *context)
{
	return context->config_dir;
}

const char *
dsync_context_state_dir(const struct dsync_context *context)
{
	return context->state_dir;
}

const char *
dsync_context_cache_dir(const struct dsync_context *context)
{
	return context->cache_dir;
}

const char *
dsync_context_machine_dir(const struct dsync_context *context)
{
	return context->machine_dir;
}

const char *
dsync_context_helper_dir(const struct dsync_context *context)
{
	return context->helper_dir;
}

bool
dsync_context_offline(const struct dsync_context *context)
{
	return context->offline;
}

static int
need(const char *folder, const char **dir, const char *what, const char *variables, struct dsync_error *err)
{
	*dir = folder;
	if (folder != NULL)
		return 0;
	dsync_error_set(err, DSYNC_ERR_NOT_FOUND, "", "there is no folder for %s", what);
	dsync_error_hint(err, "set %s to an absolute path", variables);
	return DSYNC_ERR_NOT_FOUND;
}

int
dsync_context_need_config_dir(const struct dsync_context *context, const char **dir, struct dsync_error *err)
{
	return need(context->config_dir, dir, "grants and configuration", "DOTSYNC_CONFIG_DIR, XDG_CONFIG_HOME or HOME",
		err);
}

int
dsync_context_need_state_dir(const struct dsync_context *context, const char **dir, struct dsync_error *err)
{
	return need(context->state_dir, dir, "state", "DOTSYNC_STATE_DIR, XDG_STATE_HOME or HOME", err);
}

int
dsync_context_need_cache_dir(const struct dsync_context *context, const char **dir, struct dsync_error *err)
{
	return need(context->cache_dir, dir, "the cache", "XDG_CACHE_HOME or HOME", err);
}

void
dsync_context_log(const struct dsync_context *context, enum dsync_log_level level, const char *format, ...)
{
	char text[LOG_SIZE];
	va_list arguments;

	if (context->log == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	context->log(context->log_user, level, text);
}
