/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "helper_dir.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The places, relative to the folder of the object that holds this code: a program, a library, a library in a multiarch folder. */
static const char *const relative_places[] = {
	"../libexec/dotsync",
	"../../libexec/dotsync",
};

/* The folder of the program or library that this code is in; 0 when it cannot be told. */
static int
own_folder(char folder[PATH_MAX])
{
	const char *object = "/proc/self/exe";
	Dl_info info;
	char *slash;

	/* dli_fname of a program is argv[0], or nothing in a static one; its true path is asked of the kernel. */
	if (dladdr((const void *)relative_places, &info) != 0 && info.dli_fname != NULL &&
		strstr(info.dli_fname, ".so") != NULL)
		object = info.dli_fname;
	if (realpath(object, folder) == NULL)
		return 0;
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return 0;
	*slash = '\0';
	return 1;
}

static int
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *
dsync__helper_dir(void)
{
	char folder[PATH_MAX];
	char place[PATH_MAX + 32];
	size_t i;

	if (own_folder(folder)) {
		for (i = 0; i < sizeof(relative_places) / sizeof(relative_places[0]); i++) {
			snprintf(place, sizeof(place), "%s/%s", folder, relative_places[i]);
			if (is_folder(place))
				return realpath(place, NULL);
		}
	}
	return strdup(DSYNC_HELPER_DIR);
}
