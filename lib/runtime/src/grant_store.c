/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * grant_store.c - the files of grants: CONFIG/grants/KEY.toml of the user, MACHINE/grants.d/NAME.toml of the machine.
 *
 * KEY is 32 hexadecimal digits of BLAKE3 over owner, NUL, hash of the updater: one file for each pair.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "grants.h"
#include "runtime/context.h"

#define USER_FOLDER "/grants"
#define MACHINE_FOLDER "/grants.d"
#define SUFFIX ".toml"
#define KEY_SIZE 16
#define FILES_MAX 4096 /* in one folder; a folder with more is not one of ours */

struct dsync_grants {
	struct dsync_grant *items;
	size_t count;
};

void
dsync_grants_free(struct dsync_grants *grants)
{
	size_t i;

	if (grants == NULL)
		return;
	for (i = 0; i < grants->count; i++)
		dsync_grant_finish(&grants->items[i]);
	free(grants->items);
	free(grants);
}

size_t
dsync_grants_count(const struct dsync_grants *grants)
{
	return grants->count;
}

const struct dsync_grant *
dsync_grants_at(const struct dsync_grants *grants, size_t index)
{
	return &grants->items[index];
}

/* "DIR/NAME", to be freed; NULL when memory ran out. */
static char *
join(const char *dir, const char *name)
{
	size_t size = strlen(dir) + 1 + strlen(name) + 1;
	char *path = malloc(size);

	if (path != NULL)
		snprintf(path, size, "%s/%s", dir, name);
	return path;
}

/* Takes over `grant` and `path`. */
static int
append(struct dsync_grants *grants, struct dsync_grant *grant, char *path, enum dsync_grant_origin origin,
	struct dsync_error *err)
{
	struct dsync_grant *items = realloc(grants->items, (grants->count + 1) * sizeof(*items));

	if (items == NULL) {
		free(path);
		dsync_grant_finish(grant);
		return dsync_error_set_memory(err);
	}
	grants->items = items;
	grant->path = path;
	grant->origin = origin;
	items[grants->count++] = *grant;
	return 0;
}

/* Texts of grants may hold secrets. */
static void
wipe(struct dsync_buffer *text)
{
	if (text->data != NULL)
		explicit_bzero(text->data, text->size);
	dsync_buffer_finish(text);
}

/* What everybody may write, anybody may have written. */
static int
check_mode(const char *path, struct dsync_error *err)
{
	struct stat st;

	if (dsync_sys_fstatat(DSYNC_SYS_CWD, path, &st, true) < 0 || (st.st_mode & S_IWOTH) == 0)
		return 0; /* what else is wrong is said when it is read */
	dsync_error_set(err, DSYNC_ERR_PERMISSION, "grant", "everybody may write it");
	dsync_error_hint(err, "chmod o-w it");
	return DSYNC_ERR_PERMISSION;
}

static int
read_grant(const char *path, struct dsync_grant *grant, struct dsync_error *err)
{
	struct dsync_buffer text;
	int rc;

	dsync_buffer_init(&text, DSYNC_GRANT_FILE_SIZE_MAX);
	rc = check_mode(path, err);
	if (rc == 0)
		rc = dsync_file_read(DSYNC_SYS_CWD, path, &text, err);
	if (rc == 0) {
		struct dsync_view view = dsync_buffer_view(&text);

		rc = dsync__grant_parse((const char *)view.data, view.size, grant, err);
	}
	wipe(&text);
	return rc;
}

/* A damaged file grants nothing: it is reported and skipped. Only a lack of memory ends the loading. */
static int
load_file(const struct dsync_context *context, struct dsync_grants *grants, const char *dir, const char *name,
	enum dsync_grant_origin origin, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_grant grant;
	char text[512];
	char *path;
	int rc;

	path = join(dir, name);
	if (path == NULL)
		return dsync_error_set_memory(err);
	rc = read_grant(path, &grant, &fault);
	if (rc == 0)
		return append(grants, &grant, path, origin, err);
	if (rc != DSYNC_ERR_NO_MEMORY) {
		dsync_error_format(&fault, text, sizeof(text));
		dsync_context_log(context, DSYNC_LOG_WARNING, "%s grants nothing: %s", path, text);
	}
	free(path);
	return rc == DSYNC_ERR_NO_MEMORY ? dsync_error_set_memory(err) : 0;
}

static bool
is_grant_name(const char *name)
{
	size_t size = strlen(name);

	return name[0] != '.' && size > strlen(SUFFIX) && strcmp(name + size - strlen(SUFFIX), SUFFIX) == 0;
}

/* A missing folder holds no grants; one that cannot be read grants nothing either, and the log says so. */
static int
load_folder(const struct dsync_context *context, struct dsync_grants *grants, const char *dir,
	enum dsync_grant_origin origin, struct dsync_error *err)
{
	const struct dirent *entry;
	size_t left = FILES_MAX;
	DIR *folder;
	int fd, rc = 0;

	fd = dsync_sys_openat(DSYNC_SYS_CWD, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd == -ENOMEM)
		return dsync_error_set_memory(err);
	if (fd < 0) {
		dsync_context_log(context, DSYNC_LOG_WARNING, "%s grants nothing: %s", dir, strerror(-fd));
		return 0;
	}
	folder = fdopendir(fd);
	if (folder == NULL) {
		dsync_sys_close(fd);
		return dsync_error_set_memory(err);
	}
	while (rc == 0 && left-- > 0 && (entry = readdir(folder)) != NULL) {
		if (is_grant_name(entry->d_name))
			rc = load_file(context, grants, dir, entry->d_name, origin, err);
	}
	closedir(folder);
	return rc;
}

static int
load_origin(const struct dsync_context *context, struct dsync_grants *grants, const char *parent, const char *folder,
	enum dsync_grant_origin origin, struct dsync_error *err)
{
	char *dir;
	int rc;

	if (parent == NULL)
		return 0;
	dir = join(parent, folder + 1);
	if (dir == NULL)
		return dsync_error_set_memory(err);
	rc = load_folder(context, grants, dir, origin, err);
	free(dir);
	return rc;
}

/* In the order of their files' names, so that lists look the same every time. */
static int
compare(const void *a, const void *b)
{
	const struct dsync_grant *left = a;
	const struct dsync_grant *right = b;

	return strcmp(left->path, right->path);
}

int
dsync_grants_load(const struct dsync_context *context, struct dsync_grants **grants, struct dsync_error *err)
{
	int rc;

	*grants = calloc(1, sizeof(**grants));
	if (*grants == NULL)
		return dsync_error_set_memory(err);
	rc = load_origin(
		context, *grants, dsync_context_machine_dir(context), MACHINE_FOLDER, DSYNC_GRANT_MACHINE, err);
	if (rc == 0)
		rc = load_origin(
			context, *grants, dsync_context_config_dir(context), USER_FOLDER, DSYNC_GRANT_USER, err);
	if (rc < 0) {
		dsync_grants_free(*grants);
		*grants = NULL;
		return rc;
	}
	if ((*grants)->count > 1)
		qsort((*grants)->items, (*grants)->count, sizeof((*grants)->items[0]), compare);
	return 0;
}

/* "CONFIG/grants/KEY.toml", to be freed, and its folder made when `make` says so. */
static int
grant_path(const struct dsync_context *context, const char *owner, const unsigned char updater[DSYNC_HASH_SIZE],
	bool make, char **path, struct dsync_error *err)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	char key[2 * KEY_SIZE + 1];
	struct dsync_hash hash;
	const char *config;
	size_t size;
	int rc;

	*path = NULL;
	rc = dsync_context_need_config_dir(context, &config, err);
	if (rc < 0)
		return rc;
	dsync_hash_init(&hash);
	dsync_hash_update(&hash, owner, strlen(owner) + 1);
	dsync_hash_update(&hash, updater, DSYNC_HASH_SIZE);
	dsync_hash_final(&hash, digest);
	dsync_text_hex_encode(key, digest, KEY_SIZE);

	size = strlen(config) + sizeof(USER_FOLDER) + 1 + sizeof(key) + sizeof(SUFFIX);
	*path = malloc(size);
	if (*path == NULL)
		return dsync_error_set_memory(err);
	snprintf(*path, size, "%s%s", config, USER_FOLDER);
	if (make)
		rc = dsync_file_make_folder(*path, err);
	snprintf(*path, size, "%s%s/%s%s", config, USER_FOLDER, key, SUFFIX);
	if (rc < 0) {
		free(*path);
		*path = NULL;
	}
	return rc;
}

static int
merge_list(struct dsync_strings *into, const struct dsync_strings *from, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < from->count && rc == 0; i++)
		rc = dsync_grant_add(into, from->items[i], err);
	return rc;
}

/* Adds what an older grant of the same pair allowed; the new one's expiry holds. */
static int
merge(struct dsync_grant *into, const struct dsync_grant *from, struct dsync_error *err)
{
	size_t i;
	int rc;

	rc = merge_list(&into->hosts, &from->hosts, err);
	if (rc == 0)
		rc = merge_list(&into->env, &from->env, err);
	if (rc == 0)
		rc = merge_list(&into->private_hosts, &from->private_hosts, err);
	for (i = 0; rc == 0 && i < from->secrets.count; i++)
		rc = dsync_grant_add_secret(&into->secrets, &from->secrets.items[i], true, err);
	return rc;
}

/* The union of the old file, if it is whole and not expired, and the new grant. */
static int
combine(struct dsync_grant *result, const char *path, const struct dsync_grant *grant, struct dsync_error *err)
{
	struct dsync_error fault = { 0 };
	struct dsync_grant old;
	int rc;

	dsync_grant_init(result);
	result->any_updater = grant->any_updater;
	result->created = grant->created;
	result->expires = grant->expires;
	memcpy(result->updater, grant->updater, sizeof(result->updater));
	result->owner = strdup(grant->owner);
	if (result->owner == NULL)
		return dsync_error_set_memory(err);
	rc = read_grant(path, &old, &fault);
	if (rc == 0) {
		if (old.expires > dsync_sys_now())
			rc = merge(result, &old, err);
		dsync_grant_finish(&old);
	} else if (rc == DSYNC_ERR_NO_MEMORY || rc == DSYNC_ERR_SYSTEM) {
		if (err != NULL)
			*err = fault; /* it may be whole, so it must not be lost */
	} else {
		rc = 0; /* missing or damaged: replaced */
	}
	return rc == 0 ? merge(result, grant, err) : rc;
}

int
dsync_grants_store(const struct dsync_context *context, const struct dsync_grant *grant, struct dsync_error *err)
{
	struct dsync_grant combined;
	struct dsync_buffer text;
	char *path;
	int rc;

	rc = grant_path(context, grant->owner, grant->updater, true, &path, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&text, DSYNC_GRANT_FILE_SIZE_MAX);
	rc = combine(&combined, path, grant, err);
	if (rc == 0) {
		rc = dsync_grant_write(&combined, &text);
		if (rc < 0)
			rc = dsync_error_set(
				err, rc, "grant", "this grant cannot be written down: %s", dsync_error_text(rc));
	}
	if (rc == 0) {
		struct dsync_view view = dsync_buffer_view(&text);

		rc = dsync_file_write(DSYNC_SYS_CWD, path, view.data, view.size, 0600, err);
	}
	dsync_grant_finish(&combined);
	wipe(&text);
	free(path);
	return rc;
}

int
dsync_grants_revoke(const struct dsync_context *context, const char *owner,
	const unsigned char updater[DSYNC_HASH_SIZE], struct dsync_error *err)
{
	char *path;
	int rc;

	rc = grant_path(context, owner, updater, false, &path, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_unlinkat(DSYNC_SYS_CWD, path);
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		rc = dsync_error_set_errno(err, -rc, "cannot remove %s", path);
	else
		rc = rc == 0 ? 1 : 0;
	free(path);
	return rc;
}
