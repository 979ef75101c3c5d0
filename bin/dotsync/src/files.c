/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "report.h"

int
files_each(struct app *app, int argc, char **argv, int first, files_work *work, void *user)
{
	int status = EXIT_DONE;
	int i;

	if (first >= argc)
		return report_usage(app, "no archive given");
	for (i = first; i < argc; i++)
		status = report_worst(status, work(app, argv[i], user));
	return status;
}

int
files_one(struct app *app, int argc, char **argv, int first, files_work *work, void *user)
{
	if (argc - first > 1)
		return report_usage(app, "one archive at a time, not %d", argc - first);
	return files_each(app, argc, argv, first, work, user);
}

const char *
files_place(const char *file)
{
	return strcmp(file, "-") == 0 ? NULL : file;
}

/* By name, for a refresh may put another inode in place between two looks. */
static bool
is_same_name(const char *a, const char *b)
{
	char *resolved_a = realpath(a, NULL), *resolved_b = realpath(b, NULL);
	bool same = resolved_a != NULL && resolved_b != NULL && strcmp(resolved_a, resolved_b) == 0;

	free(resolved_a);
	free(resolved_b);
	return same;
}

bool
files_is_itself(const char *file, const char *path)
{
	const char *place = files_place(file);
	struct stat a, b;
	int rc;

	rc = place != NULL ? dsync_sys_fstatat(DSYNC_SYS_CWD, place, &a, true) : dsync_sys_fstat(STDIN_FILENO, &a);
	if (rc < 0 || dsync_sys_fstatat(DSYNC_SYS_CWD, path, &b, true) < 0)
		return false;
	return (a.st_dev == b.st_dev && a.st_ino == b.st_ino) || (place != NULL && is_same_name(place, path));
}

static struct dsync_archive *
open_input(struct dsync_error *err)
{
	struct stat st;

	if (dsync_sys_fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode)) {
		dsync_error_set(err, DSYNC_ERR_INVALID, "",
			"an archive is read from both ends, so it cannot come through a pipe");
		dsync_error_hint(err, "put it into a file, and give its name or redirect it: < FILE");
		return NULL;
	}
	return dsync_archive_open_fd(STDIN_FILENO, NULL, err);
}

struct dsync_archive *
files_open(const char *file, struct dsync_error *err)
{
	struct dsync_archive *archive =
		files_place(file) == NULL ? open_input(err) : dsync_archive_open(file, NULL, err);

	if (archive == NULL && strcmp(err->rule, "Z26") == 0 && err->hint[0] == '\0')
		dsync_error_hint(err, "it is no archive of ours: `dotsync create` makes one of a payload");
	return archive;
}
