/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "lock.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "identity.h"
#include "landlock.h"
#include "limits.h"
#include "seccomp.h"

static bool
is_null_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static bool
is_packet_socket(int fd)
{
	int domain = 0, type = 0;
	socklen_t domain_size = sizeof(domain), type_size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_size) == 0 && domain == AF_UNIX &&
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_SEQPACKET;
}

const char *
dsync_lock_check(char **environment)
{
	if (!is_packet_socket(DSYNC_FRAME_FD))
		return "it is started by dotsync-refresh, not by hand: descriptor 3 is not its socket";
	if (!is_null_device(0) || !is_null_device(1) || !is_null_device(2))
		return "descriptors 0-2 are not the null device";
	if (environment != NULL && environment[0] != NULL)
		return "the environment is not empty";
	return NULL;
}

static int
fail(char *text, const char *step, int rc)
{
	snprintf(text, DSYNC_LOCK_TEXT_SIZE, "sandbox: %s: %s", step, strerror(-rc));
	return rc;
}

int
dsync_lock_begin(const struct dsync_frame_job *job, pid_t parent, struct dsync_frame_ready *ready, char *text)
{
	int rc;

	rc = dsync_identity_drop_root();
	if (rc < 0)
		return fail(text, "giving up root", rc);
	ready->not_root = 1;

	rc = dsync_identity_close_files();
	if (rc < 0)
		return fail(text, "closing descriptors", rc);

	ready->namespaces = dsync_identity_enter_namespaces();

	rc = dsync_identity_drop_capabilities();
	if (rc < 0)
		return fail(text, "dropping capabilities", rc);
	ready->no_capabilities = 1;

	rc = dsync_limits_set(job);
	if (rc < 0)
		return fail(text, "resource limits", rc);
	ready->rlimits = 1;

	/* After all that changes credentials: such a change resets the signal and the dumpable flag. */
	rc = dsync_identity_bind(parent);
	if (rc < 0)
		return fail(text, "binding to the parent", rc);
	ready->no_new_privs = 1;
	return 0;
}

int
dsync_lock_end(const struct dsync_frame_job *job, struct dsync_frame_ready *ready, char *text)
{
	struct dsync_landlock landlock;
	int rc;

	dsync_landlock_restrict(&landlock);
	ready->landlock_abi = landlock.abi;
	ready->landlock_errata = landlock.errata;
	ready->landlock_scopes = landlock.scopes;
	ready->landlock_net = landlock.net;

	rc = dsync_seccomp_load(job->mode == DSYNC_JOB_COMPILE ? DSYNC_SECCOMP_COMPILE : DSYNC_SECCOMP_RUN);
	if (rc < 0)
		return fail(text, "system call filter", rc);
	ready->seccomp = DSYNC_SECCOMP_P1;
	return 0;
}

int
dsync_lock_freeze(void)
{
	return dsync_seccomp_load(DSYNC_SECCOMP_FREEZE);
}
