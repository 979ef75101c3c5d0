/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "home.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../base/test/scratch.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"

static char folder[SCRATCH_PATH_SIZE];
static char log_text[1024];
static struct dsync_context *context, *poor;

/* (module (func) (export "_start" (func 0))) */
const unsigned char home_wasm[] = {
	0x00, 'a', 's', 'm', 1, 0, 0, 0,                 /* head */
	1, 4, 1, 0x60, 0, 0,                             /* type: () -> () */
	3, 2, 1, 0,                                      /* one function of that type */
	7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0, /* export */
	10, 4, 1, 2, 0, 0x0b,                            /* code: end */
};
const size_t home_wasm_size = sizeof(home_wasm);

const char *
home_path(const char *name)
{
	static char paths[4][SCRATCH_PATH_SIZE];
	static size_t next;
	char *path = paths[next++ % 4];

	scratch_path(path, folder, name);
	return path;
}

static void
keep_log(void *user, enum dsync_log_level level, const char *text)
{
	(void)user, (void)level;
	snprintf(log_text, sizeof(log_text), "%s", text);
}

const char *
home_log(void)
{
	return log_text;
}

int
home_setup(void **state)
{
	static const char *const folders[] = { "work", "config", "state", "cache", "machine", "helpers" };
	static const char *const variables[] = { "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
		"DOTSYNC_CONFIG_DIR", "DOTSYNC_STATE_DIR", "DOTSYNC_OFFLINE" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	scratch_make(folder);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(home_path(folders[i]), 0700), 0);
	assert_int_equal(chdir(home_path("work")), 0);
	log_text[0] = '\0';
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	return remove(path);
}

int
home_teardown(void **state)
{
	(void)state;
	dsync_context_destroy(context);
	dsync_context_destroy(poor);
	context = poor = NULL;
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	return 0;
}

struct dsync_context *
home_context(void)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	char paths[5][SCRATCH_PATH_SIZE];

	if (context != NULL)
		return context;
	scratch_path(paths[0], folder, "config");
	scratch_path(paths[1], folder, "state");
	scratch_path(paths[2], folder, "cache");
	scratch_path(paths[3], folder, "machine");
	scratch_path(paths[4], folder, "helpers");
	options.config_dir = paths[0];
	options.state_dir = paths[1];
	options.cache_dir = paths[2];
	options.machine_dir = paths[3];
	options.helper_dir = paths[4];
	options.log = keep_log;
	context = dsync_context_create(&options, NULL);
	assert_non_null(context);
	return context;
}

struct dsync_context *
home_context_without(void)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;

	if (poor != NULL)
		return poor;
	options.machine_dir = home_path("machine");
	options.helper_dir = home_path("helpers");
	options.log = keep_log;
	poor = dsync_context_create(&options, NULL);
	assert_non_null(poor);
	return poor;
}

void
home_write(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(home_path(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void
home_write_text(const char *name, const char *text)
{
	home_write(name, text, strlen(text));
}

bool
home_exists(const char *name)
{
	struct stat st;

	return lstat(home_path(name), &st) == 0;
}

size_t
home_count(const char *name)
{
	return home_exists(name) ? scratch_count(home_path(name)) : 0;
}

static void
check_ok(bool ok, const struct dsync_error *err)
{
	char text[1024];

	if (ok)
		return;
	dsync_error_format(err, text, sizeof(text));
	fail_msg("%s", text);
}

void
home_make(const char *path, const char *manifest, const char *payload, const void *wasm, size_t wasm_size)
{
	struct dsync_builder *builder = dsync_builder_create();
	struct dsync_manifest *parsed;
	struct dsync_error err = { 0 };

	assert_non_null(builder);
	parsed = dsync_manifest_parse(manifest, strlen(manifest), &err);
	check_ok(parsed != NULL, &err);
	assert_int_equal(dsync_builder_set_manifest(builder, parsed), 0);
	assert_int_equal(dsync_builder_set_payload_bytes(builder, payload, strlen(payload)), 0);
	if (wasm != NULL)
		assert_int_equal(dsync_builder_set_updater(builder, wasm, wasm_size), 0);
	check_ok(dsync_builder_write(builder, path, DSYNC_CREATE_FORCE, &err) == 0, &err);
	dsync_manifest_destroy(parsed);
	dsync_builder_destroy(builder);
}

struct dsync_archive *
home_open(const char *path)
{
	struct dsync_error err = { 0 };
	struct dsync_archive *archive = dsync_archive_open(path, NULL, &err);

	check_ok(archive != NULL, &err);
	return archive;
}

void
home_install(const char *program, const char *name, unsigned mode)
{
	char self[PATH_MAX], source[PATH_MAX + 64], target[64], buffer[65536];
	ssize_t size;
	int in, out;

	size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_true(size > 0);
	self[size] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(source, sizeof(source), "%s/%s", self, program);
	snprintf(target, sizeof(target), "helpers/%s", name);
	in = open(source, O_RDONLY | O_CLOEXEC);
	out = open(home_path(target), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	assert_true(in >= 0 && out >= 0);
	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		assert_int_equal(write(out, buffer, (size_t)size), size);
	assert_int_equal(fchmod(out, mode), 0);
	close(in);
	close(out);
}
