/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * doctor_files.c - what the file system of a folder can do, and what one archive lacks.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "doctor.h"
#include "dotsync/archive.h"
#include "dotsync/status.h"
#include "dotsync/trust.h"
#include "files.h"
#include "format/layout.h"
#include "runtime/context.h"
#include "runtime/grants.h"
#include "runtime/state.h"

static void
check_attributes(struct doctor *doctor, int fd, const char *folder)
{
	int rc = dsync_sys_setxattr(fd, DSYNC_STATE_ATTRIBUTE, "test", 4);

	if (rc == 0)
		doctor_say(doctor, VERDICT_GOOD, "attributes", NULL, "%s: archives can carry their state", folder);
	else
		doctor_say(doctor, VERDICT_WARNING, "attributes",
			"nothing must be done: the state is kept in the state folder", "%s: no extended attributes: %s",
			folder, strerror(-rc));
}

static void
check_sharing(struct doctor *doctor, int fd, int folder_fd, const char *folder)
{
	static const char block[DSYNC_PAYLOAD_ALIGNMENT];
	int copy = dsync_sys_openat(folder_fd, ".", O_TMPFILE | O_RDWR, 0600);
	bool shares;

	shares = copy >= 0 && dsync_sys_pwrite_all(fd, block, sizeof(block), 0) == 0 &&
		dsync_sys_clone_range(fd, 0, sizeof(block), copy, 0) == 0;
	if (copy >= 0)
		dsync_sys_close(copy);
	doctor_say(doctor, VERDICT_GOOD, "sharing", NULL, "%s: files %s", folder,
		shares ? "can share blocks: a new version costs what is new in it"
		       : "cannot share blocks: each new version is copied");
}

void
doctor_folder(struct doctor *doctor, const char *folder)
{
	int folder_fd = dsync_sys_openat(DSYNC_SYS_CWD, folder, O_RDONLY | O_DIRECTORY, 0);
	int fd = folder_fd >= 0 ? dsync_sys_openat(folder_fd, ".", O_TMPFILE | O_RDWR, 0600) : -1;

	if (fd >= 0) {
		check_attributes(doctor, fd, folder);
		check_sharing(doctor, fd, folder_fd, folder);
		dsync_sys_close(fd);
	} else {
		doctor_say(doctor, VERDICT_WARNING, "folder", "refresh as a user who may write it; reading works",
			"%s cannot be written, or its file system makes no unnamed files", folder);
	}
	if (folder_fd >= 0)
		dsync_sys_close(folder_fd);
}

/* Only the owner and root replace an archive, and a file that is a mount point cannot be replaced at all. */
static void
check_place(struct doctor *doctor, const struct dsync_archive *archive, const char *folder)
{
	struct stat file_st, folder_st;

	if (dsync_sys_fstat(dsync_archive_fd(archive), &file_st) < 0 ||
		dsync_sys_fstatat(DSYNC_SYS_CWD, folder, &folder_st, true) < 0)
		return;
	if (dsync_sys_euid() != 0 && dsync_sys_euid() != file_st.st_uid)
		doctor_say(doctor, VERDICT_WARNING, "owner", "refresh it as its owner",
			"it belongs to user %lu: this user cannot refresh it", (unsigned long)file_st.st_uid);
	if (file_st.st_dev != folder_st.st_dev)
		doctor_say(doctor, VERDICT_PROBLEM, "mount", "mount its folder instead of the file",
			"the file is mounted by itself and cannot be replaced");
}

/* Where grants were looked for, for those who wonder why theirs does not count. */
static void
append_places(struct dsync_buffer *out, const struct dsync_context *context)
{
	if (dsync_context_config_dir(context) != NULL)
		dsync_buffer_printf(out, "%s/grants and ", dsync_context_config_dir(context));
	dsync_buffer_printf(out, "%s/grants.d", dsync_context_machine_dir(context));
}

static void
append_list(struct dsync_buffer *out, const char *prefix, const struct dsync_strings *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		dsync_buffer_printf(out, "%s%s", i == 0 ? prefix : ", ", list->items[i]);
}

static void
explain_missing(struct doctor *doctor, const struct dsync_consent *consent)
{
	const bool has_place = dsync_context_config_dir(doctor->app->context) != NULL;
	struct dsync_buffer detail;
	struct dsync_error err;

	dsync_consent_refuse(consent, &err);
	dsync_buffer_init(&detail, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&detail, err.message);
	append_list(&detail, "; hosts not granted: ", &consent->missing_hosts);
	append_list(&detail, "; variables not granted: ", &consent->missing_env);
	if (err.found[0] != '\0')
		dsync_buffer_printf(&detail, "; found %s", err.found);
	dsync_buffer_append_text(&detail, "; looked in ");
	append_places(&detail, doctor->app->context);
	doctor_say(doctor, VERDICT_WARNING, "grants",
		has_place
			? "`dotsync grant FILE` shows what it asks for, and asks you"
			: "set DOTSYNC_CONFIG_DIR or HOME, or put what `dotsync grant --output` writes into the machine's folder",
		"%s", dsync_buffer_text(&detail) != NULL ? dsync_buffer_text(&detail) : err.message);
	dsync_buffer_finish(&detail);
}

/* Can each be had here and now?  A service's credentials are there only for the service. */
static void
check_secrets(struct doctor *doctor, const struct dsync_secrets *secrets)
{
	struct dsync_error err;
	char *value;
	size_t i;

	for (i = 0; i < secrets->count; i++) {
		if (dsync_secret_value(&secrets->items[i], &value, &err) < 0) {
			doctor_say_error(doctor, VERDICT_WARNING, "secret", &err);
			continue;
		}
		dsync_secret_wipe(value);
		doctor_say(doctor, VERDICT_GOOD, "secret", NULL, "%s can be sent to https://%s", secrets->items[i].name,
			secrets->items[i].host);
	}
}

/* A private address that is granted like any other is still refused. */
static void
check_private(struct doctor *doctor, const struct dsync_consent *consent)
{
	size_t i;

	for (i = 0; i < consent->missing_private.count; i++)
		doctor_say(doctor, VERDICT_WARNING, "grants", "`dotsync grant FILE --private HOST` allows it",
			"%s is a private address, and not granted as such", consent->missing_private.items[i]);
}

static void
check_consent(struct doctor *doctor, const struct dsync_archive *archive, int64_t now)
{
	struct dsync_consent consent;
	struct dsync_error err;

	if (dsync_consent_judge(doctor->app->context, archive, now, &consent, &err) < 0) {
		doctor_say_error(doctor, VERDICT_WARNING, "grants", &err);
		return;
	}
	if (consent.granted)
		doctor_say(doctor, VERDICT_GOOD, "grants", NULL, "its updater has all that it asks for");
	else
		explain_missing(doctor, &consent);
	check_private(doctor, &consent);
	check_secrets(doctor, &consent.secrets);
	dsync_consent_finish(&consent);
}

static void
check_state(struct doctor *doctor, struct dsync_archive *archive, const char *file)
{
	struct dsync_status status = DSYNC_STATUS_INIT;
	struct dsync_trust *trust;
	struct dsync_error err;

	trust = dsync_trust_check(archive, DSYNC_TRUST_FOR_REFRESH, &err);
	if (trust == NULL)
		doctor_say_error(doctor, VERDICT_WARNING, "trust", &err);
	dsync_trust_free(trust);
	if (dsync_status_read(doctor->app->context, archive, file, &status, &err) < 0) {
		doctor_say_error(doctor, VERDICT_PROBLEM, "state", &err);
		return;
	}
	if (status.last_code != 0)
		doctor_say(doctor, VERDICT_WARNING, "state", "`dotsync refresh --force` tries again now", "%s: %s",
			dsync_state_word_name(status.state), status.last_error);
	else
		doctor_say(doctor, VERDICT_GOOD, "state", NULL, "%s", dsync_state_word_name(status.state));
	if (dsync_archive_has_updater(archive))
		check_consent(doctor, archive, status.now);
	else
		doctor_say(doctor, VERDICT_GOOD, "updater", NULL, "none: it stays as it is");
}

void
doctor_archive(struct doctor *doctor, const char *file)
{
	struct dsync_archive *archive;
	char resolved[PATH_MAX];
	struct dsync_error err;

	archive = files_open(file, &err);
	if (archive == NULL) {
		doctor_say_error(doctor, VERDICT_PROBLEM, "archive", &err);
		return;
	}
	doctor_say(doctor, VERDICT_GOOD, "archive", NULL, "opens");
	if (files_place(file) != NULL && realpath(file, resolved) != NULL) {
		const char *folder = dirname(resolved);

		check_place(doctor, archive, folder);
		doctor_folder(doctor, folder);
	}
	check_state(doctor, archive, files_place(file));
	dsync_archive_unref(archive);
}
