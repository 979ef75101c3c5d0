/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_revoke.c - take back what an archive's updater may do on this machine.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/sys.h"
#include "command.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "files.h"
#include "report.h"

static const struct usage usage = {
	"revoke [OPTION]... FILE...",
	"Takes back what was granted to an archive's updater.  The archive stays\n"
	"readable; it is not refreshed until its updater is granted again.  A grant whose\n"
	"archive is gone is revoked by removing its file, which `dotsync grants` names.",
	NULL,
	0,
};

/* Which files of the machine's still grant it, for only who may write there can take that back. */
static void
note_machine(struct app *app, const char *file, const struct dsync_consent *after)
{
	const struct dsync_grant *grant;
	struct dsync_grants *grants;
	size_t i;

	if (dsync_grants_load(app->context, &grants, NULL) < 0)
		return;
	for (i = 0; i < dsync_grants_count(grants); i++) {
		grant = dsync_grants_at(grants, i);
		if (grant->origin == DSYNC_GRANT_MACHINE && grant->expires > dsync_sys_now() &&
			strcmp(grant->owner, after->owner) == 0 &&
			(grant->any_updater || memcmp(grant->updater, after->updater, sizeof(grant->updater)) == 0))
			report_note(app, "%s: still granted for the whole machine by %s", file, grant->path);
	}
	dsync_grants_free(grants);
}

static int
tell_revoked(struct app *app, const char *file, int count, const struct dsync_consent *after)
{
	struct dsync_buffer out;

	if (app->json) {
		report_json_begin(&out, file, true);
		dsync_json_put_integer(&out, "revoked", count);
		dsync_json_put_bool(&out, "granted", after->granted);
		dsync_json_close(&out);
		return report_print(app, &out);
	}
	if (!app->quiet) {
		report_text(stdout, file);
		puts(count > 0 ? ": its updater may do nothing here any more" : ": nothing was granted to its updater");
	}
	note_machine(app, file, after);
	return EXIT_DONE;
}

static int
revoke_one(struct app *app, const char *file, void *user)
{
	struct dsync_consent consent = { 0 };
	struct dsync_archive *archive;
	struct dsync_error err;
	struct stat st;
	int64_t now = dsync_sys_now();
	int count = 0, rc, status;

	(void)user;
	archive = files_open(file, &err);
	if (archive == NULL) {
		if (dsync_sys_fstatat(DSYNC_SYS_CWD, file, &st, true) == -ENOENT)
			dsync_error_hint(
				&err, "`dotsync grants` names the file of each grant; removing that revokes it");
		return report_error(app, file, &err);
	}
	rc = dsync_consent_judge(app->context, archive, now, &consent, &err);
	if (rc == 0) {
		rc = count = dsync_grants_revoke(app->context, consent.owner, consent.updater, &err);
		dsync_consent_finish(&consent);
	}
	if (rc >= 0)
		rc = dsync_consent_judge(app->context, archive, now, &consent, &err);
	status = rc < 0 ? report_error(app, file, &err) : tell_revoked(app, file, count, &consent);
	dsync_consent_finish(&consent);
	dsync_archive_unref(archive);
	return status;
}

int
cmd_revoke(struct app *app, int argc, char **argv)
{
	int first = options_parse(app, &usage, argc, argv, NULL, NULL);

	if (first < 0)
		return options_exit(first);
	return app_context(app) == NULL ? EXIT_MACHINE : files_each(app, argc, argv, first, revoke_one, NULL);
}
