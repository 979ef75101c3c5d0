/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

int
dsync_path_absolute(const char *path, char **absolute, struct dsync_error *err)
{
	char *folder;
	size_t size;

	*absolute = NULL;
	if (path == NULL)
		return 0;
	if (path[0] == '/') {
		*absolute = strdup(path);
		return *absolute != NULL ? 0 : dsync_error_set_memory(err);
	}
	folder = getcwd(NULL, 0);
	if (folder == NULL)
		return dsync_error_set_errno(err, errno, "cannot tell the working folder");
	if (strcmp(folder, "/") == 0)
		folder[0] = '\0';
	size = strlen(folder) + 1 + strlen(path) + 1;
	*absolute = malloc(size);
	if (*absolute != NULL)
		snprintf(*absolute, size, "%s/%s", folder, path);
	free(folder);
	return *absolute != NULL ? 0 : dsync_error_set_memory(err);
}
