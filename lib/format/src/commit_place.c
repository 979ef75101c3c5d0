/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Step 1: a link is replaced where it points, or it would no longer be one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "commit_internal.h"

#define LINKS_MAX 40 /* as the kernel */
#define PATH_SIZE 4096

#define NEXT_SUFFIX ".next"
#define SHORT_SIZE 16 /* bytes of the hash that stands for a name which is too long */

/* Cuts "folder/name" in two: name is returned, and `path` keeps the folder. */
static const char *
split(char *path, char name[DSYNC__NAME_SIZE_MAX + 1])
{
	char *slash = strrchr(path, '/');
	const char *last = slash != NULL ? slash + 1 : path;

	if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0 || strlen(last) > DSYNC__NAME_SIZE_MAX)
		return NULL;
	strcpy(name, last);
	if (slash == NULL)
		strcpy(path, "."); /* a name has at least one byte, so there is room */
	else if (slash == path)
		path[1] = '\0';
	else
		*slash = '\0';
	return name;
}

static int
join(char out[PATH_SIZE], const char *folder, const char *name, struct dsync_error *err)
{
	int size = snprintf(out, PATH_SIZE, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);

	return size < PATH_SIZE ? 0 : dsync_error_set_errno(err, ENAMETOOLONG, "cannot follow %s", name);
}

/* Of a name that is too long the message keeps only the beginning, so the reason is the system's, which is kept. */
static int
refuse_name(const char *path, struct dsync_error *err)
{
	const char *slash = strrchr(path, '/');

	if (strlen(slash != NULL ? slash + 1 : path) > DSYNC__NAME_SIZE_MAX)
		return dsync_error_set_errno(err, ENAMETOOLONG, "cannot open %s", path);
	return dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s does not name a file", path);
}

/* Opens the folder of `path` and finds the name in it: 0, or 1 when that is a link, whose target `path` is then. */
static int
step(struct dsync__place *place, char path[PATH_SIZE], struct dsync_error *err)
{
	char link[PATH_SIZE];
	char folder[PATH_SIZE];
	ssize_t size;

	memcpy(folder, path, PATH_SIZE);
	if (split(folder, place->name) == NULL)
		return refuse_name(path, err);
	place->folder = dsync_sys_openat(DSYNC_SYS_CWD, folder, O_RDONLY | O_DIRECTORY, 0);
	if (place->folder < 0)
		return dsync_error_set_errno(err, -place->folder, "cannot open the folder %s", folder);

	size = dsync_sys_readlinkat(place->folder, place->name, link, sizeof(link));
	if (size == -EINVAL || size == -ENOENT) { /* no link, or nothing there yet */
		memcpy(path, folder, PATH_SIZE);
		return 0;
	}
	dsync_sys_close(place->folder);
	place->folder = -1;
	if (size < 0)
		return dsync_error_set_errno(err, (int)-size, "cannot look at %s", path);
	if (link[0] == '/')
		memcpy(path, link, PATH_SIZE);
	else if (join(path, folder, link, err) < 0)
		return DSYNC_ERR_SYSTEM;
	return 1;
}

/* The open folder's own name where the system tells it, else as it was written. */
static char *
absolute_folder(int folder, const char *written, struct dsync_error *err)
{
	char name[32], text[PATH_SIZE], cwd[PATH_SIZE];
	char *result;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", folder);
	if (dsync_sys_readlinkat(DSYNC_SYS_CWD, name, text, sizeof(text)) <= 0 || text[0] != '/') {
		if (written[0] == '/')
			snprintf(text, sizeof(text), "%s", written);
		else if (getcwd(cwd, sizeof(cwd)) == NULL || join(text, cwd, written, err) < 0)
			snprintf(text, sizeof(text), "%s", written);
	}
	result = strdup(text);
	if (result == NULL)
		dsync_error_set_memory(err);
	return result;
}

/* ".NAME.next", or a hash for NAME where that would be too long. */
static void
name_next(struct dsync__place *place)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	char hex[2 * SHORT_SIZE + 1];
	const char *name = place->name;

	if (strlen(name) + strlen(".") + strlen(NEXT_SUFFIX) > DSYNC__NAME_SIZE_MAX) {
		dsync_hash(digest, name, strlen(name));
		dsync_text_hex_encode(hex, digest, SHORT_SIZE);
		name = hex;
	}
	place->next[0] = '.';
	strcpy(place->next + 1, name); /* both fit: just checked */
	strcat(place->next, NEXT_SUFFIX);
}

int
dsync__place_init(struct dsync__place *place, const char *path, struct dsync_error *err)
{
	char current[PATH_SIZE] = "";
	int links = 0;
	int rc;

	place->folder = -1;
	place->folder_path = NULL;
	if (strlen(path) >= sizeof(current))
		return dsync_error_set_errno(err, ENAMETOOLONG, "cannot open %s", path);
	strcpy(current, path);

	do {
		rc = links++ < LINKS_MAX ? step(place, current, err)
					 : dsync_error_set_errno(err, ELOOP, "cannot follow %s", path);
	} while (rc > 0);
	if (rc < 0)
		return rc;
	name_next(place);
	place->folder_path = absolute_folder(place->folder, current, err);
	if (place->folder_path == NULL) {
		dsync__place_finish(place);
		return DSYNC_ERR_NO_MEMORY;
	}
	return 0;
}

void
dsync__place_finish(struct dsync__place *place)
{
	if (place->folder >= 0)
		dsync_sys_close(place->folder);
	place->folder = -1;
	free(place->folder_path);
	place->folder_path = NULL;
}

char *
dsync__place_path(const struct dsync__place *place, const char *name, struct dsync_error *err)
{
	const char *folder = strcmp(place->folder_path, "/") == 0 ? "" : place->folder_path;
	size_t size = strlen(folder) + strlen("/") + strlen(name) + 1;
	char *path = malloc(size);

	if (path == NULL)
		dsync_error_set_memory(err);
	else
		snprintf(path, size, "%s/%s", folder, name);
	return path;
}
