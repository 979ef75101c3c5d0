/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "target.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "report.h"

int
target_stream(struct app *app, const char *output)
{
	app->stdout_is_payload = strcmp(output, "-") == 0;
	if (app->stdout_is_payload && isatty(STDOUT_FILENO) == 1)
		return report_usage(
			app, "an archive is not for a terminal: redirect standard output, or name a file with -o");
	return EXIT_DONE;
}

bool
target_is_free(const char *output)
{
	struct stat st;

	return strcmp(output, "-") == 0 || dsync_sys_fstatat(DSYNC_SYS_CWD, output, &st, true) < 0;
}

int
target_check(struct app *app, const char *output, bool force)
{
	struct dsync_error err;

	if (force || target_is_free(output))
		return EXIT_DONE;
	dsync_error_set(&err, DSYNC_ERR_EXISTS, "", "exists already");
	dsync_error_hint(&err, "replace it with --force, choose another name with -o, or change it with `dotsync set`");
	return report_error(app, output, &err);
}
