/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * doctor_machine.c - the kernel, the helper programs, the folders, the network's settings, the clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "doctor.h"
#include "runtime/client.h"
#include "runtime/config.h"
#include "runtime/context.h"

#define LANDLOCK_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION */
#define LANDLOCK_ALL_SCOPES 6
#define DAY 86400

/* A number out of a file of /proc; -1 when it is not there. */
static long
read_number(const char *path)
{
	struct dsync_buffer text;
	long value = -1;

	dsync_buffer_init(&text, 64);
	if (dsync_file_read(DSYNC_SYS_CWD, path, &text, NULL) == 0 && dsync_buffer_text(&text) != NULL)
		value = strtol(dsync_buffer_text(&text), NULL, 10);
	dsync_buffer_finish(&text);
	return value;
}

static void
check_kernel(struct doctor *doctor)
{
	struct utsname name;
	int fd;

	if (uname(&name) < 0)
		return;
	fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (fd >= 0) {
		dsync_sys_close(fd);
		doctor_say(doctor, VERDICT_GOOD, "kernel", NULL, "%s %s, %s", name.sysname, name.release, name.machine);
		return;
	}
	doctor_say(doctor, VERDICT_WARNING, "kernel", "use Linux 5.3 or later", "%s %s, %s: no pidfd_open",
		name.sysname, name.release, name.machine);
}

static void
check_seccomp(struct doctor *doctor)
{
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 && prctl(PR_SET_SECCOMP, 2, NULL, 0, 0) < 0 && errno == EFAULT)
		doctor_say(doctor, VERDICT_GOOD, "seccomp", NULL, "filters can be set");
	else
		doctor_say(doctor, VERDICT_PROBLEM, "seccomp",
			"use a kernel with CONFIG_SECCOMP_FILTER, or a container that allows seccomp()",
			"no filters: no updater is ever run without them");
}

static void
check_landlock(struct doctor *doctor)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);

	if (abi >= LANDLOCK_ALL_SCOPES)
		doctor_say(doctor, VERDICT_GOOD, "landlock", NULL, "version %ld: files, network, sockets and signals",
			abi);
	else if (abi > 0)
		doctor_say(doctor, VERDICT_GOOD, "landlock", NULL,
			"version %ld (newer kernels also confine sockets and signals)", abi);
	else
		doctor_say(doctor, VERDICT_WARNING, "landlock",
			"start the kernel with landlock in its lsm= list, or let the container use it; "
			"or accept less: [refresh] sandbox = \"degraded\" in config.toml",
			"not available: only built-in updaters are run");
}

static void
check_namespaces(struct doctor *doctor)
{
	bool allowed = read_number("/proc/sys/user/max_user_namespaces") != 0 &&
		read_number("/proc/sys/kernel/unprivileged_userns_clone") != 0 &&
		read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") <= 0;

	if (allowed)
		doctor_say(doctor, VERDICT_GOOD, "namespaces", NULL, "this user may make them");
	else
		doctor_say(doctor, VERDICT_GOOD, "namespaces", NULL,
			"switched off for users: the sandbox does without them");
}

/* Starts the real helper programs; what they report is what holds.  That the configuration is broken is told where that is looked at. */
static void
check_helpers(struct doctor *doctor, bool configured)
{
	struct dsync_context *context = doctor->app->context;
	struct dsync_result result;
	struct dsync_error err;
	struct dsync_job job;
	int rc;

	dsync_job_init(&job);
	job.kind = DSYNC_JOB_CHECK;
	rc = dsync_client_run(context, &job, -1, NULL, NULL, &result, &err);
	dsync_job_finish(&job);
	if (rc < 0) {
		doctor_say_error(doctor, VERDICT_PROBLEM, "helpers", &err);
		return;
	}
	if (!configured && strcmp(result.error.rule, "config") == 0) {
		doctor_say(doctor, VERDICT_WARNING, "helpers", NULL, "they go no further before config.toml is well");
	} else if (result.error.code != 0) {
		doctor_say_error(doctor, VERDICT_PROBLEM, "helpers", &result.error);
	} else {
		doctor_say(doctor, VERDICT_GOOD, "helpers", NULL, "in %s, of this build",
			dsync_context_helper_dir(context));
		doctor_say(doctor, VERDICT_GOOD, "sandbox", NULL, "%s",
			result.sandbox != NULL ? result.sandbox : "the worker starts");
	}
	dsync_result_finish(&result);
}

/* The folder itself, or the nearest one above it that exists, must be writable. */
static bool
is_usable(const char *path)
{
	char place[PATH_MAX];
	char *slash;
	int rc;

	if (snprintf(place, sizeof(place), "%s", path) >= (int)sizeof(place))
		return false;
	while ((rc = dsync_sys_access_at(DSYNC_SYS_CWD, place, W_OK | X_OK)) == -ENOENT) {
		slash = strrchr(place, '/');
		if (slash == NULL)
			return false;
		slash[slash == place ? 1 : 0] = '\0';
	}
	return rc == 0;
}

static void
check_folder(struct doctor *doctor, const char *check, const char *path, const char *variable, const char *what)
{
	char fix[256];

	if (path == NULL) {
		snprintf(fix, sizeof(fix), "set %s or HOME", variable);
		doctor_say(doctor, VERDICT_WARNING, check, fix, "no folder for %s", what);
	} else if (is_usable(path)) {
		doctor_say(doctor, VERDICT_GOOD, check, NULL, "%s", path);
	} else {
		snprintf(fix, sizeof(fix), "make it writable, or set %s to a folder that is", variable);
		doctor_say(doctor, VERDICT_WARNING, check, fix, "%s cannot be written: no %s", path, what);
	}
}

static void
check_folders(struct doctor *doctor)
{
	const struct dsync_context *context = doctor->app->context;

	check_folder(doctor, "config", dsync_context_config_dir(context), "DOTSYNC_CONFIG_DIR", "grants of this user");
	check_folder(doctor, "state", dsync_context_state_dir(context), "DOTSYNC_STATE_DIR",
		"state where files cannot carry it, keys of caches");
	check_folder(doctor, "cache", dsync_context_cache_dir(context), "XDG_CACHE_HOME",
		"compiled updaters: each run compiles anew");
}

static const char *
proxy_variable(void)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy",
		"ALL_PROXY" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return names[i];
	}
	return NULL;
}

static void
check_proxy(struct doctor *doctor, const struct dsync_config *config)
{
	const char *folder = dsync_context_config_dir(doctor->app->context);
	const char *variable = proxy_variable();
	char fix[PATH_MAX + 128];

	if (config->proxy != NULL) {
		doctor_say(doctor, VERDICT_GOOD, "proxy", NULL, "%s, from config.toml", config->proxy);
	} else if (variable != NULL) {
		snprintf(fix, sizeof(fix), "if it is needed, put it into %s/config.toml: [network] proxy = \"...\"",
			folder != NULL ? folder : "/etc/dotsync");
		doctor_say(doctor, VERDICT_WARNING, "proxy", fix,
			"%s is set and ignored: the environment decides nothing", variable);
	} else {
		doctor_say(doctor, VERDICT_GOOD, "proxy", NULL, "none");
	}
}

static void
check_certificates(struct doctor *doctor, const struct dsync_config *config)
{
	static const char *const bundles[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };
	const char *found = config->ca_file;
	size_t i;

	for (i = 0; found == NULL && i < sizeof(bundles) / sizeof(bundles[0]); i++) {
		if (dsync_sys_access_at(DSYNC_SYS_CWD, bundles[i], R_OK) == 0)
			found = bundles[i];
	}
	if (found == NULL)
		doctor_say(doctor, VERDICT_WARNING, "certificates",
			"install ca-certificates, or name a file: [network] ca_file in config.toml",
			"none found: https will not work");
	else if (dsync_sys_access_at(DSYNC_SYS_CWD, found, R_OK) < 0)
		doctor_say(doctor, VERDICT_PROBLEM, "certificates", "correct [network] ca_file in config.toml",
			"%s cannot be read", found);
	else
		doctor_say(doctor, VERDICT_GOOD, "certificates", NULL, "%s", found);
}

/* What a refresh may cost this machine, whatever an archive asks for. */
static void
report_limits(struct doctor *doctor, const struct dsync_config *config)
{
	char size[DSYNC_TEXT_HUMAN_SIZE], duration[DSYNC_TEXT_HUMAN_SIZE];

	dsync_text_human_size(size, config->max_payload);
	dsync_text_human_duration(duration, config->finish_timeout);
	doctor_say(doctor, VERDICT_GOOD, "limits", NULL,
		"%s of payload, %s to put one in place in the background, %u refreshes in the background at once", size,
		duration, config->slots);
}

/* A clock that stands before this program was installed is wrong. */
static void
check_clock(struct doctor *doctor)
{
	int fd = dsync_sys_openat(DSYNC_SYS_CWD, "/proc/self/exe", O_RDONLY, 0);
	struct stat st;
	bool wrong = fd >= 0 && dsync_sys_fstat(fd, &st) == 0 && dsync_sys_now() < (int64_t)st.st_mtime - DAY;

	if (fd >= 0)
		dsync_sys_close(fd);
	if (wrong)
		doctor_say(doctor, VERDICT_WARNING, "clock", "set it, or run a time service",
			"it stands before the day this program was made");
	else
		doctor_say(doctor, VERDICT_GOOD, "clock", NULL, "plausible");
}

void
doctor_machine(struct doctor *doctor)
{
	struct dsync_config config;
	struct dsync_error err;
	int rc = dsync_config_load(doctor->app->context, &config, &err);

	check_kernel(doctor);
	check_seccomp(doctor);
	check_landlock(doctor);
	check_namespaces(doctor);
	check_helpers(doctor, rc == 0);
	check_folders(doctor);
	if (rc < 0) {
		doctor_say_error(doctor, VERDICT_PROBLEM, "config.toml", &err);
	} else {
		check_proxy(doctor, &config);
		check_certificates(doctor, &config);
		report_limits(doctor, &config);
		dsync_config_finish(&config);
	}
	check_clock(doctor);
}
